"""還付・充当一覧: as rows for a screen, on paper, or for a spreadsheet; as of any day."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, Literal

from chassis.commands import Clerk, require_own
from chassis.database import driver
from chassis.lists import PAGES_A_VOLUME, PDF, ROWS_A_PAGE
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of
from fastapi import APIRouter, Request, Response

from collection_service.documents.refund_list import RefundListAsked, rows_of, write
from collection_service.law import office_of
from collection_service.store import refunds

router = APIRouter(prefix="/refund-lists/{municipality_code}", tags=["refunds"])
_ASKED = ("KOKI-C152", "還付・充当一覧を作成できません。")
MOST = PAGES_A_VOLUME * ROWS_A_PAGE


@router.get("")
async def rows(
    municipality_code: str, first: date, last: date, request: Request, who: Clerk, as_of: date | None = None
) -> list[dict[str, Any]]:
    """The lines; nothing of another municipality."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await _lines(uow, municipality_code, first, last, as_of or uow.today)


@router.get("/file", response_class=Response)
async def file(
    municipality_code: str,
    first: date,
    last: date,
    request: Request,
    who: Clerk,
    as_of: date | None = None,
    form: Literal["pdf", "csv", "csv_cp932"] = "pdf",
) -> Response:
    """The list as PDF or CSV."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        today, day = uow.today, as_of or uow.today
        lines = await _lines(uow, municipality_code, first, last, day)
    asked = RefundListAsked(office_of(municipality_code, today).issuer, first, last, day)
    content = await asyncio.to_thread(write, asked, lines, form=form, today=today)
    media_type = "application/pdf" if form == PDF else "text/csv"
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-store"})


async def _lines(uow: UnitOfWork, municipality_code: str, first: date, last: date, as_of: date) -> list[dict[str, Any]]:
    if first > last or as_of > uow.today:
        raise Problem(422, *_ASKED, detail="期間の初めと終わりを確かめてください。基準日は、今日までの日です。")
    found = await refunds.listed(await driver(uow.connection), municipality_code, first, last, as_of=as_of)
    if len(found) > MOST:
        raise Problem(422, *_ASKED, detail=f"{len(found):,}件あります。{MOST:,}件までになるように、期間を短くしてください。")
    return rows_of(found, as_of=as_of)
