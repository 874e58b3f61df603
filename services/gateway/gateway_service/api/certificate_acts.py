"""What is done with the certificates of one person: delivery, collection, applications, and the steps after arrears."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, as_pdf
from gateway_service.api.person import load, require_own, show
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}", route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.TAKE_NOTICES)]
_Key = Annotated[UUID, Form()]
_Day = Annotated[str, Form(max_length=40)]


def _day(request: Request, typed: str) -> str:
    """A day as it was typed, today where nothing was. Problem for one that cannot be read."""
    try:
        day = parse_day(typed) if typed.strip() else gateway_of(request).runtime.clock.today()
    except UnreadableDay as error:
        raise Problem(422, "KOKI-S532", "日付を読み取れません。", str(error), saved="何も保存していません。") from error
    return day.isoformat()


@router.get("/acts/certificates/{certificate_id}")
async def one(request: Request, session: Clerk, municipality_code: str, resident_number: str, certificate_id: UUID) -> Response:
    """One certificate, with what may be done with it next."""
    person = await load(request, session, "documents", municipality_code, resident_number)
    found = next((c for c in person.known.get("certificates", []) if c["certificate_id"] == str(certificate_id)), None)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この人の帳票に、この番号のものはありません。")
    return show(request, person, "certificate", certificate=found, key=str(uuid4()))


@router.post("/acts/certificates/{certificate_id}/{act}", dependencies=[OwnForm])
async def act_on(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    certificate_id: UUID,
    act: str,
    key: _Key,
    to: Annotated[str, Form(pattern="^[a-z_]{4,12}$")],
    on: _Day = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """引渡し・発送・受領・返戻・再送・保管 (delivery), 回収・紛失 (collection)."""
    if act not in ("delivery", "collection"):
        raise Problem(404, *NOT_FOUND)
    name = "to" if act == "delivery" else "outcome"
    body = {name: to, "on": _day(request, on), "reason": reason}
    path = f"/certificates/{certificate_id}/{act}"
    return await _carried(request, session, municipality_code, resident_number, path, body, key, f"certificate_{act}", "/documents?done=1")


@router.get("/acts/certificate-application")
async def form(request: Request, session: Clerk, municipality_code: str, resident_number: str) -> Response:
    """限度額・特定疾病・資格確認書の申請."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    reply = await gateway_of(request).upstream.ask("eligibility", f"{person.path}/certificate-applications", session.principal)
    known = reply.json() if reply.ok else {"applications": [], "diseases": {}}
    return show(request, person, "application", known=known, key=str(uuid4()))


@router.post("/acts/certificate-application", dependencies=[OwnForm])
async def apply(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    key: _Key,
    subject: Annotated[str, Form(pattern="^[a-z_]{4,30}$")],
    applied_on: _Day = "",
    stay_days: Annotated[str, Form(pattern=r"^\d{0,3}$")] = "",
    disease: Annotated[str, Form(pattern="^[a-z_]{0,40}$")] = "",
    by_post: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    body = {
        "subject": subject,
        "applied_on": _day(request, applied_on),
        "stay_days": int(stay_days) if stay_days and subject == "limit" else None,
        "disease": disease if subject == "specific_disease" else None,
        "by_post": bool(by_post),
    }
    path = f"/people/{municipality_code}/{resident_number}/certificate-applications"
    return await _carried(request, session, municipality_code, resident_number, path, body, key, "apply_certificate", "/documents?issued=")


@router.get("/acts/arrears")
async def arrears(request: Request, session: Clerk, municipality_code: str, resident_number: str) -> Response:
    """滞納による措置: where the person stands, and what may be done now."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    reply = await gateway_of(request).upstream.ask("eligibility", f"{person.path}/arrears", session.principal)
    return show(request, person, "arrears", arrears=reply.json() if reply.ok else None, key=str(uuid4()))


@router.post("/acts/arrears/{act}", dependencies=[OwnForm])
async def arrears_act(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    act: str,
    key: _Key,
    text: Annotated[str, Form(max_length=500)] = "",
    special: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    """弁明, 広域連合への申請, 措置を行わない決定, 資格証明書の交付."""
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "explanation": ("explanation", {"text": text, "is_special": bool(special)}),
        "remedy": ("approval", {"act": "arrears_remedy", "reason": text}),
        "short-term": ("approval", {"act": "short_term_card", "reason": text}),
        "end": ("end", {}),
        "status-certificate": ("status-certificate", {}),
    }
    if act not in bodies:
        raise Problem(404, *NOT_FOUND)
    if act in ("explanation", "remedy", "short-term") and not text.strip():
        raise Problem(422, "KOKI-S533", "内容を入れてください。", "弁明の内容、または申請の理由が空です。", saved="何も保存していません。")
    name, body = bodies[act]
    path = f"/people/{municipality_code}/{resident_number}/arrears/{name}"
    back = "/documents?issued=" if act == "status-certificate" else "/acts/arrears"
    return await _carried(request, session, municipality_code, resident_number, path, body, key, "arrears_act", back)


async def _carried(
    request: Request, session: Session, code: str, number: str, path: str, body: dict[str, Any], key: UUID, action: str, back: str
) -> Response:
    """Send the command, then show the person's screen `back`; one that ends with `issued=` names the certificate that was made."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, action, code, number)
    answer = await carry(gateway, session, "eligibility", path, body, key=key, action=action, about=(subject,), look="「帳票」の一覧を開き")
    made = str(answer["certificate_id"]) if back.endswith("issued=") else ""
    return RedirectResponse(f"/people/{code}/{number}{back}{made}", status_code=303, headers=HEADERS)


@router.get("/acts/arrears/letters/{letter_id}.pdf")
async def letter_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, letter_id: UUID) -> Response:
    """The exact letter of a step."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "see_document:arrears_letter", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}/arrears/letters/{letter_id}/document"
    reply = await gateway.upstream.ask("eligibility", path, session.principal)
    await gateway.record(session, "see_document:arrears_letter", "shown" if reply.ok else "failed", about=(subject,), detail=str(letter_id))
    if not reply.ok:
        raise Problem(404, *NOT_FOUND, detail="この通知はまだ作られていません。")
    return as_pdf(reply.content, "letter")
