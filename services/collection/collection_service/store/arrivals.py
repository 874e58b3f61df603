"""Files that somebody has sent: kept byte for byte under their SHA-256, with their control file, until a job takes them up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import obstore
from chassis.database import driver
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

FOLDER: Final = "collection/arrived"
KINDS: Final = {
    "bank_branches": "金融機関店舗情報",
    "carried_mandates": "引き継ぐ口座振替の登録",
    "debit_results": "口座振替の結果",
    "convenience_payments": "コンビニ収納情報",
}
"""Kind of file → its term."""
_KEEP: Final = """
INSERT INTO arrived_file (sha256, kind, municipality_code, size, arrived_by, arrived_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (sha256) DO NOTHING
"""
_OF_KIND: Final = "SELECT municipality_code, size, arrived_by, arrived_at FROM arrived_file WHERE (sha256, kind) = ($1, $2)"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file as it came; `control` is None where its kind has none."""

    sha256: str
    kind: str
    municipality_code: str | None
    data: bytes
    control: bytes | None


async def keep(uow: UnitOfWork, kind: str, municipality_code: str | None, data: bytes, control: bytes | None, *, by: str) -> str:
    """Keep a file; its SHA-256. The same bytes again are the same file."""
    sha256 = hashlib.sha256(data).hexdigest()
    await obstore.put_async(uow.store, _key(sha256), data)
    if control is not None:
        await obstore.put_async(uow.store, f"{_key(sha256)}.control", control)
    await (await driver(uow.connection)).execute(_KEEP, sha256, kind, municipality_code, len(data), by, uow.now)
    return sha256


async def open_arrived(uow: UnitOfWork, parameters: dict[str, Any], kind: str) -> Arrived:
    """The file that parameter `file` names by its SHA-256. A Problem where none of this kind has come, or its bytes are others now."""
    sha256 = str(parameters.get("file", ""))
    row = await (await driver(uow.connection)).fetchrow(_OF_KIND, sha256, kind)
    if row is None:
        raise Problem(
            404,
            "KOKI-C086",
            f"{KINDS[kind]}のファイルがありません。",
            "受け取ったファイルのSHA-256を、パラメーター file に書いてください。",
        )
    data = await _read(uow, _key(sha256))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Problem(409, "KOKI-C087", "保存されたファイルが、受け取ったときの内容と違います。", "もう一度送ってもらってください。")
    control = None if kind == "debit_results" else await _read(uow, f"{_key(sha256)}.control")
    return Arrived(sha256, kind, row["municipality_code"], data, control)


async def _read(uow: UnitOfWork, key: str) -> bytes:
    return bytes(await (await obstore.get_async(uow.store, key)).bytes_async())


def _key(sha256: str) -> str:
    return f"{FOLDER}/{sha256}"
