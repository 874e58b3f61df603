"""What differs from union to union, from its file of dated settings (law/unions/)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from chassis.law import LawBook, flag, whole, word

FOLDER: Final = Path(__file__).resolve().parent.parent / "law" / "unions"


class NoSettings(LookupError):
    """There is no file of settings for the union."""


@dataclass(frozen=True, slots=True)
class UnionSettings:
    """The settings of one union on one day."""

    insurer_name: str
    insured_number_has_check_digit: bool
    contact_office: str
    contact_telephone: str
    protection_alert_days: int


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
        protection_alert_days=book.read("protection_alert_days", whole).on(on),
    )
