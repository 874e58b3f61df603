"""負担割合判定通知書: made from a change of the rate as it is believed now, read back, and kept with the other letters of the person."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from chassis.commands import Clerk, Key, carried_out
from chassis.law import day_number
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from fastapi import APIRouter, Request
from pydantic import BaseModel

from eligibility_service import settings as service_settings
from eligibility_service.api.about_person import known_of, require_own
from eligibility_service.documents.copay_notice.build import notice_fields
from eligibility_service.documents.copay_notice.words import TITLE
from eligibility_service.documents.printing import print_one
from eligibility_service.domain.copay import law_on
from eligibility_service.store import addressing, copay_explaining, copay_notices, letters, needs
from eligibility_service.store.entries import Known

router = APIRouter(tags=["copay rates"])


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
    idempotency_key: Key,
) -> dict[str, Any]:
    """The notice of one change; the same Idempotency-Key gives the same notice again."""
    require_own(who, municipality_code)

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        return await _make(uow, known, wanted.valid_from, by=who.user)

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, wanted, known_of, act)


async def _make(uow: UnitOfWork, known: Known, valid_from: date, *, by: str) -> dict[str, Any]:
    code, number = known.person
    found = await copay_explaining.change_from(uow, code, number, valid_from)
    if found is None:
        detail = "この日から始まる判定がないか、前の負担割合と同じです。画面を開きなおして確かめてください。"
        raise Problem(409, "KOKI-E031", "負担割合の変わった判定がありません。", detail)
    span, before = found
    qualification = await letters.qualification(uow, code, number, span["insured_id"])
    assert qualification is not None
    delivery = (await addressing.deliveries(uow, [(code, number)]))[code, number]
    fields = notice_fields(
        span,
        before,
        delivery=delivery,
        name=known.record["name"],
        insured_number=qualification["insured_number"],
        law=law_on(day_number(span["valid_from"]), sample=service_settings.current().sample_data),
        union=await needs.settings(uow),
        issued_on=uow.today,
    )
    printed = await asyncio.to_thread(print_one, copay_notices.FORM, [fields])
    if printed.pdf is None:
        raise Problem(422, "KOKI-E032", "通知を作れません。", printed.refusals[0] or "")
    document_id = await letters.keep(
        uow, code, number, printed.pdf, kind=copay_notices.KIND, by=by, entry_id=None, insured_id=span["insured_id"],
        shows_address=delivery is not None,
    )  # fmt: skip
    await copay_notices.keep_told(uow, (code, number), span, before, document_id)
    made = {"document_id": str(document_id), "kind": copay_notices.KIND, "title": TITLE}
    return {**made, "rate_before": before, "rate_percent": span["rate_percent"]}
