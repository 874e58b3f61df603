"""Certificates at the window: issue one now, and give the exact document again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from chassis import telemetry
from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of, stored_file
from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel

from eligibility_service.api.protections import NOT_GIVEN
from eligibility_service.api.registering import WITHHELD
from eligibility_service.documents.printing import Printed, page_of, print_one
from eligibility_service.domain.certificates import IssueReason
from eligibility_service.store import (
    arrears,
    certificate_deliveries,
    certificates,
    phases,
    queries,
    registers,
    releases,
    residence_surveys,
)
from eligibility_service.store.certificates import Wanted
from eligibility_service.store.facts import Row
from eligibility_service.store.issuing import issue

BY_HAND: Final = ("KOKI-E049", "この証は郵送できません。")
READERS = ("window_clerk", "municipal_manager", "union_staff")
router = APIRouter(tags=["certificates"])
Reader = Annotated[Principal, Depends(role(*READERS))]


class Asked(BaseModel):
    """Why a card is issued now, and whether it goes by post; else it is handed over."""

    reason: IssueReason | None = None
    by_post: bool = False


@router.post("/people/{municipality_code}/{resident_number}/certificates", status_code=201)
async def issue_at_window(
    municipality_code: str,
    resident_number: str,
    request: Request,
    who: Reader,
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
    asked: Asked | None = None,
    release: UUID | None = None,
) -> dict[str, Any]:
    """交付・再交付 at the window: printed, read back and kept now. The same Idempotency-Key gives the same certificate again.

    `release`: a second officer's leave to print a withheld address on this one certificate.
    """
    require_own(who, municipality_code)
    wanted = asked or Asked()
    told = f"{municipality_code}:{resident_number}:{release}:{wanted.model_dump_json()}".encode()
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            with telemetry.step("eligibility issue certificate", subject=f"{municipality_code}:{resident_number}"):
                insured = await insured_today(uow, municipality_code, resident_number)
                reason = wanted.reason or IssueReason.OTHER
                if await arrears.card_in_force(uow, insured["insured_id"]) is None and reason is IssueReason.OTHER:
                    reason = IssueReason.FIRST
                return await issue_now(uow, insured, Wanted(reason=reason), by=who.user, by_post=wanted.by_post, release=release)

        return await once(uow, who, idempotency_key, told, act)


def require_own(who: Principal, municipality_code: str) -> None:
    """Only for people of the asker's municipalities."""
    if not who.may_see(municipality_code):
        raise Problem(403, *NOT_ALLOWED, detail="この市区町村の証を交付する権限がありません。")


async def insured_today(uow: UnitOfWork, municipality_code: str, resident_number: str) -> dict[str, Any]:
    """The qualification of a person that holds today, or the refusal."""
    insured = await certificates.insured_today(uow, municipality_code, resident_number)
    if insured is None:
        raise Problem(
            409, "KOKI-E002", "証を交付できません。", "この方は今日、被保険者の資格がありません。資格の取得日と喪失日を確かめてください。"
        )
    return insured


async def issue_now(
    uow: UnitOfWork, insured: dict[str, Any], wanted: Wanted, *, by: str, by_post: bool, release: UUID | None = None
) -> dict[str, Any]:
    """Print one certificate, and hand it over unless it goes by post; nothing is kept of one that cannot be printed."""
    person = insured["municipality_code"], insured["resident_number"]
    if not await phases.is_routine(uow):
        raise Problem(409, "KOKI-E050", "経常業務がまだ始まっていません。", "移行のあいだ、証は一括で作成します。窓口では交付できません。")
    if await residence_surveys.held(uow, [person]):
        raise Problem(409, "KOKI-E074", "居所を調査しているため、証を交付できません。", "居所を確認し、調査を終えてから交付してください。")
    if by_post and await registers.protected_people(uow, [person], on=uow.today):
        raise Problem(409, *BY_HAND, detail="支援措置の対象の方です。窓口で渡してください。")
    refusals: list[str] = []

    def printer(form: str, cards: Sequence[Row]) -> Printed:
        printed = print_one(form, cards)
        refusals.extend(reason for reason in printed.refusals if reason)
        return printed

    certificate_id = await certificates.ask_at_window(uow, insured["insured_id"], wanted)
    released = None
    if release is not None:
        try:
            released = await releases.use(uow, release, person, document="certificate", by=by, certificate_id=certificate_id)
        except releases.NotGiven as error:
            raise Problem(409, *NOT_GIVEN, detail="許可がないか、一度使われたか、時間が過ぎています。") from error
    counts = await issue(uow, [certificate_id], printer, released=released)
    if counts["refused"]:
        raise Problem(422, "KOKI-E003", "証を印刷できません。", refusals[0] if refusals else "内容を確かめてください。")
    if not by_post:
        await certificate_deliveries.hand_over(uow, certificate_id, by=by)
    return await certificates.issued(uow, certificate_id)


@router.get("/certificates/{certificate_id}/document")
async def document(certificate_id: UUID, request: Request, who: Reader) -> Response:
    """The exact PDF that was issued; of a print file of many, the page of this person alone."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await queries.certificate(uow, certificate_id)
        if found is None or found["document_key"] is None:
            raise Problem(404, *NOT_FOUND, detail="この証は交付されていないか、見る権限のない市区町村のものです。")
        if found["shows_withheld_address"] and not await releases.may_open(uow, certificate_id, by=who.user):
            raise Problem(409, *WITHHELD, detail="住所を書いた証のため、開けません。支援措置の対象の方です。")
    return await stored_file(runtime, found["document_key"], found["document_sha256"], cut=partial(page_of, page=found["document_page"]))
