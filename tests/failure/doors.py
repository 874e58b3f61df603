"""The public doors of the union, as a municipality and a clerk use them, and a look at what a prefix of numbers led to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import aio_pika
import httpx
from chassis.tokens import Principal, Signer
from contracts.envelope import SINGLE, encode

from tests.failure.offices import SENT_AT, Letterbox
from tests.failure.picture import Databases
from tests.failure.union import PATIENCE, FailureUnion
from tests.simulators.municipality.books import Row
from tests.simulators.municipality.files import KINDS, WrittenFile
from tests.simulators.municipality.sender import EXCHANGE, Answer, message_of, publish_all, upload

FINISHED: Final = ("accepted", "accepted_with_errors", "refused")
_KNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "eligibility": {
        "residents": "SELECT count(*) FROM resident WHERE resident_number LIKE $1",
        "qualifications": "SELECT count(*) FROM qualification WHERE resident_number LIKE $1",
    },
    "premium": {
        "residents": "SELECT count(*) FROM resident WHERE sequence > 0 AND resident_number LIKE $1",
        "incomes": "SELECT count(*) FROM income i JOIN resident r ON r.number = i.resident WHERE r.resident_number LIKE $1",
    },
    "collection": {"residents": "SELECT count(*) FROM addressee WHERE resident_number LIKE $1"},
}
Known = dict[str, dict[str, int]]


class Doors:
    """Uploads, messages and questions; everything is the running system, nothing is written past it."""

    def __init__(self, union: FailureUnion, books: Databases) -> None:
        self.union, self.books = union, books
        self.thread = union.thread()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.client.close()

    async def hand_in(self, file: WrittenFile, *, as_municipality: str | None = None) -> dict[str, Any]:
        """Upload a file as its municipality (or as another); returns what became of it."""
        code = as_municipality or file.municipality_code
        answer = await self.upload(file, as_municipality=code)
        assert answer.status == 202, answer.body
        return await self.result_of(code, answer.body["intake_id"])

    async def upload(self, file: WrittenFile, *, as_municipality: str) -> Answer:
        sent = WrittenFile(as_municipality, file.kind, file.data, file.control, file.rows)
        return await asyncio.to_thread(upload, self.thread.client, sent, secret=self.thread.secrets[as_municipality])

    async def result_of(self, code: str, intake_id: str) -> dict[str, Any]:
        """Wait until a file is finished; its state, counts and errors."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = await asyncio.to_thread(
                self.thread.client.get, f"/municipal/files/{intake_id}", auth=(code, self.thread.secrets[code])
            )
            found: dict[str, Any] = answer.raise_for_status().json()
            if found["state"] in FINISHED:
                return found
            assert time.monotonic() < deadline, f"{intake_id} is still {found['state']}"
            await asyncio.sleep(0.2)

    async def next_generations(self, code: str) -> dict[str, int]:
        """Kind → the generation that a municipality's next file bears."""
        rows = await self.books.fetch(
            "gateway", "SELECT kind, max(generation) AS latest FROM intake_file WHERE municipality_code = $1 GROUP BY kind", code
        )
        latest = {row["kind"]: row["latest"] for row in rows if row["latest"] is not None}
        return {kind: latest.get(kind, 0) + 1 for kind in KINDS}

    async def send(self, rows: Sequence[Row], box: Letterbox) -> list[dict[str, Any]]:
        """Send single changes with the municipalities' own accounts; returns the answer to each."""
        await publish_all(rows, self.union.broker_urls(), sent_at=SENT_AT, patience=PATIENCE)
        return [await box.answer_to(str(message_of(row, SENT_AT).id), seconds=PATIENCE) for row in rows]

    async def send_as(self, code: str, row: Row, box: Letterbox) -> dict[str, Any]:
        """Send one change with the account and under the routing key of `code`, whomever it is about; returns the answer."""
        message = message_of(row, SENT_AT)
        async with await aio_pika.connect(self.union.broker_urls()[code]) as connection:
            exchange = await (await connection.channel()).get_exchange(EXCHANGE, ensure=False)
            body = aio_pika.Message(encode([message]), message_id=str(message.id), content_type=SINGLE)
            await exchange.publish(body, f"{code}.{message.event.type}", mandatory=True)
        return await box.answer_to(str(message.id), seconds=PATIENCE)

    async def batches_said(self) -> int:
        """Sealed batches that the gateway has ever announced."""
        (row,) = await self.books.fetch("gateway", "SELECT count(*) FROM outbox WHERE routing_key LIKE '%batch_sealed.v1'")
        return int(row[0])

    async def known(self, prefix: str = "") -> Known:
        """How many records eligibility, premium and collection hold of people whose number begins with `prefix`."""
        return {
            service: {what: int((await self.books.fetch(service, query, f"{prefix}%"))[0][0]) for what, query in queries.items()}
            for service, queries in _KNOWN.items()
        }

    async def wait_known(self, prefix: str, *, residents: int, incomes: int = 0) -> None:
        """Wait until all three services hold exactly so many people; fails when one holds more."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = await self.known(prefix)
            counts = {service: (held["residents"], held.get("incomes", incomes)) for service, held in found.items()}
            assert all(people <= residents and money <= incomes for people, money in counts.values()), found
            if all(count == (residents, incomes) for count in counts.values()):
                return
            assert time.monotonic() < deadline, f"{prefix}: expected {residents} residents and {incomes} incomes, found {found}"
            await asyncio.sleep(0.2)

    async def at_rest(self) -> None:
        """Wait until nothing is on its way; fails when a message has died or waits for another."""
        deadline, previous = time.monotonic() + PATIENCE, None
        while True:
            rest = await self.books.rest()
            waiting = await asyncio.to_thread(self.union.waiting_in_queues)
            if rest == previous and not waiting and not any(found.unsent for found in rest.values()):
                assert not any(found.dead or found.parked for found in rest.values()), rest
                return
            previous = rest
            assert time.monotonic() < deadline, f"{rest} {waiting}"
            await asyncio.sleep(1.5)

    def ask(
        self, service: str, path: str, principal: Principal | None, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Ask a service itself with the token that the gateway would sign for `principal`; None: without a token."""
        sent = dict(headers or {})
        if principal is not None:
            private_key, _ = self.union.home.token_keys()
            sent["Authorization"] = f"Bearer {Signer(private_key).sign(principal, now=int(time.time()))}"
        return httpx.request(method, self.union.services.url(service) + path, headers=sent, timeout=30, trust_env=False)
