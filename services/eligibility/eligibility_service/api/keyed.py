"""What the desk's commands about one person have in common: who may ask, about whom, carried out once for a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of
from fastapi import Depends, Header, Request
from pydantic import BaseModel

from eligibility_service.law import UnionSettings, settings_of
from eligibility_service.store import entries

Clerk = Annotated[Principal, Depends(role("window_clerk", "municipal_manager", "union_staff"))]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=100)]
_UNKNOWN = "この宛名番号の住民はいないか、見る権限のない市区町村の住民です。"


async def keyed(
    request: Request,
    who: Principal,
    person: tuple[str, str],
    key: str,
    command: BaseModel | None,
    act: Callable[[UnitOfWork, UnionSettings], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Do `act` once for a key, with the settings of the union today; the same key gives the same answer again."""
    require_own(who, person[0])
    runtime = runtime_of(request)
    settings = settings_of(runtime.settings.union, on=runtime.clock.today())
    asked = f"{request.url.path} {command.model_dump_json() if command else ''}".encode()
    async with runtime.units.open() as uow:

        async def once_only() -> dict[str, Any]:
            return await act(uow, settings)

        return await once(uow, who, key, asked, once_only)


def require_own(who: Principal, municipality_code: str) -> None:
    """Commands are scoped as reads are: somebody of another municipality is as if not there."""
    if not who.may_see(municipality_code):
        raise Problem(404, *NOT_FOUND, detail=_UNKNOWN)


async def known_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> entries.Known:
    """What is known of a person; 404 where nobody is."""
    try:
        return await entries.known(uow, municipality_code, resident_number)
    except entries.NoSuchResident as error:
        raise Problem(404, *NOT_FOUND, detail=_UNKNOWN) from error
