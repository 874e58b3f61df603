"""The municipal offices of the failure tests: what they send, with some bad rows among it, and every answer that they are given."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import aio_pika
import numpy as np
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError
from pydantic_core import from_json

from infra.rabbitmq.definitions import answers_queue
from tests.simulators.municipality.books import Row
from tests.simulators.municipality.changes import changes
from tests.simulators.municipality.population import Population
from tests.simulators.municipality.sender import message_of

SENT_AT: Final = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)
BAD_SHARE: Final = 0.02
IMPOSSIBLE_SEX: Final = "7"


def changes_with_bad_rows(seed: int, population: Population, count: int) -> list[Row]:
    """`count` changes of which about 2 % are bad: a value outside its code table (rejected), or 「●」 in a name (parked).

    A bad row is one more record of a person of whom nothing follows, so that nothing waits for what was refused.
    """
    chance = np.random.default_rng([seed, 20_260_713])
    bad = max(2, round(count * BAD_SHARE))
    rows = list(changes(seed, population, count - bad))
    last = {_person(row): index for index, row in enumerate(rows) if row["kind"] == "resident"}
    for number, index in enumerate(sorted(chance.choice(sorted(last.values()), bad, replace=False).tolist(), reverse=True)):
        row = rows[index]
        wrong = {"sex": IMPOSSIBLE_SEX} if number % 2 else {"name": "●" + row["name"][1:]}
        rows.insert(index + 1, {**row, **wrong, "history_number": row["history_number"] + 1})
    return rows


def expected_answers(rows: Sequence[Row]) -> dict[str, str]:
    """Message id → the state that the gateway must answer."""
    return {str(message_of(row, SENT_AT).id): _verdict(row) for row in rows}


def _verdict(row: Row) -> str:
    if row.get("sex") == IMPOSSIBLE_SEX:
        return "rejected"
    return "parked" if "●" in row.get("name", "") else "accepted"


def _person(row: Row) -> tuple[str, str]:
    return row["municipality_code"], row["resident_number"]


class Letterbox:
    """Takes every answer of the municipalities' queues, each with the municipality's own account, until it is closed."""

    def __init__(self, broker_urls: Mapping[str, str]) -> None:
        self._broker_urls = broker_urls
        self._tasks: list[asyncio.Task[None]] = []
        self._arrived = asyncio.Condition()
        self.states: dict[str, set[str]] = defaultdict(set)
        """Message id → the states that were answered; more than one would be a contradiction."""
        self.answers: dict[str, dict[str, Any]] = {}
        """Message id → the last answer."""
        self.times: Counter[str] = Counter()
        """Message id → how often it was answered; more than once after a redelivery."""

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._collect(code, url)) for code, url in self._broker_urls.items()]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def answer_to(self, message_id: str, *, seconds: float = 120) -> dict[str, Any]:
        """Wait for the answer to a message."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: message_id in self.answers)
        return self.answers[message_id]

    async def _collect(self, code: str, url: str) -> None:
        while True:
            try:
                async with await aio_pika.connect(url, timeout=10) as connection:
                    lost = asyncio.Event()
                    connection.close_callbacks.add(lambda *_, lost=lost: lost.set())
                    async with asyncio.timeout(15):
                        channel = await connection.channel()
                        await channel.set_qos(prefetch_count=100)
                        queue = await channel.get_queue(answers_queue(code), ensure=False)
                        await queue.consume(self._take)
                    channel.close_callbacks.add(lambda *_, lost=lost: lost.set())
                    await lost.wait()
            except (AMQPError, OSError, TimeoutError, RuntimeError):
                pass
            await asyncio.sleep(0.5)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        body = from_json(message.body)
        for answer in body if isinstance(body, list) else [body]:
            self.states[answer["message_id"]].add(answer["state"])
            self.answers[answer["message_id"]] = answer
            self.times[answer["message_id"]] += 1
        async with self._arrived:
            self._arrived.notify_all()
        await message.ack()
