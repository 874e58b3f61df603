"""What a clerk sees of premiums: every decision with each of its steps, why it changed, and both on paper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from chassis.binary_copy import Records
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.law import day_number
from chassis.problems import NOT_FOUND, Problem
from chassis.runtime import Runtime
from chassis.unit_of_work import UnitOfWork
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Request, Response

from premium_service.documents.calculation_sheet.build import sheet_of
from premium_service.documents.calculation_sheet.render import render_sheet
from premium_service.documents.decision_notice.of_decision import notice_of
from premium_service.documents.decision_notice.render import render_notice
from premium_service.domain.assessing import uuid_of
from premium_service.store import assessments, people
from premium_service.store.explained import Explained, changed, explained

router = APIRouter(tags=["assessments"])


@router.get("/people/{municipality_code}/{resident_number}/assessments")
async def of_person(
    municipality_code: str, resident_number: str, request: Request, who: Asking, known_on: date | None = None
) -> list[dict[str, Any]]:
    """Every decision about a person, newest first, each yen explained; `known_on` leaves out what was decided after that day.

    `in_force`: the last of its fiscal year among those shown, which is what was in force as far as was known on that day.
    """
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = _known(await assessments.of_person(uow.connection, municipality_code, resident_number), known_on)
        last = {int(record[0]["fiscal_year"]): int(record[0]["revision"]) for record in reversed(found)}
        shown = [(await _explained(record, uow, runtime)).content() for record in found]
    return [decision | {"in_force": last[decision["fiscal_year"]] == decision["revision"]} for decision in shown]


@router.get("/people/{municipality_code}/{resident_number}/assessments/{fiscal_year}/sheet")
async def sheet_as_known(
    municipality_code: str, resident_number: str, fiscal_year: int, request: Request, who: Asking, known_on: date | None = None
) -> Response:
    """計算明細書 of a fiscal year: the decision in force as far as was known on a day (today, where none is given)."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = _known(await assessments.of_person(uow.connection, municipality_code, resident_number), known_on)
        record = next((record for record in found if int(record[0]["fiscal_year"]) == fiscal_year), None)
        return await _sheet(record, uow, runtime, known_on=known_on or uow.today)


@router.get("/assessments/{assessment_id}")
async def one(assessment_id: UUID, request: Request, who: Asking) -> dict[str, Any]:
    """One decision."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await assessments.by_id(uow.connection, assessment_id)
        if found is None:
            raise Problem(404, *NOT_FOUND)
        return (await _explained(found, uow, runtime)).content()


@router.get("/assessments/{assessment_id}/causes")
async def causes(assessment_id: UUID, request: Request, who: Asking) -> dict[str, Any]:
    """Why a decision differs from the one before it: which input changed, by what, and how many yen each moves."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await assessments.by_id(uow.connection, assessment_id)
        if found is None:
            raise Problem(404, *NOT_FOUND)
        decision = await _explained(found, uow, runtime)
        why = await changed(decision, uow.connection, runtime.settings.union, sample=runtime.settings.sample_data)
    if why is None:
        raise Problem(404, *NOT_FOUND, detail="この年度の最初の決定です。比べる前の決定がありません。")
    return why


@router.get("/assessments/{assessment_id}/sheet")
async def sheet(assessment_id: UUID, request: Request, who: Asking) -> Response:
    """計算明細書 of one decision, with the reason of a change; the same decision gives the same bytes."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        return await _sheet(await assessments.by_id(uow.connection, assessment_id), uow, runtime, known_on=None)


@router.get("/assessments/{assessment_id}/document")
async def document(assessment_id: UUID, request: Request, who: Asking) -> Response:
    """The decision with its calculation sheets (保険料額決定通知書・計算明細書) as PDF; the same decision gives the same bytes."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await assessments.by_id(uow.connection, assessment_id)
        insured_id = uuid_of(found[0]["insured_id"]) if found is not None else None
        person = await people.addressee(uow, insured_id) if insured_id is not None else None
        if found is None or person is None:
            raise Problem(404, *NOT_FOUND)
        decision = _printable(await _explained(found, uow, runtime)).content()
    return await _pdf(lambda: render_notice(notice_of(decision, person, runtime.settings.union)))


async def _sheet(record: Records | None, uow: UnitOfWork, runtime: Runtime, *, known_on: date | None) -> Response:
    person = await people.addressee(uow, uuid_of(record[0]["insured_id"])) if record is not None else None
    if record is None or person is None:
        raise Problem(404, *NOT_FOUND)
    decision = _printable(await _explained(record, uow, runtime))
    why = await changed(decision, uow.connection, runtime.settings.union, sample=runtime.settings.sample_data)
    number, name, *_ = person
    return await _pdf(lambda: render_sheet(sheet_of(decision.content(), why, number, name, known_on=known_on)))


def _known(found: list[Records], known_on: date | None) -> list[Records]:
    """Decisions made on a day or before it."""
    return found if known_on is None else [record for record in found if int(record[0]["decided_on"]) <= day_number(known_on)]


async def _explained(record: Records, uow: UnitOfWork, runtime: Runtime) -> Explained:
    return await explained(record, await driver(uow.connection), runtime.settings.union, sample=runtime.settings.sample_data)


def _printable(decision: Explained) -> Explained:
    if not decision.same:
        detail = "決定のあとに法令・料率の登録が変わりました。金額は決定時のまま有効です。"
        raise Problem(409, "KOKI-P409", "この決定の計算明細書は作成できません。", detail)
    return decision


async def _pdf(render: Callable[[], bytes]) -> Response:
    try:
        return Response(await asyncio.to_thread(render), media_type="application/pdf")
    except DocumentRefused as refused:
        raise Problem(422, "KOKI-P422", "計算明細書を作成できません。", str(refused)) from refused
