"""引渡し・返戻・回収: what happens to a certificate after it was made, and the lists of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import role, runtime_of
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from eligibility_service.api.certificates import BY_HAND, READERS
from eligibility_service.documents.printing import print_one
from eligibility_service.domain.arrears import CardReturned
from eligibility_service.domain.certificate_delivery import COLLECTION_TERMS, DELIVERY_TERMS, Collection, Delivery, OutOfOrder
from eligibility_service.domain.certificates import KIND_NAMES, IssueReason
from eligibility_service.store import arrears, certificate_deliveries, certificate_lists

router = APIRouter(tags=["deliveries"])
Reader = Annotated[Principal, Depends(role(*READERS))]
Union = Annotated[Principal, Depends(role("union_staff"))]


class Happened(BaseModel):
    """What happened to a certificate, on which day, and what is to be said of it."""

    on: date
    reason: str = Field(default="", max_length=200)


class Moved(Happened):
    """Where it is now."""

    to: Delivery


class Collected(Happened):
    """回収済, or 紛失 where it will never come back."""

    outcome: Literal[Collection.COLLECTED, Collection.LOST] = Collection.COLLECTED


@router.post("/certificates/{certificate_id}/delivery")
async def move(certificate_id: UUID, moved: Moved, request: Request, who: Reader) -> dict[str, Any]:
    """引渡し・発送・受領・返戻・再送・保管: the next state of one certificate."""
    async with runtime_of(request).units.open() as uow:
        found = await _own(uow, certificate_id, who, moved.on)
        try:
            await certificate_deliveries.move(uow, found, moved.to, on=moved.on, reason=moved.reason.strip(), by=who.user)
        except OutOfOrder as error:
            raise Problem(409, "KOKI-E042", "この順には進められません。", f"{error}いまの状態を確かめてください。") from error
        except certificate_deliveries.ToBeHandedOver as error:
            raise Problem(409, *BY_HAND, detail="窓口で渡すか、職員が届けて、引渡しを記録してください。") from error
    return {"certificate_id": certificate_id, "delivery": moved.to}


@router.post("/certificates/{certificate_id}/collection")
async def collect(certificate_id: UUID, collected: Collected, request: Request, who: Reader) -> dict[str, Any]:
    """回収: the certificate was given back at the window; after a decision on arrears that is the return that the law asks for."""
    async with runtime_of(request).units.open() as uow:
        found = await _own(uow, certificate_id, who, collected.on)
        try:
            await certificate_deliveries.collect(
                uow, found, collected.outcome, on=collected.on, reason=collected.reason.strip(), by=who.user
            )
        except certificate_deliveries.NothingToCollect as error:
            raise Problem(409, "KOKI-E043", "すでに回収されています。", "回収の記録を確かめてください。") from error
        if collected.outcome is Collection.COLLECTED and await arrears.waits_for_return(uow, found["insured_id"]):
            await arrears.take_step(uow, found["insured_id"], CardReturned(collected.on), print_one)
    return {"certificate_id": certificate_id, "collection": collected.outcome}


async def _own(uow: UnitOfWork, certificate_id: UUID, who: Principal, on: date) -> dict[str, Any]:
    try:
        found = await certificate_deliveries.locked(uow, certificate_id)
    except certificate_deliveries.NotIssued as error:
        raise Problem(404, *NOT_FOUND, detail="この証は交付されていません。") from error
    if not who.may_see(found["municipality_code"]):
        raise Problem(403, *NOT_ALLOWED, detail="この市区町村の証を扱う権限がありません。")
    if on > uow.today:
        raise Problem(422, "KOKI-E046", "日付が今日より後です。", "実際の日を入れてください。")
    return found


@router.get("/deliveries/sending")
async def sending(
    request: Request, who: Reader, municipality_code: Annotated[str, Query(pattern=r"^(\d{6})?$")] = ""
) -> list[dict[str, Any]]:
    """送付一覧: what was made and has not left the house."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_listed(row) for row in await certificate_lists.sending(uow, municipality_code=municipality_code)]


@router.get("/deliveries/returned")
async def returned(request: Request, who: Reader) -> list[dict[str, Any]]:
    """返戻一覧: what the post brought back, with what to do."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_listed(row) for row in await certificate_lists.returned(uow)]


@router.get("/deliveries/uncollected")
async def uncollected(request: Request, who: Reader, expired_too: bool = False) -> list[dict[str, Any]]:
    """未回収一覧: what is to be given back."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_listed(row) for row in await certificate_lists.uncollected(uow, expired_too=expired_too)]


@router.get("/deliveries/register")
async def register(
    request: Request, who: Reader, first: date, last: date, kind: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> list[dict[str, Any]]:
    """交付簿: what was issued from one day to another."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return [_listed(row) for row in await certificate_lists.register(uow, first, last, kind=kind)]


@router.get("/print-files")
async def print_files(request: Request, who: Union) -> list[dict[str, Any]]:
    """The print files of the runs, for the union."""
    async with runtime_of(request).units.open() as uow:
        return await certificate_lists.print_files(uow)


class Sent(BaseModel):
    """A print file that has left the house."""

    document_key: str = Field(max_length=200)
    on: date


@router.post("/print-files/sent")
async def file_sent(sent: Sent, request: Request, who: Union) -> dict[str, Any]:
    """Everything in a print file that nobody has stopped is sent; a second press changes nothing."""
    async with runtime_of(request).units.open() as uow:
        if sent.on > uow.today:
            raise Problem(422, "KOKI-E046", "日付が今日より後です。", "実際の日を入れてください。")
        count = await certificate_deliveries.file_sent(uow, sent.document_key, on=sent.on, by=who.user)
    return {"sent": count}


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "kind_name": KIND_NAMES[row["kind"]],
        "issue_term": IssueReason(row["issue_reason"]).term,
        "delivery_term": DELIVERY_TERMS[Delivery(row["delivery"])],
        "collection_term": COLLECTION_TERMS[Collection(row["collection"])] if row["collection"] else "",
    }
