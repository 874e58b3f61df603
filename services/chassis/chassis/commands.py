"""A clerk's command to a service: its form, its key, and carrying it out once, about somebody whom the clerk may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel, ConfigDict

from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of

Clerk = Annotated[Principal, Depends(role("window_clerk", "municipal_manager", "union_staff"))]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=100)]
Person = tuple[str, str]
"""Municipality code and 宛名番号."""
K = TypeVar("K")


class Command(BaseModel):
    """What a form sends."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


async def carried_out(
    request: Request,
    who: Principal,
    person: Person,
    key: str,
    command: BaseModel,
    known_of: Callable[[UnitOfWork, Person], Awaitable[K | None]],
    act: Callable[[UnitOfWork, K], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Do `act` once for a key, for a resident whom the asker may see; it gets what `known_of` knows of the resident (None: nobody)."""
    require_own(who, person[0])
    asked = f"{request.url.path} {command.model_dump_json()}".encode()
    async with runtime_of(request).units.open() as uow:
        known = await known_of(uow, person)
        if known is None:
            raise Problem(404, *NOT_FOUND, detail="この宛名番号の住民はいません。")

        async def once_only() -> dict[str, Any]:
            return await act(uow, known)

        return await once(uow, who, key, asked, once_only)


def require_own(who: Principal, municipality_code: str) -> None:
    """Refuse whoever may not see the people of a municipality."""
    if not who.may_see(municipality_code):
        raise Problem(403, *NOT_ALLOWED, detail="この市区町村の方の手続をする権限がありません。")
