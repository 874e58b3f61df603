"""Who may come in: every screen and every act names the right it needs; forms carry a token that only our own pages know."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from chassis.problems import NOT_ALLOWED, NOT_SIGNED_IN, Problem
from fastapi import Depends, Form, Request

from gateway_service.api.gateway import gateway_of
from gateway_service.domain.roles import Right, has_right
from gateway_service.store.sign_ins import Session

SESSION_COOKIE = "koki_session"
TERMINAL_COOKIE = "koki_terminal"
FORM_COOKIE = "koki_form"
_FOREIGN_FORM = ("KOKI-S403", "この画面から送られたものと確かめられませんでした。")


async def signed_in(request: Request) -> Session:
    """The session behind the request's cookie."""
    token = request.cookies.get(SESSION_COOKIE, "")
    session = await gateway_of(request).session(token) if token else None
    if session is None:
        raise Problem(401, *NOT_SIGNED_IN, detail="時間がたったか、サインアウトされています。もう一度サインインしてください。")
    request.state.session = session
    return session


SignedIn = Annotated[Session, Depends(signed_in)]


def allowed(right: Right) -> Any:
    """A dependency: the session, which must hold the right. A refusal is kept in the access log."""

    async def check(request: Request, session: SignedIn) -> Session:
        if not has_right(session.roles, right):
            await gateway_of(request).record(session, right, "refused", detail=request.url.path)
            raise Problem(403, *NOT_ALLOWED, detail="必要なときは、管理者に役割の追加を依頼してください。")
        return session

    check.right = right  # type: ignore[attr-defined]
    return Depends(check)


def csrf_of(token: str) -> str:
    """What the forms of a session carry; only who holds the session's cookie can compute it."""
    return hmac.new(token.encode(), b"koki form", hashlib.sha256).hexdigest()


async def own_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """A form must come from a page of this session: by its token, and by what the browser says of its origin."""
    token = request.cookies.get(SESSION_COOKIE, "")
    if not comes_from_here(request) or not token or not hmac.compare_digest(csrf, csrf_of(token)):
        raise Problem(403, *_FOREIGN_FORM, detail="何も変更していません。画面を開き直して、もう一度行ってください。")


async def own_sign_in_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """The sign-in form, before there is a session: the field must equal the cookie that came with the page."""
    known = request.cookies.get(FORM_COOKIE, "")
    if not comes_from_here(request) or not known or not hmac.compare_digest(csrf, known):
        raise Problem(403, *_FOREIGN_FORM, detail="画面を開き直して、もう一度入力してください。クッキーを使える設定か確かめてください。")


def comes_from_here(request: Request) -> bool:
    """What the browser itself says; browsers that say nothing are judged by the token alone."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


OwnForm = Depends(own_form)
Guard = Callable[[Request], Awaitable[Session]]
