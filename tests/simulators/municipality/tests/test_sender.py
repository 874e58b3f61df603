"""Sending, on a real broker with the accounts of the municipalities, and to a stand-in of the gateway's door."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import httpx
import pytest
from contracts.envelope import SINGLE, decode, read
from contracts.events.municipal import IncomeDetermined, ResidentChanged

from infra.local.servers import PrivateServers
from infra.rabbitmq.definitions import INTAKE_QUEUE
from tests.simulators.municipality import sender
from tests.simulators.municipality.changes import changes
from tests.simulators.municipality.files import WrittenFile
from tests.simulators.municipality.population import Population
from tests.simulators.municipality.union import MUNICIPALITIES

SENT_AT = datetime(2026, 7, 13, 0, 0, tzinfo=UTC)


@pytest.fixture
async def intake(servers: PrivateServers) -> AsyncIterator[aio_pika.abc.AbstractQueue]:
    """The queue behind the municipalities' door, empty."""
    async with await aio_pika.connect(servers.broker_url("gateway")) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(INTAKE_QUEUE, ensure=False)
        await _take_all(queue)
        yield queue
        await _take_all(queue)


async def _take_all(queue: aio_pika.abc.AbstractQueue) -> list[aio_pika.abc.AbstractIncomingMessage]:
    taken = []
    while (message := await queue.get(fail=False, timeout=10)) is not None:
        await message.ack()
        taken.append(message)
    return taken


def urls(servers: PrivateServers) -> dict[str, str]:
    return {m.code: servers.municipality_credentials(m.code).broker_url for m in MUNICIPALITIES}


async def test_every_change_arrives_once_with_its_event_and_account(
    servers: PrivateServers, intake: aio_pika.abc.AbstractQueue, village: Population
) -> None:
    rows = list(changes(1, village, 450))
    assert await sender.publish_all(rows, urls(servers), sent_at=SENT_AT) == 450

    arrived = await _take_all(intake)
    assert len({message.message_id for message in arrived}) == 450
    by_id = {str(sender.message_of(row, SENT_AT).id): row for row in rows}
    for message in arrived:
        row = by_id[str(message.message_id)]
        code = row["municipality_code"]
        assert message.content_type == SINGLE
        assert message.user_id == f"municipality-{code}"
        assert message.routing_key == f"{code}.{message.type}"
        model = ResidentChanged if row["kind"] == "resident" else IncomeDetermined
        event: Any = read(decode(message.body)[0], model).event
        assert event.sequence == row["history_number"]
        assert event.subject == f"{code}:{row['resident_number']}"
        told = {name: value for name, value in event.model_dump(mode="json").items() if name in row}
        assert told == {name: row[name] if row[name] is not None else told[name] for name in told}


async def test_changes_of_a_municipality_leave_in_their_order(
    servers: PrivateServers, intake: aio_pika.abc.AbstractQueue, village: Population
) -> None:
    rows = [row for row in changes(1, village, 600) if row["municipality_code"] == "132012"]
    await sender.publish(rows, urls(servers)["132012"], sent_at=SENT_AT)
    arrived = [str(message.message_id) for message in await _take_all(intake)]
    assert arrived == [str(sender.message_of(row, SENT_AT).id) for row in rows]


async def test_the_broker_refuses_a_message_about_a_resident_of_another_municipality(
    servers: PrivateServers, intake: aio_pika.abc.AbstractQueue, village: Population
) -> None:
    foreign = [row for row in changes(1, village, 100) if row["municipality_code"] == "132012"][:3]
    with pytest.raises(sender.PublishRefused, match="municipality-131016"):
        await sender.publish(foreign, urls(servers)["131016"], sent_at=SENT_AT, patience=5)
    assert await _take_all(intake) == []


@asynccontextmanager
async def cut_once(url: str, after_bytes: int) -> AsyncIterator[tuple[str, list[int]]]:
    """The same broker behind a line that breaks once, after so many bytes have been sent; and the connections made so far."""
    target, cuts, made = urlsplit(url), [after_bytes], [0]

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, budget: int | None) -> None:
        while data := await source.read(65_536):
            if budget is not None and (budget := budget - len(data)) < 0:
                break
            sink.write(data)
            await sink.drain()
        sink.transport.abort()

    async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(target.hostname, target.port)
        budget = cuts.pop() if cuts else None
        made[0] += 1
        there, back = (asyncio.create_task(carry(*ends)) for ends in ((reader, far_writer, budget), (far_reader, writer, None)))
        await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            end.transport.abort()
        await asyncio.gather(there, back, return_exceptions=True)

    server = await asyncio.start_server(line, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield urlunsplit(target._replace(netloc=f"{target.username}:{target.password}@{host}")), made


async def test_what_was_not_confirmed_when_the_line_broke_is_sent_again(
    servers: PrivateServers, intake: aio_pika.abc.AbstractQueue, village: Population
) -> None:
    rows = [row for row in changes(1, village, 3_000) if row["municipality_code"] == "133086"]
    async with cut_once(urls(servers)["133086"], after_bytes=400_000) as (broken_url, connections):
        assert await sender.publish(rows, broken_url, sent_at=SENT_AT) == len(rows)
        assert connections == [2]
    arrived = [str(message.message_id) for message in await _take_all(intake)]
    assert set(arrived) == {str(sender.message_of(row, SENT_AT).id) for row in rows}


async def test_a_broker_that_is_not_there_is_reported_after_the_patience(village: Population) -> None:
    rows = list(changes(1, village, 3))
    with pytest.raises(ConnectionError, match="not confirmed"):
        await sender.publish(rows, "amqp://municipality-131016:x@127.0.0.1:9/koki", sent_at=SENT_AT, patience=0.1)


def test_a_row_sent_again_has_the_same_id_and_a_corrected_one_another(village: Population) -> None:
    row = next(changes(1, village, 1))
    again, corrected = dict(row), {**row, "notified_on": "2026-07-12"}
    first = sender.message_of(row, SENT_AT).id
    assert sender.message_of(again, datetime(2026, 7, 14, tzinfo=UTC)).id == first
    assert sender.message_of(corrected, SENT_AT).id != first


def test_a_file_is_sent_with_its_control_and_the_secret_of_the_municipality(files: list[WrittenFile]) -> None:
    seen: list[httpx.Request] = []

    def gateway(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        return httpx.Response(202, json={"file_id": "1"})

    with httpx.Client(base_url="https://gateway.example", transport=httpx.MockTransport(gateway)) as client:
        answer = sender.upload(client, files[0], secret="himitsu")

    assert answer == sender.Answer(202, {"file_id": "1"})
    assert seen[0].url.path == "/municipal/files"
    assert seen[0].headers["authorization"] == "Basic " + base64.b64encode(b"131016:himitsu").decode()
    assert files[0].data.read_bytes() in seen[0].content
    assert files[0].control.read_bytes() in seen[0].content


def test_a_refusal_of_the_gateway_is_an_answer_and_a_failure_is_an_error(files: list[WrittenFile]) -> None:
    def client(status: int) -> httpx.Client:
        transport = httpx.MockTransport(lambda request: httpx.Response(status, json={"code": "KOKI-F006"}))
        return httpx.Client(base_url="https://gateway.example", transport=transport)

    with client(422) as refusing:
        assert sender.upload(refusing, files[0], secret="himitsu") == sender.Answer(422, {"code": "KOKI-F006"})
    with client(503) as failing, pytest.raises(httpx.HTTPStatusError):
        sender.upload(failing, files[0], secret="himitsu")
