"""送付先・支援措置・引き渡し: what a clerk takes in, and the registers of what holds."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import SERVICE_TERMS, carry
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, as_pdf, page
from gateway_service.api.person import load, require_own, show
from gateway_service.domain.roles import Right, has_right
from gateway_service.domain.words import CERTIFICATES, LETTERS
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Clerk = Annotated[Session, allowed(Right.TAKE_NOTICES)]
Privileged = Annotated[Session, allowed(Right.RELEASE_ADDRESS)]
PERSON = "/people/{municipality_code}/{resident_number}"
PURPOSES = {"everything": "すべて", "certificate": "証", "premium": "保険料", "benefit": "給付"}
GROUNDS = {"domestic_violence": "配偶者からの暴力", "stalking": "ストーカー行為", "child_abuse": "児童虐待", "other": "その他"}
RELEASES = {"screen": "画面に一度だけ表示する", "certificate": "証一枚に記載する"}
_DAY = ("KOKI-S552", "日付を読めません。")
_LISTS = {
    "deliveries": ("送付先一覧", "/delivery-addresses"),
    "protections": ("支援措置一覧", "/address-protections"),
    "handovers": ("引き渡し一覧", "/handovers"),
}


def day_of(typed: str, *, term: str) -> str:
    """A day as a clerk types it, as an ISO day."""
    try:
        return parse_day(typed).isoformat()
    except UnreadableDay as error:
        raise Problem(422, *_DAY, detail=f"{term}: {error}") from error


async def asked(gateway: Gateway, session: Session, path: str, *, service: str = "eligibility", **params: str) -> Any:
    """What a service answers; a refusal as it put it."""
    reply = await gateway.upstream.ask(service, path, session.principal, params=params or None)
    if reply.unavailable:
        raise Problem(503, "KOKI-S502", "いまは表示できません。", f"{SERVICE_TERMS[service]}に接続できません。")
    if not reply.ok:
        raise Problem(404, *NOT_FOUND, detail=str(reply.problem.get("detail") or "番号を確かめてください。"))
    return reply.json()


@router.get("/registers/{name}")
async def register(request: Request, session: Clerk, name: str, done: str = "") -> Response:
    """登録一覧 of the session's municipalities; eligibility leaves out what is withheld."""
    if name not in _LISTS:
        raise Problem(404, *NOT_FOUND)
    gateway = gateway_of(request)
    title, path = _LISTS[name]
    rows = await asked(gateway, session, path)
    about = tuple(dict.fromkeys(f"{row['municipality_code']}:{row['resident_number']}" for row in rows))
    await gateway.record(session, "see_registers", "shown", about=about, detail=name)
    notices: list[dict[str, Any]] = []
    if name == "handovers":
        reply = await gateway.upstream.ask("collection", "/handovers", session.principal)
        notices = list(reply.json()) if reply.ok else []
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    return page(
        request, f"register_{name}.html", title=title, rows=rows, names=names, purposes=PURPOSES, grounds=GROUNDS, notices=notices,
        kinds=CERTIFICATES | LETTERS, key=str(uuid4()), done=done[:1],
    )  # fmt: skip


@router.post("/registers/handovers/{handover_id}", dependencies=[OwnForm])
async def hand_over(
    request: Request, session: Clerk, handover_id: UUID, key: Annotated[UUID, Form()], manner: Annotated[str, Form(max_length=60)]
) -> Response:
    gateway = gateway_of(request)
    await carry(gateway, session, "eligibility", f"/handovers/{handover_id}", {"manner": manner}, key=key, action="hand_over", what="記録")
    return RedirectResponse("/registers/handovers?done=1", status_code=303, headers=HEADERS)


@router.get(f"{PERSON}/acts/delivery")
async def delivery(request: Request, session: Clerk, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """What is registered for the person, and the form for another one."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    known = await asked(gateway_of(request), session, f"{person.path}/delivery-addresses")
    return show(
        request, person, "delivery", known=known, purposes=PURPOSES, typed={}, check=None, key=str(uuid4()), done=done[:1], error=""
    )


@router.post(f"{PERSON}/acts/delivery/check", dependencies=[OwnForm])
async def check_delivery(request: Request, session: Clerk, municipality_code: str, resident_number: str) -> Response:
    """Before it is asked for: the insured, the old and the new address side by side, and entries that it may be mixed up with."""
    gateway = gateway_of(request)
    person = await load(request, session, "acts", municipality_code, resident_number)
    form = await request.form()
    typed = {name: str(form.get(name, "")).strip()[:200] for name in _FIELDS}
    known = await asked(gateway, session, f"{person.path}/delivery-addresses")
    error, check = "", None
    try:
        reply = await gateway.upstream.ask(
            "eligibility", f"{person.path}/delivery-addresses/check", session.principal, method="POST", json=_entry(typed)
        )
        if reply.ok:
            check = reply.json()
        else:
            error = f"{reply.problem.get('title') or '確かめられませんでした。'}{reply.problem.get('detail') or ''}"
    except Problem as wrong:
        error = f"{wrong.title}{wrong.detail}"
    return show(
        request, person, "delivery", status=200 if check else 422, known=known, purposes=PURPOSES, typed=typed, check=check,
        key=str(uuid4()), done="", error=error,
    )  # fmt: skip


@router.post(f"{PERSON}/acts/delivery", dependencies=[OwnForm])
async def ask_delivery(
    request: Request, session: Clerk, municipality_code: str, resident_number: str, key: Annotated[UUID, Form()]
) -> Response:
    """Put it before a second officer; `confirmed` comes from the box beside the warning."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "delivery_address", municipality_code, resident_number)
    form = await request.form()
    typed = {name: str(form.get(name, "")).strip()[:200] for name in _FIELDS}
    body = {**_entry(typed), "confirmed": form.get("confirmed") == "yes"}
    path = f"/people/{municipality_code}/{resident_number}"
    await carry(
        gateway, session, "eligibility", f"{path}/delivery-addresses", body, key=key, action="delivery_address",
        about=(subject,), what="申請",
    )  # fmt: skip
    return RedirectResponse(f"{path}/acts/delivery?done=1", status_code=303, headers=HEADERS)


@router.post(f"{PERSON}/acts/delivery/end", dependencies=[OwnForm])
async def end_delivery(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    purpose: Annotated[str, Form()],
    ends_on: Annotated[str, Form()],
    applicant: Annotated[str, Form()],
    relationship: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "delivery_address", municipality_code, resident_number)
    body = {"purpose": purpose, "ends_on": day_of(ends_on, term="終わりの日"), "applicant": applicant, "relationship": relationship}
    path = f"/people/{municipality_code}/{resident_number}"
    await carry(
        gateway, session, "eligibility", f"{path}/delivery-addresses/end", {**body, "reason": reason}, key=key, action="delivery_address",
        about=(subject,), what="申請",
    )  # fmt: skip
    return RedirectResponse(f"{path}/acts/delivery?done=1", status_code=303, headers=HEADERS)


@router.get(f"{PERSON}/acts/delivery/letters/{{letter_id}}.pdf")
async def letter_pdf(request: Request, session: Clerk, municipality_code: str, resident_number: str, letter_id: UUID) -> Response:
    """送付先変更のお知らせ, when it is of this person."""
    path = f"/people/{municipality_code}/{resident_number}/delivery-addresses"
    gateway = gateway_of(request)
    await require_own(gateway, session, "see_document:delivery_letter", municipality_code, resident_number)
    known = await asked(gateway, session, path)
    if str(letter_id) not in [letter["letter_id"] for letter in known["letters"]]:
        raise Problem(404, *NOT_FOUND, detail="この人のお知らせに、この番号のものはありません。")
    return await pdf(
        request, session, f"/delivery-letters/{letter_id}/document", "delivery_letter", f"{municipality_code}:{resident_number}"
    )


@router.get(f"{PERSON}/acts/protection")
async def protection(request: Request, session: Clerk, municipality_code: str, resident_number: str, done: str = "") -> Response:
    """支援措置 of the person; for those who hold the right, how to have the address shown once."""
    person = await load(request, session, "acts", municipality_code, resident_number)
    known = await asked(gateway_of(request), session, f"{person.path}/address-protection")
    may_release = has_right(session.roles, Right.RELEASE_ADDRESS)
    return show(
        request, person, "protection", known=known, grounds=GROUNDS, releases=RELEASES, key=str(uuid4()), done=done[:10], address=None,
        may_release=may_release,
    )  # fmt: skip


@router.post(f"{PERSON}/acts/protection", dependencies=[OwnForm])
async def protect(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    applicant: Annotated[str, Form()],
    ground: Annotated[str, Form()],
    valid_from: Annotated[str, Form()],
    expires_on: Annotated[str, Form()],
    remark: Annotated[str, Form(max_length=200)] = "",
    members: Annotated[list[str], Form()] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    body = {
        "applicant": applicant,
        "ground": ground,
        "valid_from": day_of(valid_from, term="始まりの日"),
        "expires_on": day_of(expires_on, term="期間の終わりの日"),
        "remark": remark,
        "members": members,
    }
    return await _act(request, session, municipality_code, resident_number, "", body, key, "address_protection", "登録")


@router.post(f"{PERSON}/acts/protection/end", dependencies=[OwnForm])
async def end_protection(
    request: Request,
    session: Clerk,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    body = {"reason": reason}
    return await _act(request, session, municipality_code, resident_number, "/end", body, key, "address_protection_end", "申請")


@router.post(f"{PERSON}/acts/protection/release", dependencies=[OwnForm])
async def ask_release(
    request: Request,
    session: Privileged,
    municipality_code: str,
    resident_number: str,
    key: Annotated[UUID, Form()],
    document: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    body = {"document": document, "reason": reason}
    return await _act(request, session, municipality_code, resident_number, "release", body, key, "address_release", "申請")


@router.post(f"{PERSON}/acts/protection/release/{{release_id}}", dependencies=[OwnForm])
async def see_once(
    request: Request, session: Privileged, municipality_code: str, resident_number: str, release_id: UUID, key: Annotated[UUID, Form()]
) -> Response:
    """The address, once; the log keeps it before it is shown."""
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, "see_withheld_address", municipality_code, resident_number)
    path = f"/people/{municipality_code}/{resident_number}"
    person = await load(request, session, "acts", municipality_code, resident_number)
    address = await carry(
        gateway, session, "eligibility", f"{path}/address-releases/{release_id}/use", {}, key=key, action="see_withheld_address",
        about=(subject,), what="表示",
    )  # fmt: skip
    known = await asked(gateway, session, f"{path}/address-protection")
    return show(
        request, person, "protection", known=known, grounds=GROUNDS, releases=RELEASES, key=str(uuid4()), done="", address=address,
        may_release=True,
    )  # fmt: skip


async def pdf(request: Request, session: Session, path: str, kind: str, subject: str, *, service: str = "eligibility") -> Response:
    """Pass on a PDF of a service; the log names whose it was."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask(service, path, session.principal)
    await gateway.record(session, f"see_document:{kind}", "shown" if reply.ok else "failed", about=(subject,), detail=path)
    if not reply.ok:
        title = str(reply.problem.get("title") or NOT_FOUND[1])
        raise Problem(reply.status or 503, str(reply.problem.get("code") or NOT_FOUND[0]), title, str(reply.problem.get("detail") or ""))
    return as_pdf(reply.content, quote(kind))


_FIELDS = (
    "purpose", "applicant", "relationship", "recipient", "postal_code", "line_1", "line_2", "line_3", "valid_from", "valid_until", "reason",
)  # fmt: skip


def _entry(typed: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: typed[name] for name in ("purpose", "applicant", "relationship", "recipient", "reason")},
        "postal_code": typed["postal_code"].replace("-", "").replace("〒", ""),
        "address": [typed[name] for name in ("line_1", "line_2", "line_3") if typed[name]],
        "valid_from": day_of(typed["valid_from"], term="始まりの日"),
        "valid_until": day_of(typed["valid_until"], term="終わりの日") if typed["valid_until"] else None,
    }


async def _act(
    request: Request, session: Session, code: str, number: str, which: str, body: dict[str, Any], key: UUID, action: str, what: str
) -> Response:
    gateway = gateway_of(request)
    subject = await require_own(gateway, session, action, code, number)
    path = f"/people/{code}/{number}"
    asked_at = f"{path}/address-releases" if which == "release" else f"{path}/address-protection{which}"
    await carry(gateway, session, "eligibility", asked_at, body, key=key, action=action, about=(subject,), what=what)
    return RedirectResponse(f"{path}/acts/protection?done={action}", status_code=303, headers=HEADERS)
