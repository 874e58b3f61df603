# SPDX-License-Identifier: Apache-2.0
"""Read a file by its layout: accepted rows, typed; what is wrong with the others; or why nothing of it is loaded."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from contracts.layouts.checks import PARKED, TYPED, add_typed, dtype_of, verdicts
from contracts.layouts.control import Control, sha256_of, totals_of
from contracts.layouts.csv_text import Unreadable, Written, read_csv
from contracts.layouts.fixed_text import read_fixed
from contracts.layouts.loading import UnknownLayout, known_layouts, load_layout
from contracts.layouts.model import Encoding, Layout
from contracts.layouts.problems import PROBLEMS, FileError, RowError, file_error
from contracts.layouts.wording import words_of

JAPAN: Final = timezone(timedelta(hours=9))
ERROR_SCHEMA: Final = {"row_number": pl.Int64(), "code": pl.String(), "column": pl.String(), "value": pl.String()}


@dataclass(frozen=True)
class ReadResult:
    """What became of a file. With `file_errors` nothing is accepted; else row_count = accepted + refused + parked.

    `frame` and `parked` have the typed columns of the layout; `row_numbers` and `parked_row_numbers` (from 1, without the header)
    stand beside them. `error_frame`: row_number, code, column, value, sorted by row; `errors` is the same as sentences.
    """

    frame: pl.DataFrame
    row_numbers: pl.Series
    row_count: int
    parked: pl.DataFrame
    parked_row_numbers: pl.Series
    error_frame: pl.DataFrame
    file_errors: list[FileError] = field(default_factory=list)
    layout: Layout | None = None
    control: Control | None = None

    @property
    def accepted_count(self) -> int:
        return self.frame.height

    @property
    def parked_count(self) -> int:
        return self.parked.height

    @property
    def refused_count(self) -> int:
        return self.row_count - self.accepted_count - self.parked_count

    @cached_property
    def errors(self) -> list[RowError]:
        """Every wrong cell with its Japanese message and remedy, by row and column."""
        return [self._row_error(row) for row in self.error_frame.iter_rows(named=True)]

    def _row_error(self, row: dict[str, Any]) -> RowError:
        assert self.layout is not None, "rows are judged by a layout"
        problem = PROBLEMS[row["code"]]
        words = words_of(self.layout, row["code"], row["column"], row["value"] or "", self.control)
        return RowError(
            code=problem.code,
            severity=problem.severity,
            row_number=row["row_number"],
            column=row["column"],
            term=str(words["term"]),
            value=row["value"] or "",
            message=problem.message.format(**words),
            remedy=problem.remedy.format(**words),
        )


def read_file(
    source: Path | str | bytes,
    layout: Layout | None,
    control: Control | None,
    *,
    known_municipalities: Collection[str] | None = None,
    encoding: Encoding | None = None,
) -> ReadResult:
    """Read a data file (a path or its bytes) against its control file.

    `layout`: None takes the one that the control file names. `control`: None where the kind of file has none (then `encoding`, or the
    first of the layout). `known_municipalities`: six-digit codes that may send; None does not ask. Never raises for wrong content.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if layout is None:
        if control is None:
            raise TypeError("Either a layout or a control file must say what the file is.")
        try:
            layout = load_layout(control.kind, control.layout_version)
        except UnknownLayout:
            return refused([_unknown_layout(control)])

    errors = _control_errors(data, layout, control, known_municipalities) if control else []
    chosen = encoding or layout.encodings[0]
    if control and control.encoding in layout.encodings:
        chosen = next(known for known in layout.encodings if known == control.encoding)
    written = read_csv(data, layout, chosen) if layout.format == "csv" else read_fixed(data, layout, chosen)
    if isinstance(written, Unreadable):
        return refused(errors + written.errors, layout, control)
    both = add_typed(written.frame, layout)
    if control:
        errors += _count_errors(written, both, layout, control)
    return refused(errors, layout, control, written.row_count) if errors else judge(written, both, layout, control)


def judge(written: Written, both: pl.DataFrame, layout: Layout, control: Control | None) -> ReadResult:
    """Divide the rows into accepted, refused and parked."""
    municipality = control.municipality_code if control else None
    created_on: date | None = control.created_at.astimezone(JAPAN).date() if control else None
    found = verdicts(both, layout, municipality=municipality, created_on=created_on)
    columns = [name for name in found.columns if found.get_column(name).null_count() < found.height]
    is_refused = pl.Series([False], dtype=pl.Boolean).new_from_index(0, found.height)
    is_parked = is_refused
    for name in columns:
        codes = found.get_column(name)
        is_refused |= (codes.is_not_null() & (codes != PARKED)).fill_null(False)
        is_parked |= (codes == PARKED).fill_null(False)
    is_parked &= ~is_refused
    is_accepted = ~(is_refused | is_parked)

    typed = both.select(pl.col(TYPED + field.name).alias(field.name) for field in layout.data_fields)
    return ReadResult(
        frame=typed.filter(is_accepted),
        row_numbers=written.row_numbers.filter(is_accepted),
        row_count=written.row_count,
        parked=typed.filter(is_parked),
        parked_row_numbers=written.row_numbers.filter(is_parked),
        error_frame=_error_frame(written, found.select(columns), layout),
        layout=layout,
        control=control,
    )


def refused(errors: list[FileError], layout: Layout | None = None, control: Control | None = None, row_count: int = 0) -> ReadResult:
    """The result of a file of which nothing is loaded."""
    empty = pl.DataFrame(schema={field.name: dtype_of(field) for field in layout.data_fields} if layout else {})
    numbers = pl.Series("row_number", [], dtype=pl.Int64)
    return ReadResult(empty, numbers, row_count, empty, numbers, pl.DataFrame(schema=ERROR_SCHEMA), errors, layout, control)


def _error_frame(written: Written, found: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    order = {name: position for position, name in enumerate(layout.names)}
    parts = []
    for name in found.columns:
        is_wrong = found.get_column(name).is_not_null()
        parts.append(
            pl.DataFrame(
                {
                    "row_number": written.row_numbers.filter(is_wrong),
                    "code": "KOKI-R" + found.get_column(name).filter(is_wrong).cast(pl.String),
                    "column": pl.repeat(name, int(is_wrong.sum()), dtype=pl.String, eager=True),
                    "value": written.frame.get_column(name).filter(is_wrong),
                },
                schema=ERROR_SCHEMA,
            )
        )
    if written.ragged:
        rows = [(number, "KOKI-R111", "", str(columns)) for number, columns in written.ragged.items()]
        parts.append(pl.DataFrame(rows, schema=ERROR_SCHEMA, orient="row"))
    if not parts:
        return pl.DataFrame(schema=ERROR_SCHEMA)
    return pl.concat(parts).sort("row_number", pl.col("column").replace_strict(order, default=-1))


def _unknown_layout(control: Control) -> FileError:
    known = "、".join(f"{version}/{name}" for version, name in known_layouts() if name != "control")
    return file_error("KOKI-F008", declared=f"{control.layout_version}/{control.kind}", known=known)


def _control_errors(data: bytes, layout: Layout, control: Control, known_municipalities: Collection[str] | None) -> list[FileError]:
    errors: list[FileError] = []
    if (control.layout_version, control.kind) != (layout.version, layout.name):
        declared = f"{control.layout_version}/{control.kind}"
        errors.append(file_error("KOKI-F008", declared=declared, known=f"{layout.version}/{layout.name}"))
    if known_municipalities is not None and control.municipality_code not in known_municipalities:
        errors.append(file_error("KOKI-F009", declared=control.municipality_code))
    if control.encoding not in layout.encodings:
        errors.append(file_error("KOKI-F016", declared=control.encoding, known="、".join(layout.encodings)))
    if (found := sha256_of(data)) != control.sha256:
        errors.append(file_error("KOKI-F006", declared=control.sha256, found=found))
    return errors


def _count_errors(written: Written, both: pl.DataFrame, layout: Layout, control: Control) -> list[FileError]:
    errors: list[FileError] = []
    if written.row_count != control.row_count:
        errors.append(file_error("KOKI-F005", declared=control.row_count, found=written.row_count))
    summed = [name for total in layout.control_totals for name in [total.sum] if name]
    counted = [total.count.field for total in layout.control_totals if total.count]
    needed = both.select(*(pl.col(TYPED + name).alias(name) for name in set(summed)), *set(counted))
    found = totals_of(needed, layout)
    for total in layout.control_totals:
        if written.ragged or (total.sum and _has_unreadable(both, total.sum)):
            continue  # The row is refused below; without its figure the total can be neither right nor wrong.
        declared = control.control_totals.get(total.name)
        if declared != found[total.name]:
            shown = "記載なし" if declared is None else declared
            errors.append(file_error("KOKI-F007", column=total.name, term=total.term, declared=shown, found=found[total.name]))
    return errors


def _has_unreadable(both: pl.DataFrame, name: str) -> bool:
    return bool((both.get_column(name).is_not_null() & both.get_column(TYPED + name).is_null()).any())
