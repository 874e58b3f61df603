"""所得把握: worklists of incomes that are not known, what came of files and inquiries, and what a clerk does about one person."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis import approvals
from chassis.approvals import Approval
from chassis.commands import Clerk, Command, Key, carried_out
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.law import FiscalYear
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of
from contracts.eras import format_year
from contracts.events.premium import IncomeReview, IncomeReviewed
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from premium_service.documents.simple_declaration import DeclarationSheet, render_sheet
from premium_service.domain import declared
from premium_service.domain.income_awaited import PATIENCE
from premium_service.domain.people import Known
from premium_service.rules.income_gaps import EXTRACTED, Gap
from premium_service.store import declarations, income_checks, income_files, income_gaps, inquiries, people

router = APIRouter(tags=["incomes"])
OVERRIDE = "income_override"
YEARS_BACK = 2
"""Income years that the window takes declarations for, before that of the present fiscal year."""
_NOT_UNKNOWN = ("KOKI-P031", "この年の所得は、照会中ではありません。")
_NO_SHEET = ("KOKI-P034", "簡易申告書を作成できません。")


class Declaration(Command):
    """簡易申告 of the incomes of one year (yen); `no_income`: the person says that there was none."""

    income_year: int = Field(ge=2007, le=2999)
    declared_on: date
    declarant: str = Field(min_length=1, max_length=60)
    relationship: str = Field(min_length=1, max_length=20)
    amounts: dict[str, int] = Field(max_length=len(declared.FIELDS))
    no_income: bool = False
    evidence: list[str] = Field(max_length=len(declared.EVIDENCE))
    remark: str = Field(default="", max_length=200)


class Inquiry(Command):
    """The window has asked the municipality that taxes this person."""

    income_year: int = Field(ge=2007, le=2999)


class InquiryEnd(Inquiry):
    """`undeclared_there`: nothing is known there either; `mistaken`: it should not have been asked."""

    ending: Literal["undeclared_there", "mistaken"]


class Override(Inquiry):
    """Let premiums be decided by the rule for 未申告 until the answer comes."""

    reason: str = Field(min_length=1, max_length=200)


@router.get("/income-gaps")
async def worklist(
    request: Request,
    who: Clerk,
    gap: Literal["undeclared", "inquiring", "other_municipality", "missing"] = "undeclared",
    municipality_code: str | None = None,
    age_from: Annotated[int, Query(ge=0, le=150)] = 0,
    age_until: Annotated[int, Query(ge=0, le=150)] = 150,
    fiscal_year: int | None = None,
) -> dict[str, Any]:
    """未申告者一覧, 照会中一覧, 他市課税者一覧, 未着一覧: the longest in the state first, with how many there are of each state.

    `checked_on`: since when nobody is missing of those who came in files, the last check of the municipality that was checked first; None
    before any.
    """
    async with runtime_of(request).units.open(seen_by=who) as uow:
        year = FiscalYear(fiscal_year) if fiscal_year else FiscalYear.of(uow.today)
        rows = await income_gaps.listing(
            uow, year.income_year, Gap[gap.upper()], municipality_code=municipality_code, ages=(age_from, age_until + 1)
        )
        counted = await income_gaps.counts(uow, year.income_year, patience=PATIENCE.days)
        checks_made = await income_checks.latest(uow, year.income_year)
    checked_on = min((row["checked_on"] for row in checks_made), default=None)
    counts = [{**row, "gap": Gap(row["gap"]).name.lower()} for row in counted]
    return {
        "income_year": year.income_year,
        "checked_on": checked_on,
        "rows": [{**row, "gap": gap} for row in rows],
        "counts": counts,
        "patience": PATIENCE.days,
    }


@router.get("/income-checks")
async def checks(request: Request, who: Clerk, fiscal_year: int | None = None) -> dict[str, Any]:
    """The last morning check of each municipality (everybody by reason), inquiries against answers, and the files taken in."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        year = FiscalYear(fiscal_year) if fiscal_year else FiscalYear.of(uow.today)
        return {
            "income_year": year.income_year,
            "checks": await income_checks.latest(uow, year.income_year),
            "extracted": sorted(reason.name.lower() for reason in EXTRACTED),
            "inquiries": await inquiries.reconciled(uow, year.income_year, patience=PATIENCE.days),
            "files": await income_files.listing(uow),
        }


@router.get("/people/{municipality_code}/{resident_number}/incomes")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> dict[str, Any]:
    """What is known of the incomes of somebody, insured or not; declarations and inquiries, the newest first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        known = await people.find(uow, (municipality_code, resident_number))
        if known is None:
            raise Problem(404, *NOT_FOUND)
        states = await declarations.states(uow, known.number, _years(uow))
        return {
            "name": known.name,
            "insured": known.insured_id is not None,
            "years": [{**row, "gap": Gap(row["gap"]).name.lower() if row["gap"] else None} for row in states],
            "declarations": await declarations.of_person(uow, known.number),
            "inquiries": await inquiries.of_person(uow, known.number),
            "fields": declared.FIELDS,
            "evidence": declared.EVIDENCE,
        }


@router.post("/people/{municipality_code}/{resident_number}/simple-declarations", status_code=201)
async def declare(
    municipality_code: str, resident_number: str, declaration: Declaration, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """簡易申告 at the window: it counts at once, until the municipality determines the income."""

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        unknown = sorted(declaration.amounts.keys() - declared.FIELDS.keys())
        faults = declared.faults(declaration.amounts, declaration.evidence, no_income=declaration.no_income)
        if declaration.declared_on > uow.today:
            faults.append("申告日が今日より後になっています。")
        if declaration.income_year not in _years(uow):
            faults.append("この年の所得は、窓口では受け付けられません。")
        if faults or unknown:
            raise Problem(422, "KOKI-P032", "簡易申告に誤りがあります。", "　".join([*faults, *unknown]))
        entry = declaration.model_dump(include={"declared_on", "declarant", "relationship", "evidence", "remark"})
        amounts = {name: declaration.amounts.get(name, 0) for name in declared.FIELDS}
        declaration_id = await declarations.take(
            uow, known.number, municipality_code, declaration.income_year, amounts, **entry, by=who.user
        )
        if declaration_id is None:
            detail = "市区町村が確定した所得があります。訂正は、市区町村の税の担当で行います。"
            raise Problem(409, "KOKI-P033", "この年の所得は、すでに確定しています。", detail)
        await _reviewed(uow, known, declaration.income_year, IncomeReview.DECLARED)
        return {"declaration_id": str(declaration_id)}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, declaration, people.find, act)


@router.post("/people/{municipality_code}/{resident_number}/income-inquiries", status_code=201)
async def inquire(
    municipality_code: str, resident_number: str, asked: Inquiry, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """照会した: the income is 照会中 until the answer comes; 未申告 from a municipality that cannot know is no answer (I-18)."""

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        (state,) = await declarations.states(uow, known.number, [asked.income_year])
        if state["income_status"] == 1:
            raise Problem(409, "KOKI-P030", "この年の所得は分かっています。", "照会は要りません。")
        inquiry_id = await inquiries.ask(uow, known.number, municipality_code, asked.income_year, by=who.user)
        if inquiry_id is None:
            raise Problem(409, "KOKI-P035", "この年の所得は、すでに照会中です。", "回答が届くと、自動で確定します。")
        await _reviewed(uow, known, asked.income_year, IncomeReview.INQUIRED)
        return {"inquiry_id": str(inquiry_id)}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, asked, people.find, act)


@router.post("/people/{municipality_code}/{resident_number}/income-inquiries/end", status_code=201)
async def end_inquiry(
    municipality_code: str, resident_number: str, ended: InquiryEnd, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """The other municipality knows nothing either, or it was asked by mistake."""

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        if not await inquiries.end(uow, known.number, ended.income_year, ended.ending, by=who.user):
            raise Problem(409, *_NOT_UNKNOWN)
        await _reviewed(uow, known, ended.income_year, IncomeReview.INQUIRY_ENDED)
        return {"ended": ended.ending}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, ended, people.find, act)


@router.post("/people/{municipality_code}/{resident_number}/income-overrides", status_code=201)
async def ask_to_override(
    municipality_code: str, resident_number: str, asked: Override, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Put before a second officer that premiums are decided although this income is being inquired (I-19)."""

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        (state,) = await declarations.states(uow, known.number, [asked.income_year])
        if state["income_status"] not in (0, 3) or state["overridden"]:
            raise Problem(409, *_NOT_UNKNOWN)
        content = {"name": known.name, "income_year": asked.income_year, "since": str(state["since"] or "")}
        approval_id = await approvals.ask(
            uow, act=OVERRIDE, municipality_code=municipality_code, resident_number=resident_number, content=content,
            reason=asked.reason, by=who.user,
        )  # fmt: skip
        return {"approval_id": str(approval_id)}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, asked, people.find, act)


def shown(asked: Approval) -> dict[str, str]:
    """What the second officer reads of an override."""
    return {
        "対象者": str(asked.content["name"]),
        "所得年": format_year(asked.content["income_year"]),
        "すること": "照会中のまま、未申告と同じ扱い（均等割の軽減なし）で保険料を決定する。回答が届くと、自動で決定し直す",
    }


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: the premiums of the household are decided by the rule for 未申告 until the answer comes."""
    assert asked.resident_number is not None, "an income is somebody's"
    known = await people.find(uow, (asked.municipality_code, asked.resident_number))
    assert known is not None, "residents are never forgotten"
    year = int(asked.content["income_year"])
    (state,) = await declarations.states(uow, known.number, [year])
    if state["income_status"] not in (0, 3) or not await declarations.override(
        uow, known.number, asked.municipality_code, year, asked.approval_id
    ):
        raise Problem(409, *_NOT_UNKNOWN, detail="回答が届いたか、すでに承認されています。差し戻してください。")
    await _reviewed(uow, known, year, IncomeReview.OVERRIDDEN)
    return {"income_year": year}


@router.get("/people/{municipality_code}/{resident_number}/simple-declarations/{which}/document")
async def sheet(municipality_code: str, resident_number: str, which: str, request: Request, who: Clerk) -> Response:
    """簡易申告書 as PDF: `which` is a declaration that was taken in, or an income year for a form to fill in."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        known = await people.find(uow, (municipality_code, resident_number))
        if known is None:
            raise Problem(404, *NOT_FOUND)
        found = None if which.isdecimal() else await declarations.one(uow, _uuid(which), known.number)
        if found is None and not which.isdecimal():
            raise Problem(404, *NOT_FOUND)
        made = DeclarationSheet.of(known, found, int(which) if found is None else found["income_year"], runtime.settings.union)
    try:
        pdf = await asyncio.to_thread(render_sheet, made)
    except DocumentRefused as refused:
        raise Problem(422, *_NO_SHEET, detail=str(refused)) from refused
    return Response(pdf, media_type="application/pdf")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Problem(404, *NOT_FOUND) from error


def _years(uow: UnitOfWork) -> list[int]:
    latest = FiscalYear.of(uow.today).income_year
    return [latest - back for back in range(YEARS_BACK + 1)]


async def _reviewed(uow: UnitOfWork, known: Known, income_year: int, review: IncomeReview) -> None:
    """Say it, so that the premiums of the household are decided again; and follow the gap at once, so that the list is true."""
    await income_gaps.follow(await driver(uow.connection), FiscalYear(income_year + 1), [known.number], today=uow.today)
    code, number = known.person
    uow.publish(
        IncomeReviewed(effective_on=uow.today, municipality_code=code, resident_number=number, income_year=income_year, review=review)
    )
