"""送付先: the entry that shows the insured beside it and asks when it may be another case's, and the register."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import obstore
from chassis import approvals
from chassis.approvals import Approval
from chassis.commands import Clerk, Command, Key, require_own
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.documents.letter import Contact, Delivery
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of, stored_file
from contracts.primitives import PostalCode
from fastapi import APIRouter, Request, Response
from pydantic import Field

from eligibility_service.api.registering import WITHHELD, carried_out
from eligibility_service.documents.delivery_letter import DeliveryLetterData, render_letter
from eligibility_service.domain.delivery import ACT, END, key_of
from eligibility_service.domain.words import PURPOSES
from eligibility_service.store import deliveries
from eligibility_service.store.cases import Person

router = APIRouter(tags=["delivery addresses"])
_PERIOD = ("KOKI-E071", "期間が正しくありません。")
_CONTACT = "SELECT insurer_name, contact_office, contact_telephone FROM union_setting"


class DeliveryEntry(Command):
    """A delivery address as it was handed in; `confirmed`: the clerk has looked at the other entries that were shown."""

    purpose: Literal["everything", "certificate", "premium", "benefit"]
    applicant: str = Field(min_length=1, max_length=60)
    relationship: str = Field(min_length=1, max_length=20)
    recipient: str = Field(min_length=1, max_length=60)
    postal_code: PostalCode
    address: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(min_length=1, max_length=4)
    valid_from: date
    valid_until: date | None = None
    reason: str = Field(min_length=1, max_length=200)
    confirmed: bool = False


class DeliveryEnd(Command):
    """From `ends_on` on the letters go to the registered address again."""

    purpose: Literal["everything", "certificate", "premium", "benefit"]
    ends_on: date
    applicant: str = Field(min_length=1, max_length=60)
    relationship: str = Field(min_length=1, max_length=20)
    reason: str = Field(min_length=1, max_length=200)


@router.get("/delivery-addresses")
async def register(request: Request, who: Clerk) -> list[dict[str, Any]]:
    """送付先一覧: what holds today, of the asker's municipalities; withheld addresses are left out."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await deliveries.listing(uow)


@router.get("/people/{municipality_code}/{resident_number}/delivery-addresses")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> dict[str, Any]:
    """Everything that was registered for a person, and the letters that told of it."""
    person = municipality_code, resident_number
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return {"addresses": await deliveries.listing(uow, person), "letters": await deliveries.letters(uow, person)}


@router.post("/people/{municipality_code}/{resident_number}/delivery-addresses/check")
async def check(municipality_code: str, resident_number: str, entry: DeliveryEntry, request: Request, who: Clerk) -> dict[str, Any]:
    """Before it is asked for: whose letters, the old and the new address side by side, and entries it may be mixed up with."""
    person = municipality_code, resident_number
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:
        known = await deliveries.insured(uow, person)
        if known is None:
            raise Problem(404, *NOT_FOUND, detail="この宛名番号の住民はいません。")
        return await _content(uow, person, known, entry, who)


@router.post("/people/{municipality_code}/{resident_number}/delivery-addresses", status_code=201)
async def ask(
    municipality_code: str, resident_number: str, entry: DeliveryEntry, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Put a delivery address before a second officer. Where it may be another case's address, only after it was confirmed."""
    person = municipality_code, resident_number

    async def act(uow: UnitOfWork, known: dict[str, Any]) -> dict[str, Any]:
        content = await _content(uow, person, known, entry, who)
        if content["warnings"] and not entry.confirmed:
            raise Problem(409, "KOKI-E070", "ほかの方の送付先と取り違えていないか、確かめてください。", "　".join(content["warnings"]))
        approval_id = await approvals.ask(
            uow, act=ACT, municipality_code=municipality_code, resident_number=resident_number, content=content, reason=entry.reason,
            by=who.user,
        )  # fmt: skip
        return {"approval_id": str(approval_id)}

    return await carried_out(request, who, person, idempotency_key, entry, act)


@router.post("/people/{municipality_code}/{resident_number}/delivery-addresses/end", status_code=201)
async def ask_to_end(
    municipality_code: str, resident_number: str, end: DeliveryEnd, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Put the end of a delivery address before a second officer."""
    person = municipality_code, resident_number

    async def act(uow: UnitOfWork, known: dict[str, Any]) -> dict[str, Any]:
        _require_shown(known)
        old = await deliveries.now_going_to(uow, person, known, purpose=end.purpose)
        registered = deliveries.registered(known)
        if old == registered:
            raise Problem(404, *NOT_FOUND, detail=f"「{PURPOSES[end.purpose]}」の送付先は、いま登録されていません。")
        entry = {**end.model_dump(mode="json", exclude={"ends_on", "reason"}), "valid_from": end.ends_on.isoformat(), "valid_until": None}
        content = {**_about(known, who), "entry": entry, "addresses": {"old": old, "new": registered, "key": ""}, "warnings": []}
        approval_id = await approvals.ask(
            uow, act=END, municipality_code=municipality_code, resident_number=resident_number, content=content, reason=end.reason,
            by=who.user,
        )  # fmt: skip
        return {"approval_id": str(approval_id)}

    return await carried_out(request, who, person, idempotency_key, end, act)


@router.get("/delivery-letters/{letter_id}/document")
async def letter(letter_id: UUID, request: Request, who: Clerk) -> Response:
    """The exact letter as PDF; none to whoever's address is withheld now."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await deliveries.letter_file(uow, letter_id)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="このお知らせはありません。")
    if found["address_withheld"]:
        raise Problem(409, *WITHHELD, detail="住所を書いた書類のため、開けません。")
    return await stored_file(runtime, found["document_key"], found["document_sha256"])


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: the delivery address holds (or ends), and the old and the new address are told."""
    assert asked.resident_number is not None, "a delivery address is somebody's"
    person = asked.municipality_code, asked.resident_number
    known = await deliveries.insured(uow, person)
    if known is None:
        raise Problem(404, *NOT_FOUND, detail="この宛名番号の住民はいません。")
    _require_shown(known)
    entry = asked.content["entry"]
    if asked.act == ACT:
        await deliveries.keep(uow, person, asked.content, asked.approval_id)
    else:
        await deliveries.end(uow, person, purpose=entry["purpose"], ends_on=date.fromisoformat(entry["valid_from"]))
    return {"letters": [await _tell(uow, person, asked, recipient) for recipient in ("old", "new")]}


async def _tell(uow: UnitOfWork, person: Person, asked: Approval, recipient: Literal["old", "new"]) -> str:
    union = await (await driver(uow.connection)).fetchrow(_CONTACT)
    entry, place, insured = asked.content["entry"], asked.content["addresses"][recipient], asked.content["insured"]
    try:
        data = DeliveryLetterData(
            recipient=recipient,
            delivery=Delivery(postal_code=place["postal_code"], address=tuple(place["address"]), name=place["recipient"]),
            name=insured["name"],
            insured_number=insured["insured_number"] or "",
            purpose=PURPOSES[entry["purpose"]],
            valid_from=date.fromisoformat(entry["valid_from"]),
            valid_until=date.fromisoformat(entry["valid_until"]) if entry["valid_until"] else None,
            issued_on=uow.today,
            issuer=union["insurer_name"],
            contact=Contact(office=union["contact_office"], telephone=union["contact_telephone"]),
        )
        pdf = await asyncio.to_thread(render_letter, data)
    except DocumentRefused as refused:
        raise Problem(422, "KOKI-E076", "書類を作れません。", str(refused)) from refused
    sha256 = hashlib.sha256(pdf).hexdigest()
    key = f"eligibility/letters/{sha256}.pdf"
    await obstore.put_async(uow.store, key, pdf)
    return str(await deliveries.keep_letter(uow, person, asked.approval_id, recipient, key, sha256))


async def _content(uow: UnitOfWork, person: Person, known: dict[str, Any], entry: DeliveryEntry, who: Principal) -> dict[str, Any]:
    _require_shown(known)
    if entry.valid_until is not None and entry.valid_until <= entry.valid_from:
        raise Problem(422, *_PERIOD, detail="終わりの日は、始まりの日より後にしてください。")
    new = {"recipient": entry.recipient, "postal_code": entry.postal_code, "address": entry.address}
    key = key_of(entry.postal_code, entry.address)
    others = await deliveries.alike(uow, person, key=key, by=who.user, terminal=who.terminal)
    return {
        **_about(known, who),
        "entry": entry.model_dump(mode="json", exclude={"recipient", "postal_code", "address", "confirmed", "reason"}),
        "addresses": {"old": await deliveries.now_going_to(uow, person, known, purpose=entry.purpose), "new": new, "key": key},
        "warnings": [_warning(other) for other in others if who.may_see(other["municipality_code"])],
    }


def _about(known: dict[str, Any], who: Principal) -> dict[str, Any]:
    return {"insured": {name: known[name] for name in ("name", "name_kana", "insured_number")}, "terminal": who.terminal}


def _warning(other: dict[str, Any]) -> str:
    whose = f"{other['name']}さん（宛名番号 {other['resident_number']}）"
    if other["same_address"]:
        return f"同じ住所が、{whose}の送付先に使われています。"
    return f"今日、同じ職員または端末で、{whose}の送付先を入力しています。"


def _require_shown(known: dict[str, Any]) -> None:
    if known["address_withheld"]:
        raise Problem(409, *WITHHELD, detail="支援措置の対象の方の書類は、引き渡し一覧から手渡しします。送付先は登録できません。")
