# SPDX-License-Identifier: Apache-2.0
"""振り分け: a national file divided into one file a municipality, a piece at a time (F-04)."""

import hashlib
import shutil
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import IO, Final

import numpy as np

from contracts.layouts import national
from contracts.layouts.families import Family, encode_front, read_front
from contracts.layouts.national import Handed, Part, blocks_differ, length_faults, name_of
from contracts.layouts.problems import file_error
from contracts.layouts.records import Walk

QUARANTINE: Final = "quarantine"
HELD_BYTES: Final = 32 * 2**20
"""A part up to this size is written at once; a longer one goes to its file as it comes."""


def split(source: Path, folder: Path, family: Family, *, known: Collection[str] | None, submitter: str, created_on: date) -> Handed:
    """Divide a national file into one file a municipality under `folder`; `known`: five-digit codes, None knows all.

    Blocks of other municipalities are written under `folder/quarantine` and named. With any other fault no part is left.
    """
    size = source.stat().st_size
    faults, declared = length_faults(size, family), None
    walk = Walk(family)
    open_part = _Parts(folder, family, walk, known, submitter, created_on)
    with source.open("rb") as stream:
        if not faults and family.begins_with_management(size):
            (first,), faults = read_front([stream.read(family.front)], family)
            declared = first.get(family.block_count)
        size = national.PIECE_RECORDS * family.record_length
        while not faults and (data := stream.read(size)):
            piece = np.frombuffer(data, np.uint8).reshape(-1, family.record_length)
            for run in walk.take(piece):
                open_part.write(run.code, memoryview(piece[run.first : run.last]).cast("B"))  # type: ignore[arg-type]
            if walk.faults:
                break
        else:
            walk.finish()
    open_part.close()
    faults += walk.faults
    blocks = sum(found.blocks for found in walk.totals.values())
    if not faults and declared is not None and declared != blocks:
        faults.append(blocks_differ(declared, blocks, family))
    if faults:
        shutil.rmtree(folder)
        return Handed(faults=[(source.name, fault) for fault in faults])
    return open_part.handed(source.name)


class _Parts:
    """The files of municipalities while a national file is divided: one is open at a time, since blocks ascend."""

    def __init__(self, folder: Path, family: Family, walk: Walk, known: Collection[str] | None, submitter: str, created_on: date) -> None:
        self._folder, self._family, self._walk, self._known = folder, family, walk, known
        self._submitter, self._created_on = submitter, created_on
        self._stream: IO[bytes] | None = None
        self._held = bytearray()
        self._code = -1
        self._parts: list[Part] = []
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, code: int, data: memoryview) -> None:
        if code != self._code:
            self.close()
            self._code = code
        if self._stream is None and len(self._held) + len(data) > HELD_BYTES:
            self._stream = self._path().open("wb")
            self._stream.write(bytes(self._family.front))
            self._stream.write(self._held)
            self._held.clear()
        if self._stream is None:
            self._held += data
        else:
            self._stream.write(data)

    def _path(self) -> Path:
        number = f"{self._code:05}"
        folder = self._folder if self._known is None or number in self._known else self._folder / QUARANTINE
        folder.mkdir(exist_ok=True)
        return folder / name_of(number)

    def close(self) -> None:
        """The last record of a municipality has come: its records of management and its SHA-256 can be written."""
        if self._code < 0 or self._code not in self._walk.totals:
            return
        path, totals = self._path(), self._walk.totals[self._code]
        front = encode_front(self._submitter, self._created_on, totals.blocks, self._family)
        if self._stream is None:
            digest = hashlib.sha256(front)
            digest.update(self._held)
            with path.open("wb") as stream:
                stream.write(front)
                stream.write(self._held)
        else:
            self._stream.seek(0)
            self._stream.write(front)
            self._stream.close()
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256")
        self._parts.append(Part(f"{self._code:05}", path, totals.blocks, totals.records, tuple(totals.amounts), digest.hexdigest()))
        self._stream, self._code = None, -1
        self._held.clear()

    def handed(self, source: str) -> Handed:
        """The parts, with those apart whose municipality nobody knows."""
        found, row = Handed(), 1
        for part in self._parts:
            if part.path.parent.name == QUARANTINE:
                found.set_apart.append(part)
                found.faults.append((source, file_error("KOKI-F019", row=row, value=part.municipality_number)))
            else:
                found.parts.append(part)
            row += part.records + 2 * part.blocks
        return found
