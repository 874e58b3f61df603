"""The gateway asks the other services over HTTP, with a signed token that says for whom."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import structlog
from chassis.tokens import Principal, Signer
from opentelemetry import propagate
from pydantic_core import from_json, to_json

from gateway_service.api.kept_connections import KeptConnections, NoAnswer

log = structlog.get_logger("upstream")

TOKEN_SECONDS = 60
"""A token is used for so long and is valid for twice as long."""
SECONDS = 10.0
HEALTH_SECONDS = 3.0
_SAFE: Final = "/%:@!$&'()*+,;=~"
"""What stays as it is in a path; a `?` does not: it would begin a query that nobody has asked for."""
REFUSED = ("KOKI-S422", "サービスに断られました。")
"""What a person reads of a refusal that is no problem document."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered. `status` 0: it could not be asked; `sent` is false where it surely never heard of it."""

    service: str
    status: int
    content: bytes = b""
    content_type: str = ""
    sent: bool = True

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def unavailable(self) -> bool:
        """It was down or failed: the rest of a screen can still be shown."""
        return self.status == 0 or self.status >= 500

    def json(self) -> Any:
        return from_json(self.content)

    @property
    def problem(self) -> dict[str, Any]:
        """The refusal as a problem; empty when it is none."""
        if self.ok or "json" not in self.content_type:
            return {}
        found = self.json()
        return found if isinstance(found, dict) else {}


class Upstream:
    """The way to all services. `addresses`: service → base URL."""

    def __init__(self, addresses: dict[str, str], signer: Signer) -> None:
        self.addresses = addresses
        self._signer = signer
        self._tokens: dict[Principal, tuple[str, float]] = {}
        self._connections = {service: KeptConnections(address) for service, address in addresses.items()}

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
        connections = self._connections.get(service)
        if connections is None:
            return Reply(service, 0, sent=False)
        sent = {"authorization": f"Bearer {self.token(principal)}", **(headers or {})}
        propagate.inject(sent)
        if json is not None:
            sent["content-type"] = "application/json"
        target = quote(path, safe=_SAFE) + (f"?{urlencode(params)}" if params else "")
        try:
            found = await connections.ask(method, target, sent, None if json is None else to_json(json), seconds=SECONDS)
        except NoAnswer as error:
            log.warning("unavailable", asked=service, error=str(error))
            return Reply(service, 0, sent=not isinstance(error.__cause__, ConnectionRefusedError))
        return Reply(service, found.status, found.content, found.content_type)

    async def healthy(self, service: str) -> tuple[int, dict[str, bool]]:
        """(status, parts) of the health of a service; status 0 when it does not answer."""
        try:
            found = await self._connections[service].ask("GET", "/health", {}, None, seconds=HEALTH_SECONDS)
        except NoAnswer:
            return 0, {}
        parts = from_json(found.content) if "json" in found.content_type else {}
        return found.status, parts if isinstance(parts, dict) else {}
