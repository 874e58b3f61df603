"""Kept connections to one service: HTTP/1.1 without TLS, one question at a time on each, and nothing else that the gateway does not need.

A general client spends more of the gateway's time on a question than everything else together (tests/load/README.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

CONNECT_SECONDS: Final = 2.0
KEPT_SECONDS: Final = 4.0
"""A connection that was idle for longer is not used again: a service closes it after five seconds, perhaps while it is asked."""
MOST_CONNECTIONS: Final = 100


class NoAnswer(Exception):
    """The service could not be asked, or did not answer whole and in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    content: bytes


class KeptConnections:
    """The connections to one `address`, such as `http://127.0.0.1:8000`; ValueError for one that is not reached by plain HTTP."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        if place.scheme != "http" or place.hostname is None:
            raise ValueError(f"The gateway asks services by plain HTTP, and {address} is none: see KOKI_SERVICES.")
        self._host, self._port, self._path = place.hostname, place.port or 80, place.path.rstrip("/")
        self._host_header = place.netloc.rpartition("@")[2]
        self._idle: list[_Connection] = []
        self._free = asyncio.Semaphore(MOST_CONNECTIONS)

    async def ask(self, method: str, target: str, headers: Mapping[str, str], content: bytes | None, *, seconds: float) -> Answer:
        """Send a request and wait for the whole answer; `target` is path and query, quoted. Raises NoAnswer."""
        lines = [f"{method} {self._path}{target} HTTP/1.1", f"host: {self._host_header}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"content-length: {len(content)}"] if content is not None else []
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("A header or a path with a line break in it is not sent.")
        request = "\r\n".join([*lines, "", ""]).encode("latin-1") + (content or b"")
        try:
            async with asyncio.timeout(seconds), self._free:
                return await self._ask(request)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            raise NoAnswer(type(error).__name__) from error

    async def _ask(self, request: bytes) -> Answer:
        connection = self._kept() or await self._new()
        try:
            answer = await connection.ask(request)
        finally:
            # Whoever stopped waiting leaves an answer on its way: nobody else may take it for the own one.
            if connection.is_ready:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            else:
                connection.close()
        return answer

    def _kept(self) -> _Connection | None:
        oldest = time.monotonic() - KEPT_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.is_ready and connection.idle_since > oldest:
                return connection
            connection.close()
        return None

    async def _new(self) -> _Connection:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, connection = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        return connection


class _Connection(asyncio.Protocol):
    """One connection; `httptools` calls its `on_` methods."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.is_ready = True
        """Open, and no answer is awaited."""
        self._parser = httptools.HttpResponseParser(self)
        self._awaited: asyncio.Future[Answer] | None = None
        self._content_type = b""
        self._parts: list[bytes] = []

    async def ask(self, request: bytes) -> Answer:
        self._awaited = asyncio.get_running_loop().create_future()
        self.is_ready = False
        self._transport.write(request)
        return await self._awaited

    def close(self) -> None:
        self.is_ready = False
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(error)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or ConnectionResetError("The connection was closed before the answer was whole."))

    def _fail(self, error: Exception) -> None:
        self.close()
        if self._awaited and not self._awaited.done():
            self._awaited.set_exception(error)

    def on_message_begin(self) -> None:
        self._content_type, self._parts = b"", []

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self._content_type = value

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        awaited, self._awaited = self._awaited, None
        if awaited is None or awaited.done():
            self.close()
            return
        self.is_ready = self._parser.should_keep_alive()
        awaited.set_result(Answer(self._parser.get_status_code(), self._content_type.decode("latin-1"), b"".join(self._parts)))
