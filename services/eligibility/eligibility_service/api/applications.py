"""証の申請 at the window: for a limit class, a specific disease, or a 資格確認書; what it gives is issued at once."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import once, role, runtime_of
from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field

from eligibility_service.api.certificates import READERS, insured_today, issue_now, require_own
from eligibility_service.law import specific_diseases
from eligibility_service.store import applications
from eligibility_service.store.applications import Application, NotAccepted, Subject

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}", tags=["applications"])
Reader = Annotated[Principal, Depends(role(*READERS))]


class Applied(BaseModel):
    """An application as it was handed in."""

    subject: Subject
    applied_on: date
    stay_days: int | None = Field(default=None, ge=1, le=366)
    disease: str | None = Field(default=None, max_length=40)
    by_post: bool = False


@router.post("/certificate-applications", status_code=201)
async def apply(
    municipality_code: str,
    resident_number: str,
    applied: Applied,
    request: Request,
    who: Reader,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> dict[str, Any]:
    """Take an application and issue what it gives, with effect from the first day of its month."""
    require_own(who, municipality_code)
    told = f"{municipality_code}:{resident_number}:{applied.model_dump_json()}".encode()
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            insured = await insured_today(uow, municipality_code, resident_number)
            application = Application(applied.subject, applied.applied_on, applied.stay_days, applied.disease)
            try:
                wanted = await applications.accept(uow, insured, application, by=who.user)
            except NotAccepted as error:
                raise Problem(422, "KOKI-E041", "この申請は受け付けられません。", str(error)) from error
            return await issue_now(uow, insured, wanted, by=who.user, by_post=applied.by_post)

        return await once(uow, who, idempotency_key, told, act)


@router.get("/certificate-applications")
async def listing(municipality_code: str, resident_number: str, request: Request, who: Reader) -> dict[str, Any]:
    """What the person has applied for, and the specific diseases that can be chosen."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await applications.of_person(uow, municipality_code, resident_number)
        return {"applications": found, "diseases": specific_diseases(uow.today)}


class Withdrawal(BaseModel):
    """The person asks for it no more."""

    withdrawn: Literal[True]


@router.post("/certificate-applications/{subject}/withdrawal")
async def withdraw(
    municipality_code: str, resident_number: str, subject: Subject, withdrawal: Withdrawal, request: Request, who: Reader
) -> dict[str, Any]:
    """取下げ: the next certificate is made without it."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:
        insured = await insured_today(uow, municipality_code, resident_number)
        if not await applications.withdraw(uow, insured["insured_id"], subject):
            raise Problem(404, *NOT_FOUND, detail="この種類の申請はありません。")
        return {"subject": subject, "withdrawn_on": uow.today}
