"""期別: what a clerk sees of the instalments of a person."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from chassis.database import driver
from chassis.web import Asking, runtime_of
from contracts.events.collection import Instalment
from fastapi import APIRouter, Request
from pydantic import BaseModel

from collection_service.store.reading import instalments_of

router = APIRouter(tags=["instalments"])


class ChargedInstalment(Instalment):
    """期別 as charged now; `deferred_until`: the day until which it is deferred (徴収猶予), None where it is not."""

    deferred_until: date | None = None


class Year(BaseModel):
    """The instalments of one qualification and fiscal year (yen): they add up to `annual_amount`.

    That is `assessed_amount` less `remitted_amount`.
    """

    insured_id: UUID
    fiscal_year: int
    assessment_id: UUID
    annual_amount: int
    assessed_amount: int
    remitted_amount: int
    provisional: bool
    revision: int
    decided_on: date
    instalments: list[ChargedInstalment]


@router.get("/people/{municipality_code}/{resident_number}/instalments")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> list[Year]:
    """Each fiscal year of a person, newest first; nothing for a person who is not charged, or whom the asker may not see."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await instalments_of(await driver(uow.connection), municipality_code, resident_number)
    return [Year.model_validate(year) for year in found]
