"""時効と不納欠損: the clock of each instalment, what will soon be lost, and asking for a write-off."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from chassis import approvals
from chassis.commands import Clerk, Command, Key, carried_out, require_own
from chassis.database import driver
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of
from contracts.eras import format_day, format_fiscal_year
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from collection_service import settings
from collection_service.api.listing import Form, Place, listed
from collection_service.api.write_off_acts import CANNOT, WRITE_OFF, content_of, faults, running_of
from collection_service.documents import arrears_lists
from collection_service.documents.labels import claim_label, label_of
from collection_service.domain.limitations import EFFECT_TERMS, EVENT_TERMS, Running, clocks, oldest_that_matter
from collection_service.domain.recipients import Recipient
from collection_service.law import confirmed_on
from collection_service.rules.limitation import after_months
from collection_service.store import arrears, limitations, recipients

router = APIRouter(tags=["limitations"])
_PERSON = "/people/{municipality_code}/{resident_number}"
ALERT_MONTHS: Final = 6
"""How long before a right is lost somebody is told; our own choice, as for benefits that were lost unseen (I-25)."""


class OneInstalment(Command):
    """An instalment as the screen showed it."""

    insured_id: UUID
    fiscal_year: int = Field(ge=2008, le=2999)
    number: int = Field(ge=1, le=199)


class WriteOff(Command):
    """不納欠損の申請."""

    instalments: list[OneInstalment] = Field(min_length=1, max_length=40)
    reason: str = Field(min_length=1, max_length=200)


@router.get(_PERSON + "/limitations")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """The clock of each unpaid instalment, the oldest first, with each event and what it did."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        raw = await driver(uow.connection)
        claims = [claim for claim in await arrears.of_person(raw, municipality_code, resident_number) if claim.unpaid_on(uow.today)]
        found = await limitations.happened(raw, [claim.key for claim in claims])
        running = clocks(claims, found, confirmed=confirmed_on(uow.today, sample=settings.current().sample_data))
        return [_shown(each, uow.today) for each in running]


@router.get("/limitations/{municipality_code}", response_model=None)
async def lapsing(
    municipality_code: str,
    request: Request,
    who: Clerk,
    form: Form = "json",
    place: Place = "",
    months: Annotated[int, Query(ge=0, le=24)] = ALERT_MONTHS,
) -> Response | list[dict[str, Any]]:
    """時効完成予定一覧: what is extinct and not written off, and what will be extinct within some months, the first to be lost first."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        raw, today = await driver(uow.connection), uow.today
        claims = await limitations.unpaid_due_before(raw, municipality_code, oldest_that_matter(today, months=months))
        found = await limitations.happened(raw, [claim.key for claim in claims])
        whose = await recipients.of(raw, ((claim.municipality_code, claim.resident_number) for claim in claims))
    until = after_months(today, months)
    soon = [each for each in clocks(claims, found) if each.lapses_until(until)]
    soon.sort(key=lambda each: (each.limitation.completes_on, each.claim.resident_number, each.claim.due_on, each.claim.number))
    rows = [_row(each, whose[each.claim.municipality_code, each.claim.resident_number], today) for each in soon]
    line = f"{format_day(today)}現在（{format_day(until)}までに時効が完成するもの）"
    return await listed(arrears_lists.LAPSING, rows, form, place, line, today)


@router.post(_PERSON + "/write-offs", status_code=201)
async def ask(
    municipality_code: str, resident_number: str, form: WriteOff, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """不納欠損 is asked for; a second officer decides. Only instalments of this person whose right is lost."""
    person = (municipality_code, resident_number)
    keys = list(dict.fromkeys((one.insured_id, one.fiscal_year, one.number) for one in form.instalments))

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        raw = await driver(uow.connection)
        running = {
            key: each
            for key, each in (await running_of(raw, keys, uow.today)).items()
            if (each.claim.municipality_code, each.claim.resident_number) == person
        }
        if wrong := faults(running, keys, uow.today):
            raise Problem(409, *CANNOT, detail="　".join(wrong))
        name = f"{known.addressee.name if known.addressee else ''}（被保険者番号 {known.insured_number or '未着'}）"
        asked = await approvals.ask(
            uow, act=WRITE_OFF, municipality_code=municipality_code, resident_number=resident_number,
            content=content_of(running, keys, name, uow.today), reason=form.reason, by=who.user,
        )  # fmt: skip
        return {"approval_id": str(asked)}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


@router.get("/write-offs/{municipality_code}", response_model=None)
async def written_off(
    municipality_code: str,
    request: Request,
    who: Clerk,
    first_day: date,
    last_day: date,
    form: Form = "json",
    place: Place = "",
) -> Response | list[dict[str, Any]]:
    """不納欠損一覧 of the days `first_day` to `last_day`."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await limitations.written_off(await driver(uow.connection), municipality_code, first_day, last_day)
        today = uow.today
    rows = [row | {"label": _label_in(row["municipality_code"], row["fiscal_year"], row["number"], row["due_on"].month)} for row in found]
    line = f"{format_day(first_day)}から{format_day(last_day)}まで"
    return await listed(arrears_lists.WRITTEN_OFF, rows, form, place, line, today)


def _shown(each: Running, today: date) -> dict[str, Any]:
    claim = each.claim
    steps = [
        {
            "event": step.happened.event.value,
            "term": EVENT_TERMS[step.happened.event],
            "first": step.happened.first,
            "last": step.happened.last,
            "effect": EFFECT_TERMS[step.effect] if step.effect else None,
            "completes_on": step.completes_on,
        }
        for step in each.limitation.steps
    ]
    return {
        "insured_id": claim.insured_id,
        "fiscal_year": claim.fiscal_year,
        "number": claim.number,
        "label": claim_label(claim),
        "due_on": claim.due_on,
        "unpaid": claim.unpaid_on(today),
        "begins": each.limitation.begins,
        "completes_on": each.limitation.completes_on,
        "is_extinct": each.limitation.is_complete(today),
        "provisional": each.provisional,
        "steps": steps,
    }


def _row(each: Running, whose: Recipient, today: date) -> dict[str, Any]:
    claim, steps = each.claim, each.limitation.steps
    last = next((step for step in reversed(steps) if step.effect is not None), None)
    return {
        "insured_number": whose.insured_number,
        "name": whose.addressee.name if whose.addressee else None,
        "resident_number": claim.resident_number,
        "insured_id": str(claim.insured_id),
        "fiscal_year": claim.fiscal_year,
        "number": claim.number,
        "label": claim_label(claim),
        "due_on": claim.due_on,
        "unpaid": claim.unpaid_on(today),
        "completes_on": each.limitation.completes_on,
        "state": "時効完成" if each.limitation.is_complete(today) else "完成予定",
        "last_event": f"{EVENT_TERMS[last.happened.event]} {last.happened.first}" if last else "なし",
    }


def _label_in(municipality_code: str, fiscal_year: int, number: int, month: int) -> str:
    return f"{format_fiscal_year(fiscal_year)}{label_of(municipality_code, fiscal_year, number, month)}"
