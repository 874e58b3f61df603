"""督促状: what was sent to a person, the page as it was printed, what came back, and sending it again."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from chassis.commands import Clerk, Command, Key, carried_out
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.documents.print_files import key_of, pages_of
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of, stored_file
from fastapi import APIRouter, Request, Response
from pydantic import Field

from collection_service.api.arrears import UNPRINTABLE
from collection_service.documents.arrears_letter import render_letter
from collection_service.documents.arrears_letters import law_of_letters, letter_to, owed_of
from collection_service.documents.demands import CannotBeSent
from collection_service.domain.recipients import Recipient
from collection_service.store import addressing, arrears, demands, papers, recipients

router = APIRouter(tags=["demands"])
_PERSON = "/people/{municipality_code}/{resident_number}/demands"


class CameBack(Command):
    """返戻: the day, and what the post says."""

    on: date
    reason: str = Field(min_length=1, max_length=60)


class Again(Command):
    """再発送."""


@router.get(_PERSON)
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """Every demand about a person, the newest first, and why one could not be sent."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await demands.of_person(await driver(uow.connection), municipality_code, resident_number)


@router.get(_PERSON + "/{demand_id}/document", response_class=Response)
async def document(municipality_code: str, resident_number: str, demand_id: UUID, request: Request, who: Clerk) -> Response:
    """The page that was printed. An address that is withheld by now (支援措置) is not shown again."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        raw = await driver(uow.connection)
        listed = await demands.of_person(raw, municipality_code, resident_number)
        withheld = await addressing.withheld(uow, [(municipality_code, resident_number)], on=uow.today)
    found = next((one for one in listed if one["demand_id"] == demand_id and one["state"] == "issued"), None)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この督促状は発行していません。")
    if withheld and not found["by_hand"]:
        raise Problem(409, "KOKI-C115", "支援措置により表示できません。", "住所を書いた督促状のため、開けません。")
    sha256, page = found["document_sha256"], found["page"]
    return await stored_file(runtime, key_of(demands.FOLDER, sha256), sha256, cut=lambda content: pages_of(content, page, 1, sha256))


@router.post(_PERSON + "/{demand_id}/return")
async def came_back(
    municipality_code: str, resident_number: str, demand_id: UUID, form: CameBack, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """返戻: a demand that did not arrive has no effect on the limitation; somebody finds the address and sends it again."""
    person = (municipality_code, resident_number)

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        found = await _of(uow, demand_id, person)
        if form.on > uow.today or not await demands.come_back(
            await driver(uow.connection), found["demand_id"], on=form.on, reason=form.reason
        ):
            raise Problem(
                409, "KOKI-C116", "この督促状の返戻を登録できません。", "発行した日から今日までの日で、まだ登録していないものに限ります。"
            )
        return {"demand_id": str(demand_id), "returned_on": form.on.isoformat()}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


@router.post(_PERSON + "/{demand_id}/again", status_code=201)
async def again(
    municipality_code: str, resident_number: str, demand_id: UUID, form: Again, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """再発送 of a demand that came back, with what is unpaid today, to the address of today."""
    person = (municipality_code, resident_number)

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        raw, found = await driver(uow.connection), await _of(uow, demand_id, person)
        claim = (await arrears.of_keys(raw, [(found["insured_id"], found["fiscal_year"], found["number"])])).popitem()[1]
        replaced = await raw.fetchval("SELECT EXISTS (SELECT FROM demand WHERE replaces = $1)", demand_id)
        unpaid = claim.unpaid_on(uow.today)
        if found["returned_on"] is None or replaced or not unpaid or claim.is_deferred_on(uow.today):
            detail = "返戻を登録した督促状で、いまも未納で、猶予していないものに限ります。"
            raise Problem(409, "KOKI-C117", "この督促状を再発送できません。", detail)
        owed = owed_of(claim, unpaid=unpaid, fee=found["fee"], late_charge=0)
        try:
            law = law_of_letters(municipality_code, uow.today)
            pay_by = uow.today + timedelta(days=law.grace_days)
            pdf = await asyncio.to_thread(render_letter, letter_to(known, "demand", [owed], law, pay_by=pay_by, issued_on=uow.today))
        except (CannotBeSent, DocumentRefused) as refused:
            raise Problem(409, *UNPRINTABLE, detail=str(refused)) from refused
        sha256 = await papers.keep(uow, demands.FOLDER, pdf)
        made = await demands.issue_again(
            raw, demand_id, unpaid=unpaid, pay_by=pay_by, issued_on=uow.today, sha256=sha256, by_hand=known.by_hand
        )
        return {"demand_id": str(made), "document_sha256": sha256}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


async def _of(uow: UnitOfWork, demand_id: UUID, person: tuple[str, str]) -> dict[str, Any]:
    found = await demands.find(await driver(uow.connection), demand_id)
    if found is None or (found["municipality_code"], found["resident_number"]) != person:
        raise Problem(404, *NOT_FOUND, detail="この方の督促状はありません。")
    return found
