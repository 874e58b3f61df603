"""The records of incomes as a table: the same form whether they came one by one, packed, or in a sealed batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
from contracts.events.municipal import IncomeDetermined

from eligibility_service.domain.records import RecordsUnreadable
from eligibility_service.rules.copay.columns import AMOUNTS, DECLARED

INCOME_KEY: Final = ("municipality_code", "resident_number", "income_year")
_STATED: Final = ("total_income", "taxable_income", "gross_income")
"""Amounts that a municipality may leave out: a flag says whether they were given."""
_COUNTS: Final = ("dependants_under_16", "dependants_16_to_18")
INCOME: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "income_year": pl.Int16(),
    "sequence": pl.Int32(),
    "income_status": pl.Int16(),
    **{name: pl.Int64() for name in AMOUNTS},
    "tax_status": pl.Int16(),
    **{name: pl.Int16() for name in _COUNTS},
    **{f"has_{name}": pl.Boolean() for name in _STATED},
    "has_dependants": pl.Boolean(),
    "receives_welfare_pension": pl.Boolean(),
}
"""Columns of an income, as in the table."""

_SAID: Final = ("municipality_code", "resident_number", "income_year", "sequence", "status", *AMOUNTS)
_MAY_LACK: Final[dict[str, pl.DataType]] = {
    "gross_income": pl.Int64(),
    "resident_tax_status": pl.String(),
    "dependants_under_16": pl.Int16(),
    "dependants_16_to_18": pl.Int16(),
    "receives_welfare_pension": pl.Boolean(),
}
"""Columns that older files do not have."""


def of_events(events: Sequence[IncomeDetermined]) -> pl.DataFrame:
    """The last record of each resident and year."""
    names = [*_SAID, *(name for name in _MAY_LACK if name not in _SAID)]
    rows = [{name: getattr(event, name) for name in names} for event in events]
    schema = {name: _kind(name) for name in names}
    return of_batch(pl.DataFrame(rows, schema=schema))


def of_batch(frame: pl.DataFrame) -> pl.DataFrame:
    """The records of a sealed batch, the last of each resident and year. RecordsUnreadable names what is missing."""
    frame = frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in _MAY_LACK.items() if name not in frame.columns)
    if missing := [name for name in _SAID if name not in frame.columns]:
        raise RecordsUnreadable(f"The batch has no column {', '.join(missing)}.")
    declared = pl.col("status").cast(pl.String) == str(DECLARED)
    made = frame.select(
        "municipality_code",
        "resident_number",
        "income_year",
        "sequence",
        pl.col("status").cast(pl.String).alias("income_status"),
        *(pl.when(declared).then(pl.col(name)).otherwise(0).fill_null(0).alias(name) for name in AMOUNTS),
        pl.col("resident_tax_status").cast(pl.String).fill_null("0").alias("tax_status"),
        *(pl.col(name).fill_null(0) for name in _COUNTS),
        *((pl.col(name).is_not_null() & declared).alias(f"has_{name}") for name in _STATED),
        # One count alone says that the municipality has counted: of the other kind there is nobody.
        has_dependants=pl.any_horizontal(pl.col(name).is_not_null() for name in _COUNTS),
        receives_welfare_pension=pl.col("receives_welfare_pension").fill_null(0).cast(pl.Int8).cast(pl.Boolean)
        if frame.schema["receives_welfare_pension"] != pl.Boolean
        else pl.col("receives_welfare_pension").fill_null(False),
    )
    typed = made.select(pl.col(name).cast(kind) for name, kind in INCOME.items())
    if typed.select(INCOME_KEY).is_unique().all():
        return typed
    return typed.sort(*INCOME_KEY, "sequence").unique(INCOME_KEY, keep="last", maintain_order=True)


def _kind(name: str) -> pl.DataType:
    if name in _MAY_LACK:
        return _MAY_LACK[name]
    return pl.String() if name in ("municipality_code", "resident_number", "status") else pl.Int64()
