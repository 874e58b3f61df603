"""What the registers' commands have in common: who may ask, about whom, carried out once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from chassis import commands
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import role
from fastapi import Depends, Request
from pydantic import BaseModel

from eligibility_service.store import deliveries
from eligibility_service.store.cases import Person

Privileged = Annotated[Principal, Depends(role("municipal_manager", "union_staff"))]
WITHHELD = ("KOKI-E072", "支援措置により表示できません。")


async def carried_out(
    request: Request,
    who: Principal,
    person: Person,
    key: str,
    command: BaseModel,
    act: Callable[[UnitOfWork, dict[str, Any]], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Do `act` once for a key, for a resident whom the asker may see; the act gets what is known of the resident."""
    return await commands.carried_out(request, who, person, key, command, deliveries.insured, act)
