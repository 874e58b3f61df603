"""What differs from union to union, from its file of dated settings (law/unions/)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from chassis.law import LawBook, flag, whole, word

NATIONAL: Final = Path(__file__).resolve().parent.parent / "law" / "national"
FOLDER: Final = NATIONAL.parent / "unions"


class NoSettings(LookupError):
    """There is no file of settings for the union."""


@dataclass(frozen=True, slots=True)
class UnionSettings:
    """The settings of one union on one day."""

    insurer_name: str
    insured_number_has_check_digit: bool
    contact_office: str
    contact_telephone: str
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
        contact_office=book.read("contact_office", word).on(on),
        contact_telephone=book.read("contact_telephone", word).on(on),
        review_board=book.read("review_board", word).on(on),
        withdrawal_on_next_day=book.read("withdrawal_on_next_day", flag).on(on),
    )


def notice_days(*, on: date) -> int:
    """届出期限: within how many days of an event on `on` a notice is in time (施行規則第10条)."""
    return LawBook.load([NATIONAL / "notices.yaml"]).read("notice_days", whole).on(on)
