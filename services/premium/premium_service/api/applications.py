"""減免・徴収猶予: intake at the window, lists, and what the union puts before a second officer (the acts are in `application_acts.py`)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis import approvals
from chassis.commands import Clerk, Command, Key, carried_out, require_own
from chassis.documents import DocumentRefused
from chassis.law import FiscalYear
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from premium_service.api import application_acts as acts
from premium_service.api.application_letters import letter_of
from premium_service.documents.application_letter import render_letter
from premium_service.domain import applications as domain
from premium_service.domain.people import Known
from premium_service.domain.remission_packs import EVIDENCE, GROUNDS, deferral_months, faults, in_force, packs_of
from premium_service.store import applications, people, remissions

router = APIRouter(tags=["applications"])
Staff = Annotated[Principal, Depends(role("union_staff"))]
_FAULTY = ("KOKI-P040", "申請に誤りがあります。")
_DECIDED = ("KOKI-P041", "この申請は、決定を待っていません。")
_LARGEST = 9_999_999_999


class Intake(Command):
    """What every application says: who applies for which year, and what was shown."""

    fiscal_year: int = Field(ge=2008, le=2999)
    applied_on: date
    applicant: str = Field(min_length=1, max_length=60)
    relationship: str = Field(min_length=1, max_length=20)
    evidence: list[str] = Field(min_length=1, max_length=len(EVIDENCE))
    evidence_note: str = Field(default="", max_length=60)
    remark: str = Field(default="", max_length=100)


class Remission(Intake):
    """減免申請 under a pack: the degree of loss, when it happened, and for a fall of income last year's and the expected one (yen)."""

    pack: str
    degree: str
    happened_on: date
    previous_income: int | None = Field(default=None, ge=0, le=_LARGEST)
    expected_income: int | None = Field(default=None, ge=0, le=_LARGEST)


class DueInstalment(Command):
    """An instalment as the screen showed it."""

    number: int = Field(ge=1, le=99)
    due_on: date


class Deferral(Intake):
    """徴収猶予申請: which instalments, until when, why."""

    ground: Literal["disaster", "income_fall", "illness", "other"]
    instalments: list[DueInstalment] = Field(min_length=1, max_length=24)
    until: date


class Proposal(Command):
    """What the union would decide. `reason` stands on a refusal as it is written; `first_month` and `last_month` (days in them), where
    the pack leaves the months to the officer."""

    grant: bool
    reason: str = Field(min_length=1, max_length=120)
    first_month: date | None = None
    last_month: date | None = None


@router.get("/remission-packs")
async def packs(request: Request, who: Clerk) -> dict[str, Any]:
    """The packs under which somebody may apply today, and the words of the forms."""
    runtime = runtime_of(request)
    found = in_force(runtime.settings.union, runtime.clock.today())
    return {
        "packs": {
            name: {**pack.model_dump(mode="json", by_alias=True), "ground_term": GROUNDS[pack.ground]} for name, pack in found.items()
        },
        "evidence": EVIDENCE,
        "deferral_grounds": domain.DEFERRAL_GROUNDS,
        "deferral_months": deferral_months(runtime.settings.union),
    }


@router.get("/applications")
async def listing(
    request: Request, who: Clerk, state: Literal["received", "granted", "refused", "withdrawn", "revoked"] = "received"
) -> list[dict[str, Any]]:
    """Applications of the asker's municipalities, the longest waiting first."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        return [_shown(one, runtime.settings.union) for one in await applications.listing(uow, state)]


@router.get("/people/{municipality_code}/{resident_number}/applications")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> dict[str, Any]:
    """The applications of a person, the newest first, and what is remitted of each premium."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await applications.of_person(uow, municipality_code, resident_number)
        effects = await remissions.effects_of(uow, municipality_code, resident_number)
    return {"applications": [_shown(one, runtime.settings.union) for one in found], "effects": effects}


@router.post("/people/{municipality_code}/{resident_number}/remission-applications", status_code=201)
async def apply_for_remission(
    municipality_code: str, resident_number: str, form: Remission, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """減免申請の受付."""
    pack = in_force(runtime_of(request).settings.union, form.applied_on).get(form.pack)

    def found() -> list[str]:
        if pack is None:
            return ["申請日に使える減免の基準を選んでください。"]
        missing = pack.degrees.get(form.degree) is not None and pack.degrees[form.degree].fall is not None
        incomes = (
            ["前年の所得と、見込みの所得を入れてください。"] if missing and None in (form.previous_income, form.expected_income) else []
        )
        return faults(pack, degree=form.degree, applied_on=form.applied_on, happened_on=form.happened_on) + incomes

    return await _take("remission", (municipality_code, resident_number), form, found, request, who, idempotency_key)


@router.post("/people/{municipality_code}/{resident_number}/deferral-applications", status_code=201)
async def apply_for_deferral(
    municipality_code: str, resident_number: str, form: Deferral, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """徴収猶予申請の受付."""
    months = deferral_months(runtime_of(request).settings.union)
    due = [one.model_dump(mode="json") for one in form.instalments]

    def found() -> list[str]:
        return domain.faults_of_deferral(due, form.until, months_at_most=months)

    return await _take("deferral", (municipality_code, resident_number), form, found, request, who, idempotency_key)


async def _take(kind: str, person: tuple[str, str], form: Intake, found: Any, request: Request, who: Principal, key: str) -> dict[str, Any]:
    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        wrong = list(found())
        if form.applied_on > uow.today:
            wrong.append("申請日が今日より後になっています。")
        if form.fiscal_year > FiscalYear.of(uow.today).year:
            wrong.append("まだ始まっていない年度の申請は、受け付けられません。")
        if unknown := sorted(set(form.evidence) - EVIDENCE.keys()):
            wrong.append(f"書類の種類が正しくありません（{'、'.join(unknown)}）。")
        if known.insured_id is None:
            wrong.append("この方は、被保険者ではありません。")
        if wrong:
            raise Problem(422, *_FAULTY, detail="　".join(wrong))
        content = form.model_dump(mode="json")
        application_id = await applications.keep(uow, kind, known, form.fiscal_year, form.applied_on, content, by=who.user)
        return {"application_id": str(application_id)}

    return await carried_out(request, who, person, key, form, people.find, act)


@router.post("/applications/{application_id}/withdrawal", status_code=201)
async def withdraw(application_id: UUID, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """取下げ."""
    async with runtime_of(request).units.open() as uow:
        application = await _required(uow, application_id, who)

        async def act() -> dict[str, Any]:
            if application["waits_for_approval"] or not await applications.withdraw(uow, application_id):
                raise Problem(409, *_DECIDED)
            return {"state": "withdrawn"}

        return await once(uow, who, idempotency_key, f"{request.url.path}".encode(), act)


@router.post("/applications/{application_id}/proposal", status_code=201)
async def propose(application_id: UUID, proposal: Proposal, request: Request, who: Staff, idempotency_key: Key) -> dict[str, Any]:
    """The union's officer puts a decision before a second one, with what it would do to the premium of today."""
    runtime = runtime_of(request)
    async with runtime.units.open() as uow:
        application = await _required(uow, application_id, who)

        async def act() -> dict[str, Any]:
            if application["state"] != "received" or application["waits_for_approval"]:
                raise Problem(409, *_DECIDED)
            stated = None
            if proposal.first_month and proposal.last_month:
                stated = (proposal.first_month.isoformat(), proposal.last_month.isoformat())
            given = {"application_id": str(application_id), "grant": proposal.grant, "stated": stated}
            worked_out = await acts.worked_out(uow, application, given, runtime.settings.union) if proposal.grant else {}
            known = await people.find(uow, (application["municipality_code"], application["resident_number"]))
            assert known is not None, "residents are never forgotten"
            about = domain.shown(application["kind"], application["content"], packs_of(runtime.settings.union))
            content = {
                **given,
                "name": known.name,
                "insured_number": known.insured_number,
                "shown": list({**about, **worked_out}.items()),
            }
            approval_id = await approvals.ask(
                uow, act=acts.act_of(application["kind"], grant=proposal.grant), municipality_code=application["municipality_code"],
                resident_number=application["resident_number"], content=content, reason=proposal.reason, by=who.user,
            )  # fmt: skip
            return {"approval_id": str(approval_id), "shown": {**about, **worked_out}}

        return await once(uow, who, idempotency_key, f"{request.url.path} {proposal.model_dump_json()}".encode(), act)


@router.post("/applications/{application_id}/revocation", status_code=201)
async def ask_to_revoke(
    application_id: UUID, proposal: acts.Revocation, request: Request, who: Staff, idempotency_key: Key
) -> dict[str, Any]:
    """取消し: the reason has ended, or was untrue; a second officer decides."""
    async with runtime_of(request).units.open() as uow:
        application = await _required(uow, application_id, who)

        async def act() -> dict[str, Any]:
            if application["state"] != "granted" or application["waits_for_approval"]:
                raise Problem(409, *_DECIDED)
            content = {"application_id": str(application_id), "shown": list(application["decision"]["shown"].items())}
            approval_id = await approvals.ask(
                uow, act=acts.REVOKE, municipality_code=application["municipality_code"],
                resident_number=application["resident_number"], content=content, reason=proposal.reason, by=who.user,
            )  # fmt: skip
            return {"approval_id": str(approval_id)}

        return await once(uow, who, idempotency_key, f"{request.url.path} {proposal.model_dump_json()}".encode(), act)


@router.get("/applications/{application_id}/documents/{kind}")
async def document(application_id: UUID, kind: Literal["receipt", "decision"], request: Request, who: Clerk) -> Response:
    """受付票, or the notice of the decision, as PDF."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        application = await _required(uow, application_id, who)
        known = await people.find(uow, (application["municipality_code"], application["resident_number"]))
        if known is None or (kind == "decision" and application["decision"] is None):
            raise Problem(404, *NOT_FOUND, detail="まだ決定していません。")
    try:
        letter = letter_of(application, known, kind, runtime.settings.union)
        pdf = await asyncio.to_thread(render_letter, letter)
    except DocumentRefused as refused:
        raise Problem(422, "KOKI-P042", "通知書を作成できません。", str(refused)) from refused
    return Response(pdf, media_type="application/pdf")


async def _required(uow: UnitOfWork, application_id: UUID, who: Principal) -> dict[str, Any]:
    found = await applications.find(uow, application_id)
    if found is None:
        raise Problem(404, *NOT_FOUND)
    require_own(who, found["municipality_code"])
    return found


def _shown(one: dict[str, Any], union: str) -> dict[str, Any]:
    return {
        **one,
        "kind_term": domain.KINDS[one["kind"]],
        "state_term": domain.STATES[one["state"]],
        "shown": domain.shown(one["kind"], one["content"], packs_of(union)),
    }
