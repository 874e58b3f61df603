"""決定通知書・変更通知書 as they were printed: the print files of the runs for the union, and the pages of one person at the window."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Request, Response

from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.lists import places_of
from gateway_service.api.pages import ScreenRoute, as_pdf, page
from gateway_service.api.person import Person, require_own
from gateway_service.api.upstream import Reply
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Officer = Annotated[Session, allowed(Right.UNION_WORK)]
Clerk = Annotated[Session, allowed(Right.SEE_PEOPLE)]
FILES = "/assessment-notices"


@router.get(FILES)
async def files(request: Request, session: Officer) -> Response:
    """印刷ファイル of the notices, the latest first."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("premium", "/print-files", session.principal)
    _require(reply)
    await gateway.record(session, "see_print_files", "shown")
    return page(request, "assessment_notices.html", files=reply.json(), places=await places_of(gateway, session))


@router.get(f"{FILES}/{{run_id}}/{{number}}.pdf")
async def file(request: Request, session: Officer, run_id: UUID, number: int) -> Response:
    """A whole print file; who opened which stands in the access log."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("premium", f"/print-files/{run_id}/{number}", session.principal)
    await gateway.record(session, "open_print_file", "shown" if reply.ok else "failed", detail=f"{run_id} {number}")
    _require(reply)
    return as_pdf(reply.content, f"notices-{run_id}-{number}")


@router.get("/people/{municipality_code}/{resident_number}/documents/printed/{assessment_id}.pdf")
async def printed(request: Request, session: Clerk, municipality_code: str, resident_number: str, assessment_id: UUID) -> Response:
    """The notice that told this person of a decision, as it was printed; the log names whose it is."""
    gateway, action = gateway_of(request), "see_document:printed"
    subject = await require_own(gateway, session, action, municipality_code, resident_number)
    of_person = await _of_person(gateway, session, f"/people/{municipality_code}/{resident_number}")
    if str(assessment_id) not in [found["assessment_id"] for found in of_person or []]:
        await gateway.record(session, action, "refused", about=(subject,), detail=f"{assessment_id} is not of this person")
        raise Problem(404, *NOT_FOUND, detail="この人の通知書に、この決定のものはありません。")
    reply = await gateway.upstream.ask("premium", f"/assessments/{assessment_id}/notice/document", session.principal)
    await gateway.record(session, action, "shown" if reply.ok else "failed", about=(subject,), detail=str(assessment_id))
    _require(reply)
    return as_pdf(reply.content, f"notice-{assessment_id}")


async def issued_to(gateway: Gateway, session: Session, person: Person) -> list[dict[str, Any]]:
    """The notices of a person that were issued or refused, newest first; none where premium does not answer (the screen says so)."""
    return await _of_person(gateway, session, person.path) or []


async def _of_person(gateway: Gateway, session: Session, path: str) -> list[dict[str, Any]] | None:
    reply = await gateway.upstream.ask("premium", f"{path}/notices", session.principal)
    return list(reply.json()) if reply.ok else None


def _require(reply: Reply) -> None:
    if reply.unavailable:
        raise Problem(503, "KOKI-S600", "いまは印刷した通知書を開けません。", "賦課サービスに接続できません。通知書は保存されています。")
    if not reply.ok:
        why = reply.problem
        raise Problem(404, *NOT_FOUND, detail=f"{why.get('title', '')}{why.get('detail') or ''}")
