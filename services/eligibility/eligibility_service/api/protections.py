"""支援措置: registered at once, ended and released only with a second officer; and the papers that are handed over."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from chassis import approvals
from chassis.approvals import Approval
from chassis.commands import Clerk, Command, Key, require_own
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of
from fastapi import APIRouter, Request
from pydantic import Field

from eligibility_service.api.registering import Privileged, carried_out
from eligibility_service.domain.words import DOCUMENTS
from eligibility_service.store import certificate_deliveries, deliveries, handovers, protections, releases

router = APIRouter(tags=["address protections"])
END, RELEASE = "address_protection_end", "address_release"
_PERIOD = ("KOKI-E071", "期間が正しくありません。")
NOT_GIVEN = ("KOKI-E073", "住所の表示は許可されていません。")


class ProtectionEntry(Command):
    """支援措置の申出, new or prolonged. `expires_on`: its last day; `members`: 宛名番号 of those who ask for it together."""

    applicant: str = Field(min_length=1, max_length=60)
    ground: Literal["domestic_violence", "stalking", "child_abuse", "other"]
    valid_from: date
    expires_on: date
    remark: str = Field(default="", max_length=200)
    members: list[str] = Field(default=[], max_length=20)


class Reason(Command):
    """Why it is asked for."""

    reason: str = Field(min_length=1, max_length=200)


class ReleaseRequest(Reason):
    """For which one paper a withheld address is needed."""

    document: Literal["screen", "certificate"]


class Manner(Command):
    """How a paper was handed over: 窓口, 訪問 …"""

    manner: str = Field(min_length=1, max_length=60)


@router.get("/address-protections")
async def register(request: Request, who: Clerk) -> list[dict[str, Any]]:
    """支援措置一覧 of the asker's municipalities, the first to run out first; without addresses."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await protections.listing(uow)


@router.get("/people/{municipality_code}/{resident_number}/address-protection")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> dict[str, Any]:
    """The protections of a person, and what the asker may still use of releases."""
    person = municipality_code, resident_number
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return {"protections": await protections.of_person(uow, person), "releases": await releases.open_for(uow, person, by=who.user)}


@router.post("/people/{municipality_code}/{resident_number}/address-protection", status_code=201)
async def protect(
    municipality_code: str, resident_number: str, entry: ProtectionEntry, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Withhold the address from now on: nobody waits for a second officer to be safe."""

    async def act(uow: UnitOfWork, known: dict[str, Any]) -> dict[str, Any]:
        if entry.valid_from > uow.today or entry.expires_on < max(uow.today, entry.valid_from):
            raise Problem(422, *_PERIOD, detail="始まりは今日までの日、期間の終わりは今日から後の日にしてください。")
        given = entry.model_dump(exclude={"members"})
        for number in dict.fromkeys((resident_number, *entry.members)):
            if await deliveries.insured(uow, (municipality_code, number)) is None:
                raise Problem(404, *NOT_FOUND, detail=f"併せて申し出た宛名番号 {number} の住民はいません。")
            await protections.protect(uow, (municipality_code, number), **given, by=who.user)
        return {"protected": 1 + len(set(entry.members) - {resident_number})}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, entry, act)


@router.post("/people/{municipality_code}/{resident_number}/address-protection/end", status_code=201)
async def ask_to_end(
    municipality_code: str, resident_number: str, asked: Reason, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """Put the end of the protection before a second officer."""

    async def act(uow: UnitOfWork, known: dict[str, Any]) -> dict[str, Any]:
        await _require_protected(uow, municipality_code, resident_number)
        content = {"name": known["name"], "insured_number": known["insured_number"]}
        approval_id = await approvals.ask(
            uow, act=END, municipality_code=municipality_code, resident_number=resident_number, content=content, reason=asked.reason,
            by=who.user,
        )  # fmt: skip
        return {"approval_id": str(approval_id)}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, asked, act)


@router.post("/people/{municipality_code}/{resident_number}/address-releases", status_code=201)
async def ask_for_release(
    municipality_code: str, resident_number: str, asked: ReleaseRequest, request: Request, who: Privileged, idempotency_key: Key
) -> dict[str, Any]:
    """Ask to see or print a withheld address once."""

    async def act(uow: UnitOfWork, known: dict[str, Any]) -> dict[str, Any]:
        if not known["address_withheld"]:
            raise Problem(409, "KOKI-E078", "支援措置の対象ではありません。", "この方の住所は、そのまま表示できます。")
        content = {"name": known["name"], "insured_number": known["insured_number"], "document": asked.document}
        approval_id = await approvals.ask(
            uow, act=RELEASE, municipality_code=municipality_code, resident_number=resident_number, content=content,
            reason=asked.reason, by=who.user,
        )  # fmt: skip
        return {"approval_id": str(approval_id)}

    return await carried_out(request, who, (municipality_code, resident_number), idempotency_key, asked, act)


@router.post("/people/{municipality_code}/{resident_number}/address-releases/{release_id}/use")
async def see_once(municipality_code: str, resident_number: str, release_id: UUID, request: Request, who: Privileged) -> dict[str, Any]:
    """The withheld address, once, for the officer who asked."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open() as uow:
        try:
            return await releases.use(uow, release_id, (municipality_code, resident_number), document="screen", by=who.user)
        except releases.NotGiven as error:
            raise Problem(409, *NOT_GIVEN, detail="許可がないか、一度使われたか、時間が過ぎています。") from error


@router.get("/handovers")
async def waiting(request: Request, who: Clerk) -> list[dict[str, Any]]:
    """引き渡し一覧: certificates and notices of protected people that wait to be handed over."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await handovers.waiting(uow)


@router.post("/handovers/{handover_id}")
async def hand_over(handover_id: UUID, manner: Manner, request: Request, who: Clerk) -> dict[str, str]:
    """It is in the hands of its owner."""
    async with runtime_of(request).units.open() as uow:
        found = await handovers.find(uow, handover_id)
        if found is None or not who.may_see(found[0]):
            raise Problem(404, *NOT_FOUND, detail="すでに引き渡したか、一覧にありません。")
        certificate_id = await handovers.hand(uow, handover_id, by=who.user, manner=manner.manner)
        if certificate_id is not None:
            await certificate_deliveries.hand_over(uow, certificate_id, by=who.user)
    return {"handover_id": str(handover_id)}


async def _require_protected(uow: UnitOfWork, code: str, number: str) -> None:
    known = await protections.of_person(uow, (code, number))
    if not known or known[0]["valid_until"] is not None:
        raise Problem(409, "KOKI-E078", "支援措置の対象ではありません。", "いまは登録がありません。")


def shown(asked: Approval) -> dict[str, str]:
    """What the second officer reads; never an address."""
    content = asked.content
    found = {"被保険者": f"{content['name']}（被保険者番号 {content['insured_number'] or 'なし'}）"}
    if asked.act == RELEASE:
        return {**found, "使いみち": DOCUMENTS[content["document"]], "有効な時間": "承認から30分、一度だけ、申請した人だけ"}
    return {**found, "すること": "支援措置を終わり、住所を表示できるようにする"}


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: the protection ends, or one officer gets one look."""
    assert asked.resident_number is not None, "a protection is somebody's"
    person = asked.municipality_code, asked.resident_number
    if asked.act == RELEASE:
        document = asked.content["document"]
        release_id = await releases.give(uow, person, approval_id=asked.approval_id, document=document, to=asked.asked_by)
        return {"release_id": str(release_id)}
    await _require_protected(uow, *person)
    await protections.end(uow, person, by=asked.asked_by, remark=asked.reason)
    return {"ended_on": uow.today.isoformat()}
