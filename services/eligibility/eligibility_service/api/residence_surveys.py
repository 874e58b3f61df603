"""居所不明者の調査: opened after mail came back or a report, recorded, closed; with its sheet and its list."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, Literal
from uuid import UUID

from chassis.commands import Clerk, Command, Key, require_own
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, runtime_of
from fastapi import APIRouter, Request, Response
from pydantic import Field

from eligibility_service.api.registering import carried_out
from eligibility_service.documents.survey_sheet import SurveySheetData, render_sheet
from eligibility_service.documents.survey_sheet.build import SurveyEntry
from eligibility_service.domain.residence_survey import ACT_TERMS, CAUSES, STEP_TERMS, Act, OutOfTurn
from eligibility_service.domain.words import WITHHELD
from eligibility_service.store import residence_surveys

router = APIRouter(tags=["residence surveys"])
_STEP = ("KOKI-E075", "調査の段階に合いません。")
_PERIOD = ("KOKI-E071", "期間が正しくありません。")


class SurveyOpening(Command):
    """Why somebody is looked for, and until when."""

    cause: Literal["returned_mail", "report"]
    remark: str = Field(default="", max_length=200)
    deadline: date


class SurveyAct(Command):
    """What was done on a day, or what came out."""

    act: Literal["visit", "telephone", "letter", "inquiry", "found", "removal_asked"]
    done_on: date
    remark: str = Field(min_length=1, max_length=200)


@router.get("/residence-surveys")
async def register(request: Request, who: Clerk, closed: bool = False) -> list[dict[str, Any]]:
    """居所不明者一覧 of the asker's municipalities, the first deadline first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_shown(survey) for survey in await residence_surveys.listing(uow, closed=closed)]


@router.get("/people/{municipality_code}/{resident_number}/residence-surveys")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """Every survey of a person, the open one first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_shown(survey) for survey in await residence_surveys.of_person(uow, (municipality_code, resident_number))]


@router.post("/people/{municipality_code}/{resident_number}/residence-surveys", status_code=201)
async def open_survey(
    municipality_code: str, resident_number: str, opening: SurveyOpening, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """調査の開始: from now on no certificate is made for the person."""
    person = municipality_code, resident_number

    async def act(uow: UnitOfWork, known: dict[str, Any]) -> dict[str, Any]:
        if opening.deadline < uow.today:
            raise Problem(422, *_PERIOD, detail="調査の期限は、今日から後の日にしてください。")
        try:
            survey_id = await residence_surveys.open_survey(uow, person, **opening.model_dump(), by=who.user)
        except OutOfTurn as reason:
            raise Problem(409, *_STEP, detail=str(reason)) from reason
        return {"survey_id": str(survey_id)}

    return await carried_out(request, who, person, idempotency_key, opening, act)


@router.post("/residence-surveys/{survey_id}/acts", status_code=201)
async def record(survey_id: UUID, done: SurveyAct, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """A visit or call, the address found, or the request to strike out the residence (職権消除の依頼)."""
    async with runtime_of(request).units.open() as uow:
        code = await residence_surveys.municipality_of(uow, survey_id)
        if code is None:
            raise Problem(404, *NOT_FOUND, detail="この調査はありません。")
        require_own(who, code)
        if done.done_on > uow.today:
            raise Problem(422, *_PERIOD, detail="行った日は、今日までの日にしてください。")

        async def act() -> dict[str, Any]:
            try:
                step = await residence_surveys.act_on(uow, survey_id, Act(done.act), done_on=done.done_on, remark=done.remark, by=who.user)
            except OutOfTurn as reason:
                raise Problem(409, *_STEP, detail=str(reason)) from reason
            return {"survey_id": str(survey_id), "step": step.value}

        return await once(uow, who, idempotency_key, f"{survey_id} {done.model_dump_json()}".encode(), act)


@router.get("/residence-surveys/{survey_id}/document")
async def sheet(survey_id: UUID, request: Request, who: Clerk) -> Response:
    """調査票 as PDF, as the survey stands now."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        survey = await residence_surveys.one(uow, survey_id)
        if survey is None:
            raise Problem(404, *NOT_FOUND, detail="この調査はありません。")
        office = str(await (await driver(uow.connection)).fetchval("SELECT insurer_name FROM union_setting"))
        try:
            pdf = await asyncio.to_thread(render_sheet, _sheet_of(survey, uow.today, office))
        except DocumentRefused as refused:
            raise Problem(422, "KOKI-E076", "書類を作れません。", str(refused)) from refused
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})


def _sheet_of(survey: dict[str, Any], today: date, office: str) -> SurveySheetData:
    lines = None if survey["address_withheld"] else tuple(line for line in (survey["place"], survey["address_building"]) if line)
    return SurveySheetData(
        survey_number=str(survey["survey_id"]).upper(),
        name=survey["name"],
        kana=survey["name_kana"],
        insured_number=survey["insured_number"] or "",
        born_on=survey["born_on"],
        address=lines,
        cause=CAUSES[survey["cause"]],
        opened_on=survey["opened_on"],
        deadline=survey["deadline"],
        entries=tuple(
            SurveyEntry(done_on=e["done_on"], act=ACT_TERMS[e["kind"]], remark=e["remark"], kept_by=e["kept_by"]) for e in survey["entries"]
        ),
        printed_on=today,
        office=office,
    )


def _shown(survey: dict[str, Any]) -> dict[str, Any]:
    address = "　".join(line for line in (survey.pop("place"), survey.pop("address_building")) if line)
    return {
        **survey,
        "address": WITHHELD if survey["address_withheld"] else address,
        "step_term": STEP_TERMS[survey["step"]],
        "cause_term": CAUSES[survey["cause"]],
        "entries": [{**entry, "act_term": ACT_TERMS[entry["kind"]]} for entry in survey["entries"]],
    }
