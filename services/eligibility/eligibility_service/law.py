"""The files of the law of this service: what holds in every union (law/national/), and what each union sets (law/unions/)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from chassis.law import LawBook, Value, flag, record, table, whole, word

from eligibility_service.rules.periods import certificate_period

FOLDER: Final = Path(__file__).resolve().parent.parent / "law"


class NoSettings(LookupError):
    """There is no file of settings for the union."""


@dataclass(frozen=True, slots=True)
class UnionSettings:
    """The settings of one union on one day; what has ended, or has not begun, is None."""

    insurer_name: str
    insured_number_has_check_digit: bool
    certificate_validity: tuple[date, int]
    certificate_colour: str | None
    short_term_months: int | None
    explanation_days: int
    card_return_days: int | None
    delivery_alert_days: int
    delivery_confirmed: bool
    reissue_after_change: bool
    certificate_office: tuple[str, str]


@cache
def settings_of(union: str, *, on: date) -> UnionSettings:
    """The settings of a union (2-digit prefecture code) on a day. NoSettings names the file that is missing."""
    book = _union(union)
    office = book.read("certificate_office", record).on(on)
    return UnionSettings(
        insurer_name=book.read("insurer_name", word).on(on),
        insured_number_has_check_digit=book.read("insured_number_check_digit", flag).on(on),
        certificate_validity=book.read("certificate_validity", _validity).on(on),
        certificate_colour=book.read("certificate_colour", word).find(on),
        short_term_months=book.read("short_term_validity", whole).find(on),
        explanation_days=book.read("explanation_days", whole).on(on),
        card_return_days=book.read("card_return_days", whole).find(on),
        delivery_alert_days=book.read("delivery_alert_days", whole).on(on),
        delivery_confirmed=book.read("delivery_confirmed", flag).on(on),
        reissue_after_change=book.read("reissue_after_change", flag).on(on),
        certificate_office=(word(office["office"]), word(office["telephone"])),
    )


def period_of(union: str, *, on: date) -> tuple[date, date]:
    """有効期間: first and last day of the regular certificate of a union that is valid on a day."""
    begins, years = settings_of(union, on=on).certificate_validity
    anew = national().read("certificate_issued_anew", _day).find(on)
    return certificate_period(on, begins=begins, years=years, issued_anew=() if anew is None else (anew,))


def insurance_card_last_day() -> date:
    """The last day that may stand on an insurance card."""
    return national().read("insurance_card_last_day", _day).on(date(2008, 4, 1))


def long_arrears_months(on: date) -> int:
    """滞納の期間 in months, on a day."""
    return national().read("long_arrears", whole).on(on)


def long_stay_days(on: date) -> int:
    """長期入院の日数, on a day."""
    return national().read("long_stay", whole).on(on)


def specific_diseases(on: date) -> dict[str, str]:
    """特定疾病 on a day: code and name."""
    return {word(row["disease"]): word(row["shown"]) for row in national().read("specific_disease", table).on(on)}


def specific_disease_limit(on: date) -> int:
    """The most that is paid to one institution in a month with a specific disease, in yen."""
    return national().read("specific_disease_limit", whole).on(on)


@cache
def national() -> LawBook:
    """What holds in every union."""
    return LawBook.load(sorted((FOLDER / "national").glob("*.yaml")))


@cache
def _union(union: str) -> LawBook:
    found = sorted((FOLDER / "unions").glob(f"{union}_*.yaml"))
    if not found:
        raise NoSettings(f"services/eligibility/law/unions/{union}_….yaml is missing: write the settings of union {union}.")
    return LawBook.load(found)


def _day(value: Value) -> date:
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is not a day.")
    return value


def _validity(value: Value) -> tuple[date, int]:
    found = record(value)
    return _day(found["begins"]), whole(found["years"])
