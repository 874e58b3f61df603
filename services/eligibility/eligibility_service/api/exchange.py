"""What leaves and what the union brings in: state of the feed and of the files, and the files of holders of マイナ保険証."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from chassis.database import driver
from chassis.problems import NOT_ALLOWED, Problem
from chassis.tokens import Principal
from chassis.web import OPERATOR, role, runtime_of
from fastapi import APIRouter, Depends, Request

from eligibility_service.store import card_holdings, feed

UNION_STAFF = "union_staff"
router = APIRouter(tags=["exchange"])
Watching = Annotated[Principal, Depends(role(UNION_STAFF, OPERATOR))]
UnionStaff = Annotated[Principal, Depends(role(UNION_STAFF))]


@router.get("/exchange")
async def state(request: Request, who: Watching) -> dict[str, Any]:
    """鮮度 of the feed against the union's setting, its generations, the latest file of each municipality, open alerts. No people."""
    async with runtime_of(request).units.open() as uow:
        waiting, settings = await feed.waiting(uow), await feed.settings(uow)
        raw = await driver(uow.connection)
        files = await raw.fetch(
            """SELECT DISTINCT ON (municipality_code) municipality_code, generation, is_whole, rows, made_at FROM outgoing_file
            WHERE kind = 'qualifications' ORDER BY municipality_code, generation DESC"""
        )
        age = None if waiting.since is None else uow.now - waiting.since
        return {
            "feed": {
                "waiting": waiting.people,
                "waiting_since": waiting.since,
                "minutes": settings.feed_freshness_minutes,
                "age_minutes": None if age is None else int(age.total_seconds() // 60),
                "is_late": age is not None and age > timedelta(minutes=settings.feed_freshness_minutes),
                "generations": [{k: v for k, v in row.items() if k != "run_id"} for row in await feed.generations(uow)],
            },
            "alerts": [
                {"kind": row["kind"], "detail": row["detail"], "raised_at": row["raised_at"]} for row in await feed.open_alerts(uow)
            ],
            "files": [dict(row) for row in files],
        }


@router.get("/card-holdings")
async def holdings(request: Request, who: UnionStaff) -> dict[str, Any]:
    """マイナ保険証の保有: the totals of today, the latest files with their counts, and the rows that name nobody for certain."""
    if who.municipalities is not None:
        raise Problem(403, *NOT_ALLOWED, detail="広域連合の全体を見られる利用者だけが使えます。")
    async with runtime_of(request).units.open() as uow:
        imports = await card_holdings.imports(uow)
        return {
            "totals": await card_holdings.totals(uow),
            "imports": imports,
            "refusals": await card_holdings.refusals(uow, [row["batch_id"] for row in imports]),
        }
