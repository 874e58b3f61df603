"""Every exchange and queue of the house, declared in code.

<owner>.events ─(type)→ <service>.partitions ─(hash of subject)→ <service>.inbox.0 … N-1   quorum, single active consumer
                                                 crash limit ↘ <service>.dead → the dead_letter table
"""

from __future__ import annotations

from collections.abc import Iterable

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractQueue
from pamqp.common import FieldTable

PARTITIONS = 4
SETUP_SECONDS = 15
"""A broker that has just come back may accept a connection and leave a declaration unanswered: give up and connect afresh."""

CRASH_LIMIT = 50
"""Deliveries of one message before the broker itself sets it aside: it has ended the process that many times."""


def events_exchange(owner: str) -> str:
    return f"{owner}.events"


def inbox_queue(service: str, partition: int) -> str:
    return f"{service}.inbox.{partition}"


def dead_queue(service: str) -> str:
    return f"{service}.dead"


async def declare_events(channel: AbstractChannel, owner: str) -> None:
    """The exchange on which a service says its events."""
    await channel.declare_exchange(events_exchange(owner), ExchangeType.TOPIC, durable=True)


async def declare_inbox(
    channel: AbstractChannel, service: str, types: Iterable[tuple[str, str]]
) -> tuple[list[AbstractQueue], AbstractQueue]:
    """The partition queues and the dead queue of a service; `types` are (owner, event type) pairs that it hears.

    Fails with ChannelNotFoundEntity while the exchange of an owner does not exist yet; the caller tries again.
    """
    dead_exchange = await channel.declare_exchange(dead_queue(service), ExchangeType.FANOUT, durable=True)
    dead = await channel.declare_queue(dead_queue(service), durable=True, arguments={"x-queue-type": "quorum"})
    await dead.bind(dead_exchange)

    partitions = await channel.declare_exchange(
        f"{service}.partitions", ExchangeType.X_CONSISTENT_HASH, durable=True, arguments={"hash-header": "subject"}
    )
    queues = []
    for number in range(PARTITIONS):
        arguments: FieldTable = {
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": CRASH_LIMIT,
            "x-dead-letter-exchange": dead_queue(service),
        }
        queue = await channel.declare_queue(inbox_queue(service, number), durable=True, arguments=arguments)
        await queue.bind(partitions, routing_key="10")
        queues.append(queue)
    for owner, event_type in types:
        source = await channel.get_exchange(events_exchange(owner), ensure=True)
        await partitions.bind(source, routing_key=event_type)
    return queues, dead
