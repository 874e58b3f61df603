"""変更: how a premium came from an earlier decision to a later one, and the notice of it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from chassis.documents import DocumentRefused
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Query, Request, Response

from premium_service.documents.change_notice import render_notice
from premium_service.documents.change_notice.of_change import notice_of
from premium_service.domain.changes import Change, NotExplained, change_of
from premium_service.store import assessments, causes

router = APIRouter(prefix="/assessments/{assessment_id}/change", tags=["changes"])
Since = Annotated[int | None, Query(ge=1, description="The revision from which the change is told; without it, the one before.")]
Addressee = tuple[str, str, str | None, tuple[str, ...]]


@router.get("")
async def change(assessment_id: UUID, request: Request, who: Asking, since: Since = None) -> dict[str, Any]:
    """The change that led to a decision: amounts before and after, reasons, and the events step by step; yen."""
    found, _ = await _change(assessment_id, request, who, since)
    return {**asdict(found), "difference": found.difference}


@router.get("/document")
async def document(assessment_id: UUID, request: Request, who: Asking, since: Since = None) -> Response:
    """保険料額変更決定通知書 as PDF; the same decisions give the same bytes."""
    found, person = await _change(assessment_id, request, who, since)
    if person is None:
        raise Problem(404, *NOT_FOUND)
    try:
        pdf = await asyncio.to_thread(render_notice, notice_of(found, person, runtime_of(request).settings.union))
    except DocumentRefused as refused:
        raise Problem(422, "KOKI-P022", "変更通知書を作成できません。", str(refused)) from refused
    return Response(pdf, media_type="application/pdf")


async def _change(assessment_id: UUID, request: Request, who: Principal, since: int | None) -> tuple[Change, Addressee | None]:
    async with runtime_of(request).units.open(seen_by=who) as uow:
        decisions = await assessments.up_to(uow.connection, assessment_id, since)
        if not decisions:
            raise Problem(404, *NOT_FOUND)
        if len(decisions) == 1:
            raise Problem(409, "KOKI-P020", "この決定は、その年度の初めての決定です。", "変更前の決定がないため、変更通知書はありません。")
        said = await causes.of_decisions(uow.connection, [assessments.id_of(decision) for decision in decisions])
        try:
            found = change_of(decisions, said)
        except NotExplained as unexplained:
            raise Problem(409, "KOKI-P021", "変更の理由を示せません。", str(unexplained)) from unexplained
        if not found.why:
            raise Problem(409, "KOKI-P024", "保険料額に関わる変更ではありません。", "額が変わらない更正のため、変更通知書はありません。")
        return found, await assessments.addressee(uow.connection, found.insured_id, on=uow.today)
