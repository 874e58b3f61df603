# SPDX-License-Identifier: Apache-2.0
"""From text columns to typed columns, and a verdict for every cell; all of it column by column.

A verdict is null (right) or the number of an error code (`KOKI-R105` → 105): the first thing that is wrong with the cell.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

import polars as pl

from contracts.eras import ERAS, last_day_of
from contracts.layouts.model import Layout, LayoutField
from contracts.primitives import KATAKANA, require_insurer_number, require_municipality_code

UNIDENTIFIED: Final = r"[●\x{E000}-\x{F8FF}\x{F0000}-\x{10FFFD}]"
"""What stands where a character of Unicode could not be written: ●, or a code of the municipality's own (private use)."""
PARKED: Final = 201
TYPED: Final = "typed:"
"""Prefix of the typed columns beside the written ones."""

DTYPES: Final[dict[str, pl.DataType]] = {
    "X": pl.String(),
    "N": pl.String(),
    "9": pl.Int64(),
    "S9": pl.Int64(),
    "DATE": pl.Date(),
    "YEAR": pl.Int32(),
    "TIME": pl.Time(),
    "TIMESTAMP": pl.Datetime("us", "UTC"),
}
_DAY_PATTERN: Final = {
    "YYYY-MM-DD": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "YYYYMMDD": "^[0-9]{8}$",
    "MMDD": "^[0-9]{4}$",
    "ERA": "^[1-5][0-9]{6}$",
}
_NUMBER_PATTERN: Final = {"9": "^[0-9]+$", "S9": "^-?[0-9]+$"}
_HALF_WIDTH: Final = r"^[\x20-\x7E\x{FF61}-\x{FF9F}]*$"
_FORBIDDEN: Final = r"[\x00-\x1F\x7F-\x9F\x{FFFD}]"
_TIMESTAMP: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
_CHECKS: Final[dict[str, Callable[[object], str]]] = {
    "municipality_code": require_municipality_code,
    "insurer_number": require_insurer_number,
}


def dtype_of(field: LayoutField) -> pl.DataType:
    """The polars type of a field's typed column. A day without a year (MMDD) stays text."""
    return pl.String() if field.format == "MMDD" else DTYPES[field.type]


def add_typed(written: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """`written` (all text, empty = null) with a typed column beside each; a cell that does not convert is null."""
    return written.with_columns(typed_expression(field).alias(TYPED + field.name) for field in layout.written_fields)


def typed_expression(field: LayoutField) -> pl.Expr:
    """How the written column of `field` becomes typed."""
    cell = pl.col(field.name)
    match field.type:
        case "9" | "S9":
            number = cell.cast(pl.Int64, strict=False)
            return (
                number if field.empty_means is None else pl.when(cell.is_null()).then(pl.lit(field.empty_means, pl.Int64)).otherwise(number)
            )
        case "YEAR":
            return cell.cast(pl.Int32, strict=False)
        case "DATE":
            return cell if field.format == "MMDD" else _day(cell, field.format or "")
        case "TIME":
            return cell.str.to_time("%H:%M:%S", strict=False)
        case "TIMESTAMP":
            return cell.str.replace("Z$", "+00:00").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False)
        case _:
            return cell


def _day(cell: pl.Expr, form: str) -> pl.Expr:
    if form == "ERA":
        return _era_day(cell)
    return cell.str.to_date("%Y-%m-%d" if form == "YYYY-MM-DD" else "%Y%m%d", strict=False)


def _era_day(cell: pl.Expr) -> pl.Expr:
    found = []
    for era in ERAS:
        year = cell.str.slice(1, 2).cast(pl.Int32, strict=False) + (era.first_day.year - 1)
        day = pl.concat_str(year.cast(pl.String), cell.str.slice(3, 4)).str.to_date("%Y%m%d", strict=False)
        found.append(pl.when(cell.str.starts_with(era.code) & day.is_between(era.first_day, last_day_of(era))).then(day))
    return pl.coalesce(found)


def verdicts(both: pl.DataFrame, layout: Layout, *, municipality: str | None, created_on: date | None) -> pl.DataFrame:
    """One UInt16 column per field: null where the cell is right, else the number of the error code.

    `both` holds written and typed columns; `municipality` and `created_on` come from the control file, where there is one.
    """
    found = both.select(_verdict(both, layout, field, municipality, created_on).alias(field.name) for field in layout.written_fields)
    if not layout.key:
        return found
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in layout.key)
    repeated = both.select(whole & pl.struct(layout.key).is_duplicated()).to_series()
    if not repeated.any():
        return found
    first = layout.key[0]
    return found.with_columns(
        pl.when(pl.col(first).is_null() & repeated).then(pl.lit(110, pl.UInt16)).otherwise(pl.col(first)).alias(first)
    )


def _verdict(both: pl.DataFrame, layout: Layout, field: LayoutField, municipality: str | None, created_on: date | None) -> pl.Expr:
    cell, value = pl.col(field.name), pl.col(TYPED + field.name)
    wrong: list[tuple[pl.Expr, int]] = []
    if field.required:
        wrong.append((cell.is_null(), 101))
    if field.required_when:
        wrong.append((cell.is_null() & pl.col(field.required_when.field).is_in(list(field.required_when.values)), 101))
    if field.empty_unless:
        allowed = pl.col(field.empty_unless.field).is_in(list(field.empty_unless.values)).fill_null(True)
        wrong.append((cell.is_not_null() & ~allowed, 113))
    if layout.format == "fixed":
        wrong.append((cell.str.contains("\ufffd", literal=True), 115))
    if (constant := field.constant_bytes or field.constant) is not None:
        wrong.append((cell != constant, 116))
    wrong += _form(both, layout, field, cell, value)
    if municipality is not None and layout.municipality == field.name:
        wrong.append((cell != municipality, 109))
    if field.not_after_creation and created_on is not None:
        wrong.append((value > created_on, 114))
    if field.parks_unidentified:
        wrong.append((cell.str.contains(UNIDENTIFIED), PARKED))

    verdict = pl.lit(None, pl.UInt16)
    for condition, code in reversed(wrong):
        verdict = pl.when(condition.fill_null(False)).then(pl.lit(code, pl.UInt16)).otherwise(verdict)
    return verdict


def _form(both: pl.DataFrame, layout: Layout, field: LayoutField, cell: pl.Expr, value: pl.Expr) -> list[tuple[pl.Expr, int]]:
    match field.type:
        case "9" | "S9":
            digits = cell.str.strip_prefix("-").str.len_bytes()
            wrong = [
                (~cell.str.contains(_NUMBER_PATTERN[field.type]), 103),
                (digits > field.length, 102),
                (value.is_null() & cell.is_not_null(), 112),
            ]
            return wrong + _range(field, value)
        case "YEAR":
            return [(~cell.str.contains("^[0-9]{4}$"), 104), *_range(field, value)]
        case "DATE":
            pattern = _DAY_PATTERN[field.format or ""]
            if field.format == "MMDD":
                leap = pl.concat_str(pl.lit("2000"), cell).str.to_date("%Y%m%d", strict=False)
                return [(~cell.str.contains(pattern), 104), (cell.is_not_null() & leap.is_null(), 105)]
            return [
                (~cell.str.contains(pattern), 104),
                (cell.is_not_null() & value.is_null(), 105),
                (~value.is_between(field.earliest, field.latest), 112),
            ]
        case "TIME":
            return [(~cell.str.contains("^[0-9]{2}:[0-9]{2}:[0-9]{2}$"), 104), (cell.is_not_null() & value.is_null(), 105)]
        case "TIMESTAMP":
            return [(~cell.str.contains(_TIMESTAMP), 104), (cell.is_not_null() & value.is_null(), 105)]
        case _:
            return _text_form(both, layout, field, cell)


def _text_form(both: pl.DataFrame, layout: Layout, field: LayoutField, cell: pl.Expr) -> list[tuple[pl.Expr, int]]:
    wrong: list[tuple[pl.Expr, int]] = []
    if field.type == "X":
        wrong.append((~cell.str.contains(_HALF_WIDTH), 108))
    else:
        wrong.append((cell.str.contains(_FORBIDDEN), 108))
    if layout.format == "csv":
        wrong.append((cell.str.len_chars() > field.length, 102))
    if field.characters == "digits":
        wrong.append((~cell.str.contains("^[0-9]+$"), 108))
    elif field.characters == "katakana":
        wrong.append((~cell.str.contains(f"^{KATAKANA}$"), 108))
    if field.code_table:
        wrong.append((~cell.is_in(list(layout.codes_of(field))), 106))
    if field.check:
        wrong.append((cell.is_in(_failing(both.get_column(field.name), _CHECKS[field.check])), 107))
    return wrong


def _range(field: LayoutField, value: pl.Expr) -> list[tuple[pl.Expr, int]]:
    wrong = []
    if field.lowest is not None:
        wrong.append((value < field.lowest, 112))
    if field.highest is not None:
        wrong.append((value > field.highest, 112))
    return wrong


def _failing(column: pl.Series, check: Callable[[object], str]) -> list[str]:
    """The distinct values that `check` refuses: a file names few municipalities and insurers, however long it is."""

    def is_refused(text: str) -> bool:
        try:
            check(text)
        except ValueError:
            return True
        return False

    return [text for text in column.drop_nulls().unique().to_list() if is_refused(text)]
