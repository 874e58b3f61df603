"""催告・督励: reminders by letter, and the record of talks; after a payment a person is left in peace for some days."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from chassis.commands import Clerk, Command, Key, carried_out
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.documents.print_files import key_of
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of, stored_file
from fastapi import APIRouter, Request, Response
from pydantic import Field

from collection_service.api.arrears import UNPRINTABLE, owed_on
from collection_service.documents.arrears_letter import render_letter
from collection_service.documents.arrears_letters import law_of_letters, letter_to, owed_of
from collection_service.documents.demands import CannotBeSent
from collection_service.domain.arrears import Claim
from collection_service.domain.recipients import Recipient
from collection_service.store import addressing, arrears, papers, recipients, reminders

router = APIRouter(tags=["reminders"])
_PERSON = "/people/{municipality_code}/{resident_number}"
WAYS: Final = {"telephone": "電話", "visit": "訪問", "window": "窓口"}
OUTCOMES: Final = {
    "absent": "不在",
    "will_pay": "納付の約束",
    "will_consult": "相談の約束",
    "cannot_pay": "納付困難",
    "refuses": "納付拒否",
    "other": "その他",
}


class Reminding(Command):
    """催告書の発行: of everything that was demanded and is still unpaid."""


class Talk(Command):
    """督励記録: what was said, and how it ended."""

    on: date
    way: Literal["telephone", "visit", "window"]
    outcome: Literal["absent", "will_pay", "will_consult", "cannot_pay", "refuses", "other"]
    remark: str = Field(default="", max_length=500)


@router.get(_PERSON + "/reminders")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> dict[str, Any]:
    """Reminders and talks, the newest first; `quiet_until`: until when nobody calls upon the person after a payment."""
    runtime = runtime_of(request)
    person = (municipality_code, resident_number)
    async with runtime.units.open(seen_by=who) as uow:
        raw = await driver(uow.connection)
        found = await reminders.of_person(raw, person)
        claims = await arrears.of_person(raw, *person)
        today = uow.today
    quiet = quiet_until(claims, municipality_code, today) if claims else None
    talks = [talk | {"way_term": WAYS[talk["way"]], "outcome_term": OUTCOMES[talk["outcome"]]} for talk in found["talks"]]
    return {"quiet_until": quiet, "reminders": found["reminders"], "talks": talks}


@router.post(_PERSON + "/reminders", status_code=201)
async def remind(
    municipality_code: str, resident_number: str, form: Reminding, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """催告書: one letter with every instalment that was demanded in vain, its late charge counted up to today."""
    person = (municipality_code, resident_number)

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        raw = await driver(uow.connection)
        claims = await arrears.of_person(raw, *person)
        if quiet := quiet_until(claims, municipality_code, uow.today):
            detail = f"納付があったばかりです。{quiet}まで催告を控えてください。"
            raise Problem(409, "KOKI-C118", "いまは催告書を発行できません。", detail)
        called = await reminders.demanded(raw, person, on=uow.today) - await reminders.promised(raw, person)
        owed = [each for each in owed_on(claims, uow.today) if each.claim.key in called and each.unpaid and not each.is_deferred]
        if not owed:
            detail = "督促状の指定の期限を過ぎ、猶予も誓約もしていない未納の期別がありません。"
            raise Problem(409, "KOKI-C119", "催告する未納の保険料がありません。", detail)
        rows = [owed_of(each.claim, unpaid=each.unpaid, fee=each.fee_left, late_charge=each.late_charge_left) for each in owed]
        try:
            law = law_of_letters(municipality_code, uow.today)
            pay_by = uow.today + timedelta(days=law.reminder_grace_days)
            letter = letter_to(known, "reminder", rows, law, pay_by=pay_by, issued_on=uow.today)
            pdf = await asyncio.to_thread(render_letter, letter)
        except (CannotBeSent, DocumentRefused) as refused:
            raise Problem(409, *UNPRINTABLE, detail=str(refused)) from refused
        sha256 = await papers.keep(uow, reminders.FOLDER, pdf)
        made = await reminders.keep(uow, person, owed, pay_by=pay_by, sha256=sha256, by_hand=known.by_hand, by=who.user)
        return {"reminder_id": str(made), "owed": sum(each.owed for each in owed), "document_sha256": sha256}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


@router.get(_PERSON + "/reminders/{reminder_id}/document", response_class=Response)
async def document(municipality_code: str, resident_number: str, reminder_id: UUID, request: Request, who: Clerk) -> Response:
    """The letter as it was sent. An address that is withheld by now (支援措置) is not shown again."""
    runtime = runtime_of(request)
    person = (municipality_code, resident_number)
    async with runtime.units.open(seen_by=who) as uow:
        listed = (await reminders.of_person(await driver(uow.connection), person))["reminders"]
        withheld = await addressing.withheld(uow, [person], on=uow.today)
    found = next((one for one in listed if one["reminder_id"] == reminder_id), None)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この催告書は発行していません。")
    if withheld and not found["by_hand"]:
        raise Problem(409, "KOKI-C120", "支援措置により表示できません。", "住所を書いた催告書のため、開けません。")
    return await stored_file(runtime, key_of(reminders.FOLDER, found["document_sha256"]), found["document_sha256"])


@router.post(_PERSON + "/talks", status_code=201)
async def talk(
    municipality_code: str, resident_number: str, form: Talk, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """督励記録: what was said is written down, whenever it was said; nobody can change it afterwards."""
    person = (municipality_code, resident_number)

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        if form.on > uow.today:
            raise Problem(422, "KOKI-C121", "これからの日の督励記録は登録できません。", f"{uow.today}までの日を入れてください。")
        said = {"way": form.way, "outcome": form.outcome, "remark": form.remark}
        return {"talk_id": str(await reminders.talked(uow, person, on=form.on, by=who.user, **said))}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


def quiet_until(claims: list[Claim], municipality_code: str, today: date) -> date | None:
    """Until when a person is left in peace after the last payment; None where the days are over, or nothing was paid."""
    paid = [day for claim in claims if (day := claim.last_paid_on(today)) is not None]
    try:
        days = law_of_letters(municipality_code, today).reminder_quiet_days
    except CannotBeSent as missing:
        raise Problem(409, *UNPRINTABLE, detail=str(missing)) from missing
    until = max(paid) + timedelta(days=days) if paid else None
    return until if until is not None and today <= until else None
