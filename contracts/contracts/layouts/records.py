# SPDX-License-Identifier: Apache-2.0
"""What every file of blocks must hold, looked at in pieces: order of records, common fields, digits, escapes, counts and sums.

A piece is a matrix (records × bytes). The state between pieces is the open block alone, so that a file of any length needs the memory
of one piece.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.layouts.families import Family
from contracts.layouts.jis import Bytes
from contracts.layouts.model import Layout, LayoutField
from contracts.layouts.problems import FileError, file_error

MOST_FAULTS: Final = 100
"""A file with more is broken as a whole; the first ones say where."""
_SPACE: Final = 0x20

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring records of one piece that belong to one municipality: from `first` to before `last`, counted within the piece."""

    code: int
    first: int
    last: int


@dataclass(slots=True)
class Totals:
    """What a stretch of a file holds: blocks, data records, and the sums of the amounts in the order of the family (yen)."""

    blocks: int = 0
    records: int = 0
    amounts: list[int] = field(default_factory=list)

    def add(self, other: "Totals") -> None:
        """Take in another stretch."""
        self.blocks += other.blocks
        self.records += other.records
        self.amounts = [a + b for a, b in zip(self.amounts or [0] * len(other.amounts), other.amounts, strict=True)]


def place_of(layout: Layout, name: str) -> slice:
    """Where a field stands in its record."""
    found = layout.field(name)
    return slice((found.offset or 1) - 1, (found.offset or 1) - 1 + found.length)


def numbers(cells: Bytes) -> Numbers:
    """The numbers in a matrix (records × digits); spaces and whatever else is no digit count as 0 there, and are named elsewhere."""
    digits = cells - np.uint8(ord("0"))
    digits[digits > 9] = 0
    value = np.zeros(len(cells), np.int64)
    for column in range(cells.shape[1]):
        value *= 10
        value += digits[:, column]
    return value


class Walk:
    """One way through a file, piece by piece; `faults` says what is wrong, `totals` what a municipality has."""

    def __init__(self, family: Family) -> None:
        self.faults: list[FileError] = []
        self.totals: dict[int, Totals] = {}
        self._family = family
        self._common = [place_of(family.header, name) for name in family.common]
        self._code = place_of(family.header, family.ascending)
        self._amounts = [place_of(family.data, source) for source in family.sums.values()]
        self._declared = [place_of(family.trailer, target) for target in family.sums]
        self._count = place_of(family.trailer, family.count)
        self._kind = (family.data.field(family.kind_field).offset or 1) - 1
        self._kinds = [ord(family.kind_of(layout)) for layout in (family.header, family.data, family.trailer)]
        self._last = self._kinds[2]
        self._head = np.zeros(sum(place.stop - place.start for place in self._common), np.uint8)
        self._open = np.zeros(1 + len(self._amounts), np.int64)
        self._number = -1
        self._seen = 0
        self._allowed = _Allowed(family.data)

    def take(self, piece: Bytes) -> list[Run]:
        """Look at the next records; the runs of municipalities in them, or nothing once the order of records is lost."""
        header, data, trailer = self._kinds
        kinds = np.ascontiguousarray(piece[:, self._kind])
        before = np.concatenate(([self._last], kinds[:-1]))
        starts = kinds == header
        goes_on = (kinds == data) | (kinds == trailer)
        is_right = (starts & (before == trailer)) | (goes_on & (before != trailer))
        if not is_right.all():
            at = int(np.argmin(is_right))
            self._say("KOKI-F014", at, value=chr(kinds[at]), detail="")
            return []
        heads, ends, people = np.flatnonzero(starts), np.flatnonzero(kinds == trailer), kinds == data
        block = np.cumsum(starts)
        self._look_at_common(piece, heads, block)
        self._look_at_bytes(piece, people)
        self._look_at_sums(piece, heads, ends, people, block)
        runs = self._runs(piece, heads, len(kinds))
        self._last = int(kinds[-1])
        self._seen += len(kinds)
        return runs

    def finish(self) -> None:
        """The file has ended: an open block has no trailer."""
        if self._last != self._kinds[2]:
            self._say("KOKI-F014", -1, value=chr(self._last), detail=f"{self._family.trailer.term}がありません。")

    def _say(self, code: str, at: int, **words: object) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(file_error(code, row=self._seen + at + 1, **words))  # type: ignore[arg-type]

    def _look_at_common(self, piece: Bytes, heads: NDArray[np.intp], block: NDArray[np.intp]) -> None:
        common = np.concatenate([piece[:, place] for place in self._common], axis=1)
        of_blocks = np.concatenate((self._head[None, :], common[heads]))
        differs = (common != of_blocks[block]).any(axis=1)
        for at in np.flatnonzero(differs)[:MOST_FAULTS]:
            self._say("KOKI-F018", int(at))
        self._head = of_blocks[-1].copy()

    def _look_at_bytes(self, piece: Bytes, people: NDArray[np.bool_]) -> None:
        for record, column, term in self._allowed.broken(piece, people):
            byte = (self._seen + record) * self._family.record_length + column + 1
            self._say("KOKI-F021", record, byte=byte, term=term)

    def _look_at_sums(
        self, piece: Bytes, heads: NDArray[np.intp], ends: NDArray[np.intp], people: NDArray[np.bool_], block: NDArray[np.intp]
    ) -> None:
        figures = [people.astype(np.int64)]
        figures += [np.where(people, numbers(piece[:, place]), 0) for place in self._amounts]
        found = np.zeros((len(heads) + 1, len(figures)), np.int64)
        bounds = np.concatenate(([0], heads))
        for column, figure in enumerate(figures):
            found[:, column] = np.add.reduceat(figure, bounds) if bounds[-1] < len(figure) else 0
        if len(heads) and heads[0] == 0:
            found[0] = 0
        found[0] += self._open
        self._compare(piece[ends], ends, found[block[ends]])
        self._open = np.zeros_like(self._open) if piece[-1, self._kind] == self._kinds[2] else found[-1]

    def _compare(self, trailers: Bytes, at: NDArray[np.intp], found: Numbers) -> None:
        """Trailers against what their blocks hold, and what the municipalities have by them."""
        codes = numbers(trailers[:, self._code])
        for column, place in enumerate([self._count, *self._declared]):
            declared = numbers(trailers[:, place])
            for row in np.flatnonzero(declared != found[:, column])[:MOST_FAULTS]:
                words: dict[str, object] = {"declared": int(declared[row]), "found": int(found[row, column])}
                if column == 0:
                    self._say("KOKI-F005", int(at[row]), **words)
                else:
                    target = list(self._family.sums)[column - 1]
                    self._say("KOKI-F007", int(at[row]), column=target, term=self._family.trailer.field(target).term, **words)
        for code, figures in zip(codes.tolist(), found.tolist(), strict=True):
            self.totals.setdefault(code, Totals()).add(Totals(1, figures[0], figures[1:]))

    def _runs(self, piece: Bytes, heads: NDArray[np.intp], length: int) -> list[Run]:
        codes = numbers(piece[heads, self._code])
        before = np.concatenate(([self._number], codes))[:-1]
        for row in np.flatnonzero(codes < before)[:MOST_FAULTS]:
            self._say("KOKI-F017", int(heads[row]), value=f"{codes[row]:05}", declared=f"{before[row]:05}")
        changes = np.flatnonzero(codes != before)
        starts = [int(heads[row]) for row in changes]
        runs = []
        if self._number >= 0 and (not starts or starts[0] > 0):
            runs.append(Run(self._number, 0, starts[0] if starts else length))
        for row, start, stop in zip(changes, starts, [*starts, length][1:], strict=True):
            runs.append(Run(int(codes[row]), start, stop))
        self._number = int(codes[-1]) if len(codes) else self._number
        return runs


class _Allowed:
    """Which bytes a data record may hold at each place: two ranges a column, so that a piece is looked at in six passes.

    Fillers hold nothing but spaces; digits may be left out as spaces.
    """

    def __init__(self, layout: Layout) -> None:
        self._fields = {}
        ranges = np.zeros((2, 2, layout.record_length or 0), np.uint8)
        for found in layout.fields:
            place = place_of(layout, found.name)
            self._fields.update(dict.fromkeys(range(place.start, place.stop), found))
            if found.constant_bytes:
                ranges[:, 0, place] = np.frombuffer(bytes.fromhex(found.constant_bytes), np.uint8)
                continue
            for number, (low, high) in enumerate(self._ranges(found)):
                ranges[number, :, place] = np.array([[low], [high - low]])
        (self._low, self._span), (self._other_low, self._other_span) = ranges
        # Pieces are looked at in the same places again and again: fresh memory for each costs more than the looking.
        self._less: Bytes = np.empty((0, 0), np.uint8)
        self._wrong: NDArray[np.bool_] = np.empty((0, 0), np.bool_)
        self._other: NDArray[np.bool_] = np.empty((0, 0), np.bool_)

    @staticmethod
    def _ranges(found: LayoutField) -> tuple[tuple[int, int], tuple[int, int]]:
        if found.filler:
            return (_SPACE, _SPACE), (_SPACE, _SPACE)
        if found.type == "DATE" or found.characters == "digits" or found.is_number:
            return (ord("0"), ord("9")), (_SPACE, _SPACE)
        if found.escapes == "outside":
            return (_SPACE, 0x7E), (_SPACE, 0x7E)
        return (_SPACE, 0x7E), (0xA1, 0xDF)

    def broken(self, piece: Bytes, people: NDArray[np.bool_]) -> list[tuple[int, int, str]]:
        """(record, byte, term of the field) of what may not stand there, one a field; records and bytes from 0."""
        if len(piece) > len(self._less):
            self._less, self._wrong, self._other = np.empty_like(piece), np.empty(piece.shape, np.bool_), np.empty(piece.shape, np.bool_)
        less, is_wrong, other = self._less[: len(piece)], self._wrong[: len(piece)], self._other[: len(piece)]
        np.greater(np.subtract(piece, self._low, out=less), self._span, out=is_wrong)
        np.greater(np.subtract(piece, self._other_low, out=less), self._other_span, out=other)
        np.logical_and(is_wrong, other, out=is_wrong)
        is_wrong[~people] = False
        if not is_wrong.any():
            return []
        found: dict[tuple[int, str], tuple[int, int, str]] = {}
        for record, byte in np.argwhere(is_wrong)[: MOST_FAULTS * 10].tolist():
            at = self._fields[byte]
            found.setdefault((record, at.name), (record, byte, at.term))
        return list(found.values())
