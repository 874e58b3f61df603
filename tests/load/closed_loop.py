"""A client that does not become the bottleneck: ready requests over kept connections, one outstanding on each.

`python -m tests.load.closed_loop` reads what to do as JSON from its input and writes what it saw as JSON: a process of its own, so that
it has a processor of its own where there is one. It reads of an answer no more than its status and its length.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop


@dataclass(frozen=True)
class Errand:
    """What to ask: `paths` in turn, from `connections` connections, for `seconds` after `warm_seconds` that are not counted."""

    port: int
    paths: Sequence[str]
    connections: int
    seconds: float
    warm_seconds: float = 0.5
    headers: str = ""


@dataclass
class Seen:
    """What came back in the counted time. `others`: another status than 200; the times in milliseconds.

    `all_answers` counts those before and after it too: so many entries must stand in the access log.
    """

    answers: int = 0
    all_answers: int = 0
    others: int = 0
    seconds: float = 0.0
    median_ms: float = 0.0
    p99_ms: float = 0.0
    body_bytes: int = 0

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


def drive(errand: Errand) -> Seen:
    """Run the client as a process of its own; RuntimeError when it fails."""
    command = [sys.executable, "-m", "tests.load.closed_loop"]
    done = subprocess.run(command, input=json.dumps(asdict(errand)).encode(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return Seen(**json.loads(done.stdout))


@dataclass
class _Round:
    requests: list[bytes]
    ended: asyncio.Future[None]
    milliseconds: list[float] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)
    counting: bool = False
    over: bool = False
    open_connections: int = 0


class _Connection(asyncio.Protocol):
    """One kept connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, round_: _Round, first: int) -> None:
        self._round, self._next = round_, first
        self._waiting_for = 0
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # that of uvloop says nothing of its kind
        self._round.open_connections += 1
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._round.open_connections -= 1
        if not self._round.ended.done() and (not self._round.over or not self._round.open_connections):
            lost = None if self._round.over else RuntimeError(f"The server has closed a connection: {error}.")
            self._round.ended.set_exception(lost) if lost else self._round.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._waiting_for:
            self._waiting_for -= len(data)
        else:
            self._begun += data
            end = self._begun.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._begun[:end].lower()
            start = head.index(b"content-length:") + 15
            length = int(head[start:].split(b"\r", 1)[0])
            self._is_200 = head[9:12] == b"200"
            self._round.seen.body_bytes = length
            self._waiting_for = length - (len(self._begun) - end - 4)
            self._begun = b""
        if not self._waiting_for:
            self._answered()

    def _answered(self) -> None:
        seen = self._round.seen
        seen.all_answers += 1
        if self._round.counting:
            seen.answers += 1
            self._round.milliseconds.append((time.perf_counter() - self._asked) * 1000)
        seen.others += not self._is_200
        if self._round.over:
            self._transport.close()
        else:
            self._ask()

    def _ask(self) -> None:
        requests = self._round.requests
        self._asked = time.perf_counter()
        self._transport.write(requests[self._next % len(requests)])
        self._next += 1


async def _run(errand: Errand) -> Seen:
    loop = asyncio.get_running_loop()
    requests = [f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{errand.headers}\r\n".encode() for path in errand.paths]
    round_ = _Round(requests, loop.create_future())
    apart = max(1, len(requests) // errand.connections)
    for number in range(errand.connections):
        await loop.create_connection(lambda first=number * apart: _Connection(round_, first), "127.0.0.1", errand.port)  # type: ignore[misc]
    await _unless_lost(round_, errand.warm_seconds)
    round_.counting, started = True, time.perf_counter()
    await _unless_lost(round_, errand.seconds)
    round_.counting, round_.seen.seconds = False, time.perf_counter() - started
    round_.over = True
    await round_.ended
    taken = sorted(round_.milliseconds)
    round_.seen.median_ms, round_.seen.p99_ms = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    return round_.seen


async def _unless_lost(round_: _Round, seconds: float) -> None:
    await asyncio.wait([round_.ended], timeout=seconds)
    if round_.ended.done():
        round_.ended.result()


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_run(Errand(**json.load(sys.stdin)))))))
