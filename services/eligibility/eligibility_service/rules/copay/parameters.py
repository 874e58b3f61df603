"""The law of one judging day, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.law import Citation, Cited, LawBook, LawReader, UnknownToUs, Value, content_hash, flag, record, table, whole, word
from chassis.law.tax import IncomeTable

from eligibility_service.rules.copay.period import SCHEME_BEGINS, CopayYear

FIRST_OF_NEXT_MONTH: Final = "first_of_next_month"
MONTH_AFTER_APPLICATION: Final = "month_after_application"
WHOLE_COPAY_YEAR: Final = "whole_copay_year"
TAX_TABLES_BEGIN: Final = date(2007, 1, 1)


@dataclass(frozen=True, slots=True)
class ReceiptsLimits:
    alone: int
    together: int


@dataclass(frozen=True, slots=True)
class LaterBorn:
    born_from: date
    limit: int


@dataclass(frozen=True, slots=True)
class DependantAdjustment:
    under_16: int
    from_16_to_18: int


@dataclass(frozen=True, slots=True)
class TwoTenths:
    taxable: int
    alone: int
    together: int


@dataclass(frozen=True, slots=True)
class WorkingClasses:
    class_3: int
    class_2: int


@dataclass(frozen=True, slots=True)
class CopayLaw(Cited):
    """Everything that the rules need on one judging day; what was not law yet is None. `hash` identifies the whole content."""

    on: date
    working_taxable_income: int
    receipts: ReceiptsLimits
    receipts_with_seventies: int | None
    later_born: LaterBorn | None
    dependant_adjustment: DependantAdjustment | None
    two_tenths: TwoTenths | None
    adjustment_counts_for_two_tenths: bool
    undeclared_has_no_taxable_income: bool
    working_classes: WorkingClasses | None
    low_1_pension_deduction: int | None
    minor_age: int
    pension_from_65: IncomeTable
    pension_under_65: IncomeTable
    pension_deduction_cuts: tuple[tuple[int, int], ...]
    salary: IncomeTable
    salary_adjustment_limit: int
    basic_deduction: tuple[tuple[int | None, int], ...]
    citations: Mapping[str, Citation]
    hash: str
    confirmed: frozenset[str] = frozenset()

    @property
    def income_year(self) -> int:
        return CopayYear.of(self.on).income_year


def copay_law(book: LawBook, on: date, confirmed: frozenset[str] = frozenset()) -> CopayLaw:
    """The law of a judging day. NotInForce before the scheme began; a deduction of 低所得Ⅰ that is a gap is None, and blocks later."""
    reader = LawReader(((book, ""),))
    income_year = CopayYear.of(on).income_year
    # The tables of the tax law are entered from income year 2007 on; April to July 2008 go by that of 2006, which was the same law.
    income_day, tax_day = max(date(income_year, 12, 31), TAX_TABLES_BEGIN), max(date(income_year + 1, 4, 1), SCHEME_BEGINS)
    steps = reader.get("basic_deduction", tax_day, table)
    cuts = reader.find("pension_deduction_cut", income_day, table) or ()
    receipts = reader.get("receipts_limits", on, record)
    reader.get("receipts_from_public_records", on, flag)
    _only(reader, "change_takes_effect", on, FIRST_OF_NEXT_MONTH)
    _only(reader, "application_takes_effect", on, MONTH_AFTER_APPLICATION)
    _only(reader, "income_correction_takes_effect", on, WHOLE_COPAY_YEAR)
    later, adjustment = reader.find("later_born", on, record), reader.find("dependant_adjustment", on, record)
    two, classes = reader.find("two_tenths", on, record), reader.find("working_classes", on, record)
    try:
        low_1: int | None = reader.get("low_1_pension_deduction", on, whole)
    except UnknownToUs:
        low_1 = None
    return CopayLaw(
        on=on,
        working_taxable_income=reader.get("working_taxable_income", on, whole),
        receipts=ReceiptsLimits(**_wholes(receipts)),
        receipts_with_seventies=reader.find("receipts_limit_with_seventies", on, whole),
        later_born=None if later is None else LaterBorn(_day(later["born_from"]), whole(later["limit"])),
        dependant_adjustment=None if adjustment is None else DependantAdjustment(**_wholes(adjustment)),
        two_tenths=None if two is None else TwoTenths(**_wholes(two)),
        adjustment_counts_for_two_tenths=reader.find("adjustment_counts_for_two_tenths", on, flag) is True,
        undeclared_has_no_taxable_income=reader.get("undeclared_has_no_taxable_income", on, flag),
        working_classes=None if classes is None else WorkingClasses(**_wholes(classes)),
        low_1_pension_deduction=low_1,
        minor_age=reader.get("minor_without_record", max(date(income_year + 1, 1, 1), date(2008, 1, 1)), whole),
        pension_from_65=IncomeTable.of(reader.get("pension_income_from_65", income_day, table)),
        pension_under_65=IncomeTable.of(reader.get("pension_income_under_65", income_day, table)),
        pension_deduction_cuts=tuple((whole(row["other_income_over"]), whole(row["less_deduction"])) for row in cuts),
        salary=IncomeTable.of(reader.get("salary_income", income_day, table)),
        salary_adjustment_limit=reader.find("salary_adjustment_limit", income_day, whole) or 0,
        basic_deduction=tuple((whole(row["up_to"]) if "up_to" in row else None, whole(row["amount"])) for row in steps),
        citations=reader.citations,
        hash=content_hash(reader.content),
        confirmed=confirmed,
    )


def _only(reader: LawReader, name: str, on: date, known: str) -> None:
    """A setting that the timeline follows in one way alone: another word is refused instead of being passed over."""
    if (found := reader.get(name, on, word)) != known:
        raise ValueError(f"{name} is {found}: only {known} is built.")


def _wholes(values: Mapping[str, Value]) -> dict[str, int]:
    return {name: whole(value) for name, value in values.items()}


def _day(value: Value) -> date:
    if not isinstance(value, date):
        raise TypeError(f"{value!r} must be a day.")
    return value
