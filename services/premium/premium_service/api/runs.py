"""賦課の実行と差分: what a run decides differently, group by group and person by person, before and after it is approved."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import role, runtime_of
from fastapi import APIRouter, Depends, Query, Request

from premium_service.domain.reasons import words_of
from premium_service.store import run_differences, runs

router = APIRouter(prefix="/runs", tags=["runs"])
Officer = Annotated[Principal, Depends(role("union_staff"))]
ROWS_A_PAGE = 100


@router.get("")
async def listing(request: Request, who: Officer) -> list[dict[str, Any]]:
    """The latest runs of assessment, the newest first."""
    async with runtime_of(request).units.open() as uow:
        return await runs.listing(uow.connection)


@router.get("/{run_id}/differences")
async def differences(
    run_id: UUID,
    request: Request,
    who: Officer,
    reasons: Annotated[int | None, Query(ge=0, le=32_767)] = None,
    page: Annotated[int, Query(ge=1)] = 1,
) -> dict[str, Any]:
    """Whom a run decides differently than before, by reason; a hundred people at a time, the largest difference first (yen)."""
    units = runtime_of(request).units
    async with units.open() as uow:
        found = await runs.listing(uow.connection, run_id=run_id)
    if not found:
        raise Problem(404, *NOT_FOUND)
    async with units.open(seen_by=who) as uow:
        groups = await run_differences.groups(uow.connection, run_id)
        first = (page - 1) * ROWS_A_PAGE
        total, people = await run_differences.of_run(uow.connection, run_id, code=reasons, first=first, most=ROWS_A_PAGE)
    for row in (*groups, *people):
        row["reason_words"] = words_of(row["reasons"])
    return {
        "run": found[0],
        "groups": groups,
        "people": people,
        "chosen": reasons,
        "total": total,
        "page": page,
        "pages": max(1, -(-total // ROWS_A_PAGE)),
    }
