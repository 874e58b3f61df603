# SPDX-License-Identifier: Apache-2.0
"""全国分のファイル: divided by municipality and put together again, of any length, a piece at a time.

Nothing is handed on from a file in which anything is wrong, but for blocks of a municipality that nobody knows: those are set apart
and named. Every part has its SHA-256; a part that is not the one handed over is refused by name.
"""

import hashlib
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

import numpy as np

from contracts.layouts.families import Family, encode_front, read_front
from contracts.layouts.jis import Bytes
from contracts.layouts.problems import FileError, file_error
from contracts.layouts.records import Totals, Walk, place_of

PIECE_RECORDS: Final = 8_192
QUARANTINE: Final = "quarantine"


@dataclass(frozen=True, slots=True)
class Part:
    """What one municipality has of a national file. `amounts`: yen in the order of the family's sums."""

    municipality_number: str
    path: Path
    blocks: int
    records: int
    amounts: tuple[int, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a national file: its parts, what was set apart, and every fault with the name of its file."""

    parts: list[Part] = field(default_factory=list)
    set_apart: list[Part] = field(default_factory=list)
    faults: list[tuple[str, FileError]] = field(default_factory=list)

    @property
    def totals(self) -> Totals:
        """Blocks, records and yen of all parts, those set apart included."""
        found = Totals()
        for part in [*self.parts, *self.set_apart]:
            found.add(Totals(part.blocks, part.records, list(part.amounts)))
        return found


def name_of(municipality_number: str) -> str:
    """The file name of a part."""
    return f"{municipality_number}.dat"


def pieces(source: IO[bytes], family: Family) -> Iterator[Bytes]:
    """Matrices (records × bytes) of what is left of a file, which must be whole records."""
    size = PIECE_RECORDS * family.record_length
    while data := source.read(size):
        yield np.frombuffer(data, np.uint8).reshape(-1, family.record_length)


def split(source: Path, folder: Path, family: Family, *, known: Collection[str] | None, submitter: str, created_on: date) -> Handed:
    """Divide a national file into one file a municipality under `folder`; `known`: five-digit codes, None knows all.

    Blocks of other municipalities are written under `folder/quarantine` and named. With any other fault no part is left.
    """
    size = source.stat().st_size
    faults, declared = _length_faults(size, family), None
    open_part, walk = _Parts(folder, family, known, submitter, created_on), Walk(family)
    with source.open("rb") as stream:
        if not faults and family.begins_with_management(size):
            (first,), faults = read_front([stream.read(family.front)], family)
            declared = first.get(family.block_count)
        for piece in pieces(stream, family) if not faults else ():
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
        faults.append(_blocks_differ(declared, blocks, family))
    if faults:
        shutil.rmtree(folder)
        return Handed(faults=[(source.name, fault) for fault in faults])
    return open_part.handed(walk, source.name)


def merge(
    parts: Iterable[Path], target: Path, family: Family, *, submitter: str, created_on: date, handed: Mapping[str, str] | None = None
) -> Handed:
    """Put the files of municipalities together in ascending order; `handed`: file name → SHA-256 as it was sent, where that is known.

    With any fault, each named with its file, the national file is not written.
    """
    sources = [_Source(path, family) for path in sorted(parts, key=lambda path: path.name)]
    faults = [(source.path.name, fault) for source in sources for fault in source.faults]
    for before, after in pairwise(sources):
        if after.code <= before.code and not (before.faults or after.faults):
            words = {"value": f"{after.code:05}", "declared": f"{before.code:05}"}
            faults.append((after.path.name, file_error("KOKI-F017", row=1, **words)))
    with_front = [source for source in sources if source.front]
    said, wrong = read_front([source.front for source in with_front], family) if with_front else ([], [])
    faults += [(with_front[(fault.row_number or 1) - 1].path.name, fault) for fault in wrong]
    if faults:
        return Handed(faults=faults)

    walk, unfinished = Walk(family), target.with_suffix(".part")
    with unfinished.open("wb") as stream:
        stream.write(bytes(family.front))
        for piece in _joined(sources, family):
            walk.take(piece)
            if walk.faults:
                break
            stream.write(memoryview(piece).cast("B"))  # type: ignore[arg-type]
        else:
            walk.finish()
        stream.seek(0)
        stream.write(encode_front(submitter, created_on, sum(found.blocks for found in walk.totals.values()), family))
    faults = [_in_its_file(fault, sources) for fault in walk.faults]
    if not faults:
        for source in sources:
            faults += [(source.path.name, fault) for fault in source.differences(handed)]
        for source, first in zip(with_front, said, strict=True):
            if not faults and first[family.block_count] != (blocks := walk.totals[source.code].blocks):
                faults.append((source.path.name, _blocks_differ(first[family.block_count], blocks, family)))
    if faults:
        unfinished.unlink()
        return Handed(faults=faults)
    unfinished.rename(target)
    return Handed(parts=[source.part(walk.totals[source.code]) for source in sources])


class _Source:
    """One file on its way into a national file: where its records begin there, its SHA-256 and the municipalities at its ends."""

    def __init__(self, path: Path, family: Family) -> None:
        self.path, self.size = path, path.stat().st_size
        self.faults, self.front = _length_faults(self.size, family), b""
        self.digest, self.first_record, self._ends = hashlib.sha256(), 0, {-1}
        if not self.faults:
            with path.open("rb") as stream:
                self.front = stream.read(family.front) if family.begins_with_management(self.size) else b""
                ends = [stream.read(family.record_length)]
                stream.seek(-family.record_length, 2)
                ends.append(stream.read(family.record_length))
            self.digest.update(self.front)
            self._look_at_the_ends(ends, family)

    def _look_at_the_ends(self, ends: list[bytes], family: Family) -> None:
        """A file begins with a header and ends with a trailer; looked at here, so that the fault is not found in the next file."""
        kind = (family.data.field(family.kind_field).offset or 1) - 1
        code = place_of(family.header, family.ascending)
        for record, layout, row in zip(ends, (family.header, family.trailer), (1, self.records(family)), strict=True):
            if record[kind : kind + 1].decode("latin-1") != family.kind_of(layout):
                value = record[kind : kind + 1].decode("latin-1")
                self.faults.append(file_error("KOKI-F014", row=row, value=value, detail=f"{layout.term}がありません。"))
        self._ends = {int(record[code]) if record[code].isdigit() else -1 for record in ends}
        if len(self._ends) > 1:
            self.faults.append(file_error("KOKI-F009", declared=f"{max(self._ends):05}"))

    def records(self, family: Family) -> int:
        return (self.size - len(self.front)) // family.record_length

    @property
    def code(self) -> int:
        """The municipality of the whole file: blocks ascend, so that the first and the last say it of all."""
        return min(self._ends)

    def differences(self, handed: Mapping[str, str] | None) -> list[FileError]:
        """Another file than was handed over."""
        sha256 = self.digest.hexdigest()
        if handed is None or handed.get(self.path.name) == sha256:
            return []
        return [file_error("KOKI-F022", value=self.path.name, declared=handed.get(self.path.name, "なし"), found=sha256)]

    def part(self, totals: Totals) -> Part:
        return Part(f"{self.code:05}", self.path, totals.blocks, totals.records, tuple(totals.amounts), self.digest.hexdigest())


def _joined(sources: list[_Source], family: Family) -> Iterator[Bytes]:
    """The records of all files one after the other, in pieces that do not end with a file; each file is signed on the way."""
    size = PIECE_RECORDS * family.record_length
    waiting, records = bytearray(), 0
    for source in sources:
        source.first_record = records
        records += source.records(family)
        with source.path.open("rb") as stream:
            stream.seek(len(source.front))
            while data := stream.read(size):
                source.digest.update(data)
                waiting += data
                if len(waiting) >= size:
                    yield np.frombuffer(bytes(waiting), np.uint8).reshape(-1, family.record_length)
                    waiting.clear()
    if waiting:
        yield np.frombuffer(bytes(waiting), np.uint8).reshape(-1, family.record_length)


def _in_its_file(fault: FileError, sources: list[_Source]) -> tuple[str, FileError]:
    """A fault with the file that the record is in, and the record's number there."""
    row = fault.row_number or 1
    begun = [source for source in sources if source.first_record < row]
    source = max(begun, key=lambda source: source.first_record)
    return source.path.name, replace(fault, row_number=row - source.first_record)


def _blocks_differ(declared: int, found: int, family: Family) -> FileError:
    assert family.file_management
    return file_error("KOKI-F020", term=family.file_management.field(family.block_count).term, declared=declared, found=found)


def _length_faults(size: int, family: Family) -> list[FileError]:
    if size == 0 or size == family.front:
        return [file_error("KOKI-F001")]
    if size % family.record_length and not family.begins_with_management(size):
        at = size // family.record_length * family.record_length + 1
        return [file_error("KOKI-F013", byte=at, found=size, declared=family.record_length)]
    return []


class _Parts:
    """The files of municipalities while a national file is divided: one is open at a time, since blocks ascend."""

    def __init__(self, folder: Path, family: Family, known: Collection[str] | None, submitter: str, created_on: date) -> None:
        self._folder, self._family, self._known = folder, family, known
        self._submitter, self._created_on = submitter, created_on
        self._stream: IO[bytes] | None = None
        self._code = -1
        self._paths: dict[int, Path] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, code: int, data: memoryview) -> None:
        if code != self._code:
            self.close()
            number = f"{code:05}"
            folder = self._folder if self._known is None or number in self._known else self._folder / QUARANTINE
            folder.mkdir(exist_ok=True)
            self._code, self._paths[code] = code, folder / name_of(number)
            self._stream = self._paths[code].open("wb")
            self._stream.write(bytes(self._family.front))
        assert self._stream
        self._stream.write(data)

    def close(self) -> None:
        if self._stream:
            self._stream.close()
        self._stream, self._code = None, -1

    def handed(self, walk: Walk, source: str) -> Handed:
        """Write the records of management into every part, now that its blocks are counted, and sign each with its SHA-256."""
        found = Handed()
        row = 1
        for code, path in self._paths.items():
            totals = walk.totals[code]
            with path.open("r+b") as stream:
                stream.write(encode_front(self._submitter, self._created_on, totals.blocks, self._family))
            with path.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            part = Part(f"{code:05}", path, totals.blocks, totals.records, tuple(totals.amounts), sha256)
            if path.parent.name == QUARANTINE:
                found.set_apart.append(part)
                found.faults.append((source, file_error("KOKI-F019", row=row, value=part.municipality_number)))
            else:
                found.parts.append(part)
            row += totals.records + 2 * totals.blocks
        return found
