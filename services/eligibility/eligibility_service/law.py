"""The files of the law: what holds in every union (law/national/), and what differs from union to union (law/unions/)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from chassis.law import LawBook, Value, flag, record, table, tax, whole, word
from chassis.law.strict_yaml import Map, Seq, read_yaml

from eligibility_service.rules.copay.parameters import CopayLaw, copay_law
from eligibility_service.rules.periods import certificate_period

FOLDER: Final = Path(__file__).resolve().parent.parent / "law" / "unions"
NATIONAL: Final = FOLDER.parent / "national"
RULES_VERSION: Final = "1"
"""Raised whenever a rule of 負担割合 computes something else than before; a stored decision keeps it."""


class NoSettings(LookupError):
    """There is no file of settings for the union."""


@dataclass(frozen=True, slots=True)
class UnionSettings:
    """The settings of one union on one day; what has ended, or has not begun, is None."""

    insurer_name: str
    insured_number_has_check_digit: bool
    qualification_file_hour: int
    feed_hour: int
    feed_freshness_minutes: int
    contact_office: str
    contact_telephone: str
    protection_alert_days: int
    review_board: str
    withdrawal_on_next_day: bool
    certificate_validity: tuple[date, int]
    certificate_colour: str | None
    short_term_months: int | None
    explanation_days: int
    card_return_days: int | None
    delivery_alert_days: int
    delivery_confirmed: bool
    reissue_after_change: bool


@cache
def settings_of(union: str, *, on: date) -> UnionSettings:
    """The settings of a union (2-digit prefecture code) on a day. NoSettings names the file that is missing."""
    book = _union(union)
    return UnionSettings(
        insurer_name=book.read("insurer_name", word).on(on),
        insured_number_has_check_digit=book.read("insured_number_check_digit", flag).on(on),
        qualification_file_hour=book.read("qualification_file_hour", whole).on(on),
        feed_hour=book.read("feed_hour", whole).on(on),
        feed_freshness_minutes=book.read("feed_freshness_minutes", whole).on(on),
        contact_office=book.read("contact_office", word).on(on),
        contact_telephone=book.read("contact_telephone", word).on(on),
        protection_alert_days=book.read("protection_alert_days", whole).on(on),
        review_board=book.read("review_board", word).on(on),
        withdrawal_on_next_day=book.read("withdrawal_on_next_day", flag).on(on),
        certificate_validity=book.read("certificate_validity", _validity).on(on),
        certificate_colour=book.read("certificate_colour", word).find(on),
        short_term_months=book.read("short_term_validity", whole).find(on),
        explanation_days=book.read("explanation_days", whole).on(on),
        card_return_days=book.read("card_return_days", whole).find(on),
        delivery_alert_days=book.read("delivery_alert_days", whole).on(on),
        delivery_confirmed=book.read("delivery_confirmed", flag).on(on),
        reissue_after_change=book.read("reissue_after_change", flag).on(on),
    )


def period_of(union: str, *, on: date) -> tuple[date, date]:
    """有効期間: first and last day of the regular certificate of a union that is valid on a day."""
    begins, years = settings_of(union, on=on).certificate_validity
    anew = national_law().read("certificate_issued_anew", _day).find(on)
    return certificate_period(on, begins=begins, years=years, issued_anew=() if anew is None else (anew,))


def insurance_card_last_day() -> date:
    """The last day that may stand on an insurance card."""
    return national_law().read("insurance_card_last_day", _day).on(date(2008, 4, 1))


def long_arrears_months(on: date) -> int:
    """滞納の期間 in months, on a day."""
    return national_law().read("long_arrears", whole).on(on)


def long_stay_days(on: date) -> int:
    """長期入院の日数, on a day."""
    return national_law().read("long_stay", whole).on(on)


def specific_diseases(on: date) -> dict[str, str]:
    """特定疾病 on a day: code and name."""
    return {word(row["disease"]): word(row["shown"]) for row in national_law().read("specific_disease", table).on(on)}


def specific_disease_limit(on: date) -> int:
    """The most that is paid to one institution in a month with a specific disease, in yen."""
    return national_law().read("specific_disease_limit", whole).on(on)


@cache
def national_law() -> LawBook:
    """What holds in every union, with the tax law that it stands on."""
    return LawBook.load([*sorted(NATIONAL.glob("*.yaml")), *tax.FILES])


@cache
def copay_law_on(day: date, confirmed: frozenset[str] = frozenset()) -> CopayLaw:
    """The law of 負担割合 and 限度額区分 of one judging day. Raises NotInForce before the scheme began."""
    return copay_law(national_law(), day, confirmed)


@cache
def confirmed_parameters(path: Path, copay_year: int) -> frozenset[str]:
    """Names of parameters that a named officer has confirmed for a copay year, from a file of confirmations."""
    content = read_yaml(path)
    confirmations = content["confirmations"] if isinstance(content, Map) else None
    if not isinstance(confirmations, Seq):
        raise ValueError(f"{path}: confirmations must be a list.")
    return frozenset(str(entry["parameter"]) for entry in confirmations if isinstance(entry, Map) and entry.get("copay_year") == copay_year)


def notice_days(*, on: date) -> int:
    """届出期限: within how many days of an event on `on` a notice is in time (施行規則第10条)."""
    return national_law().read("notice_days", whole).on(on)


@cache
def _union(union: str) -> LawBook:
    found = sorted(FOLDER.glob(f"{union}_*.yaml"))
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
