"""資格の確認: was this person insured on this day?"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.web import Asking, runtime_of
from contracts.primitives import InsuredNumber
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from benefits_service.store.insured import qualifications_of

router = APIRouter(tags=["benefits"])


class Period(BaseModel):
    """One qualification: insured from `acquired_on` up to, not including, `lost_on`."""

    insured_id: UUID
    insurer_number: str
    municipality_code: str
    resident_number: str
    acquired_on: date
    lost_on: date | None


class InsuredOnDay(BaseModel):
    """Whether a person is insured on a day: `holding` is the qualification that says so, `periods` are all of them."""

    insured_number: str
    on: date
    insured: bool
    holding: Period | None
    periods: list[Period]


@router.get("/insured/{insured_number}")
async def insured_on_day(
    insured_number: InsuredNumber, request: Request, who: Asking, on: Annotated[date | None, Query()] = None
) -> InsuredOnDay:
    """Whether the person with this 被保険者番号 is insured on a day (the business day where none is given). 404 for a number not known."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        day = on or uow.today
        found = await qualifications_of(await driver(uow.connection), insured_number)
    if not found:
        raise Problem(404, *NOT_FOUND, detail=f"被保険者番号「{insured_number}」の資格はありません。番号を確かめてください。")
    periods = [Period.model_validate(qualification, from_attributes=True) for qualification in found]
    holding = next((period for period, held in zip(periods, found, strict=True) if held.holds_on(day)), None)
    return InsuredOnDay(insured_number=insured_number, on=day, insured=holding is not None, holding=holding, periods=periods)
