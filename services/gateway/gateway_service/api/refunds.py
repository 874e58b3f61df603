"""還付・充当: what a person has paid too much, what is proposed and decided of it, and the notice of the decision (C-18)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import SERVICE_TERMS, carry
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, as_pdf
from gateway_service.api.person import load, require_own, show
from gateway_service.domain import payment_words
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}/refunds", route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.SEE_PEOPLE)]
TakesNotices = Annotated[Session, allowed(Right.TAKE_NOTICES)]
Key = Annotated[UUID, Form()]
DONE = {"proposed": "申請しました。ほかの職員が「承認待ち」で決定します。", "noticed": "通知書を作成しました。"}


@router.get("")
async def refunds(request: Request, session: Clerk, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """Each case with the payments behind it, what was decided, and what is to be done next until when."""
    person = await load(request, session, "refunds", municipality_code, resident_number)
    reply = await gateway_of(request).upstream.ask("collection", f"{person.path}/refund-cases", session.principal)
    cases: list[dict[str, Any]] | None = reply.json() if reply.ok else None
    return show(request, person, "refunds", cases=cases, done=DONE.get(done, ""), words=payment_words, keys=uuid4)


@router.post("/{case_id}/proposal", dependencies=[OwnForm])
async def propose(
    request: Request,
    session: TakesNotices,
    municipality_code: str,
    resident_number: str,
    case_id: UUID,
    key: Key,
    kind: Annotated[Literal["refund", "special_refund", "pension_return", "extinction"], Form()],
    reason: Annotated[str, Form(min_length=1, max_length=120)],
    payer_name: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """還付・充当の申請: worked out by collection, put before a second officer."""
    gateway = gateway_of(request)
    subject = await _own_case(gateway, session, "propose_refund", (municipality_code, resident_number), case_id=case_id)
    body: dict[str, Any] = {"kind": kind, "reason": reason, "payer_name": payer_name.strip() or None}
    await carry(
        gateway, session, "collection", f"/refund-cases/{case_id}/proposal", body, key=key, action="propose_refund", about=(subject,),
        what="申請", look="「還付・充当」の画面を開き",
    )  # fmt: skip
    return _back(municipality_code, resident_number, "proposed")


@router.post("/decisions/{decision_id}/notice", dependencies=[OwnForm])
async def issue_notice(
    request: Request, session: TakesNotices, municipality_code: str, resident_number: str, decision_id: UUID, key: Key
) -> Response:
    """通知書の作成."""
    gateway = gateway_of(request)
    person = (municipality_code, resident_number)
    subject = await _own_case(gateway, session, "issue_refund_notice", person, decision_id=decision_id)
    await carry(
        gateway, session, "collection", f"/refund-decisions/{decision_id}/notice", {}, key=key, action="issue_refund_notice",
        about=(subject,), what="作成", look="「還付・充当」の画面を開き",
    )  # fmt: skip
    return _back(municipality_code, resident_number, "noticed")


@router.get("/decisions/{decision_id}/notice.pdf")
async def notice_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, decision_id: UUID) -> Response:
    """The notice with its claim, as it was made."""
    gateway = gateway_of(request)
    action = "see_document:refund_notice"
    subject = await _own_case(gateway, session, action, (municipality_code, resident_number), decision_id=decision_id)
    reply = await gateway.upstream.ask("collection", f"/refund-decisions/{decision_id}/notice", session.principal)
    await gateway.record(session, action, "shown" if reply.ok else "failed", about=(subject,), detail=str(decision_id))
    if reply.unavailable:
        raise _not_now()
    if not reply.ok:
        why = reply.problem
        raise Problem(reply.status, str(why.get("code", "KOKI-404")), str(why.get("title", "")), str(why.get("detail") or ""))
    return as_pdf(reply.content, "refund_notice")


async def _own_case(
    gateway: Gateway,
    session: Session,
    action: str,
    person: tuple[str, str],
    *,
    case_id: UUID | None = None,
    decision_id: UUID | None = None,
) -> str:
    """The person in the address, who must be the one whose case or decision is meant: the log names nobody else."""
    subject = await require_own(gateway, session, action, *person)
    reply = await gateway.upstream.ask("collection", f"/people/{person[0]}/{person[1]}/refund-cases", session.principal)
    if reply.unavailable:
        raise _not_now()
    cases = reply.json() if reply.ok else []
    known = {case["case_id"] for case in cases} | {one["decision_id"] for case in cases for one in case["decisions"]}
    if str(case_id or decision_id) not in known:
        await gateway.record(session, action, "refused", about=(subject,), detail="not of this person")
        raise Problem(404, *NOT_FOUND, detail="この方の還付・充当ではありません。")
    return subject


def _not_now() -> Problem:
    return Problem(503, "KOKI-S504", "いまは帳票を開けません。", f"{SERVICE_TERMS['collection']}に接続できません。記録は保存されています。")


def _back(municipality_code: str, resident_number: str, done: str) -> Response:
    return RedirectResponse(f"/people/{municipality_code}/{resident_number}/refunds?done={done}", status_code=303, headers=HEADERS)
