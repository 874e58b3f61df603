"""Many messages in few writes: what belongs together is published at once, and every message is confirmed by itself.

aio-pika writes each message to the socket on its own; the system call costs more than all the rest of a message. Here the frames of many
go out in one write. The bookkeeping of confirms and returns stays aiormq's: the very entries that its `basic_publish` makes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import aiormq
import pamqp.frame
from aiormq.abc import ChannelFrame
from pamqp import commands
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

BYTES_AT_ONCE = 256 * 1024
"""How much goes out in one write, at least; then the socket is drained, or the packs of a yearly run would lie in memory."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message and where it goes. `mandatory`: it must find a queue."""

    exchange: str
    routing_key: str
    mandatory: bool
    message_id: str
    content_type: str
    headers: dict[str, str]
    body: bytes


async def publish_all(channel: aiormq.Channel, parcels: Sequence[Parcel], *, seconds: float) -> list[BaseException | None]:
    """Publish persistent messages in their order; for each None when the broker has confirmed it, else why it has not.

    A message that finds no queue, that the broker refuses or does not confirm within `seconds` has its error; so has everything that was
    not confirmed when the channel was lost. `channel` has publisher confirms and raises on returns.
    """
    confirmations: list[asyncio.Future[object]] = []
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), channel.lock:
                for part in _parts(parcels):
                    await _write(channel, part, confirmations)
        if confirmations:
            await asyncio.wait(confirmations, timeout=seconds)
    finally:
        for parcel in parcels:
            channel.message_id_delivery_tag.pop(parcel.message_id, None)
        outcomes = [_outcome(confirmation) for confirmation in confirmations]
    return outcomes + [_late() for _ in parcels[len(outcomes) :]]


def _parts(parcels: Sequence[Parcel]) -> Iterator[Sequence[Parcel]]:
    """Parcels that go out in one write."""
    start = size = 0
    for end, parcel in enumerate(parcels, 1):
        size += len(parcel.body)
        if size >= BYTES_AT_ONCE or end == len(parcels):
            yield parcels[start:end]
            start, size = end, 0


async def _write(channel: aiormq.Channel, parcels: Sequence[Parcel], confirmations: list[asyncio.Future[object]]) -> None:
    encoded = [_encoded(channel, parcel) for parcel in parcels]
    frames = b"".join(frame for frame in encoded if isinstance(frame, bytes))
    drained = channel.create_future()
    await channel.write_queue.put(ChannelFrame(payload=frames, should_close=False, drain_future=drained))
    # Between the queue and here nothing can interrupt: the broker counts exactly the messages that are counted here.
    for parcel, frame in zip(parcels, encoded, strict=True):
        confirmations.append(channel.create_future())
        if isinstance(frame, Exception):
            confirmations[-1].set_exception(frame)
        else:
            channel.delivery_tag += 1
            channel.message_id_delivery_tag[parcel.message_id] = channel.delivery_tag
            channel.confirmations[channel.delivery_tag] = confirmations[-1]
    await drained


def _outcome(confirmation: asyncio.Future[object]) -> BaseException | None:
    """What has become of a message; nobody waits for it any longer."""
    confirmation.cancel()
    return _late() if confirmation.cancelled() else confirmation.exception()


def _late() -> TimeoutError:
    return TimeoutError("The broker has not confirmed it in time.")


def _encoded(channel: aiormq.Channel, parcel: Parcel) -> bytes | Exception:
    """The frames of one message; a parcel that AMQP has no form for (a name over 255 bytes) must not keep the others back."""
    properties = commands.Basic.Properties(
        content_type=parcel.content_type,
        headers=dict(parcel.headers),
        delivery_mode=2,
        message_id=parcel.message_id,
        message_type=parcel.routing_key,
    )
    size = channel.max_content_size
    try:
        frames: list[commands.Basic.Publish | ContentHeader | ContentBody] = [
            commands.Basic.Publish(exchange=parcel.exchange, routing_key=parcel.routing_key, mandatory=parcel.mandatory),
            ContentHeader(body_size=len(parcel.body), properties=properties),
            *(ContentBody(parcel.body[start : start + size]) for start in range(0, len(parcel.body), size)),
        ]
        return b"".join(pamqp.frame.marshal(frame, channel.number) for frame in frames)
    except (TypeError, ValueError) as error:
        return error
