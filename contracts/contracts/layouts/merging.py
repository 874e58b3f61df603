# SPDX-License-Identifier: Apache-2.0
"""集約: the files of municipalities put together into one national file, a piece at a time (F-08)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO

import numpy as np

from contracts.layouts import national
from contracts.layouts.families import Family, encode_front, read_front
from contracts.layouts.jis import Bytes
from contracts.layouts.national import Handed, Part, blocks_differ, length_faults
from contracts.layouts.problems import FileError, file_error
from contracts.layouts.records import Totals, Walk, place_of


def merge(
    parts: Iterable[Path], target: Path, family: Family, *, submitter: str, created_on: date, handed: Mapping[str, str] | None = None
) -> Handed:
    """Put the files of municipalities together in ascending order; `handed`: file name → SHA-256 as it was sent, where that is known.

    With any fault, each named with its file, the national file is not written.
    """
    sources: list[_Source] = []
    walk, unfinished = Walk(family), target.with_suffix(".part")
    with unfinished.open("wb") as stream:
        stream.write(bytes(family.front))
        for piece in _joined(sorted(parts, key=lambda path: path.name), sources, family):
            walk.take(piece)
            if walk.faults:
                break
            stream.write(memoryview(piece).cast("B"))  # type: ignore[arg-type]
        else:
            walk.finish()
        stream.seek(0)
        stream.write(encode_front(submitter, created_on, sum(found.blocks for found in walk.totals.values()), family))
    faults = [(source.path.name, fault) for source in sources for fault in source.faults]
    faults = faults or [_in_its_file(fault, sources) for fault in walk.faults]
    faults = faults or _differences(sources, walk, family, handed)
    if faults:
        unfinished.unlink()
        return Handed(faults=faults)
    unfinished.rename(target)
    return Handed(parts=[source.part(walk.totals[source.code]) for source in sources])


class _Source:
    """One file on its way into a national file: where its records begin there, its SHA-256 and the municipalities at its ends."""

    def __init__(self, path: Path, stream: IO[bytes], first_record: int, family: Family) -> None:
        self.path, self.first_record = path, first_record
        self.size = stream.seek(0, 2)
        self.faults, self.front, self._ends = length_faults(self.size, family), b"", {-1}
        self.digest = hashlib.sha256()
        self.records = 0
        if not self.faults:
            stream.seek(self.size - family.record_length)
            last = stream.read(family.record_length)
            stream.seek(0)
            self.front = stream.read(family.front) if family.begins_with_management(self.size) else b""
            self.records = (self.size - len(self.front)) // family.record_length
            self.digest.update(self.front)
            self._look_at_the_ends([stream.read(family.record_length), last], family)
            stream.seek(len(self.front))

    def _look_at_the_ends(self, ends: list[bytes], family: Family) -> None:
        """A file begins with a header and ends with a trailer; looked at here, so that the fault is not found in the next file."""
        kind = (family.data.field(family.kind_field).offset or 1) - 1
        code = place_of(family.header, family.ascending)
        for record, layout, row in zip(ends, (family.header, family.trailer), (1, self.records), strict=True):
            value = record[kind : kind + 1].decode("latin-1")
            if value != family.kind_of(layout):
                self.faults.append(file_error("KOKI-F014", row=row, value=value, detail=f"{layout.term}がありません。"))
        self._ends = {int(record[code]) if record[code].isdigit() else -1 for record in ends}
        if len(self._ends) > 1:
            self.faults.append(file_error("KOKI-F009", declared=f"{max(self._ends):05}"))

    @property
    def code(self) -> int:
        """The municipality of the whole file: blocks ascend, so that the first and the last say it of all."""
        return min(self._ends)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()

    def part(self, totals: Totals) -> Part:
        return Part(f"{self.code:05}", self.path, totals.blocks, totals.records, tuple(totals.amounts), self.sha256)


def _joined(paths: list[Path], sources: list[_Source], family: Family) -> Iterator[Bytes]:
    """The records of all files one after the other, in pieces that do not end with a file; `sources` gets what each file is.

    A piece is to be used before the next is asked for: it stands in the same place.
    """
    piece = memoryview(bytearray(national.PIECE_RECORDS * family.record_length))
    filled, records = 0, 0
    for path in paths:
        with path.open("rb") as stream:
            source = _Source(path, stream, records, family)
            if sources and source.code <= sources[-1].code and not (source.faults or sources[-1].faults):
                declared = f"{sources[-1].code:05}"
                source.faults.append(file_error("KOKI-F017", row=1, value=f"{source.code:05}", declared=declared))
            sources.append(source)
            if source.faults:
                continue
            records += source.records
            while got := stream.readinto(piece[filled:]):
                source.digest.update(piece[filled : filled + got])
                filled += got
                if filled == len(piece):
                    yield np.frombuffer(piece, np.uint8).reshape(-1, family.record_length)
                    filled = 0
    if filled:
        yield np.frombuffer(piece[:filled], np.uint8).reshape(-1, family.record_length)


def _differences(
    sources: list[_Source], walk: Walk, family: Family, handed: Mapping[str, str] | None
) -> list[tuple[str, FileError]]:  # fmt: skip
    """Files that are not those handed over, or whose records of management do not say what is in them."""
    faults: list[tuple[str, FileError]] = []
    for source in sources:
        if handed is not None and (declared := handed.get(source.path.name, "なし")) != source.sha256:
            error = file_error("KOKI-F022", value=source.path.name, declared=declared, found=source.sha256)
            faults.append((source.path.name, error))
    with_front = [source for source in sources if source.front]
    said, wrong = read_front([source.front for source in with_front], family) if with_front else ([], [])
    faults += [(with_front[(fault.row_number or 1) - 1].path.name, fault) for fault in wrong]
    for source, first in zip(with_front, said, strict=True):
        declared_blocks, blocks = first.get(family.block_count), walk.totals[source.code].blocks
        if declared_blocks is not None and declared_blocks != blocks:
            faults.append((source.path.name, blocks_differ(declared_blocks, blocks, family)))
    return faults


def _in_its_file(fault: FileError, sources: list[_Source]) -> tuple[str, FileError]:
    """A fault with the file that the record is in, and the record's number there."""
    row = fault.row_number or 1
    begun = [source for source in sources if source.first_record < row]
    source = max(begun, key=lambda source: source.first_record)
    return source.path.name, replace(fault, row_number=row - source.first_record)
