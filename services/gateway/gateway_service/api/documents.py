"""Documents of a person: show the exact PDF that was stored, and issue a card, once, with a confirmation before it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import SERVICE_TERMS, carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, as_pdf
from gateway_service.api.person import load, require_own, show
from gateway_service.api.printed_notices import issued_to
from gateway_service.domain import words
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}", route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.SEE_PEOPLE)]
Issuer = Annotated[Session, allowed(Right.ISSUE_CERTIFICATE)]


@router.get("/documents")
async def documents(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, issued: str = "", done: str = ""
) -> Response:
    """Every document of the person; `issued` names one that was just made, `done` says that an act was kept."""
    person = await load(request, session, "documents", municipality_code, resident_number)
    certificates = person.known.get("certificates", [])
    new = next((found for found in certificates if found["certificate_id"] == issued), None)
    printed = await issued_to(gateway_of(request), session, person)
    return show(request, person, "documents", new=new, confirm=None, valid=None, done=bool(done), release=None, printed=printed)


@router.get("/documents/issue")
async def confirm_issue(
    request: Request, session: Issuer, municipality_code: str, resident_number: str, release: UUID | None = None
) -> Response:
    """Before a card is made: what will be made, for whom. The key in the form makes a second press change nothing.

    `release`: a second officer's leave to print an address that is withheld.
    """
    person = await load(request, session, "documents", municipality_code, resident_number)
    today = gateway_of(request).runtime.clock.today().isoformat()
    valid = next((found for found in person.known.get("certificates", []) if found["valid_until"] >= today), None)
    return show(
        request, person, "documents", new=None, done=False, confirm=str(uuid4()), valid=valid, release=release, reasons=words.ISSUE_REASONS
    )


@router.post("/documents/issue", dependencies=[OwnForm])
async def issue(
    request: Request,
    session: Issuer,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    reason: Annotated[str, Form(pattern="^[a-z_]{0,20}$")] = "",
    by_post: Annotated[str, Form(max_length=4)] = "",
    release: Annotated[UUID | None, Form()] = None,
) -> Response:
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "issue_certificate", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    released = {"release": str(release)} if release else None
    body = {"reason": reason or None, "by_post": bool(by_post)}
    answer = await carry(
        gateway, session, "eligibility", f"{path}/certificates", body, key=key, action="issue_certificate", about=(subject,),
        params=released, what="発行", look="「帳票」の一覧を開き",
    )  # fmt: skip
    return RedirectResponse(f"{path}/documents?issued={answer['certificate_id']}", status_code=303, headers=HEADERS)


@router.get("/documents/certificates/{certificate_id}.pdf")
async def certificate_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, certificate_id: UUID) -> Response:
    return await _pdf(request, session, municipality_code, resident_number, "certificate", str(certificate_id))


@router.get("/documents/assessments/{assessment_id}.pdf")
async def assessment_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, assessment_id: UUID) -> Response:
    return await _pdf(request, session, municipality_code, resident_number, "assessment", str(assessment_id))


@router.get("/documents/sheets/{assessment_id}.pdf")
async def sheet_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, assessment_id: UUID) -> Response:
    """計算明細書 of one decision by itself."""
    return await _pdf(request, session, municipality_code, resident_number, "sheet", str(assessment_id))


@router.get("/documents/changes/{assessment_id}.pdf")
async def change_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, assessment_id: UUID) -> Response:
    return await _pdf(request, session, municipality_code, resident_number, "change", str(assessment_id))


@router.get("/documents/notices/{fiscal_year}.pdf")
async def notice_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, fiscal_year: int) -> Response:
    return await _pdf(request, session, municipality_code, resident_number, "notice", str(fiscal_year))


async def _pdf(request: Request, session: Session, code: str, number: str, kind: str, key: str) -> Response:
    """Pass on a stored PDF, when it belongs to the person in the address; the log names whose document was opened."""
    gateway = gateway_of(request)
    action = f"see_document:{kind}"
    subject = await require_own(gateway, session, action, code, number)
    person = f"/people/{code}/{number}"
    lists: dict[str, tuple[str, str, Any]] = {
        "certificate": ("eligibility", person, lambda known: [found["certificate_id"] for found in known["certificates"]]),
        "assessment": ("premium", f"{person}/assessments", lambda known: [found["assessment_id"] for found in known]),
    }
    lists["change"] = lists["sheet"] = lists["assessment"]
    service, path = {
        "certificate": ("eligibility", f"/certificates/{key}/document"),
        "assessment": ("premium", f"/assessments/{key}/document"),
        "sheet": ("premium", f"/assessments/{key}/sheet"),
        "change": ("premium", f"/assessments/{key}/change/document"),
        "notice": ("collection", f"{person}/notices/{key}/document"),
    }[kind]
    if kind in lists:
        asked, listed_at, ids = lists[kind]
        listed = await gateway.upstream.ask(asked, listed_at, session.principal)
        if listed.ok and key not in ids(listed.json()):
            await gateway.record(session, action, "refused", about=(subject,), detail=f"{key} is not of this person")
            raise Problem(404, *NOT_FOUND, detail="この人の帳票に、この番号のものはありません。")
    reply = await gateway.upstream.ask(service, path, session.principal)
    await gateway.record(session, action, "shown" if reply.ok else "failed", about=(subject,), detail=key)
    if reply.unavailable:
        raise Problem(503, "KOKI-S504", "いまは帳票を開けません。", f"{SERVICE_TERMS[service]}に接続できません。帳票は保存されています。")
    if not reply.ok:
        why = reply.problem
        raise Problem(
            404,
            *NOT_FOUND,
            detail=f"{why.get('title', '')}{why.get('detail') or ''}" if kind == "change" else "この帳票はまだ作られていません。",
        )
    return as_pdf(reply.content, f"{kind}-{key}")
