"""障害認定の申請一覧・住所地特例者一覧: what the union works through, for the reader's municipalities."""

from __future__ import annotations

from typing import Annotated, Any

from chassis.tokens import Principal
from chassis.web import role, runtime_of
from fastapi import APIRouter, Depends, Request

from eligibility_service.store import ledger_lists

READERS = ("window_clerk", "municipal_manager", "union_staff")
router = APIRouter(prefix="/ledger", tags=["ledger"])
Reader = Annotated[Principal, Depends(role(*READERS))]


@router.get("/disability-applications")
async def disability_applications(request: Request, who: Reader) -> list[dict[str, Any]]:
    """Applications that wait for a decision of the union, the longest waiting first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await ledger_lists.waiting_applications(uow)


@router.get("/domicile-exceptions")
async def domicile_exceptions(request: Request, who: Reader) -> list[dict[str, Any]]:
    """Everybody under 住所地特例 today, ours elsewhere and others here."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await ledger_lists.domicile_exceptions(uow)
