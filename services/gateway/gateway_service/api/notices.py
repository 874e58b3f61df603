"""届出と記載: what was entered about a person, the forms that take more in, and the receipt of each."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from chassis.problems import NOT_ALLOWED, NOT_FOUND, Problem
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute
from gateway_service.api.person import load, require_own, show
from gateway_service.api.upstream import REFUSED
from gateway_service.domain import notices
from gateway_service.domain.roles import Right, has_right
from gateway_service.domain.words import LETTERS
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/people/{municipality_code}/{resident_number}", route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.TAKE_NOTICES)]
_ACTION = "take_notice"


async def entered(gateway: Gateway, session: Session, path: str) -> dict[str, Any]:
    """Everything entered about a person, as eligibility tells it."""
    reply = await gateway.upstream.ask("eligibility", f"{path}/entries", session.principal)
    if not reply.ok:
        raise Problem(503, "KOKI-S510", "いまは届出と記載を確かめられません。", "資格サービスに接続できません。記載は失われていません。")
    answer = reply.json()
    assert isinstance(answer, dict)
    return answer


@router.get("/acts/notices")
async def listing(request: Request, session: Clerk, municipality_code: str, resident_number: str, received: str = "") -> Response:
    """The log of entries, the deemed notices and the letters of a person; `received` names what was just taken in."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    found = await entered(gateway_of(request), session, person.path)
    new = next((entry for entry in found["entries"] if entry["entry_id"] == received), None)
    offered = [form for form in notices.FORMS if has_right(session.roles, form.right)]
    groups = [(group, [form for form in offered if form.group == group]) for group in notices.GROUPS]
    decided = {entry["content"]["application_id"] for entry in found["entries"] if entry["content"].get("application_id")}
    return show(
        request, person, "acts", template="notices", found=found, new=new, groups=groups, decided=decided, letters=LETTERS, keys=uuid4
    )


@router.get("/acts/notices/{kind}")
async def blank(request: Request, session: Clerk, municipality_code: str, resident_number: str, kind: str) -> Response:
    """An empty form; an application that is to be decided is named in the address and fills it in."""
    form = _form(session, kind)
    person = await load(request, session, "acts", municipality_code, resident_number)
    typed = {"notified_on": gateway_of(request).runtime.clock.today().isoformat()}
    application = request.query_params.get("application", "")
    if application:
        found = await entered(gateway_of(request), session, person.path)
        asked = next((entry for entry in found["entries"] if entry["entry_id"] == application), None)
        if asked is None:
            raise Problem(404, *NOT_FOUND, detail="この申請はありません。")
        typed |= {**{name: value or "" for name, value in asked["content"].items()}, "application_id": application}
        typed["effective_on"] = typed["notified_on"]
    return show(request, person, "acts", template="notice_form", form=form, typed=typed, wrong={})


@router.post("/acts/notices/{kind}/confirm", dependencies=[OwnForm])
async def confirm(request: Request, session: Clerk, municipality_code: str, resident_number: str, kind: str) -> Response:
    """What was typed, word for word, with the warning about a late notice; nothing is kept yet."""
    form = _form(session, kind)
    person = await load(request, session, "acts", municipality_code, resident_number)
    typed = {name: str(value) for name, value in (await request.form()).items() if name != "csrf"}
    read = notices.read(form, typed)
    wrong, would = dict(read.wrong), {}
    if not wrong:
        gateway = gateway_of(request)
        path = f"{person.path}/notices/preview"
        reply = await gateway.upstream.ask("eligibility", path, session.principal, method="POST", json=read.body)
        if reply.unavailable:
            raise Problem(
                503, "KOKI-S510", "いまは届出と記載を確かめられません。", "資格サービスに接続できません。", saved="何も保存していません。"
            )
        if reply.ok:
            would = reply.json()
            if would["late"] and not would["late_reason"]:
                wrong["late_reason"] = f"届出期限（{would['last_day']}）を過ぎています。遅れた理由を入れてください。"
        else:
            wrong["effective_on"] = f"{reply.problem.get('title', REFUSED[1])}{reply.problem.get('detail', '')}"
    if wrong:
        return show(request, person, "acts", template="notice_form", status=422, form=form, typed=typed, wrong=wrong)
    return show(request, person, "acts", template="notice_confirm", form=form, typed=typed, read=read, would=would, key=str(uuid4()))


@router.post("/acts/notices/{kind}", dependencies=[OwnForm])
async def take_in(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, kind: str, key: Annotated[UUID, Form()]
) -> Response:
    form = _form(session, kind)
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, _ACTION, municipality_code, resident_number)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    read = notices.read(form, typed)
    if read.wrong:
        raise Problem(422, "KOKI-S511", "入力に誤りがあります。", next(iter(read.wrong.values())), saved="何も保存していません。")
    path = f"/people/{municipality_code}/{resident_number}"
    answer = await carry(
        gateway, session, "eligibility", f"{path}/notices", read.body, key=key, action=_ACTION, about=(subject,), what="受付",
        look="「届出と記載」を開き",
    )  # fmt: skip
    return RedirectResponse(f"{path}/acts/notices?received={answer['entry_id']}", status_code=303, headers=HEADERS)


@router.post("/acts/letters", dependencies=[OwnForm])
async def make_letter(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    kind: Annotated[str, Form(pattern="^[a-z_]{1,40}$")],
    entry_id: Annotated[str, Form()] = "",
) -> Response:
    """A letter or a receipt from what the ledger says now."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "make_letter", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    answer = await carry(
        gateway, session, "eligibility", f"{path}/letters", {"kind": kind, "entry_id": entry_id or None}, key=key, action="make_letter",
        about=(subject,), what="作成", look="「届出と記載」を開き",
    )  # fmt: skip
    return RedirectResponse(f"{path}/acts/letters/{answer['document_id']}.pdf", status_code=303, headers=HEADERS)


@router.get("/acts/letters/{document_id}.pdf")
async def letter_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, document_id: UUID) -> Response:
    """The exact letter that was kept, when it is this person's."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "see_document:letter", municipality_code, resident_number)
    found = await entered(gateway, session, f"/people/{municipality_code}/{resident_number}")
    if str(document_id) not in {letter["document_id"] for letter in found["documents"]}:
        await gateway.record(session, "see_document:letter", "refused", about=(subject,), detail=f"{document_id} is not of this person")
        raise Problem(404, *NOT_FOUND, detail="この人の通知に、この番号のものはありません。")
    reply = await gateway.upstream.ask("eligibility", f"/letters/{document_id}/document", session.principal)
    await gateway.record(session, "see_document:letter", "shown" if reply.ok else "failed", about=(subject,), detail=str(document_id))
    if not reply.ok:
        raise Problem(503, "KOKI-S512", "いまは通知を開けません。", "資格サービスに接続できません。通知は保存されています。")
    headers = {
        **HEADERS,
        "Content-Disposition": f'inline; filename="letter-{document_id}.pdf"',
        "Content-Security-Policy": "default-src 'none'",
    }
    return Response(reply.content, media_type="application/pdf", headers=headers)


def _form(session: Session, kind: str) -> notices.Form:
    form = notices.BY_KIND.get(kind)
    if form is None:
        raise Problem(404, *NOT_FOUND, detail="この様式はありません。")
    if not has_right(session.roles, form.right):
        raise Problem(403, *NOT_ALLOWED, detail="この決定は広域連合の職員が行います。")
    return form
