# SPDX-License-Identifier: Apache-2.0
"""Files of several record kinds: blocks of a header, data records and a trailer that counts and sums them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from contracts.layouts.checks import TYPED, add_typed
from contracts.layouts.csv_text import Unreadable, Written
from contracts.layouts.fixed_text import columns_of, records_of
from contracts.layouts.jis import Bytes
from contracts.layouts.loading import FOLDER, load_layout, read_yaml
from contracts.layouts.model import Encoding, Layout
from contracts.layouts.problems import FileError, file_error
from contracts.layouts.reading import ReadResult, judge, read_file, refused
from contracts.layouts.writing import encode_file, encode_record


class Tally(BaseModel):
    """A figure of the trailer over some data records of the block: those whose `field` is `among` these values, or not `besides` them.

    The sum of the number `sum`, or how many there are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    among: tuple[str, ...] | None = None
    besides: tuple[str, ...] | None = None
    sum: str | None = None

    def over(self, prefix: str = "") -> pl.Expr:
        """The figure as an expression over data records, whose numbers stand in columns with this prefix."""
        cell = pl.col(self.field)
        counted = cell.is_in(list(self.among)) if self.among is not None else ~cell.is_in(list(self.besides or ()))
        return counted.sum().cast(pl.Int64) if self.sum is None else pl.col(prefix + self.sum).filter(counted).sum()


class Family(BaseModel):
    """Which layouts make the file, which fields a block has in common, and what its trailer counts and sums."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    version: str
    term: str
    meaning: str
    record_length: int
    encoding: Encoding
    kind_field: str
    header: Layout
    data: Layout
    trailer: Layout
    management: Layout | None = None
    file_management: Layout | None = None
    """The two records before the first block; a file may come without both."""
    block_count: str = ""
    """The field of `file_management` that counts the blocks."""
    ascending: str = ""
    """The field of the headers by which the blocks are ordered."""
    common: tuple[str, ...]
    count: str
    sums: dict[str, str]
    """Field of the trailer → field of the data records that it sums."""
    end: Layout | None = None
    """The one record after the last block, where the file has one."""
    tallies: dict[str, Tally] = {}
    """Field of the trailer → what it counts or sums over some of the data records."""

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """The records of the family."""
        return (self.header, self.data, self.trailer, *([self.end] if self.end else []))

    @property
    def front(self) -> int:
        """Bytes before the first block, where a file has them."""
        return sum(layout.record_length or 0 for layout in (self.management, self.file_management) if layout)

    def begins_with_management(self, size: int) -> bool:
        """Whether a file of `size` bytes has the records of management: what is left is whole records only then."""
        return self.front > 0 and size % self.record_length == self.front

    def kind_of(self, layout: Layout) -> str:
        return layout.field(self.kind_field).constant or ""


_RECORDS: Final = {"header", "data", "trailer", "end", "management", "file_management"}


@dataclass(frozen=True)
class FamilyResult:
    """What became of the file. Row numbers are those of records in the file, from 1. `blocks`: first_record, last_record of each.

    `management`: what the first two records say, empty where the file has none.
    """

    headers: ReadResult
    data: ReadResult
    trailers: ReadResult
    blocks: pl.DataFrame
    file_errors: list[FileError]
    management: dict[str, Any] = field(default_factory=dict)


def load_family(version: str, name: str = "family", *, site_codes: Mapping[str, Mapping[str, str]] | None = None) -> Family:
    """A family of records of a version folder; `site_codes` as in `load_layout`, for whichever records use the table."""
    content = read_yaml(FOLDER / version / f"{name}.yaml")
    for record in _RECORDS & content.keys():
        layout = load_layout(content[record], version)
        replaced = {table: values for table, values in (site_codes or {}).items() if table in layout.code_tables}
        content[record] = load_layout(content[record], version, site_codes=replaced)
    return Family.model_validate(content)


def read_family(data: bytes, family: Family) -> FamilyResult:
    """Read the file. A wrong length, order of records or of blocks, count or sum refuses the whole of it."""
    management: dict[str, Any] = {}
    if family.begins_with_management(len(data)):
        (management,), errors = read_front([data[: family.front]], family)
        if errors:
            return _refused(family, errors)
        data = data[family.front :]
    records = records_of(data, family.record_length)
    if isinstance(records, Unreadable):
        return _refused(family, records.errors)
    at = (family.data.field(family.kind_field).offset or 1) - 1
    kinds = records[:, at]
    if (error := _order_error(kinds, family)) is not None:
        return _refused(family, [error])

    parts = {layout.name: _written(records, kinds, layout, family) for layout in family.layouts}
    typed = {name: add_typed(written.frame, family_layout(family, name)) for name, written in parts.items()}
    firsts, lasts = parts[family.header.name].row_numbers, parts[family.trailer.name].row_numbers
    blocks = pl.DataFrame({"first_record": firsts, "last_record": lasts})
    if errors := [
        *_block_count_errors(management, len(blocks), family),
        *_ascending_errors(typed[family.header.name], firsts, family),
        *_foreign_errors(typed, parts, family),
        *_total_errors(parts, typed, family),
    ]:
        return _refused(family, errors)
    headers, rows, trailers = (
        judge(parts[layout.name], typed[layout.name], layout, None) for layout in (family.header, family.data, family.trailer)
    )
    return FamilyResult(headers, rows, trailers, blocks, [], management)


def encode_front(submitter_code: str, created_on: date, blocks: int, family: Family, *, medium_number: int = 1) -> bytes:
    """The bytes of the two records of management before so many blocks."""
    if family.management is None or family.file_management is None:
        raise ValueError(f"{family.version} has no records of management.")
    first = {"submitter_code": submitter_code, "medium_number": str(medium_number), "created_on": f"{created_on:%Y%m%d}"}
    return encode_record(first, family.management, family.encoding) + encode_record(
        {family.block_count: str(blocks)}, family.file_management, family.encoding
    )


def encode_family(blocks: Sequence[tuple[pl.DataFrame, pl.DataFrame]], family: Family) -> bytes:
    """The bytes of a file of (header of one row, data) blocks, with trailers that count and sum; no line ends, no management records."""
    found = b""
    for header, data in blocks:
        totals = {target: int(data.get_column(source).sum() or 0) for target, source in family.sums.items()}
        totals |= {target: int(data.select(tally.over()).item() or 0) for target, tally in family.tallies.items()}
        trailer = pl.DataFrame(
            {name: header.get_column(name) for name in family.common}
            | {family.kind_field: [family.kind_of(family.trailer)], family.count: [data.height]}
            | {target: [total] for target, total in totals.items()}
        )
        for frame, layout in ((header, family.header), (data, family.data), (trailer, family.trailer)):
            found += encode_file(frame, layout, encoding=family.encoding, line_end="")
    if family.end is not None:
        last = pl.DataFrame({family.kind_field: [family.kind_of(family.end)]})
        found += encode_file(last, family.end, encoding=family.encoding, line_end="")
    return found


def family_layout(family: Family, name: str) -> Layout:
    return next(layout for layout in family.layouts if layout.name == name)


def _refused(family: Family, errors: list[FileError]) -> FamilyResult:
    nothing = pl.DataFrame(schema={"first_record": pl.Int64, "last_record": pl.Int64})
    return FamilyResult(refused(errors, family.header), refused(errors, family.data), refused(errors, family.trailer), nothing, errors)


def read_front(fronts: Sequence[bytes], family: Family) -> tuple[list[dict[str, Any]], list[FileError]]:
    """What the two records of management of each file say, and what is wrong with them (KOKI-F020, row = the file, from 1)."""
    if family.management is None or family.file_management is None:
        raise ValueError(f"{family.version} has no records of management.")
    length, errors = family.management.record_length or 0, []
    found: list[dict[str, Any]] = [{} for _ in fronts]
    for layout, start, stop in ((family.management, 0, length), (family.file_management, length, family.front)):
        result = read_file(b"".join(front[start:stop] for front in fronts), layout, None)
        errors += [file_error("KOKI-F020", row=e.row_number, term=e.term, declared=e.value, found=e.message) for e in result.errors]
        for number, row in zip(result.row_numbers, result.frame.to_dicts(), strict=True):
            found[number - 1] |= row
    return found, errors


def _block_count_errors(management: Mapping[str, Any], blocks: int, family: Family) -> list[FileError]:
    declared = management.get(family.block_count, blocks)
    if family.file_management is None or declared == blocks:
        return []
    term = family.file_management.field(family.block_count).term
    return [file_error("KOKI-F020", term=term, declared=declared, found=blocks)]


def _ascending_errors(headers: pl.DataFrame, firsts: pl.Series, family: Family) -> list[FileError]:
    if not family.ascending or headers.height < 2:
        return []
    codes = headers.get_column(family.ascending)
    falls = (codes < codes.shift(1)).fill_null(False)
    if not falls.any():
        return []
    at = int(falls.arg_max() or 0)
    return [file_error("KOKI-F017", row=int(firsts[at]), value=codes[at], declared=codes[at - 1])]


def _foreign_errors(typed: Mapping[str, pl.DataFrame], parts: Mapping[str, Written], family: Family) -> list[FileError]:
    """Records that say another municipality, collector, notice, scheme or day than the header of their block."""
    firsts = parts[family.header.name].row_numbers.to_numpy()
    headers = typed[family.header.name].select(family.common)
    for layout in (family.data, family.trailer):
        numbers = parts[layout.name].row_numbers
        block = pl.Series("block", np.searchsorted(firsts, numbers.to_numpy(), side="right") - 1, dtype=pl.Int64)
        own = headers.select(pl.all().gather(block))
        differs = pl.Series("differs", [False], dtype=pl.Boolean).new_from_index(0, len(numbers))
        for name in family.common:
            differs |= typed[layout.name].get_column(name).ne_missing(own.get_column(name))
        if differs.any():
            return [file_error("KOKI-F018", row=int(numbers.filter(differs)[0]))]
    return []


def _order_error(kinds: Bytes, family: Family) -> FileError | None:
    header, data, trailer = (ord(family.kind_of(layout)) for layout in (family.header, family.data, family.trailer))
    if family.end is not None:
        if kinds[-1] != ord(family.kind_of(family.end)) or len(kinds) == 1:
            return file_error("KOKI-F014", row=len(kinds), value=chr(kinds[-1]), detail=f"{family.end.term}がありません。")
        kinds = kinds[:-1]
    before = np.concatenate(([trailer], kinds[:-1]))
    starts, goes_on = kinds == header, (kinds == data) | (kinds == trailer)
    is_right = (starts & (before == trailer)) | (goes_on & ((before == header) | (before == data)))
    if not is_right.all():
        position = int(np.argmin(is_right))
        return file_error("KOKI-F014", row=position + 1, value=chr(kinds[position]), detail="")
    if kinds[-1] != trailer:
        return file_error("KOKI-F014", row=len(kinds), value=chr(kinds[-1]), detail=f"{family.trailer.term}がありません。")
    return None


def _written(records: Bytes, kinds: Bytes, layout: Layout, family: Family) -> Written:
    positions = np.flatnonzero(kinds == ord(family.kind_of(layout)))
    numbers = pl.Series("row_number", positions + 1, dtype=pl.Int64)
    return columns_of(np.ascontiguousarray(records[positions]), layout, family.encoding, numbers)


def _total_errors(parts: Mapping[str, Written], typed: Mapping[str, pl.DataFrame], family: Family) -> list[FileError]:
    firsts = parts[family.header.name].row_numbers.to_numpy()
    block = np.searchsorted(firsts, parts[family.data.name].row_numbers.to_numpy(), side="right") - 1
    data = typed[family.data.name].with_columns(pl.Series("block", block, dtype=pl.Int64))
    figures = {target: pl.col(TYPED + source).sum() for target, source in family.sums.items()}
    figures |= {target: tally.over(TYPED) for target, tally in family.tallies.items()}
    sums = data.group_by("block").agg(pl.len().alias(family.count), *(figure.alias(target) for target, figure in figures.items()))
    declared = typed[family.trailer.name].with_row_index("block").cast({"block": pl.Int64}).join(sums, on="block", how="left")
    errors: list[FileError] = []
    for row, number in zip(declared.iter_rows(named=True), parts[family.trailer.name].row_numbers.to_list(), strict=True):
        if row[TYPED + family.count] != (count := row[family.count + "_right"] or 0):
            errors.append(file_error("KOKI-F005", row=number, declared=row[TYPED + family.count], found=count))
        for target in figures:
            if row[TYPED + target] != (total := row[target + "_right"] or 0):
                term = family.trailer.field(target).term
                errors.append(file_error("KOKI-F007", row=number, column=target, term=term, declared=row[TYPED + target], found=total))
    return errors
