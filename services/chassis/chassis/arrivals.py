"""What the broker has delivered and nobody has applied yet, handed out in batches that grow with the load (infra/decisions/0014)."""

from __future__ import annotations

import asyncio
from collections import deque

from aio_pika.abc import AbstractIncomingMessage

LONGEST_REST = 0.25
"""Seconds. A message waits at most this long for others to join its batch, and only while there is work all the time."""
MOMENT = 0.005
"""Seconds in which nothing more has come: the burst of a relay is over, or the message is alone."""


class Arrivals:
    """A batch is what has arrived, up to `largest`. Before the next one it rests as long as the last one took to apply.

    A lone message is handed out after a moment, a burst as a whole. Under load each batch is larger than the last, until they are full or
    the rest is at its bound; a full batch does not wait.
    """

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self._waiting: deque[AbstractIncomingMessage] = deque()
        self._something = asyncio.Event()
        self._full = asyncio.Event()
        self._handed_out_at: float | None = None

    async def take(self, message: AbstractIncomingMessage) -> None:
        """The callback of the consumers."""
        self._waiting.append(message)
        self._something.set()
        if len(self._waiting) >= self.largest:
            self._full.set()

    def forget(self) -> None:
        """The connection is lost: the broker delivers again whatever was not acknowledged."""
        self._waiting.clear()
        self._something.clear()
        self._full.clear()
        self._handed_out_at = None

    async def next_batch(self, *, patience: float | None = None) -> list[AbstractIncomingMessage]:
        """The next batch, in the order of arrival; empty when nothing comes within `patience` seconds. The last one must be done."""
        await self._rest()
        if not self._waiting:
            self._something.clear()
            try:
                await asyncio.wait_for(self._something.wait(), patience)
            except TimeoutError:
                return []
            await self._burst()
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self.largest))]
        if len(self._waiting) < self.largest:
            self._full.clear()
        self._handed_out_at = asyncio.get_running_loop().time()
        return batch

    async def _rest(self) -> None:
        if self._handed_out_at is None:
            return
        taken = asyncio.get_running_loop().time() - self._handed_out_at
        self._handed_out_at = None
        try:
            await asyncio.wait_for(self._full.wait(), min(taken, LONGEST_REST))
        except TimeoutError:
            return

    async def _burst(self) -> None:
        before, longest = 0, int(LONGEST_REST / MOMENT)
        while before < len(self._waiting) < self.largest and longest:
            before, longest = len(self._waiting), longest - 1
            await asyncio.sleep(MOMENT)
