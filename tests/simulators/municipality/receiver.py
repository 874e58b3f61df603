"""The office as a receiver: fetch what the union has for it, check it against its control file, and confirm it with its hash."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from contracts.layouts import read_control, read_file, sha256_of

DOWN = "/municipal/files/down"


class FileUnfit(ValueError):
    """A file that is not what its control file promises: it is not confirmed, and the union is asked."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was fetched, checked and confirmed. `rows` by 被保険者番号 (of whoever has none yet by 宛名番号), as
    the office's own system would load them.
    """

    kind: str
    generation: int
    is_whole: bool
    rows: dict[str, dict[str, Any]]
    confirmed_at: str
    data: bytes


def receive(gateway: httpx.Client, municipality_code: str, *, secret: str, folder: Path | None = None) -> list[Received]:
    """Fetch every file that is not confirmed yet, the oldest first, and confirm each that is right; `folder` keeps the files.

    Raises FileUnfit for the first that is not what its control file says. HTTPStatusError when the gateway refuses.
    """
    auth = (municipality_code, secret)
    listed = gateway.get(DOWN, auth=auth).raise_for_status().json()
    waiting = sorted((file for file in listed if file["confirmed_at"] is None), key=lambda file: (file["kind"], file["generation"]))
    return [_receive_one(gateway, municipality_code, auth, file, folder) for file in waiting]


def _receive_one(gateway: httpx.Client, code: str, auth: tuple[str, str], file: dict[str, Any], folder: Path | None) -> Received:
    at = f"{DOWN}/{file['kind']}/{file['generation']}"
    data = gateway.get(at, auth=auth).raise_for_status().content
    control_bytes = gateway.get(f"{at}/control", auth=auth).raise_for_status().content
    control = read_control(control_bytes)
    if (control.municipality_code, control.kind, control.generation) != (code, file["kind"], file["generation"]):
        raise FileUnfit(f"{at} is {control.kind} {control.generation} of {control.municipality_code}.")
    result = read_file(data, None, control, known_municipalities={code})
    if messages := [error.message for error in result.file_errors] + [error.message for error in result.errors]:
        raise FileUnfit(f"{at}: {' '.join(messages)}")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / control.file_name).write_bytes(data)
        (folder / control.file_name).with_suffix(".control.json").write_bytes(control_bytes)
    receipt = gateway.post(f"{at}/receipt", json={"sha256": sha256_of(data)}, auth=auth).raise_for_status().json()
    whose = "insured_number" if "insured_number" in result.frame.columns else "resident_number"
    rows = {row[whose]: row for row in result.frame.iter_rows(named=True)}
    return Received(file["kind"], file["generation"], file["is_whole"], rows, receipt["confirmed_at"], data)
