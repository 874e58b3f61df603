"""Files of the exchange as a job takes them: read from the store, refused with a reason that a person can act on, or its lines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import obstore
import polars as pl
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.families import Family, load_family, read_family
from contracts.layouts.site_codes import Notice
from contracts.primitives import municipality_code

from collection_service.law.pension_codes import site_codes
from collection_service.store.exchange import ExchangeFile

SCHEME: Final = "late_elderly"
"""Our insurance among those that share the records (I-27): a file of another is refused, whatever it holds."""
RECORDS, CARE_RECORDS = "pension-500", "pension-550"
MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says: `lines` with the columns of the layout, `faults` in Japanese where nothing of it is taken."""

    sha256: str
    content: bytes
    municipality_code: str
    notice: Notice | None
    lines: pl.DataFrame
    faults: list[str]

    @property
    def amount(self) -> int:
        """Yen of the first amount of every line."""
        return int(self.lines["amount_1"].sum() or 0) if self.lines.width else 0

    def as_file(self, captured_on: date, fallback: Notice, *, state: str) -> ExchangeFile:
        """The row that is kept of it."""
        refusal = " ".join(self.faults[:MOST_SHOWN]) or None
        notice = self.notice or fallback
        return ExchangeFile(self.municipality_code, captured_on, notice, self.sha256, state, self.lines.height, self.amount, refusal)


@cache
def family_of(version: str, codes: tuple[tuple[str, str], ...]) -> Family:
    """The records of a version with the notices of a site."""
    return load_family(version, site_codes={"notice": dict(codes)})


def family(version: str = RECORDS) -> Family:
    return family_of(version, tuple(sorted(site_codes().for_layouts["notice"].items())))


async def read(
    uow: UnitOfWork, parameters: Mapping[str, Any], expected: set[Notice], *, version: str = RECORDS, scheme: str = SCHEME
) -> Read:
    """The file whose key in the object store is the parameter `key`. Problem (KOKI-C051) where there is none."""
    key = str(parameters.get("key", ""))
    try:
        content = bytes(await (await obstore.get_async(uow.store, key)).bytes_async())
    except FileNotFoundError as error:
        raise Problem(
            404, "KOKI-C051", "情報交換のファイルがありません。", f"「{key}」を保管庫に置いてから、もう一度行ってください。"
        ) from error
    return judged(content, expected, version=version, scheme=scheme)


def judged(content: bytes, expected: set[Notice], *, version: str = RECORDS, scheme: str = SCHEME) -> Read:
    """What a file says, or why nothing of it is taken: a wrong form, another scheme, several municipalities, an unexpected notice."""
    codes, result = site_codes(), read_family(content, family(version))
    sha256 = hashlib.sha256(content).hexdigest()
    headers = result.headers.frame
    faults = [f"{error.code} {error.message}" for error in result.file_errors]
    faults += [f"{e.code} {e.row_number}件目 {e.message}" for part in (result.headers, result.data, result.trailers) for e in part.errors]
    municipalities = headers["municipality_number"].unique().to_list() if headers.height else []
    notices = {codes.notice[code].role for code in headers["notice_code"].unique()} if headers.height and not faults else set()
    if not faults:
        own = codes.code("scheme", scheme)
        if strangers := sorted(set(headers["scheme_code"].unique().to_list()) - {own}):
            faults.append(f"KOKI-C052 制度コード{'、'.join(strangers)}のファイルです。ここで取り込む制度コードは{own}です。")
        if len(municipalities) != 1:
            faults.append(
                f"KOKI-C053 {len(municipalities)}市区町村の分が入っています。市区町村ごとに振り分けたファイルを取り込んでください。"
            )
        if not notices <= set(expected) or len(notices) != 1:
            told = "、".join(sorted(codes.notice[codes.code("notice", role)].term for role in notices))
            faults.append(f"KOKI-C054 この処理で取り込む通知ではありません({told})。")
    municipality = municipality_code(municipalities[0]) if len(municipalities) == 1 else ""
    notice = Notice(next(iter(notices))) if len(notices) == 1 else None
    lines = result.data.frame.with_columns(number=result.data.row_numbers)
    return Read(sha256, content, municipality, notice, lines, faults)
