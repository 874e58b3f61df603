"""The screens of one person: qualification, household, premium, instalments, documents, history, and who looked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from chassis.problems import NOT_FOUND, Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Request, Response

from gateway_service.api.commands import SERVICE_TERMS
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.pages import ScreenRoute, page
from gateway_service.api.upstream import Reply
from gateway_service.domain import person_view
from gateway_service.domain.desk import PERSON_ACTS
from gateway_service.domain.roles import Right, has_right
from gateway_service.store import access_log, municipalities, protections
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}", route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.SEE_PEOPLE)]
TakesNotices = Annotated[Session, allowed(Right.TAKE_NOTICES)]
LookedAt = Annotated[Session, allowed(Right.SEE_ACCESS_LOG)]


@dataclass(frozen=True)
class Person:
    """What the services know of a person. `assessments` and `years` are None where the service could not be asked."""

    municipality_code: str
    resident_number: str
    known: dict[str, Any]
    assessments: list[dict[str, Any]] | None
    years: list[dict[str, Any]] | None
    missing: list[str]
    municipality_name: str

    @property
    def path(self) -> str:
        return f"/people/{self.municipality_code}/{self.resident_number}"

    @property
    def person(self) -> dict[str, Any]:
        found = self.known["person"]
        assert isinstance(found, dict)
        return found


async def require_own(gateway: Gateway, session: Session, action: str, municipality_code: str, resident_number: str) -> str:
    """`code:number`, when the session may see people of that municipality; else as if nobody was there, and kept in the log."""
    subject = f"{municipality_code}:{resident_number}"
    if not session.principal.may_see(municipality_code):
        await gateway.record(session, action, "refused", about=(subject,), detail="other municipality")
        raise Problem(404, *NOT_FOUND, detail="番号を確かめてください。")
    return subject


async def load(request: Request, session: Session, tab: str, municipality_code: str, resident_number: str) -> Person:
    """Ask the services side by side, and keep in the log that the person is shown, before anything is."""
    gateway = gateway_of(request)
    action = f"see_person:{tab}"
    subject = await require_own(gateway, session, action, municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    ask, who = gateway.upstream.ask, session.principal
    eligibility, premium, collection, _ = await asyncio.gather(
        ask("eligibility", path, who),
        ask("premium", f"{path}/assessments", who),
        ask("collection", f"{path}/instalments", who),
        gateway.record(session, action, "shown", about=(subject,)),
    )
    if not eligibility.ok:
        await gateway.record(session, action, "not shown", about=(subject,), detail=f"eligibility {eligibility.status}")
        if eligibility.unavailable:
            detail = "資格サービスに接続できないため、この人の画面を開けません。記録は失われていません。"
            raise Problem(503, "KOKI-S502", "いまは表示できません。", detail)
        raise Problem(404, *NOT_FOUND, detail="番号を確かめてください。")
    known = eligibility.json()
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    if await protections.is_protected(gateway.runtime.engine, municipality_code, resident_number):
        known["person"] = protections.without_address(known["person"])
    return Person(
        municipality_code=municipality_code,
        resident_number=resident_number,
        known=known,
        assessments=_rows(premium),
        years=_rows(collection),
        missing=[SERVICE_TERMS[reply.service] for reply in (premium, collection) if reply.unavailable],
        municipality_name=names.get(municipality_code, municipality_code),
    )


def _rows(reply: Reply) -> list[dict[str, Any]] | None:
    if reply.unavailable:
        return None
    return list(reply.json()) if reply.ok else []


UNDER_ACTS = frozenset({"certificate", "application", "arrears", "receipts", "delivery", "protection", "survey"})
"""Pages of a person that are opened from the tab 手続 and stand under it."""


def show(request: Request, person: Person, tab: str, *, template: str = "", status: int = 200, **values: Any) -> Response:
    """A tab of the person screen, with what stands above every tab; `template` names a page within the tab."""
    today = gateway_of(request).runtime.clock.today()
    born_on = person.person.get("born_on")
    return page(
        request,
        f"person_{template or tab}.html",
        status=status,
        tab="acts" if tab in UNDER_ACTS else {"payments": "instalments", "refunds": "instalments"}.get(tab, tab),
        it=person,
        person=person.person,
        age=person_view.age_on(date.fromisoformat(born_on), today) if born_on else None,
        standing=person_view.standing(person.known.get("qualifications", []), today),
        latest=person.assessments[0] if person.assessments else None,
        next_instalment=person_view.next_instalment(person.years or [], today),
        view=person_view,
        **values,
    )


@router.get("")
async def qualification(request: Request, session: Clerk, municipality_code: str, resident_number: str) -> Response:
    person = await load(request, session, "qualification", municipality_code, resident_number)
    reply = await gateway_of(request).upstream.ask("eligibility", f"{person.path}/copay-rates", session.principal)
    rates = reply.json() if reply.ok else None
    return show(request, person, "qualification", address=person_view.address_of(person.person), rates=rates, keys=uuid4)


@router.get("/household")
async def household(request: Request, session: Clerk, municipality_code: str, resident_number: str) -> Response:
    return show(request, await load(request, session, "household", municipality_code, resident_number), "household")


@router.get("/assessment")
async def assessment(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, id: str = "", known_on: str = ""
) -> Response:
    """The premium of a fiscal year with every step, and why it changed since the last notice.

    `id` chooses another decision than the latest, `known_on` the latest that was made by the end of a day.
    """
    person = await load(request, session, "assessment", municipality_code, resident_number)
    error, day = "", None
    try:
        day = parse_day(known_on) if known_on.strip() else None
    except UnreadableDay as unreadable:
        error = str(unreadable)
    decided = [found for found in person.assessments or [] if day is None or found["decided_on"] <= day.isoformat()]
    chosen = next((found for found in decided if found["assessment_id"] == id), decided[0] if decided else None)
    why = None
    if chosen and chosen["revision"] > 1:
        reply = await gateway_of(request).upstream.ask("premium", f"/assessments/{chosen['assessment_id']}/causes", session.principal)
        why = reply.json() if reply.ok else None
    return show(
        request, person, "assessment", status=422 if error else 200, chosen=chosen, why=why, decided=decided, day=day, error=error,
        typed=known_on[:40], groups=person_view.grouped_steps(chosen["steps"]) if chosen else [],
    )  # fmt: skip


@router.get("/instalments")
async def instalments(request: Request, session: Clerk, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """The instalments of each fiscal year, how each payment is collected and why, and what can be asked for."""
    person = await load(request, session, "instalments", municipality_code, resident_number)
    reply = await gateway_of(request).upstream.ask("collection", f"{person.path}/collection-method", session.principal)
    return show(
        request, person, "instalments", methods=_known_methods(reply), key=uuid4(), done=done[:1],
        takes_notices=has_right(session.roles, Right.TAKE_NOTICES),
    )  # fmt: skip


def _known_methods(reply: Reply) -> dict[str, Any] | None:
    """How the payments are collected; None where it could not be asked."""
    found = reply.json() if reply.ok else None
    return found if isinstance(found, dict) else None


@router.get("/history")
async def history(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, valid_on: str = "", known_on: str = ""
) -> Response:
    """Every version of the record; with days, only what was valid on one and known on the other."""
    person = await load(request, session, "history", municipality_code, resident_number)
    days: dict[str, date | None] = {}
    errors: dict[str, str] = {}
    for name, typed in (("valid_on", valid_on), ("known_on", known_on)):
        try:
            days[name] = parse_day(typed) if typed.strip() else None
        except UnreadableDay as error:
            errors[name] = str(error)
    versions = [] if errors else person_view.as_of(person.known.get("history", []), days["valid_on"], days["known_on"])
    typed_days = {"valid_on": valid_on[:40], "known_on": known_on[:40]}
    return show(request, person, "history", status=422 if errors else 200, versions=versions, typed=typed_days, errors=errors)


@router.get("/access")
async def who_looked(request: Request, session: LookedAt, municipality_code: str, resident_number: str) -> Response:
    """Who looked at this person; for union staff and auditors, who see the entries without the person's record."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "see_access", municipality_code, resident_number)
    await gateway.record(session, "see_access", "shown", about=(subject,))
    async with gateway.runtime.units.open() as uow:
        entries = await access_log.entries_about(uow.connection, subject)
    return page(request, "access_about.html", entries=entries, municipality_code=municipality_code, resident_number=resident_number)


@router.get("/acts")
async def acts(request: Request, session: TakesNotices, municipality_code: str, resident_number: str) -> Response:
    """手続: everything that can be taken in, decided or issued for this person."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    return show(request, person, "acts", entries=[entry for entry in PERSON_ACTS if has_right(session.roles, entry.right)])
