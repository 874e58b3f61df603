"""Files of the law: dated numbers with term, meaning, unit, source and confidence. A careless file is refused by file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar, cast

from chassis.law.dated import CONFIDENCES, Confidence, Dated, Entry
from chassis.law.errors import LawFileError, UnknownParameter
from chassis.law.rate import Rate
from chassis.law.strict_yaml import Map, Seq, read_yaml
from chassis.law.units import UNITS, Value, WrongValue, read_value

T = TypeVar("T")

_PARAMETER_KEYS = {"term", "meaning", "unit", "law", "reviewed_through", "values", "note"}
_ENTRY_KEYS = {"value", "law", "source", "confidence", "note", "enacted", "gap", "ended", "see"}


class LawBook:
    """Parameters by name, from one or more files."""

    def __init__(self, parameters: Mapping[str, Dated[Value]]) -> None:
        self._parameters = dict(parameters)

    @classmethod
    def load(cls, paths: Iterable[Path], *, prefix: str = "") -> LawBook:
        """Read the files; `prefix` goes before every name. LawFileError on the first thing that is wrong, or a name used twice."""
        parameters: dict[str, Dated[Value]] = {}
        for path in paths:
            for name, dated in load_file(path, prefix=prefix).items():
                if name in parameters:
                    raise LawFileError(f"{path}:1: {name} is already defined in another file; keep one.")
                parameters[name] = dated
        return cls(parameters)

    def __contains__(self, name: str) -> bool:
        return name in self._parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __getitem__(self, name: str) -> Dated[Value]:
        try:
            return self._parameters[name]
        except KeyError:
            raise UnknownParameter(
                f"No file of the law defines {name}.", f"「{name}」という法定数値は、どのファイルにも定義されていません。"
            ) from None

    def read(self, name: str, reader: Callable[[Value], T]) -> Dated[T]:
        """The parameter with each value read by `reader`, such as `whole` or `rate`, or a dataclass made from a record."""
        return self[name].map(reader)

    def joined(self, other: LawBook) -> LawBook:
        """Both books in one; a name in both is refused."""
        if twice := self._parameters.keys() & other._parameters.keys():
            raise LawFileError(f"{', '.join(sorted(twice))}: defined in two books of the law.")
        return LawBook(self._parameters | other._parameters)

    @property
    def hash(self) -> str:
        """SHA-256 of the whole content in canonical form: any change of a value, a date or a source changes it."""
        return content_hash({name: _plain_parameter(dated) for name, dated in self._parameters.items()})


def whole(value: Value) -> int:
    """Reader for yen, months, days and counts."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number.")
    return value


def rate(value: Value) -> Rate:
    """Reader for rates."""
    if not isinstance(value, Rate):
        raise TypeError(f"{value!r} is not a rate.")
    return value


def word(value: Value) -> str:
    """Reader for words."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a word.")
    return value


def flag(value: Value) -> bool:
    """Reader for true and false."""
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false.")
    return value


def record(value: Value) -> Mapping[str, Value]:
    """Reader for records: field to value."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is not a record.")
    return value


def table(value: Value) -> tuple[Mapping[str, Value], ...]:
    """Reader for tables: one record a row."""
    if not isinstance(value, tuple):
        raise TypeError(f"{value!r} is not a table.")
    return tuple(record(row) for row in value)


def load_file(path: Path, *, prefix: str = "") -> dict[str, Dated[Value]]:
    """The parameters of one file. LawFileError names file and line of the first thing that breaks the form."""
    content = read_yaml(path)
    if not isinstance(content, Map):
        raise LawFileError(f"{path}:1: the file must be a mapping of parameter names.")
    return {f"{prefix}{name}": _parameter(f"{prefix}{name}", body, path, content.lines[name]) for name, body in content.items()}


def _parameter(name: str, body: object, path: Path, line: int) -> Dated[Value]:
    if not isinstance(body, Map):
        raise LawFileError(f"{path}:{line}: {name} must have term, meaning, unit, reviewed_through and values.")
    _refuse_unknown(body, _PARAMETER_KEYS, path, name)
    for key in ("term", "meaning", "unit", "reviewed_through", "values"):
        if key not in body:
            raise LawFileError(f"{path}:{line}: {name} has no {key}.")
    term, meaning, reviewed_through, values = body["term"], body["meaning"], body["reviewed_through"], body["values"]
    if not isinstance(term, str) or not isinstance(meaning, str):
        raise LawFileError(f"{path}:{line}: term and meaning of {name} must be sentences.")
    if not isinstance(reviewed_through, date):
        raise LawFileError(f"{path}:{body.lines['reviewed_through']}: reviewed_through of {name} must be a day.")
    if not isinstance(values, Map) or not values:
        raise LawFileError(f"{path}:{body.lines['values']}: values of {name} must be a mapping of days.")
    _check_unit(body["unit"], path, body.lines["unit"])
    law = body.get("law", "")
    entries: list[Entry[Value]] = []
    for start, entry in values.items():
        made = _entry(name, start, entry, body["unit"], str(law), path, values.lines[start])
        if entries and made.start <= entries[-1].start:
            raise LawFileError(f"{path}:{values.lines[start]}: {start} of {name} does not follow {entries[-1].start}; sort the days.")
        entries.append(made)
    return Dated(name, term, meaning, reviewed_through, tuple(entries))


def _check_unit(unit: object, path: Path, line: int) -> None:
    if isinstance(unit, str):
        if unit not in UNITS:
            raise LawFileError(f"{path}:{line}: the unit {unit} is unknown; known units: {', '.join(sorted(UNITS))}.")
        return
    rows = unit[0] if isinstance(unit, Seq) and len(unit) == 1 else unit
    if not isinstance(rows, Map):
        raise LawFileError(f"{path}:{line}: a unit is a word, a record of words, or a list of one record.")
    for field, shape in rows.items():
        _check_unit(shape, path, rows.lines[field])


def _entry(name: str, start: str, entry: object, unit: object, law: str, path: Path, line: int) -> Entry[Value]:
    try:
        day = date.fromisoformat(start)
    except ValueError as error:
        raise LawFileError(f"{path}:{line}: {start} is not a day of the form 2026-04-01.") from error
    if not isinstance(entry, Map):
        raise LawFileError(f"{path}:{line}: {name} on {start} must have value, source and confidence.")
    _refuse_unknown(entry, _ENTRY_KEYS, path, f"{name} on {start}")
    gap, ended = entry.get("gap", ""), entry.get("ended", False)
    if ("value" in entry) + bool(gap) + bool(ended) != 1:
        raise LawFileError(f"{path}:{line}: {name} on {start} must have exactly one of value, gap and ended.")
    source, confidence = entry.get("source", ""), entry.get("confidence", "")
    if not gap and (not isinstance(source, str) or not source):
        raise LawFileError(f"{path}:{line}: {name} on {start} has no source; name the page or the law where it was read.")
    if not gap and confidence not in CONFIDENCES:
        raise LawFileError(f"{path}:{line}: {name} on {start}: confidence must be one of {', '.join(CONFIDENCES)}.")
    value: Value | None = None
    if "value" in entry:
        try:
            value = read_value(entry["value"], unit)
        except WrongValue as error:
            raise LawFileError(f"{path}:{error.line or entry.lines['value']}: {name} on {start}: {error}.") from error
    return Entry(
        start=day,
        value=value,
        confidence=cast(Confidence, confidence) if confidence else "memory-low",
        law=str(entry.get("law", law)),
        source=str(source),
        note=str(entry.get("note", "")),
        enacted=entry.get("enacted", True) is True,
        gap=str(gap),
        ended=ended is True,
        see=str(entry.get("see", "")),
    )


def _refuse_unknown(mapping: Map, known: set[str], path: Path, what: str) -> None:
    for key in mapping:
        if key not in known:
            raise LawFileError(f"{path}:{mapping.lines[key]}: {what} has an unknown key {key}; known keys: {', '.join(sorted(known))}.")


def content_hash(content: object) -> str:
    """SHA-256 (hex) of any nest of mappings, sequences, numbers, words, days and rates, in one canonical form."""
    text = json.dumps(_canonical(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(content: object) -> object:
    match content:
        case Mapping():
            return {str(key): _canonical(value) for key, value in content.items()}
        case list() | tuple():
            return [_canonical(value) for value in content]
        case date():
            return content.isoformat()
        case Rate():
            return str(content)
        case None | bool() | int() | str():
            return content
        case _:
            raise TypeError(f"{content!r} has no canonical form; use whole numbers, words, days, rates, mappings and sequences.")


def _plain_parameter(dated: Dated[Value]) -> dict[str, object]:
    entries = [[e.start, e.value, e.confidence, e.law, e.source, e.note, e.enacted, e.gap, e.ended, e.see] for e in dated.entries]
    return {"term": dated.term, "meaning": dated.meaning, "reviewed_through": dated.reviewed_through, "entries": entries}
