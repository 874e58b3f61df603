"""Files with exactly one fault, as they really happen; everything else about them is right."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from contracts.layouts import Control, Layout, load_layout, read_control, sha256_of
from tests.simulators.municipality.chance import stream
from tests.simulators.municipality.files import WrittenFile, write_control_beside

UNKNOWN_MUNICIPALITY = "139998"
"""A code with a right check digit that no municipality has."""
UNREADABLE = {"UTF-8": b"\xff", "CP932": b"\x81 "}
DROPPED = {"residents": "born_on", "incomes": "determined_on"}
IMPOSSIBLE = {"residents": ("born_on", "1948-02-30"), "incomes": ("determined_on", "2026-06-31")}
CODECS = {"UTF-8": "utf-8", "CP932": "cp932"}
LINE_END = "\r\n"


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A spoiled file and where its fault is: `row` counts data rows from 1 (None: the file as a whole), `column` names the field."""

    fault: str
    file: WrittenFile
    row: int | None = None
    column: str | None = None
    value: str | None = None
    twin_row: int | None = None
    """The other row of a duplicate, which was there before."""

    def as_json(self) -> str:
        """The fault for a reader of the files: names, not paths."""
        described = {**asdict(self), "file": self.file.data.name, "control": self.file.control.name}
        return json.dumps(described, ensure_ascii=False, indent=2) + "\n"


class _Text:
    """A data file in memory: header, rows as written, and its control."""

    def __init__(self, file: WrittenFile) -> None:
        self.file = file
        self.layout: Layout = load_layout(file.kind)
        self.control: Control = read_control(file.control)
        self.codec = CODECS[self.control.encoding]
        header, *self.rows = file.data.read_bytes().decode(self.codec).split(LINE_END)
        self.rows.pop()  # what follows the last line end
        self.columns = header.split(",")

    def cells(self, row: int) -> dict[str, str]:
        """The cells of a data row (from 1)."""
        return dict(zip(self.columns, next(csv.reader([self.rows[row - 1]])), strict=True))

    def put(self, row: int, cells: dict[str, str]) -> None:
        self.rows[row - 1] = written(cells)

    def append(self, line: str) -> int:
        """One more row, counted in the control file like the others; returns its number."""
        self.rows.append(line)
        cells = self.cells(len(self.rows))
        totals = dict(self.control.control_totals)
        for total in self.layout.control_totals:
            if total.sum:
                totals[total.name] += int(cells[total.sum] or 0)
            elif total.count:
                totals[total.name] += cells[total.count.field] in total.count.values
        self.control = replace(self.control, control_totals=totals)
        return len(self.rows)

    def save(self, *, path: Path | None = None, data: bytes | None = None) -> WrittenFile:
        """Write data and control, with count and hash of what is written."""
        content = data if data is not None else self.encoded()
        target = path or self.file.data
        target.write_bytes(content)
        self.control = replace(self.control, file_name=target.name, row_count=len(self.rows), sha256=sha256_of(content))
        control = write_control_beside(self.control, target)
        return replace(self.file, municipality_code=self.control.municipality_code, data=target, control=control, rows=len(self.rows))

    def encoded(self) -> bytes:
        return LINE_END.join([",".join(self.columns), *self.rows, ""]).encode(self.codec)


def written(cells: dict[str, str]) -> str:
    """Cells as a line of the file."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells.values())
    return line.getvalue()


def spoil(fault: str, file: WrittenFile, *, seed: int, files: list[WrittenFile]) -> Spoiled:
    """Rewrite a file with one fault of `FAULTS`; the same seed spoils the same row. `files` are all files of the same day.

    ValueError: no such fault, the file has no row, or the fault cannot be in a file of that kind.
    """
    if fault not in FAULTS:
        raise ValueError(f"誤り「{fault}」はありません。使えるのは {'、'.join(FAULTS)} です。")
    text = _Text(file)
    if not text.rows:
        raise ValueError(f"{file.data.name} には行がないため、誤りを入れられません。")
    row = 1 + int(stream(seed, "faults", fault, file.data.name).integers(len(text.rows)))
    return FAULTS[fault](text, row, files)


def _wrong_count(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    wrong = replace(text.control, row_count=text.control.row_count + 1)
    write_control_beside(wrong, text.file.data)
    return Spoiled("wrong_count", text.file, column="row_count", value=str(wrong.row_count))


def _wrong_hash(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    first = "0" if text.control.sha256[0] != "0" else "1"
    wrong = replace(text.control, sha256=first + text.control.sha256[1:])
    write_control_beside(wrong, text.file.data)
    return Spoiled("wrong_hash", text.file, column="sha256", value=wrong.sha256)


def _unknown_municipality(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    """Everything of the file says the same code, and nobody has it. The file gets the name that such an office would give it."""
    for number in range(1, len(text.rows) + 1):
        text.put(number, {**text.cells(number), "municipality_code": UNKNOWN_MUNICIPALITY})
    text.control = replace(text.control, municipality_code=UNKNOWN_MUNICIPALITY)
    old = text.file
    name = old.data.name.replace(old.municipality_code, UNKNOWN_MUNICIPALITY)
    saved = text.save(path=old.data.with_name(name))
    old.data.unlink()
    old.control.unlink()
    return Spoiled("unknown_municipality", saved, column="municipality_code", value=UNKNOWN_MUNICIPALITY)


def _broken_encoding(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    column = "name" if text.file.kind == "residents" else "resident_number"
    mark = "\x00"
    cells = text.cells(row)
    text.put(row, {**cells, column: cells[column][:1] + mark + cells[column][1:]})
    data = text.encoded().replace(mark.encode(text.codec), UNREADABLE[text.control.encoding])
    return Spoiled("broken_encoding", text.save(data=data), row=row, column=column)


def _missing_column(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    column = DROPPED[text.file.kind]
    kept = [text.cells(number) for number in range(1, len(text.rows) + 1)]
    text.columns.remove(column)
    text.rows = [written({name: cells[name] for name in text.columns}) for cells in kept]
    return Spoiled("missing_column", text.save(), column=column)


def _impossible_date(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    column, day = IMPOSSIBLE[text.file.kind]
    text.put(row, {**text.cells(row), column: day})
    return Spoiled("impossible_date", text.save(), row=row, column=column, value=day)


def _duplicate_person(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    """The same row a second time, at the end."""
    repeated = text.append(text.rows[row - 1])
    number = text.cells(row)["resident_number"]
    return Spoiled("duplicate_person", text.save(), row=repeated, column="resident_number", value=number, twin_row=row)


def _unidentified_character(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    if text.file.kind != "residents":
        raise ValueError(f"{text.file.data.name} には氏名がないため、「●」を入れられません。住民情報のファイルを選んでください。")
    cells = text.cells(row)
    name = "●" + cells["name"][1:].lstrip("\U000e0100\U000e0101\U000e0102\U000e0103\U000e0104")
    text.put(row, {**cells, "name": name})
    return Spoiled("unidentified_character", text.save(), row=row, column="name", value=name)


def _foreign_row(text: _Text, row: int, files: list[WrittenFile]) -> Spoiled:
    """A row that belongs into the file of another municipality, at the end; of somebody whose number nobody has here."""
    taken = {text.cells(number)["resident_number"] for number in range(1, len(text.rows) + 1)}
    others = [file for file in files if file.kind == text.file.kind and file.municipality_code != text.file.municipality_code and file.rows]
    for other in map(_Text, others):
        for number in range(1, len(other.rows) + 1):
            if other.cells(number)["resident_number"] not in taken:
                added = text.append(other.rows[number - 1])
                return Spoiled("foreign_row", text.save(), row=added, column="municipality_code", value=other.file.municipality_code)
    raise ValueError(f"{text.file.data.name} に入れる、番号の重ならない他の市区町村の行がありません。")


FAULTS: dict[str, Callable[[_Text, int, list[WrittenFile]], Spoiled]] = {
    "wrong_count": _wrong_count,
    "wrong_hash": _wrong_hash,
    "unknown_municipality": _unknown_municipality,
    "broken_encoding": _broken_encoding,
    "missing_column": _missing_column,
    "impossible_date": _impossible_date,
    "duplicate_person": _duplicate_person,
    "unidentified_character": _unidentified_character,
    "foreign_row": _foreign_row,
}
FAULT_TERMS = {
    "wrong_count": "件数が合わない",
    "wrong_hash": "ハッシュが合わない",
    "unknown_municipality": "知らない市区町村",
    "broken_encoding": "文字コードが壊れている",
    "missing_column": "列が足りない",
    "impossible_date": "暦にない日付",
    "duplicate_person": "同じ人が二度ある",
    "unidentified_character": "氏名に「●」がある",
    "foreign_row": "他の市区町村の行がある",
}
