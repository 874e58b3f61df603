"""Sends as a municipality would: single changes over AMQP with its own broker account, files over HTTPS with its own secret."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid5

import aio_pika
import httpx
from aio_pika.exceptions import AMQPError, DeliveryError
from aiormq.exceptions import ChannelAccessRefused
from contracts.envelope import SINGLE, Message, encode
from contracts.events.municipal import IncomeDetermined, ResidentChanged
from pydantic_core import to_json

from tests.simulators.municipality.books import Row
from tests.simulators.municipality.files import WrittenFile

EXCHANGE = "municipal.intake"
IN_FLIGHT = 200
CONFIRM_SECONDS = 30
MESSAGES = UUID("6f0d3c1e-6d0b-5b0a-9b55-131016132012")
"""The name space of message ids: the same row sent twice has the same id, a corrected row another one."""


class PublishRefused(Exception):
    """The broker does not take a message from this account, or knows nowhere to put it; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway says to a file: HTTP status and JSON body (an acknowledgement, or a problem with its errors)."""

    status: int
    body: dict[str, Any]


def message_of(row: Row, sent_at: datetime) -> Message[Any]:
    """A change as the message that travels; `sent_at` has a time zone."""
    columns = {name: value for name, value in row.items() if value is not None}
    event: ResidentChanged | IncomeDetermined
    if row["kind"] == "resident":
        event = ResidentChanged.model_validate({**columns, "effective_on": row["changed_on"], "sequence": row["history_number"]})
    else:
        event = IncomeDetermined.model_validate({**columns, "effective_on": row["determined_on"], "sequence": row["history_number"]})
    message_id = uuid5(MESSAGES, to_json(row).decode())
    source = f"/municipalities/{row['municipality_code']}"
    return Message(id=message_id, source=source, time=sent_at, event=event, correlation_id=message_id)


async def publish_all(rows: Iterable[Row], broker_urls: Mapping[str, str], *, sent_at: datetime, patience: float = 60) -> int:
    """Send changes of several municipalities, each with the account of its own (code → AMQP URL); returns how many were confirmed.

    Within a municipality they leave in the given order; municipalities send side by side.
    """
    by_code: dict[str, list[Row]] = {}
    for row in rows:
        by_code.setdefault(row["municipality_code"], []).append(row)
    sent = [publish(mine, broker_urls[code], sent_at=sent_at, patience=patience) for code, mine in by_code.items()]
    return sum(await asyncio.gather(*sent))


async def publish(rows: Iterable[Row], broker_url: str, *, sent_at: datetime, patience: float = 60) -> int:
    """Send changes with one account and wait for every confirm; returns how many were confirmed.

    What is not confirmed when the broker goes away is sent again, with the same ids, as soon as it is back; ConnectionError when nothing
    gets through for `patience` seconds. PublishRefused when the broker does not allow it, as for a resident of another municipality.
    """
    remaining, confirmed = iter(rows), 0
    waiting: list[tuple[str, aio_pika.Message]] = []
    user = unquote(urlsplit(broker_url).username or "guest")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        try:
            async with await aio_pika.connect(broker_url, timeout=10, client_properties={"connection_name": user}) as connection:
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                exchange = await channel.get_exchange(EXCHANGE, ensure=False)
                while waiting := waiting or [_envelope(row, sent_at, user) for row in islice(remaining, IN_FLIGHT)]:
                    outcomes = await asyncio.gather(*(_send(exchange, *item) for item in waiting), return_exceptions=True)
                    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
                    confirmed += len(waiting) - len(failed)
                    if len(failed) < len(waiting):
                        deadline = loop.time() + patience
                    waiting = [item for item, outcome in zip(waiting, outcomes, strict=True) if isinstance(outcome, BaseException)]
                    if failed:
                        raise failed[0]
                return confirmed
        except (ChannelAccessRefused, DeliveryError) as refusal:
            raise PublishRefused(f"{user}: {waiting[0][0] if waiting else EXCHANGE} is refused by the broker: {refusal}") from refusal
        except (AMQPError, OSError, TimeoutError, RuntimeError) as lost:
            if loop.time() > deadline:
                raise ConnectionError(f"{user}: {len(waiting)} messages were not confirmed within {patience:.0f} s.") from lost
            await asyncio.sleep(0.5)


async def _send(exchange: aio_pika.abc.AbstractExchange, routing_key: str, message: aio_pika.Message) -> None:
    await exchange.publish(message, routing_key=routing_key, mandatory=True, timeout=CONFIRM_SECONDS)


def _envelope(row: Row, sent_at: datetime, user: str) -> tuple[str, aio_pika.Message]:
    """Routing key and AMQP message of a change. The broker checks that `user_id` is the account that sends."""
    message = message_of(row, sent_at)
    event_type = message.event.type
    return f"{row['municipality_code']}.{event_type}", aio_pika.Message(
        encode([message]),
        message_id=str(message.id),
        content_type=SINGLE,
        type=event_type,
        user_id=user,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        headers={"subject": message.event.subject},
    )


def upload(gateway: httpx.Client, file: WrittenFile, *, secret: str) -> Answer:
    """Send a file with its control file to the gateway (POST /municipal/files) in the name of its municipality.

    `gateway` has the base URL and the trust in its certificate. A refusal is an answer; HTTPStatusError only when the gateway fails (5xx).
    """
    with file.data.open("rb") as data, file.control.open("rb") as control:
        response = gateway.post(
            "/municipal/files",
            files={"data": (file.data.name, data, "text/csv"), "control": (file.control.name, control, "application/json")},
            auth=(file.municipality_code, secret),
        )
    if response.is_server_error:
        response.raise_for_status()
    return Answer(response.status_code, response.json())
