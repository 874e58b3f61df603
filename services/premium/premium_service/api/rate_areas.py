"""料率マスタ表 and 不均一賦課の区域: the figures and areas of a fiscal year, and who lives in an area smaller than a municipality."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from chassis.law import FiscalYear, LawError
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import Asking, role, runtime_of
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from premium_service.domain.assessing import parameters_of
from premium_service.domain.rate_table import rate_table
from premium_service.rules.parameters import Parameters
from premium_service.store import rate_areas
from premium_service.store.rate_areas import NoSuchResident, Residence

router = APIRouter(tags=["rate areas"])
Union = Annotated[Principal, Depends(role("union_staff"))]


def _law(request: Request, fiscal_year: int) -> Parameters:
    """The law of this union and a fiscal year. Problem where its rates are a gap, or no law is known."""
    settings = runtime_of(request).settings
    try:
        return parameters_of(settings.union, fiscal_year, sample=settings.sample_data)
    except LawError as error:
        raise Problem(404, "KOKI-P011", "この年度の料率は登録されていません。", error.message_ja) from error


class LivesIn(BaseModel):
    """Where somebody lives from a day on; an empty area is outside every area with an uneven rate."""

    valid_from: date
    area: str = Field(max_length=40)
    reason: str = Field(min_length=1, max_length=200)


@router.get("/rate-table")
async def figures(request: Request, who: Asking, fiscal_year: Annotated[int, Query(ge=2008, le=2099)]) -> dict[str, Any]:
    """Every figure of the law that the premiums of a fiscal year rest on, with its source; `provisional` where nobody has confirmed it."""
    law = _law(request, fiscal_year)
    found = [asdict(figure) for figure in rate_table(law)]
    return {"union": law.union, "fiscal_year": fiscal_year, "law_hash": law.hash, "figures": found}


@router.get("/rate-areas")
async def areas(request: Request, who: Asking, fiscal_year: Annotated[int, Query(ge=2008, le=2099)]) -> dict[str, Any]:
    """The areas of uneven rates of a fiscal year. `known`: whether somebody has entered which there are."""
    law = _law(request, fiscal_year)
    found = [
        {"area": area.name, "municipality_code": area.municipality, "within": area.within, "rates_known": area.is_known}
        for area in law.areas
    ]
    return {"union": law.union, "fiscal_year": fiscal_year, "known": not law.areas_are_gap, "areas": found}


@router.get("/rate-areas/residents")
async def residents(request: Request, who: Asking) -> list[dict[str, Any]]:
    """The register: who is recorded to live in an area of uneven rates, or outside of every one, on the business day."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await rate_areas.registered(uow, on=uow.today)


@router.get("/people/{municipality_code}/{resident_number}/rate-area")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> list[dict[str, Any]]:
    """What was recorded of a person, the newest first; nothing where the municipality alone decides."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await rate_areas.of_person(municipality_code, resident_number, uow)


@router.put("/people/{municipality_code}/{resident_number}/rate-area", status_code=204)
async def record(municipality_code: str, resident_number: str, lives: LivesIn, request: Request, who: Union) -> None:
    """Record in which area a person lives; the next run of assess decides the household again."""
    law = _law(request, FiscalYear.of(lives.valid_from).year)
    within = sorted(area.name for area in law.areas if area.within == municipality_code)
    if not within or lives.area not in ("", *within):
        raise Problem(
            422,
            "KOKI-P010",
            f"{lives.valid_from.year}年{lives.valid_from.month}月{lives.valid_from.day}日に、この市区町村にその不均一賦課の区域はありません。",
            f"登録されている区域: {'、'.join(within) or 'なし'}。区域の外に住む人は空欄で登録します。",
        )
    residence = Residence(lives.valid_from, lives.area, who.user, lives.reason.strip())
    async with runtime_of(request).units.open() as uow:
        try:
            await rate_areas.record(municipality_code, resident_number, residence, uow)
        except NoSuchResident as error:
            raise Problem(404, *NOT_FOUND) from error
