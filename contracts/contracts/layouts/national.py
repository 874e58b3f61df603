# SPDX-License-Identifier: Apache-2.0
"""全国分のファイル: what becomes of a file of any length that is divided by municipality, or put together from parts.

Nothing is handed on from a file in which anything is wrong, but for blocks of a municipality that nobody knows: those are set apart
and named. Every part has its SHA-256; a part that is not the one handed over is refused by name.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.layouts.families import Family
from contracts.layouts.problems import FileError, file_error
from contracts.layouts.records import Totals

PIECE_RECORDS: Final = 2_048
"""Small enough for the caches of a processor, large enough that a piece costs more than the calls for it."""


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


def blocks_differ(declared: int, found: int, family: Family) -> FileError:
    """The count of blocks in the records of management is another than that of the blocks (KOKI-F020)."""
    assert family.file_management
    return file_error("KOKI-F020", term=family.file_management.field(family.block_count).term, declared=declared, found=found)


def length_faults(size: int, family: Family) -> list[FileError]:
    """An empty file, or one that is not whole records (KOKI-F001, F013)."""
    if size == 0 or size == family.front:
        return [file_error("KOKI-F001")]
    if size % family.record_length and not family.begins_with_management(size):
        at = size // family.record_length * family.record_length + 1
        return [file_error("KOKI-F013", byte=at, found=size, declared=family.record_length)]
    return []
