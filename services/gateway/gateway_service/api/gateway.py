"""The parts of one gateway process that belong to its HTTP face, made once and kept with the application."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from chassis.runtime import Runtime
from chassis.tokens import Signer
from chassis.web import runtime_of
from fastapi import Request
from opentelemetry import trace
from pwdlib import PasswordHash

from gateway_service.api.upstream import Upstream
from gateway_service.domain.access_chain import Access
from gateway_service.settings import GatewaySettings
from gateway_service.store import sign_ins
from gateway_service.store.access_log import AccessLog
from gateway_service.store.sign_ins import Session

SESSION_KEPT_SECONDS = 5
"""How long another replica may still take a session that was ended here."""


class Gateway:
    """Settings, passwords, sessions, access log and the way to the other services."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.settings = GatewaySettings()
        self.passwords = PasswordHash.recommended()
        self.log = AccessLog(runtime.engine)
        self.proven: dict[bytes, float] = {}
        """Digest of a municipality's proven secret → until when (monotonic seconds) it need not be computed again."""
        self._sessions: dict[bytes, tuple[Session | None, float]] = {}
        self._no_account_hash = ""
        self._upstream: Upstream | None = None

    @property
    def upstream(self) -> Upstream:
        if self._upstream is None:
            settings = self.runtime.settings
            if settings.token_private_key_file is None:
                raise RuntimeError("KOKI_TOKEN_PRIVATE_KEY_FILE is not set: the gateway cannot say to the services who asks.")
            own = f"http://127.0.0.1:{settings.http_port}"
            self._upstream = Upstream({"gateway": own, **settings.services}, Signer(settings.token_private_key_file))
            self.runtime.ends.append(self._upstream.close)
        return self._upstream

    async def session(self, token: str) -> Session | None:
        """The live session of a cookie's token."""
        key, now = sign_ins.digest(token), time.monotonic()
        found, until = self._sessions.get(key, (None, 0.0))
        if until > now:
            return found
        async with self.runtime.units.open() as uow:
            idle, longest = timedelta(minutes=self.settings.idle_minutes), timedelta(hours=self.settings.session_hours)
            found = await sign_ins.find_session(uow.connection, key, now=uow.now, idle=idle, longest=longest)
        if len(self._sessions) > 10_000:
            self._sessions.clear()
        if found:
            self._sessions[key] = (found, now + SESSION_KEPT_SECONDS)
        return found

    def forget_session(self, key: bytes) -> None:
        self._sessions.pop(key, None)

    def forget_all_sessions(self) -> None:
        self._sessions.clear()

    async def record(self, session: Session, action: str, result: str, *, about: tuple[str, ...] = (), detail: str = "") -> None:
        """Keep an entry of the access log; when this returns, it is committed."""
        await self.log.write(
            Access(
                at=self.runtime.clock.now(),
                user=session.user,
                terminal=session.terminal,
                action=action,
                result=result,
                about=about,
                detail=detail,
                trace_id=current_trace_id(),
            )
        )

    async def password_fits(self, password: str, hashed: str | None) -> bool:
        """Compare in a thread; without a hash the same work is done for nothing, so that the time tells nothing."""
        if not self._no_account_hash:
            self._no_account_hash = await asyncio.to_thread(self.passwords.hash, "no such account")
        fits = await asyncio.to_thread(self.passwords.verify, password, hashed or self._no_account_hash)
        return fits and hashed is not None


def gateway_of(request: Request) -> Gateway:
    """The gateway behind a request."""
    state = request.app.state
    found = getattr(state, "gateway", None)
    if found is None:
        found = state.gateway = Gateway(runtime_of(request))
    assert isinstance(found, Gateway)
    return found


def current_trace_id() -> str:
    """The trace of this request, as a person would quote it."""
    trace_id = trace.get_current_span().get_span_context().trace_id
    return f"{trace_id:032x}" if trace_id else ""
