"""The gateway's connections to a service: kept, never shared by two questions, and given up when an answer does not come whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from chassis.tokens import Principal, Signer
from gateway_service.api.kept_connections import KeptConnections, NoAnswer
from gateway_service.api.upstream import Upstream

from services.gateway.tests.world import keys

Answering = Callable[[str, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Stand:
    """A service that speaks raw HTTP; it notes the first line of each request, and how many connections were opened."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.asked: list[str] = []
        self.connections = 0
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked.append(head.splitlines()[0])
                await self._answering(head.splitlines()[0].split()[1], writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def a_stand(answering: Answering) -> AsyncIterator[Stand]:
    stand = Stand(answering)
    server = await asyncio.start_server(stand.serve, "127.0.0.1", 0)
    stand.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stand
    finally:
        server.close()


async def _echo(target: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target.encode()))


async def _get(connections: KeptConnections, target: str, *, seconds: float = 5) -> bytes:
    return (await connections.ask("GET", target, {}, None, seconds=seconds)).content


async def test_questions_one_after_the_other_share_a_connection_and_questions_at_once_do_not() -> None:
    async with a_stand(_echo) as stand:
        connections = KeptConnections(stand.address)
        assert [await _get(connections, f"/{number}") for number in range(5)] == [b"/0", b"/1", b"/2", b"/3", b"/4"]
        assert stand.connections == 1

        assert await asyncio.gather(*(_get(connections, f"/{number}") for number in range(8))) == [b"/%d" % number for number in range(8)]
        assert stand.connections == 8


async def test_an_answer_in_pieces_is_put_together() -> None:
    async def in_chunks(target: str, writer: asyncio.StreamWriter) -> None:
        for piece in (
            b"HTTP/1.1 201 Created\r\nContent-Type: appli",
            b"cation/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n",
            b"2\r\n2]\r\n0\r\n\r\n",
        ):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)

    async with a_stand(in_chunks) as stand:
        answer = await KeptConnections(stand.address).ask("POST", "/", {}, b"{}", seconds=5)
    assert (answer.status, answer.content_type, answer.content) == (201, "application/json", b"[1,2]")


async def test_a_late_answer_is_nobody_elses() -> None:
    """With a connection put back although its answer was still on the way, this failed."""

    async def slow_at_first(target: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3 if target == "/slow" else 0)
        await _echo(target, writer)

    async with a_stand(slow_at_first) as stand:
        connections = KeptConnections(stand.address)
        with pytest.raises(NoAnswer):
            await _get(connections, "/slow", seconds=0.1)
        assert [await _get(connections, "/quick"), await _get(connections, "/quicker")] == [b"/quick", b"/quicker"]


async def test_a_connection_that_the_service_has_closed_is_replaced() -> None:
    async def once(target: str, writer: asyncio.StreamWriter) -> None:
        await _echo(target, writer)
        await writer.drain()
        writer.close()

    async with a_stand(once) as stand:
        connections = KeptConnections(stand.address)
        for number in range(3):
            assert await _get(connections, f"/{number}") == b"/%d" % number
            await asyncio.sleep(0.05)
        assert stand.connections == 3


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"no http at all\r\n\r\n"])
async def test_an_answer_that_is_not_whole_is_none(answer: bytes) -> None:
    async def break_off(target: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with a_stand(break_off) as stand:
        with pytest.raises(NoAnswer):
            await _get(KeptConnections(stand.address), "/")


async def test_what_is_typed_into_an_address_neither_ends_the_path_nor_the_line(tmp_path: Path) -> None:
    async with a_stand(_echo) as stand:
        upstream = Upstream({"eligibility": stand.address}, Signer(keys(tmp_path)[0]))
        clerk = Principal("chiyoda", frozenset({"window_clerk"}), frozenset({"131016"}))
        for path in ("/people/131016/1?kana=ア", "/people/131016/1 HTTP/1.1\r\nx-evil: 1\r\n", "/people/131016/1#2"):
            await upstream.ask("eligibility", path, clerk, params={"born_on": "1941-05-05&x=1"})
        assert stand.asked == [
            "GET /people/131016/1%3Fkana=%E3%82%A2?born_on=1941-05-05%26x%3D1 HTTP/1.1",
            "GET /people/131016/1%20HTTP/1.1%0D%0Ax-evil:%201%0D%0A?born_on=1941-05-05%26x%3D1 HTTP/1.1",
            "GET /people/131016/1%232?born_on=1941-05-05%26x%3D1 HTTP/1.1",
        ]
        with pytest.raises(ValueError, match="line break"):
            await upstream.ask("eligibility", "/people", clerk, headers={"Idempotency-Key": "1\r\nx-evil: 1"})


def test_an_address_that_is_not_reached_by_plain_http_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="KOKI_SERVICES"):
        KeptConnections("https://eligibility.example")
