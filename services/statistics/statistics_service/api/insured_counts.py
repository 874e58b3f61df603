"""被保険者数: how many are insured on a day."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from chassis.database import driver
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from statistics_service.store.counts import insured_on

router = APIRouter(tags=["statistics"])


class Row(BaseModel):
    """The insured of one municipality, sex and age band."""

    municipality_code: str
    sex: str
    age_band: str
    count: int


class InsuredCounts(BaseModel):
    """The insured of a day, as known now, of the municipalities that the asker may see."""

    on: date
    rows: list[Row]
    total: int


@router.get("/insured-counts")
async def insured_counts(request: Request, who: Asking, on: Annotated[date | None, Query()] = None) -> InsuredCounts:
    """The insured of a day (the business day where none is given) by municipality, sex and age band, and their total."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        day = on or uow.today
        counts = await insured_on(await driver(uow.connection), day)
    rows = [Row(municipality_code=found.municipality_code, sex=found.sex, age_band=found.age_band, count=found.count) for found in counts]
    return InsuredCounts(on=day, rows=rows, total=sum(row.count for row in rows))
