"""The files of the law: what holds in every union (law/national/), and what differs from union to union (law/unions/)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from chassis.law import LawBook, flag, tax, whole, word
from chassis.law.strict_yaml import Map, Seq, read_yaml

from eligibility_service.rules.copay.parameters import CopayLaw, copay_law

FOLDER: Final = Path(__file__).resolve().parent.parent / "law" / "unions"
NATIONAL: Final = FOLDER.parent / "national"
RULES_VERSION: Final = "1"
"""Raised whenever a rule of 負担割合 computes something else than before; a stored decision keeps it."""


class NoSettings(LookupError):
    """There is no file of settings for the union."""


@dataclass(frozen=True, slots=True)
class UnionSettings:
    """The settings of one union on one day."""

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


def settings_of(union: str, *, on: date) -> UnionSettings:
    """The settings of a union (2-digit prefecture code) on a day. NoSettings names the file that is missing."""
    found = sorted(FOLDER.glob(f"{union}_*.yaml"))
    if not found:
        raise NoSettings(f"services/eligibility/law/unions/{union}_….yaml is missing: write the settings of union {union}.")
    book = LawBook.load(found)
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
    )


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


def legal_basis(kind: str, *, on: date) -> tuple[str, bool]:
    """根拠: the articles that an entry of a kind rests on, and whether nobody has verified them (暫定)."""
    found = national_law().read(f"basis_{kind}", word)
    return found.on(on), found.provisional_on(on)
