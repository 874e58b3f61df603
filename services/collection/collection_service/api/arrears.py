"""滞納: what a person owes on a day, and the sheet that shows how each late charge came about."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any

from chassis.commands import Clerk, require_own
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.documents.letter import Contact
from chassis.law import LawError
from chassis.problems import NOT_FOUND, Problem
from chassis.web import runtime_of
from fastapi import APIRouter, Query, Request, Response

from collection_service import settings
from collection_service.documents.labels import label_of
from collection_service.documents.late_charge_sheet import LateChargeSheet, SheetStep, render_sheets
from collection_service.domain.arrears import Overdue, overdue
from collection_service.domain.late_charge_steps import steps_of
from collection_service.domain.recipients import Recipient
from collection_service.law import confirmed_on, office_of
from collection_service.store import arrears, recipients

router = APIRouter(tags=["arrears"])
UNPRINTABLE = ("KOKI-C110", "この帳票を作れません。")
OnDay = Annotated[date | None, Query(description="この日まで（省略時は業務日）")]


@router.get("/people/{municipality_code}/{resident_number}/arrears")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk, on: OnDay = None) -> dict[str, Any]:
    """Every instalment of which something is owed on a day, the oldest first, with each step of its late charge (yen)."""
    day = on or runtime_of(request).clock.today()
    async with runtime_of(request).units.open(seen_by=who) as uow:
        claims = await arrears.of_person(await driver(uow.connection), municipality_code, resident_number)
    found = owed_on(claims, day)
    return {
        "on": day,
        "unpaid": sum(each.unpaid for each in found),
        "fee": sum(each.fee_left for each in found),
        "late_charge": sum(each.late_charge_left for each in found),
        "owed": sum(each.owed for each in found),
        "instalments": [_shown(each) for each in found],
    }


@router.get("/people/{municipality_code}/{resident_number}/arrears/late-charge-sheet", response_class=Response)
async def sheet(municipality_code: str, resident_number: str, request: Request, who: Clerk, on: OnDay = None) -> Response:
    """延滞金計算書: a sheet for each instalment that bears a late charge on a day. 404 where none does."""
    require_own(who, municipality_code)
    today = runtime_of(request).clock.today()
    day = on or today
    async with runtime_of(request).units.open(seen_by=who) as uow:
        raw = await driver(uow.connection)
        claims = await arrears.of_person(raw, municipality_code, resident_number)
        recipient = (await recipients.of(raw, [(municipality_code, resident_number)]))[municipality_code, resident_number]
    charged = [each for each in owed_on(claims, day) if each.late_charge.amount]
    if not charged:
        raise Problem(404, *NOT_FOUND, detail=f"{day} までの延滞金はありません。")
    try:
        sheets = [_sheet(each, recipient, until=day, made_on=today) for each in charged]
        pdf = await asyncio.to_thread(render_sheets, sheets)
    except DocumentRefused as refused:
        raise Problem(409, *UNPRINTABLE, detail=str(refused)) from refused
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})


def owed_on(claims: list[Any], day: date) -> list[Overdue]:
    """What is owed of claims on a day. A Problem where the law has no number for it."""
    try:
        return overdue(claims, on=day, confirmed=confirmed_on(day, sample=settings.current().sample_data))
    except LawError as missing:
        raise Problem(409, "KOKI-C111", "延滞金を計算できません。", missing.message_ja) from missing


def _shown(each: Overdue) -> dict[str, Any]:
    claim = each.claim
    return {
        "insured_id": claim.insured_id,
        "fiscal_year": claim.fiscal_year,
        "number": claim.number,
        "label": label_of(claim.municipality_code, claim.fiscal_year, claim.number, claim.month),
        "due_on": claim.due_on,
        "charged": claim.charged,
        "unpaid": each.unpaid,
        "days": each.days,
        "is_deferred": each.is_deferred,
        "deferred_until": claim.deferred_until,
        "fee": each.fee_left,
        "late_charge": each.late_charge_left,
        "late_charge_paid": claim.late_paid,
        "provisional": each.late_charge.law.provisional,
        "steps": [step.content() for step in steps_of(each.late_charge)],
    }


def _sheet(each: Overdue, recipient: Recipient, *, until: date, made_on: date) -> LateChargeSheet:
    claim = each.claim
    if recipient.addressee is None or recipient.insured_number is None:
        raise DocumentRefused("unknown", "住民情報か被保険者番号が届いていません。", field="被保険者")
    office = office_of(claim.municipality_code, made_on)
    return LateChargeSheet(
        insured_number=recipient.insured_number,
        name=recipient.addressee.name,
        fiscal_year=claim.fiscal_year,
        label=label_of(claim.municipality_code, claim.fiscal_year, claim.number, claim.month),
        due_on=claim.due_on,
        charged=claim.charged,
        unpaid=each.unpaid,
        until=until,
        late_charge=each.late_charge.amount,
        paid=claim.late_paid,
        steps=tuple(SheetStep.of(step) for step in steps_of(each.late_charge)),
        provisional=bool(each.late_charge.law.provisional),
        made_on=made_on,
        issuer=office.issuer,
        contact=Contact(office=office.office, telephone=office.telephone),
    )
