"""The files of the offices: residents and incomes with their control files, in layout koki-1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import polars as pl
from contracts.layouts.checks import dtype_of

from contracts.layouts import Control, Encoding, Layout, load_layout, write_control, write_file
from tests.simulators.municipality.books import Row
from tests.simulators.municipality.population import Population, Register, registers_to_make

JAPAN = timezone(timedelta(hours=9))
SENT_AT = time(6, 0, tzinfo=JAPAN)
KINDS = ("residents", "incomes")
VARIATION_SELECTORS = "[\U000e0100-\U000e01ef]"
NOT_IN_CP932 = {"𠮷": "吉"}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A data file and its control file. `kind`: residents or incomes; `rows` without the header."""

    municipality_code: str
    kind: str
    data: Path
    control: Path
    rows: int


def write_union(
    residents: int,
    seed: int,
    on: date,
    folder: Path,
    *,
    encoding: Encoding = "UTF-8",
    generation: int = 1,
    told: Callable[[Register], None] = lambda register: None,
) -> list[WrittenFile]:
    """Make the people of the union and write the files of all municipalities; one municipality at a time is in memory.

    `told` hears of each register when its files are written. The same arguments write the same bytes.
    """
    written = []
    for _, make in registers_to_make(residents, seed, on):
        register = make()
        for kind, frame in (("residents", register.residents), ("incomes", register.incomes)):
            code = register.municipality.code
            written.append(write_one(frame, kind, code, on, folder, encoding=encoding, generation=generation))
        told(register)
    return written


def write_population(population: Population, folder: Path, *, encoding: Encoding = "UTF-8", generation: int = 1) -> list[WrittenFile]:
    """The files of a population that is in memory already."""
    return [
        write_one(frame, kind, register.municipality.code, population.on, folder, encoding=encoding, generation=generation)
        for register in population.registers
        for kind, frame in (("residents", register.residents), ("incomes", register.incomes))
    ]


def write_changes(rows: Iterable[Row], on: date, folder: Path, *, encoding: Encoding = "UTF-8", generation: int = 2) -> list[WrittenFile]:
    """Changes as daily files: per municipality and kind one file with the same rows in the same order; no file where there are none."""
    sorted_out: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        sorted_out.setdefault((row["municipality_code"], f"{row['kind']}s"), []).append(row)
    return [
        write_one(frame_of(found, kind), kind, code, on, folder, encoding=encoding, generation=generation)
        for (code, kind), found in sorted(sorted_out.items())
    ]


def frame_of(rows: list[Row], kind: str) -> pl.DataFrame:
    """Changes of one kind as a typed frame with the columns of the layout."""
    layout = load_layout(kind)
    as_text = {field.name: pl.String() if dtype_of(field) == pl.Date else dtype_of(field) for field in layout.data_fields}
    frame = pl.DataFrame([{name: row[name] for name in as_text} for row in rows], schema=as_text)
    days = [field.name for field in layout.data_fields if dtype_of(field) == pl.Date]
    return frame.with_columns(pl.col(name).str.to_date("%Y-%m-%d") for name in days)


def write_one(
    frame: pl.DataFrame, kind: str, municipality_code: str, on: date, folder: Path, *, encoding: Encoding, generation: int
) -> WrittenFile:
    """One data file and its control file, named by municipality, kind and generation."""
    folder.mkdir(parents=True, exist_ok=True)
    layout = load_layout(kind)
    data = folder / f"{municipality_code}_{kind}_{generation:04}.csv"
    control = write_file(
        _writable(frame, layout, encoding),
        layout,
        data,
        municipality_code=municipality_code,
        generation=generation,
        created_at=datetime.combine(on, SENT_AT),
        encoding=encoding,
    )
    return WrittenFile(municipality_code, kind, data, write_control_beside(control, data), frame.height)


def write_control_beside(control: Control, data: Path) -> Path:
    """The control file of a data file, beside it."""
    path = data.with_suffix(".control.json")
    write_control(control, path)
    return path


def _writable(frame: pl.DataFrame, layout: Layout, encoding: Encoding) -> pl.DataFrame:
    """An office that still works in CP932 keeps the usual form of a character where CP932 has no other."""
    if encoding == "UTF-8":
        return frame
    names = [field.name for field in layout.data_fields if field.type == "N"]
    return frame.with_columns(pl.col(name).str.replace_all(VARIATION_SELECTORS, "").str.replace_many(NOT_IN_CP932) for name in names)
