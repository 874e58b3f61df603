"""訂正・履歴修正・取消・番号の変更: asked with the comparison before and after, decided by a second officer (api/approvals.py)."""

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
from gateway_service.api.notices import entered
from gateway_service.api.pages import HEADERS, ScreenRoute
from gateway_service.api.person import load, require_own, show
from gateway_service.api.registers import asked as asked_of_eligibility
from gateway_service.api.upstream import REFUSED
from gateway_service.domain import corrections
from gateway_service.domain.roles import Right
from gateway_service.store.sign_ins import Session

router = APIRouter(
    prefix="/people/{municipality_code}/{resident_number}/acts/corrections", route_class=ScreenRoute, include_in_schema=False
)
Clerk = Annotated[Session, allowed(Right.TAKE_NOTICES)]
_ACTION = "ask_correction"


@router.get("")
async def listing(request: Request, session: Clerk, municipality_code: str, resident_number: str, asked: str = "") -> Response:
    """The qualifications and entries of a person, each with what can be corrected; `asked` says that one was put before an officer."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    found = await entered(gateway_of(request), session, person.path)
    return show(request, person, "acts", template="corrections", found=found, asked=asked, titles=corrections.TITLES)


@router.get("/recorded/{entry_id}")
async def recorded(request: Request, session: Clerk, municipality_code: str, resident_number: str, entry_id: UUID) -> Response:
    """修正前後対照表 of a correction that was carried out."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    table = await asked_of_eligibility(gateway_of(request), session, f"{person.path}/corrections/{entry_id}")
    return show(request, person, "acts", template="correction_recorded", table=table, key=str(uuid4()))


@router.post("/recorded/{entry_id}", dependencies=[OwnForm])
async def on_paper(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, entry_id: UUID, key: Annotated[UUID, Form()]
) -> Response:
    """The same as PDF, kept with the letters of the person."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "make_letter", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    answer = await carry(
        gateway, session, "eligibility", f"{path}/corrections/{entry_id}/document", {}, key=key, action="make_letter", about=(subject,),
        what="作成", look="「届出と記載」を開き",
    )  # fmt: skip
    return RedirectResponse(f"{path}/acts/letters/{answer['document_id']}.pdf", status_code=303, headers=HEADERS)


@router.get("/{kind}")
async def blank(request: Request, session: Clerk, municipality_code: str, resident_number: str, kind: str, of: str = "") -> Response:
    """The form; `of` names the qualification by its day of acquisition, the entry, or the number."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    target, words = await _target(request, session, person.path, person.known, kind, of)
    return show(
        request, person, "acts", template="correction_form", kind=kind, of=of, target=target, words=words, typed={}, wrong={}, c=corrections
    )


@router.post("/{kind}/confirm", dependencies=[OwnForm])
async def confirm(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, kind: str, of: Annotated[str, Form()]
) -> Response:
    """修正前後対照表: what would be, before anybody is asked."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    target, words = await _target(request, session, person.path, person.known, kind, of)
    typed = {name: str(value) for name, value in (await request.form()).items() if name != "csrf"}
    body, wrong = _body(kind, target, typed)
    would: dict[str, Any] = {}
    if not wrong:
        path = f"{person.path}/corrections/preview"
        reply = await gateway_of(request).upstream.ask("eligibility", path, session.principal, method="POST", json=body)
        if reply.unavailable:
            raise Problem(
                503, "KOKI-S510", "いまは届出と記載を確かめられません。", "資格サービスに接続できません。", saved="何も申請していません。"
            )
        if reply.ok:
            would = reply.json()
        else:
            wrong["reason"] = f"{reply.problem.get('title', REFUSED[1])}{reply.problem.get('detail', '')}"
    if wrong:
        return show(
            request, person, "acts", template="correction_form", status=422, kind=kind, of=of, target=target, words=words, typed=typed,
            wrong=wrong, c=corrections,
        )  # fmt: skip
    return show(
        request, person, "acts", template="correction_confirm", kind=kind, of=of, target=target, typed=typed, would=would,
        c=corrections, key=str(uuid4()),
    )  # fmt: skip


@router.post("/{kind}", dependencies=[OwnForm])
async def ask(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    kind: str,
    key: Annotated[UUID, Form()],
    of: Annotated[str, Form()],
) -> Response:
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, _ACTION, municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    known = await gateway.upstream.ask("eligibility", path, session.principal)
    target, _ = await _target(request, session, path, known.json() if known.ok else {}, kind, of)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    body, wrong = _body(kind, target, typed)
    if wrong:
        raise Problem(422, "KOKI-S511", "入力に誤りがあります。", next(iter(wrong.values())), saved="何も申請していません。")
    await carry(
        gateway, session, "eligibility", f"{path}/corrections", body, key=key, action=_ACTION, about=(subject,), what="申請",
        look="「承認待ち」の一覧を開き",
    )  # fmt: skip
    return RedirectResponse(f"{path}/acts/corrections?asked={kind}", status_code=303, headers=HEADERS)


async def _target(
    request: Request, session: Session, path: str, known: dict[str, Any], kind: str, of: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is to be corrected, as the ledger shows it now; and the words of `grounds` and `losses`, to choose from."""
    if kind not in corrections.TITLES:
        raise Problem(404, *NOT_FOUND, detail="この手続はありません。")
    found = await entered(gateway_of(request), session, path)
    rows = {
        "taken_back": {entry["entry_id"]: entry for entry in found["entries"] if entry["counts"]},
        "renumbered": {row["insured_id"]: row for row in known.get("qualifications", [])},
    }.get(kind, {period["acquired_on"]: period for period in found["periods"]})
    if of not in rows:
        raise Problem(404, *NOT_FOUND, detail="訂正するものが、いまの台帳にありません。画面を開き直してください。")
    row = rows[of]
    assert isinstance(row, dict)
    return row, found


def _body(kind: str, target: dict[str, Any], typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The command for the service, and what is wrong with what was typed."""
    wrong: dict[str, str] = {}
    if not typed.get("reason", "").strip():
        wrong["reason"] = "理由を入れてください。記録に残ります。"
    days: dict[str, str | None] = {}
    for name in ("new_acquired_on", "new_lost_on") if kind == "amended" else ():
        try:
            days[name] = parse_day(text).isoformat() if (text := typed.get(name, "").strip()) else None
        except UnreadableDay as error:
            wrong[name] = str(error)
    if kind == "amended" and not wrong and days["new_acquired_on"] is None:
        wrong["new_acquired_on"] = "取得日を入れてください。"
    return {"content": corrections.content(kind, target, typed, days), "reason": typed.get("reason", "").strip()}, wrong
