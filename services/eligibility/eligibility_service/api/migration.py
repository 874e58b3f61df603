"""移行業務: the phase, the plan, 進捗表 and 創設結果表, and the steps that a second officer decides."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis import approvals
from chassis.documents import DocumentRefused
from chassis.problems import Problem
from chassis.tokens import Principal
from chassis.web import once, role, runtime_of
from contracts.primitives import MunicipalityCode
from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, Field

from eligibility_service.api import steps
from eligibility_service.documents.result_file import write
from eligibility_service.domain.phases import Milestone, Phase
from eligibility_service.domain.result_table import in_words
from eligibility_service.law import settings_of
from eligibility_service.store import gate, migration, phases, results

router = APIRouter(prefix="/migration", tags=["migration"])
UnionStaff = Annotated[Principal, Depends(role("union_staff"))]
Reader = Annotated[Principal, Depends(role("union_staff", "operator"))]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=100)]


class PlanAsked(BaseModel):
    """基準日, and the municipalities whose residents are to come."""

    cut_off_on: date
    municipalities: list[MunicipalityCode] = Field(min_length=1)


class MilestoneWritten(BaseModel):
    """One line of 進捗表."""

    planned_on: date | None = None
    reached_on: date | None = None
    note: str = Field(default="", max_length=500)


class StepAsked(BaseModel):
    """A step, why it is taken, and for a rehearsal whether its files are loaded once more."""

    act: Literal["begin_migration", "open_routine", "reset_rehearsal"]
    reason: str = Field(min_length=1, max_length=500)
    repeat: bool = False


@router.get("")
async def overview(request: Request, who: Reader) -> dict[str, Any]:
    """Where the installation stands: phase, plan, milestones, each municipality, and everything that keeps the gate shut."""
    async with runtime_of(request).units.open() as uow:
        phase, plan, found = await phases.present(uow), await migration.plan(uow), await gate.differences(uow)
        return {
            "phase": phase.value,
            "phase_term": phase.term,
            "steps": await phases.steps(uow),
            "plan": asdict(plan) if plan else None,
            "milestones": await migration.milestones(uow, found),
            "municipalities": await migration.progress(uow),
            "differences": [{**asdict(one), "term": one.term} for one in found],
        }


@router.get("/results")
async def result_table(request: Request, who: Reader) -> list[dict[str, Any]]:
    """創設結果表: the latest line of each municipality, its counts by ground and by reason also in words."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        lines = await results.latest(uow)
    words = [in_words(line["insured"], line["not_insured"]) for line in lines]
    return [{**line, "insured_words": insured, "not_insured_words": others} for line, (insured, others) in zip(lines, words, strict=True)]


@router.post("/results/document")
async def result_table_on_paper(names: dict[str, str], request: Request, who: Reader) -> Response:
    """創設結果表 as PDF, read back. `names`: what the municipalities are called, by code."""
    runtime = runtime_of(request)
    settings = settings_of(runtime.settings.union, on=runtime.clock.today())
    async with runtime.units.open(seen_by=who) as uow:
        lines, today = await results.latest(uow), uow.today
    try:
        pdf = await asyncio.to_thread(write, lines, names, issuer=settings.insurer_name, today=today)
    except DocumentRefused as error:
        raise Problem(422, "KOKI-E056", "創設結果表を印刷できません。", str(error)) from error
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})


@router.post("/results", status_code=202)
async def make_result_table(request: Request, who: UnionStaff) -> dict[str, UUID]:
    """Compare every municipality anew; a worker does it, one municipality after the other."""
    runtime = runtime_of(request)
    async with runtime.units.open() as uow:
        if await migration.plan(uow) is None:
            raise Problem(409, "KOKI-E055", "基準日が決まっていません。", "移行の計画に基準日を入れてから、創設結果表を作ってください。")
    return {"run_id": await runtime.begin_job("make-result-table", {}, by=who.user)}


@router.post("/plan")
async def set_plan(asked: PlanAsked, request: Request, who: UnionStaff) -> dict[str, Any]:
    """Set the cut-off day and the municipalities; the day stands fast once anybody is loaded."""
    async with runtime_of(request).units.open() as uow:
        if await phases.is_routine(uow):
            raise steps.out_of_turn(Phase.ROUTINE, "経常業務が始まる前だけ行えます。")
        try:
            await migration.set_plan(uow, cut_off_on=asked.cut_off_on, municipalities=sorted(set(asked.municipalities)), by=who.user)
        except migration.TooLate as error:
            raise Problem(
                409,
                "KOKI-E054",
                "基準日はもう変えられません。",
                "取り込んだ台帳は、いまの基準日で作られています。リハーサルなら、やり直して空にすると変えられます。",
            ) from error
    return {"cut_off_on": asked.cut_off_on}


@router.post("/milestones/{milestone}")
async def write_milestone(milestone: Milestone, written: MilestoneWritten, request: Request, who: UnionStaff) -> dict[str, str]:
    """Write a line of 進捗表."""
    async with runtime_of(request).units.open() as uow:
        await migration.write_milestone(uow, milestone, **written.model_dump(), by=who.user)
    return {"milestone": milestone.value}


@router.post("/steps", status_code=201)
async def ask_for_step(asked: StepAsked, request: Request, who: UnionStaff, key: Key) -> dict[str, Any]:
    """Put a step before a second officer; what stands against it is named at once."""
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            await steps.require(uow, asked.act)
            content = {"repeat": asked.repeat} if asked.act == steps.RESET_REHEARSAL else {}
            approval_id = await approvals.ask(
                uow, act=asked.act, municipality_code=steps.UNION, resident_number=None, content=content, reason=asked.reason, by=who.user
            )
            return {"approval_id": str(approval_id)}

        return await once(uow, who, key, asked.model_dump_json().encode(), act)
