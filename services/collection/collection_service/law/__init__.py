"""Collection's files of the law, and the calendar of instalments that they give; one module more for each other part of the law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

import jpholiday
from chassis.law import FiscalYear, LawBook, UnknownParameter, Value, content_hash, record, table, whole, word
from chassis.law.strict_yaml import Map, Seq, read_yaml

from collection_service.rules.due_days import Month, Slot, extra_slot, ordinary_slots

FOLDER = Path(__file__).resolve().parents[2] / "law"
CONFIRMATIONS = FOLDER / "confirmations" / "sample.yaml"
SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """納期: the months of a municipality's ordinary instalments in a fiscal year, and how amounts are divided over them."""

    fiscal_year: FiscalYear
    months: tuple[Month, ...]
    rounding: int
    """Instalments but the first are multiples of this many yen."""
    notice_days: int
    """An instalment due in fewer days than this is not changed any more."""
    closing_days: frozenset[tuple[int, int]]
    """(month, day) on which banks are closed besides weekends and holidays."""
    provisional: tuple[str, ...] = ()
    """Parameters that are neither verified nor confirmed by an officer."""

    def is_closed(self, day: date) -> bool:
        """Whether banks are closed: Saturday, Sunday, national holiday, end and start of the year."""
        return day.weekday() >= SATURDAY or (day.month, day.day) in self.closing_days or jpholiday.is_holiday(day)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The ordinary instalments with their due days."""
        return ordinary_slots(self.fiscal_year, self.months, self.is_closed)

    def extra(self, today: date) -> Slot:
        """The instalment for what is decided when no ordinary one is open: end of next month."""
        return extra_slot(self.fiscal_year, self.months, self.is_closed, today=today, notice_days=self.notice_days)

    def is_open(self, slot: Slot, today: date) -> bool:
        """Whether there is still time to give notice of a change of this instalment."""
        return (slot.due_on - today).days >= self.notice_days

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything that decides the instalments."""
        months = [[month.month, month.due] for month in self.months]
        return content_hash(
            [self.fiscal_year.year, months, self.rounding, self.notice_days, [list(day) for day in sorted(self.closing_days)]]
        )


@cache
def calendar_of(municipality_code: str, year: int, *, sample: bool = False) -> Calendar:
    """The calendar of a municipality and a fiscal year; the sample union brings invented confirmations of provisional values.

    UnknownParameter where the municipality has no file: nobody is charged on somebody else's due days.
    """
    fiscal_year = FiscalYear(year)
    names = {name: name_for(municipality_code, name) for name in ("ordinary_instalments", "instalment_rounding", "notice_days")}
    names["bank_closing_days"] = "bank_closing_days"
    day, book = fiscal_year.start, law_book()
    if names["ordinary_instalments"] not in book:
        raise UnknownParameter(
            f"There is no calendar of instalments for municipality {municipality_code}.",
            f"市町村コード「{municipality_code}」の普通徴収の納期が登録されていません。"
            "市町村の条例で納期を確かめ、徴収の法定数値(law/municipalities)に登録してください。",
        )
    confirmed = confirmed_parameters(CONFIRMATIONS, year) if sample else frozenset()
    return Calendar(
        fiscal_year=fiscal_year,
        months=book.read(names["ordinary_instalments"], lambda value: tuple(_month(row) for row in table(value))).on(day),
        rounding=book.read(names["instalment_rounding"], whole).on(day),
        notice_days=book.read(names["notice_days"], whole).on(day),
        closing_days=closing_days(fiscal_year),
        provisional=provisional_parameters(tuple(names.values()), day, confirmed),
    )


@dataclass(frozen=True, slots=True)
class Office:
    """Who asks for the money, and who answers questions about it."""

    issuer: str
    office: str
    telephone: str


@cache
def office_of(municipality_code: str, on: date) -> Office:
    """The office of a municipality that stands on notices issued on a day. UnknownParameter where it has none."""
    found = law_book().read(f"{municipality_code}.notice_office", record).on(on)
    return Office(word(found["issuer"]), word(found["office"]), word(found["telephone"]))


def closing_days(fiscal_year: FiscalYear) -> frozenset[tuple[int, int]]:
    """The days around New Year on which banks are closed."""
    rows = law_book().read("bank_closing_days", table).on(fiscal_year.start)
    return frozenset((whole(row["month"]), whole(row["day"])) for row in rows)


def provisional_parameters(names: tuple[str, ...], day: date, confirmed: frozenset[str]) -> tuple[str, ...]:
    """Of these parameters, those whose value on a day is neither verified nor confirmed by an officer, in order of name."""
    return tuple(sorted(name for name in names if law_book()[name].provisional_on(day) and name not in confirmed))


def confirmed_parameters(path: Path, year: int) -> frozenset[str]:
    """Names of parameters that a named officer has confirmed for a fiscal year, from a file of confirmations."""
    content = read_yaml(path)
    confirmations = content["confirmations"] if isinstance(content, Map) else None
    if not isinstance(confirmations, Seq):
        raise ValueError(f"{path}: confirmations must be a list.")
    return frozenset(str(entry["parameter"]) for entry in confirmations if isinstance(entry, Map) and entry["fiscal_year"] == year)


def confirmed_on(day: date, *, sample: bool) -> frozenset[str]:
    """Names of parameters that count as confirmed on a day: those of its fiscal year, invented ones, in the sample union."""
    return confirmed_parameters(CONFIRMATIONS, FiscalYear.of(day).year) if sample else frozenset()


def name_for(municipality_code: str, name: str) -> str:
    """The municipality's own parameter where it has one, else the one that all share; instalments have none that all share."""
    own = f"{municipality_code}.{name}"
    return own if own in law_book() or name == "ordinary_instalments" else name


@cache
def law_book() -> LawBook:
    """Every parameter of collection; those of a municipality with its code before the name."""
    book = LawBook.load(sorted((FOLDER / "national").glob("*.yaml")))
    for path in sorted((FOLDER / "municipalities").glob("*.yaml")):
        book = book.joined(LawBook.load([path], prefix=f"{path.name.split('_')[0]}."))
    return book


def _month(row: Mapping[str, Value]) -> Month:
    due = word(row["due"])
    return Month(whole(row["month"]), None if due == "end" else int(due))
