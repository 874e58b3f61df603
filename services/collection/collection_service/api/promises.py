"""納付誓約: made at the window with a paper to sign, followed day by day, and withdrawn."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from chassis.commands import Clerk, Command, Key, carried_out
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.documents.letter import Contact
from chassis.documents.print_files import key_of
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of, stored_file
from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError

from collection_service.api.arrears import UNPRINTABLE
from collection_service.documents.labels import claim_label
from collection_service.documents.promise_paper import PromisePaper, render_paper
from collection_service.domain.arrears import Claim
from collection_service.domain.promises import STATE_TERMS, PlannedPayment, PromiseState, faults_of_plan
from collection_service.domain.recipients import Recipient
from collection_service.law import office_of
from collection_service.store import arrears, papers, promises, recipients

router = APIRouter(tags=["promises"])
_PERSON = "/people/{municipality_code}/{resident_number}/promises"


class PromisedInstalment(Command):
    """An instalment that is promised."""

    insured_id: UUID
    fiscal_year: int = Field(ge=2008, le=2999)
    number: int = Field(ge=1, le=199)


class PromisedPayment(Command):
    """A payment of the plan: by when, and yen."""

    due_on: date
    amount: int = Field(ge=1, le=9_999_999)


class Promise(Command):
    """納付誓約; without payments 債務の承認 alone. `promised_by`: who signs, in relation to the insured person."""

    instalments: list[PromisedInstalment] = Field(min_length=1, max_length=10)
    payments: list[PromisedPayment] = Field(default_factory=list, max_length=24)
    promised_by: str = Field(min_length=1, max_length=40)
    remark: str = Field(default="", max_length=200)


class Withdrawal(Command):
    """取下げ of a promise that runs."""


@router.get(_PERSON)
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """The promises of a person, the newest first, each with its plan."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await promises.of_person(await driver(uow.connection), (municipality_code, resident_number))
    return [one | {"state_term": STATE_TERMS[PromiseState(one["state"])]} for one in found]


@router.post(_PERSON, status_code=201)
async def promise(
    municipality_code: str, resident_number: str, form: Promise, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """納付誓約: of unpaid instalments; the limitation begins anew, and no demand is sent while the plan is kept."""
    person = (municipality_code, resident_number)
    keys = list(dict.fromkeys((one.insured_id, one.fiscal_year, one.number) for one in form.instalments))
    payments = [PlannedPayment(one.due_on, one.amount) for one in form.payments]

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        raw = await driver(uow.connection)
        found = await arrears.of_keys(raw, keys)
        claims = [found[key] for key in keys if key in found and _is_owed(found[key], person, uow.today)]
        if len(claims) != len(keys):
            raise Problem(409, "KOKI-C124", "誓約できない期別があります。", "この方の、納期限を過ぎた未納の期別を選んでください。")
        if payments and await promises.runs_for(raw, person):
            raise Problem(409, "KOKI-C125", "履行中の納付誓約があります。", "前の誓約を取り下げてから、あらためて登録してください。")
        owed = sum(claim.unpaid_on(uow.today) for claim in claims)
        if payments and (wrong := faults_of_plan(owed, payments, today=uow.today)):
            raise Problem(422, "KOKI-C126", "納める計画に誤りがあります。", "　".join(wrong))
        try:
            pdf = await asyncio.to_thread(render_paper, _paper(known, claims, payments, uow.today))
        except DocumentRefused as refused:
            raise Problem(409, *UNPRINTABLE, detail=str(refused)) from refused
        sha256 = await papers.keep(uow, promises.FOLDER, pdf)
        made = await promises.keep(uow, person, claims, payments, by_whom=form.promised_by, remark=form.remark, sha256=sha256, by=who.user)
        return {"promise_id": str(made), "unpaid": owed, "document_sha256": sha256}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


@router.post(_PERSON + "/{promise_id}/withdrawal")
async def withdraw(
    municipality_code: str, resident_number: str, promise_id: UUID, form: Withdrawal, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """取下げ: the plan holds no more; that the debt was recognised stays."""
    person = (municipality_code, resident_number)

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        raw = await driver(uow.connection)
        of_person = {one["promise_id"] for one in await promises.of_person(raw, person)}
        if promise_id not in of_person or not await promises.end(raw, promise_id, PromiseState.WITHDRAWN, uow.today):
            raise Problem(404, *NOT_FOUND, detail="履行中の納付誓約がありません。")
        return {"promise_id": str(promise_id)}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


@router.get(_PERSON + "/{promise_id}/document", response_class=Response)
async def document(municipality_code: str, resident_number: str, promise_id: UUID, request: Request, who: Clerk) -> Response:
    """The paper as it was made; it bears no address."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        listed = await promises.of_person(await driver(uow.connection), (municipality_code, resident_number))
    found = next((one for one in listed if one["promise_id"] == promise_id), None)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この方の納付誓約はありません。")
    return await stored_file(runtime, key_of(promises.FOLDER, found["document_sha256"]), found["document_sha256"])


def _is_owed(claim: Claim, person: tuple[str, str], today: date) -> bool:
    return (claim.municipality_code, claim.resident_number) == person and claim.due_on < today and claim.unpaid_on(today) > 0


def _paper(known: Recipient, claims: list[Claim], payments: list[PlannedPayment], today: date) -> PromisePaper:
    if known.addressee is None or known.insured_number is None:
        raise DocumentRefused("unknown", "住民情報か被保険者番号が届いていません。", field="被保険者")
    office = office_of(known.person[0], today)
    try:
        return PromisePaper(
            insured_number=known.insured_number,
            name=known.addressee.name,
            issuer=office.issuer,
            made_on=today,
            rows=tuple((claim_label(claim), claim.due_on, claim.unpaid_on(today)) for claim in claims),
            payments=tuple((payment.due_on, payment.amount) for payment in payments),
            contact=Contact(office=office.office, telephone=office.telephone),
        )
    except ValidationError as invalid:
        raise DocumentRefused("too_long", "書面の様式に入らない項目があります。住民情報を確かめてください。") from invalid
