"""The gateway asks the other services over HTTP, with a signed token that says for whom."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from chassis.tokens import Principal, Signer
from opentelemetry import propagate

log = structlog.get_logger("upstream")

TOKEN_SECONDS = 60
"""A token is used for so long and is valid for twice as long."""
SECONDS = 10.0
REFUSED = ("KOKI-S422", "サービスに断られました。")
"""What a person reads of a refusal that is no problem document."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered. `status` 0: it could not be asked."""

    service: str
    status: int
    content: bytes = b""
    content_type: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def unavailable(self) -> bool:
        """It was down or failed: the rest of a screen can still be shown."""
        return self.status == 0 or self.status >= 500

    def json(self) -> Any:
        return httpx.Response(200, content=self.content).json()

    @property
    def problem(self) -> dict[str, Any]:
        """The refusal as a problem; empty when it is none."""
        if self.ok or "json" not in self.content_type:
            return {}
        found = self.json()
        return found if isinstance(found, dict) else {}


class Upstream:
    """One keep-alive client for all services. `addresses`: service → base URL."""

    def __init__(self, addresses: dict[str, str], signer: Signer) -> None:
        self.addresses = addresses
        self._signer = signer
        self._tokens: dict[Principal, tuple[str, float]] = {}
        limits = httpx.Limits(max_keepalive_connections=100, max_connections=200)
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(SECONDS, connect=2.0), limits=limits, trust_env=False)

    def token(self, principal: Principal) -> str:
        """A token for the principal, made at most once a minute."""
        now = time.time()
        token, until = self._tokens.get(principal, ("", 0.0))
        if until < now:
            token, until = self._signer.sign(principal, now=int(now)), now + TOKEN_SECONDS
            self._tokens = {p: kept for p, kept in self._tokens.items() if kept[1] >= now}
            self._tokens[principal] = (token, until)
        return token

    async def ask(
        self,
        service: str,
        path: str,
        principal: Principal,
        *,
        method: str = "GET",
        params: dict[str, str] | None = None,
        json: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Ask a service; never raises for what happens on the other side."""
        address = self.addresses.get(service)
        if address is None:
            return Reply(service, 0)
        sent = {"authorization": f"Bearer {self.token(principal)}", **(headers or {})}
        propagate.inject(sent)
        try:
            found = await self._client.request(method, address + path, params=params, json=json, headers=sent)
        except httpx.HTTPError as error:
            log.warning("unavailable", asked=service, error=type(error).__name__)
            return Reply(service, 0)
        return Reply(service, found.status_code, found.content, found.headers.get("content-type", ""))

    async def healthy(self, service: str) -> tuple[int, dict[str, bool]]:
        """(status, parts) of the health of a service; status 0 when it does not answer."""
        try:
            found = await self._client.get(self.addresses[service] + "/health", timeout=3)
        except httpx.HTTPError:
            return 0, {}
        parts = found.json() if "json" in found.headers.get("content-type", "") else {}
        return found.status_code, parts if isinstance(parts, dict) else {}

    async def close(self) -> None:
        await self._client.aclose()
