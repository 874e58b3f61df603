"""The settings of the union that eligibility serves, from its file of dated settings (law/unions/)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from chassis.law import LawBook, flag, word
from chassis.runtime import Runtime
from sqlalchemy import text

FOLDER: Final = Path(__file__).resolve().parent.parent / "law" / "unions"
_WRITE = text("UPDATE union_setting SET insurer_name = :name, insured_number_has_check_digit = :check_digit")


class NoSettings(LookupError):
    """There is no file of settings for the union."""


@dataclass(frozen=True, slots=True)
class UnionSettings:
    """What differs from union to union."""

    insurer_name: str
    insured_number_has_check_digit: bool


def settings_of(union: str, *, on: date) -> UnionSettings:
    """The settings of a union (2-digit prefecture code) on a day. NoSettings names the file that is missing."""
    found = sorted(FOLDER.glob(f"{union}_*.yaml"))
    if not found:
        raise NoSettings(f"services/eligibility/law/unions/{union}_….yaml is missing: write the settings of union {union}.")
    book = LawBook.load(found)
    return UnionSettings(book.read("insurer_name", word).on(on), book.read("insured_number_check_digit", flag).on(on))


async def seed(runtime: Runtime) -> None:
    """Write the settings of the day into the database, where jobs and handlers find them; called after each migration."""
    found = settings_of(runtime.settings.union, on=runtime.clock.today())
    async with runtime.units.open() as uow:
        await uow.connection.execute(_WRITE, {"name": found.insurer_name, "check_digit": found.insured_number_has_check_digit})
