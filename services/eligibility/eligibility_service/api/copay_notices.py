"""負担割合判定通知書: made from a change of the rate as it is believed now, read back, and kept with the other letters of the person."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Final

from chassis.documents import DocumentRefused
from chassis.documents.letter import Contact
from chassis.law import day_number
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of
from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel

from eligibility_service import settings as service_settings
from eligibility_service.api.ledger_documents import addressed
from eligibility_service.documents.copay_notice import TITLE, CopayNoticeData, render_notice, why
from eligibility_service.domain.copay import law_on
from eligibility_service.law import UnionSettings, settings_of
from eligibility_service.store import copay_explaining, entries, letters

KIND: Final = "copay_rate_changed"
READERS = ("window_clerk", "municipal_manager", "union_staff")
router = APIRouter(tags=["copay rates"])
Clerk = Annotated[Principal, Depends(role(*READERS))]


class Wanted(BaseModel):
    """Of which change: the first day of its span."""

    valid_from: date


@router.post("/people/{municipality_code}/{resident_number}/copay-notices", status_code=201)
async def make_notice(
    municipality_code: str,
    resident_number: str,
    wanted: Wanted,
    request: Request,
    who: Clerk,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """The notice of one change; the same Idempotency-Key gives the same notice again."""
    if not who.may_see(municipality_code):
        raise Problem(404, *NOT_FOUND, detail="この宛名番号の住民はいないか、見る権限のない市区町村の住民です。")
    runtime = runtime_of(request)
    settings = settings_of(runtime.settings.union, on=runtime.clock.today())
    asked = f"{municipality_code}:{resident_number}:{wanted.model_dump_json()}".encode()
    async with runtime.units.open() as uow:

        async def act() -> dict[str, Any]:
            return await _make(uow, municipality_code, resident_number, wanted.valid_from, settings, by=who.user)

        return await once(uow, who, idempotency_key, asked, act)


async def _make(uow: UnitOfWork, code: str, number: str, valid_from: date, settings: UnionSettings, *, by: str) -> dict[str, Any]:
    try:
        record = (await entries.known(uow, code, number)).record
    except entries.NoSuchResident as error:
        raise Problem(404, *NOT_FOUND, detail="この宛名番号の住民はいません。") from error
    found = await copay_explaining.change_from(uow, code, number, valid_from)
    if found is None:
        detail = "この日から始まる判定がないか、前の負担割合と同じです。画面を開きなおして確かめてください。"
        raise Problem(409, "KOKI-E031", "負担割合の変わった判定がありません。", detail)
    span, before = found
    qualification = await letters.qualification(uow, code, number, span["insured_id"])
    assert qualification is not None
    try:
        notice = CopayNoticeData(
            delivery=await addressed(uow, code, number, record),
            name=record["name"],
            insured_number=qualification["insured_number"],
            rate_before=before,
            rate_percent=span["rate_percent"],
            valid_from=span["valid_from"],
            valid_until=span["valid_until"],
            income_year=span["income_year"],
            why=why(span, law_on(day_number(span["valid_from"]), sample=service_settings.current().sample_data)),
            issued_on=uow.today,
            issuer=settings.insurer_name,
            contact=Contact(office=settings.contact_office, telephone=settings.contact_telephone),
            review_board=settings.review_board,
        )
        pdf = await asyncio.to_thread(render_notice, notice)
    except DocumentRefused as error:
        raise Problem(422, "KOKI-E032", "通知を作れません。", str(error)) from error
    document_id = await letters.keep(uow, code, number, pdf, kind=KIND, by=by, entry_id=None, insured_id=span["insured_id"])
    return {"document_id": str(document_id), "kind": KIND, "title": TITLE, "rate_before": before, "rate_percent": span["rate_percent"]}
