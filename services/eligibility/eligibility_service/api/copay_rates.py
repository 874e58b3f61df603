"""負担割合 of a person with each step, the application of 基準収入額, and the list of those who wait."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from chassis.problems import NOT_ALLOWED, Problem
from chassis.tokens import Principal
from chassis.web import once, role, runtime_of
from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from eligibility_service.store import copay_applications, copay_explaining, copay_waits

READERS = ("window_clerk", "municipal_manager", "union_staff")
router = APIRouter(tags=["copay rates"])
Reader = Annotated[Principal, Depends(role(*READERS))]


class Receipts(BaseModel):
    """The receipts of one member of the household in the income year (yen)."""

    resident_number: str = Field(pattern=r"^\d{1,15}$")
    receipts: int = Field(ge=0, le=1_000_000_000_000)


class Application(BaseModel):
    """基準収入額適用申請: of whom, and the receipts of everybody who counts."""

    applied_on: date
    receipts: list[Receipts] = Field(min_length=1, max_length=30)


@router.get("/people/{municipality_code}/{resident_number}/copay-rates")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Reader) -> dict[str, Any]:
    """The spans of every copay year as they are believed, each step of the one of today, what was believed before, and what waits."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await copay_explaining.of_person(uow, municipality_code, resident_number)


@router.post("/people/{municipality_code}/{resident_number}/receipts-applications", status_code=201)
async def apply(
    municipality_code: str,
    resident_number: str,
    application: Application,
    request: Request,
    who: Reader,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """Take the application and judge the household again; the rate changes from the month after. The same key gives the same answer."""
    if not who.may_see(municipality_code):
        raise Problem(403, *NOT_ALLOWED, detail="この市区町村の申請を受け付ける権限がありません。")
    asked = application.model_dump_json().encode() + f":{municipality_code}:{resident_number}".encode()
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            try:
                receipts = {row.resident_number: row.receipts for row in application.receipts}
                person = (municipality_code, resident_number)
                return await copay_applications.take(uow, person, receipts, applied_on=application.applied_on, by=who.user)
            except copay_applications.NotConcerned as error:
                raise Problem(409, "KOKI-E030", "申請を受け付けられません。", str(error)) from error

        return await once(uow, who, idempotency_key, asked, act)


@router.get("/copay-waits")
async def waiting(request: Request, who: Reader) -> list[dict[str, Any]]:
    """判定保留: whose rate or limit class is not decided, the longest waiting first."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await copay_waits.listing(uow)
