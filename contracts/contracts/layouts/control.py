# SPDX-License-Identifier: Apache-2.0
"""管理ファイル: what a data file must hold, in JSON or as a CSV of one row; both follow `koki-1/control.yaml`."""

import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, NoReturn, cast

import polars as pl

from contracts.layouts.loading import load_layout
from contracts.layouts.model import Layout
from contracts.layouts.problems import FileError, file_error
from contracts.primitives import require_municipality_code


class ControlRefused(ValueError):
    """A control file that cannot be used; `errors` say why, in Japanese."""

    def __init__(self, errors: list[FileError]) -> None:
        super().__init__(" ".join(error.message for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Control:
    """What the control file promises about its data file. `control_totals`: name → whole number, as the layout names them."""

    layout_version: str
    kind: str
    file_name: str
    municipality_code: str
    generation: int
    created_at: datetime
    encoding: str
    row_count: int
    sha256: str
    control_totals: dict[str, int]
    complete_as_of: date | None = None
    """完全性の印: the day on which everybody in it was a resident; None for a file of changes."""


def totals_of(frame: pl.DataFrame, layout: Layout) -> dict[str, int]:
    """The control totals of `layout` over all rows of a frame whose sums are integer columns; empty cells count as nothing."""
    found: dict[str, int] = {}
    for total in layout.control_totals:
        if total.sum:
            found[total.name] = int(frame.get_column(total.sum).sum() or 0)
        elif total.count:
            found[total.name] = int(frame.get_column(total.count.field).is_in(list(total.count.values)).sum() or 0)
    return found


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_control(source: Path | str | bytes) -> Control:
    """The control in a file (a path) or its bytes. Raises `ControlRefused` with every item that is missing or wrong."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(file_error("KOKI-F011", detail=f"UTF-8 として読めない文字が{error.start + 1}バイト目にあります。"))
    items = _json_items(text) if text.lstrip().startswith("{") else _csv_items(text)

    errors: list[FileError] = []
    for field in load_layout("control").fields:
        value = items.get(field.name)
        if not field.required and value in (None, ""):
            continue
        if (problem := _problem(field.name, value)) is not None:
            errors.append(file_error("KOKI-F012", column=field.name, term=field.term, detail=problem))
    if errors:
        raise ControlRefused(errors)
    known: dict[str, Any] = {field.name: items.get(field.name) for field in load_layout("control").fields}
    complete_as_of = date.fromisoformat(known["complete_as_of"]) if known["complete_as_of"] else None
    return Control(**{**known, "created_at": datetime.fromisoformat(known["created_at"]), "complete_as_of": complete_as_of})


def write_control(control: Control, path: Path | str | None = None, *, form: Literal["json", "csv"] = "json") -> bytes:
    """The control file as bytes, written to `path` where one is given."""
    items = {field.name: getattr(control, field.name) for field in load_layout("control").fields}
    items["created_at"] = control.created_at.isoformat()
    items["complete_as_of"] = control.complete_as_of.isoformat() if control.complete_as_of else ""
    if form == "json":
        data = (json.dumps(items, ensure_ascii=False, indent=2) + "\n").encode()
    else:
        items["control_totals"] = ";".join(f"{name}={value}" for name, value in control.control_totals.items())
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(items)
        writer.writerow(items.values())
        data = text.getvalue().encode()
    if path is not None:
        Path(path).write_bytes(data)
    return data


def _refuse(*errors: FileError) -> NoReturn:
    raise ControlRefused(list(errors))


def _json_items(text: str) -> dict[str, Any]:
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        _refuse(file_error("KOKI-F011", detail=f"JSON の{error.lineno}行目{error.colno}文字目が正しくありません。"))
    return cast(dict[str, Any], items)


def _csv_items(text: str) -> dict[str, Any]:
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        _refuse(file_error("KOKI-F011", detail="見出し行と、同じ列数の値の1行が必要です。"))
    items: dict[str, Any] = dict(zip(*rows, strict=True))
    for name in ("generation", "row_count"):
        if re.fullmatch("[0-9]{1,9}", items.get(name, "")):
            items[name] = int(items[name])
    if "control_totals" in items:
        pairs = [pair.partition("=") for pair in items["control_totals"].split(";") if pair]
        items["control_totals"] = {name: int(value) if re.fullmatch("-?[0-9]{1,18}", value) else value for name, _, value in pairs}
    return items


def _problem(name: str, value: Any) -> str | None:
    """What is wrong with one item of a control file, in Japanese, or None."""
    if value is None or value == "":
        return "この項目がありません。"
    match name:
        case "generation" | "row_count":
            lowest = 1 if name == "generation" else 0
            if not _is_whole(value) or not lowest <= value <= 999_999_999:
                return f"「{value}」は{lowest}以上の整数ではありません。"
        case "control_totals":
            if not isinstance(value, dict) or not all(_is_whole(total) for total in value.values()):
                return "名前と整数の組で書いてください。"
        case _ if not isinstance(value, str):
            return f"「{value}」は文字列ではありません。"
        case "municipality_code":
            try:
                require_municipality_code(value)
            except ValueError as error:
                return str(error)
        case "created_at":
            return _timestamp_problem(value)
        case "complete_as_of":
            return _day_problem(value)
        case "sha256":
            if not re.fullmatch("[0-9a-f]{64}", value):
                return "16進小文字64桁ではありません。"
    return None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _timestamp_problem(value: str) -> str | None:
    try:
        created_at = datetime.fromisoformat(value)
    except ValueError:
        created_at = None
    if created_at is None or created_at.tzinfo is None:
        return f"「{value}」は時差の付いた日時(例 2026-07-13T09:00:00+09:00)ではありません。"
    return None


def _day_problem(value: str) -> str | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = None
    return None if day is not None and day.isoformat() == value else f"「{value}」は YYYY-MM-DD の日付ではありません。"
