"""Whom a route of the desk is about: somebody whom the asker may see, with everything from which the qualifications follow."""

from __future__ import annotations

from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store import entries

_UNKNOWN = "この宛名番号の住民はいないか、見る権限のない市区町村の住民です。"


def require_own(who: Principal, municipality_code: str) -> None:
    """Commands are scoped as reads are: somebody of another municipality is as if not there."""
    if not who.may_see(municipality_code):
        raise Problem(404, *NOT_FOUND, detail=_UNKNOWN)


async def known_of(uow: UnitOfWork, person: tuple[str, str]) -> entries.Known | None:
    """What is known of a person, for a command about one; None where nobody is."""
    try:
        return await entries.known(uow, *person)
    except entries.NoSuchResident:
        return None


async def known_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> entries.Known:
    """The same; 404 where nobody is."""
    known = await known_of(uow, (municipality_code, resident_number))
    if known is None:
        raise Problem(404, *NOT_FOUND, detail=_UNKNOWN)
    return known
