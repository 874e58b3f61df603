"""Units of a number of the law, and the shape of tables made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from chassis.law.rate import Rate
from chassis.law.strict_yaml import Map, Seq

Value = int | Rate | str | bool | date | Mapping[str, "Value"] | tuple["Value", ...]


class WrongValue(ValueError):
    """A value that does not fit its unit; `line` is where, when it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(f"{value!r} is not a whole number")
    return value


def _rate(value: object) -> Rate:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise WrongValue(f"{value!r} is not a rate: write it as 9.88% or 7/10")
    try:
        return Rate.parse(str(value))
    except ValueError as error:
        raise WrongValue(str(error)) from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise WrongValue(f"{value!r} is not a word")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(f"{value!r} is neither true nor false")
    return value


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise WrongValue(f"{value!r} is not a day")
    return value


UNITS: Mapping[str, Callable[[object], Value]] = {
    "yen": _whole,
    "yen_per_fiscal_year": _whole,
    "months": _whole,
    "days": _whole,
    "years": _whole,
    "hour": _whole,
    "minutes": _whole,
    "persons": _whole,
    "rate": _rate,
    "rate_per_year": _rate,
    "word": _text,
    "flag": _flag,
    "day": _day,
}
"""Every unit that a file may name. A record is a mapping of field to unit (`up_to?` may be missing); a table a list of one record."""


def read_value(value: object, unit: object) -> Value:
    """Check `value` against `unit` and read it. WrongValue says what does not fit, and the line where that is known."""
    if isinstance(unit, str):
        if unit not in UNITS:
            raise WrongValue(f"the unit {unit!r} is unknown; known units: {', '.join(sorted(UNITS))}")
        return UNITS[unit](value)
    if isinstance(unit, Map):
        if not isinstance(value, Map):
            raise WrongValue(f"{value!r} is not a record of {', '.join(unit)}")
        return _record(value, unit)
    if isinstance(unit, Seq) and len(unit) == 1:
        if not isinstance(value, Seq) or not value:
            raise WrongValue(f"{value!r} is not a list of rows")
        rows: list[Value] = []
        for row, line in zip(value, value.lines, strict=True):
            try:
                rows.append(read_value(row, unit[0]))
            except WrongValue as error:
                raise WrongValue(str(error), error.line or line) from error
        return tuple(rows)
    raise WrongValue(f"the unit {unit!r} is neither a word, nor a record of words, nor a list of one record")


def _record(value: Map, unit: Map) -> Mapping[str, Value]:
    fields = {name.removesuffix("?"): (shape, name.endswith("?")) for name, shape in unit.items()}
    for name in value:
        if name not in fields:
            raise WrongValue(f"the field {name} is unknown; known fields: {', '.join(fields)}", value.lines[name])
    record: dict[str, Value] = {}
    for name, (shape, optional) in fields.items():
        if name in value:
            try:
                record[name] = read_value(value[name], shape)
            except WrongValue as error:
                raise WrongValue(f"{name}: {error}", error.line or value.lines[name]) from error
        elif not optional:
            raise WrongValue(f"the field {name} is missing", value.line)
    return record
