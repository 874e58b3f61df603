"""The gateway asks the other services over HTTP, with a signed token that says for whom."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import structlog
from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from chassis.tokens import Principal, Signer
from opentelemetry import propagate
from pydantic_core import from_json, to_json
from yarl import URL

log = structlog.get_logger("upstream")

TOKEN_SECONDS = 60
"""A token is used for so long and is valid for twice as long."""
CONNECT_SECONDS: Final = 2.0
KEPT_SECONDS: Final = 4.0
"""A connection that was idle for longer is not used again: a service closes it after five seconds, perhaps while it is asked."""
MOST_CONNECTIONS: Final = 100
"""To one service."""
_WAIT: Final = ClientTimeout(total=10, sock_connect=CONNECT_SECONDS)
_WAIT_FOR_HEALTH: Final = ClientTimeout(total=3, sock_connect=CONNECT_SECONDS)
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
    """The way to all services, over kept connections. `addresses`: service → base URL; ValueError for one that is none."""

    def __init__(self, addresses: dict[str, str], signer: Signer) -> None:
        for address in addresses.values():
            place = urlsplit(address)
            if place.scheme not in ("http", "https") or not place.hostname:
                raise ValueError(f"The gateway asks services over HTTP, and {address} is no address for that: see KOKI_SERVICES.")
        self.addresses = {service: address.rstrip("/") for service, address in addresses.items()}
        self._signer = signer
        self._tokens: dict[Principal, tuple[str, float]] = {}
        self._session = ClientSession(
            connector=TCPConnector(limit=0, limit_per_host=MOST_CONNECTIONS, keepalive_timeout=KEPT_SECONDS),
            cookie_jar=DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._session.close()

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
        if service not in self.addresses:
            return Reply(service, 0, sent=False)
        sent = {"authorization": f"Bearer {self.token(principal)}", **(headers or {})}
        propagate.inject(sent)
        if json is not None:
            sent["content-type"] = "application/json"
        target = quote(path, safe=_SAFE) + (f"?{urlencode(params)}" if params else "")
        return await self._ask(service, method, target, sent, None if json is None else to_json(json), _WAIT)

    async def healthy(self, service: str) -> tuple[int, dict[str, bool]]:
        """(status, parts) of the health of a service; status 0 when it does not answer."""
        found = await self._ask(service, "GET", "/health", {}, None, _WAIT_FOR_HEALTH)
        parts = found.json() if "json" in found.content_type else {}
        return found.status, parts if isinstance(parts, dict) else {}

    async def _ask(self, service: str, method: str, target: str, headers: dict[str, str], body: bytes | None, wait: ClientTimeout) -> Reply:
        url = URL(self.addresses[service] + target, encoded=True)
        try:
            async with self._session.request(method, url, data=body, headers=headers, timeout=wait, allow_redirects=False) as answer:
                content = await answer.read()
                return Reply(service, answer.status, content, answer.headers.get("content-type", ""))
        except (ClientError, OSError, TimeoutError) as error:
            log.warning("unavailable", asked=service, error=type(error).__name__)
            return Reply(service, 0, sent=not isinstance(error, ClientConnectorError))
