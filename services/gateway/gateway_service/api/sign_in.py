"""Sign-in, sign-out, the terminal of a browser, and the own account."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import pyotp
import segno
from chassis.problems import Problem
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from gateway_service.api.gateway import Gateway, current_trace_id, gateway_of
from gateway_service.api.guard import FORM_COOKIE, SESSION_COOKIE, TERMINAL_COOKIE, OwnForm, allowed, own_sign_in_form, signed_in
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.domain.access_chain import Access
from gateway_service.domain.lockout import waits
from gateway_service.domain.roles import Right, has_right
from gateway_service.store import sign_ins
from gateway_service.store.sign_ins import Account, Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
Own = Annotated[Session, allowed(Right.USE_OWN_ACCOUNT)]
_YEARS = 5 * 366 * 24 * 3600
_STEP_SECONDS = 30


class NotLetIn(Exception):
    """A sign-in that did not succeed; the text is what the person reads, `why` what the log keeps."""

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where somebody sits. `new_token`: the cookie that this browser gets."""

    id: UUID
    name: str
    new_token: str | None = None


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/") -> Response:
    return _sign_in_page(request, next, message="")


@router.post("/sign-in", dependencies=[Depends(own_sign_in_form)])
async def sign_in(
    request: Request,
    user_name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check name, password, one-time code and terminal; begin a session with a token of its own."""
    gateway = gateway_of(request)
    name = user_name.strip()[:100]
    try:
        account = await _checked_account(gateway, name, password, code.strip())
        terminal = await _terminal(gateway, request, account)
    except NotLetIn as refusal:
        await _record(gateway, name, "", "refused", refusal.why)
        return _sign_in_page(request, next, message=str(refusal), user_name=name, status=401)
    token = secrets.token_urlsafe(32)
    async with gateway.runtime.units.open() as uow:
        await sign_ins.clear_failures(uow.connection, "account", name)
        await sign_ins.begin_session(uow.connection, token, account.id, terminal.id, uow.now)
        if terminal.new_token:
            await sign_ins.bind_terminal(uow.connection, terminal.id, terminal.new_token)
    await _record(gateway, name, terminal.name, "done", "")
    answer = RedirectResponse(_local(next), status_code=303, headers=HEADERS)
    _set_cookie(gateway, answer, SESSION_COOKIE, token)
    if terminal.new_token:
        _set_cookie(gateway, answer, TERMINAL_COOKIE, terminal.new_token, max_age=_YEARS)
    answer.delete_cookie(FORM_COOKIE)
    return answer


async def _checked_account(gateway: Gateway, name: str, password: str, code: str) -> Account:
    async with gateway.runtime.units.open() as uow:
        account = await sign_ins.find_account(uow.connection, name)
        now = uow.now
    if account and (rest := waits(account.locked_until, now)):
        raise NotLetIn(
            f"誤りが続いたため、あと{int(rest.total_seconds()) + 1}秒はサインインできません。待ってからもう一度入力してください。", "locked"
        )
    fits = await gateway.password_fits(password, account.password_hash if account else None)
    if account and fits and (account.totp_secret is None or await _code_fits(gateway, account, code)):
        return account
    async with gateway.runtime.units.open() as uow:
        until = await sign_ins.count_failure(uow.connection, "account", name, uow.now)
    message = "利用者名・パスワード・確認コードのどれかが正しくありません。"
    if until:
        message += "誤りが続いたため、しばらくサインインできません。"
    why = "unknown" if account is None else "password" if not fits else "one-time code"
    raise NotLetIn(message + "忘れたときは管理者に再設定を依頼してください。", why)


async def _code_fits(gateway: Gateway, account: Account, code: str) -> bool:
    """Whether a one-time code is right now or was in the last half minute, and was not used before."""
    step = matching_step(account.totp_secret or "", code, int(time.time()))
    if step is None:
        return False
    async with gateway.runtime.units.open() as uow:
        return await sign_ins.use_totp_step(uow.connection, account.id, step)


def matching_step(secret: str, code: str, now: int) -> int | None:
    """The time step a code belongs to: this one or the one before."""
    totp = pyotp.TOTP(secret)
    for step in (now // _STEP_SECONDS, now // _STEP_SECONDS - 1):
        if secrets.compare_digest(totp.at(step * _STEP_SECONDS).encode(), code.encode()):
            return step
    return None


async def _terminal(gateway: Gateway, request: Request, account: Account) -> Terminal:
    """The registered terminal of this browser; the account must be one of its municipality, or of the union."""
    token = request.cookies.get(TERMINAL_COOKIE, "")
    async with gateway.runtime.units.open() as uow:
        found = await sign_ins.find_terminal(uow.connection, token) if token else None
        if found and (
            found.municipality_code is None or account.municipalities is None or found.municipality_code in account.municipalities
        ):
            return Terminal(found.id, found.name)
        code = next(iter(sorted(account.municipalities)), None) if account.municipalities else None
        sample = await sign_ins.find_sample_terminal(uow.connection, code)
    if sample:
        return Terminal(sample.id, sample.name, new_token=secrets.token_urlsafe(32))
    if found:
        raise NotLetIn(
            "この端末は、ほかの市区町村の端末として登録されています。自分の市区町村の端末で行ってください。",
            "terminal of another municipality",
        )
    raise NotLetIn(
        "この端末は登録されていません。管理者から登録コードを受け取り、「端末の登録」で登録してください。", "terminal not registered"
    )


def _sign_in_page(request: Request, next_path: str, *, message: str, user_name: str = "", status: int = 200) -> Response:
    known = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = page(request, "sign_in.html", status=status, form_token=known, next=_local(next_path), message=message, user_name=user_name)
    _set_cookie(gateway_of(request), answer, FORM_COOKIE, known)
    return answer


def _set_cookie(gateway: Gateway, answer: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    answer.set_cookie(name, value, max_age=max_age, path="/", httponly=True, samesite="strict", secure=gateway.settings.https)


def _local(path: str) -> str:
    """A path of this house; anything else leads to the first page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\", "/sign-")) and path.isprintable() else "/"


async def _record(gateway: Gateway, name: str, terminal: str, result: str, detail: str) -> None:
    await gateway.log.write(
        Access(
            at=gateway.runtime.clock.now(),
            user=name,
            terminal=terminal,
            action="sign_in",
            result=result,
            detail=detail,
            trace_id=current_trace_id(),
        )
    )


@router.post("/sign-out", dependencies=[OwnForm])
async def sign_out(request: Request, session: Annotated[Session, Depends(signed_in)]) -> Response:
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        await sign_ins.end_session(uow.connection, session.key, uow.now)
    gateway.forget_session(session.key)
    await gateway.record(session, "sign_out", "done")
    answer = RedirectResponse("/sign-in", status_code=303, headers=HEADERS)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/terminal")
async def terminal_page(request: Request) -> Response:
    known = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = page(request, "terminal.html", form_token=known, message="", done="")
    _set_cookie(gateway_of(request), answer, FORM_COOKIE, known)
    return answer


@router.post("/terminal", dependencies=[Depends(own_sign_in_form)])
async def register_terminal(request: Request, registration: Annotated[str, Form()] = "") -> Response:
    """Bind this browser to the terminal that a registration code was drawn for."""
    gateway, token = gateway_of(request), secrets.token_urlsafe(32)
    known = request.cookies.get(FORM_COOKIE, "")
    async with gateway.runtime.units.open() as uow:
        found = await sign_ins.redeem_registration(uow.connection, registration.strip(), uow.now)
        if found:
            await sign_ins.bind_terminal(uow.connection, found.id, token)
    await _record(gateway, "", found.name if found else "", "done" if found else "refused", "terminal registration")
    if not found:
        await asyncio.sleep(1)  # a code has 79 bits; this only keeps the log readable under guessing
        message = "登録コードが正しくないか、期限(24時間)が過ぎています。管理者に新しいコードを依頼してください。"
        return page(request, "terminal.html", status=400, form_token=known, message=message, done="")
    answer = page(request, "terminal.html", form_token=known, message="", done=found.name)
    _set_cookie(gateway, answer, TERMINAL_COOKIE, token, max_age=_YEARS)
    return answer


@router.get("/")
async def first_page(session: Annotated[Session, Depends(signed_in)]) -> Response:
    """To the page that a role begins its day with."""
    for right, path in ((Right.SEE_PEOPLE, "/people"), (Right.OPERATE, "/console"), (Right.SEE_ACCESS_LOG, "/access-log")):
        if has_right(session.roles, right):
            return RedirectResponse(path, status_code=303, headers=HEADERS)
    return RedirectResponse("/account", status_code=303, headers=HEADERS)


@router.get("/account")
async def account_page(request: Request, session: Own) -> Response:
    return _account_page(request, session, pyotp.random_base32(), message="")


@router.post("/account/one-time-code", dependencies=[OwnForm])
async def set_one_time_code(
    request: Request, session: Own, secret: Annotated[str, Form()] = "", code: Annotated[str, Form()] = ""
) -> Response:
    """Switch the one-time code on: with a code that proves the authenticator knows the secret."""
    gateway = gateway_of(request)
    if session.has_totp or len(secret) != 32:
        raise Problem(409, "KOKI-S409", "確認コードはすでに設定されています。", "変えるときは、先に管理者に解除を依頼してください。")
    try:
        step = matching_step(secret, code.strip(), int(time.time()))
    except ValueError:
        step = None
    if step is None:
        return _account_page(
            request, session, secret, message="確認コードが合いません。端末の時刻を確かめて、新しい6桁を入力してください。"
        )
    async with gateway.runtime.units.open() as uow:
        await sign_ins.set_totp_secret(uow.connection, session.account_id, secret)
        await sign_ins.use_totp_step(uow.connection, session.account_id, step)
    gateway.forget_session(session.key)
    await gateway.record(session, "set_one_time_code", "done")
    return RedirectResponse("/account", status_code=303, headers=HEADERS)


def _account_page(request: Request, session: Session, secret: str, *, message: str) -> Response:
    values: dict[str, Any] = {"secret": secret, "message": message, "drawing": None}
    if not session.has_totp:
        uri = pyotp.TOTP(secret).provisioning_uri(name=session.user, issuer_name="Koki")
        values["drawing"] = Markup('<img class="code" alt="確認コードの設定用二次元コード" src="{}">').format(
            segno.make(uri).svg_data_uri(scale=4, border=2)
        )
    return page(request, "account.html", status=400 if message else 200, **values)
