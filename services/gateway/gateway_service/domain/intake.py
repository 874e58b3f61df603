"""What becomes of municipal rows: the kinds of file, the verdict over a set of rows, and its counts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args

import polars as pl
from contracts.envelope import Event
from contracts.events.municipal import (
    CardHoldingsBatchSealed,
    IncomeDetermined,
    IncomesBatchSealed,
    MunicipalBatchSealed,
    ResidentChanged,
    ResidentsBatchSealed,
)
from contracts.layouts.checks import add_typed
from contracts.layouts.csv_text import Written
from contracts.layouts.reading import judge

from contracts.layouts import Control, Layout, ReadResult, RowError, load_layout


@dataclass(frozen=True)
class Kind:
    """A kind of data that is taken in: its layout, the event that announces many, the event of one row, and where names differ."""

    layout_name: str
    term: str
    batch: type[MunicipalBatchSealed]
    row: type[Event] | None = None
    """None: it comes in files alone, and the batch has the columns of the layout."""
    effective_on: str = ""
    """The column that becomes `effective_on`: the day the law counts."""
    totals: tuple[str, ...] = ()
    """Control totals of the sealed batch."""
    from_union: bool = False
    """The union brings it in, and no municipality."""

    @property
    def layout(self) -> Layout:
        return load_layout(self.layout_name)

    @property
    def schema_name(self) -> str:
        """What a sealed batch says of its columns: the event of a row, or the layout."""
        return self.row.type if self.row else f"{self.layout.version}/{self.layout.name}"

    @property
    def columns(self) -> list[str]:
        """Columns of a sealed batch: the fields of the event, or of the layout."""
        return list(self.row.model_fields) if self.row else self.layout.names


_AMOUNTS: Final = (
    "public_pension_receipts", "salary_receipts", "business_income", "other_income", "capital_gains", "capital_gains_special_deduction",
    "family_employee_deduction", "family_employee_salary_received", "loss_carried_forward", "total_income", "taxable_income",
)  # fmt: skip

KINDS: Final = {
    kind.layout_name: kind
    for kind in (
        Kind("residents", "住民情報", ResidentsBatchSealed, ResidentChanged, "changed_on", ("sequence",)),
        Kind("incomes", "所得情報", IncomesBatchSealed, IncomeDetermined, "determined_on", _AMOUNTS),
        Kind("card_holdings", "マイナ保険証保有情報", CardHoldingsBatchSealed, from_union=True),
    )
}
KIND_OF_TYPE: Final = {kind.row.type: kind for kind in KINDS.values() if kind.row}


def as_batch(accepted: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """Accepted rows of a file (columns of the layout) with the columns of a sealed batch."""
    if kind.row is None:
        return accepted.select(kind.columns)
    effective_on = pl.col(kind.effective_on).alias("effective_on")
    return accepted.with_columns(pl.col("history_number").cast(pl.Int32).alias("sequence"), effective_on).select(kind.columns)


def as_events(accepted: pl.DataFrame, kind: Kind) -> list[Event]:
    """Accepted rows as events, in their order; of a kind that comes one by one too."""
    assert kind.row is not None, kind.layout_name
    return [kind.row.model_validate(row) for row in as_batch(accepted, kind).iter_rows(named=True)]


def judge_changes(items: Sequence[dict[str, Any]], kind: Kind, municipality_code: str, now: datetime) -> ReadResult:
    """The verdict over single changes (CloudEvents objects) of one municipality; row numbers are positions in `items`, from 1.

    The same engine judges the rows of a file, so that the same error has the same code and words on both ways.
    """
    # Two changes with one history number are two messages, not two rows of a file: the reader's sequence sorts them out.
    layout = kind.layout.model_copy(update={"key": ()})
    columns: dict[str, list[str | None]] = {}
    assert kind.row is not None, kind.layout_name
    for name in layout.names:
        if name == "history_number":
            columns[name] = [_written(item.get("sequence")) for item in items]
        elif name == kind.effective_on and name not in kind.row.model_fields:
            columns[name] = [_written(item.get("effectiveon")) for item in items]
        else:
            is_flag = _is_flag(kind.row, name)
            columns[name] = [_written(item["data"].get(name), is_flag=is_flag) for item in items]
    frame = pl.DataFrame(columns, schema=dict.fromkeys(layout.names, pl.String))
    written = Written(frame, pl.Series("row_number", range(1, len(items) + 1), dtype=pl.Int64), len(items))
    control = Control(
        layout_version=layout.version,
        kind=layout.name,
        file_name="",
        municipality_code=municipality_code,
        generation=1,
        created_at=now.astimezone(UTC),
        encoding="UTF-8",
        row_count=len(items),
        sha256="",
        control_totals={},
    )
    return judge(written, add_typed(frame, layout), layout, control)


def _is_flag(row: type[Event], name: str) -> bool:
    annotation = row.model_fields[name].annotation if name in row.model_fields else None
    return bool in (annotation, *get_args(annotation))


def _written(value: object, *, is_flag: bool = False) -> str | None:
    """A JSON value as it would stand in a file: true and false of a flag are 1 and 0; anywhere else they are no value that is known."""
    if value is None or value == "":
        return None
    if is_flag and isinstance(value, bool):
        return str(int(value))
    return value if isinstance(value, str) else str(value)


def errors_by_row(errors: Sequence[RowError]) -> dict[int, list[RowError]]:
    """Errors of each row, in the order of its columns."""
    found: dict[int, list[RowError]] = {}
    for error in errors:
        found.setdefault(error.row_number, []).append(error)
    return found
