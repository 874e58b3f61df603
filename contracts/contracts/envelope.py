"""What travels: an event (the fact) inside a message (CloudEvents 1.0 attributes around it).

One message is structured JSON (`application/cloudevents+json`); a pack is the JSON array of up to 1,000 of them
(`application/cloudevents-batch+json`). Source of the attribute names: CloudEvents 1.0, sections 3.1 to 3.3 of the JSON format.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json, to_json

SINGLE = "application/cloudevents+json"
PACK = "application/cloudevents-batch+json"
LARGEST_PACK = 1_000


class Event(BaseModel):
    """A fact that one service announces. `effective_on` is the day the law counts; when we learned it is in the message."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    owner: ClassVar[str]
    stream: ClassVar[str | None] = None
    """Events of one stream about one position are numbered 1, 2, 3 …; None: no order is promised."""

    effective_on: date
    sequence: int | None = None

    @property
    def subject(self) -> str:
        """Whom or what the event is about: the key of order, of partition and of the trace."""
        raise AttributeError(f"{type(self).__name__} does not say its subject.")

    @property
    def position(self) -> str:
        """The key under which `sequence` counts; the subject, where a stream has no finer one."""
        return self.subject


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Message(Generic[E]):
    """An event with its CloudEvents attributes: `time` (UTC) is when we learned it; ids link cause and effect."""

    id: UUID
    source: str
    time: datetime
    event: E
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None
    pack_id: UUID | None = None
    """The pack in which it arrived: what arrives packed leaves packed."""


def as_json(message: Message[Any]) -> dict[str, Any]:
    """The CloudEvents JSON object of a message."""
    event = message.event
    return {
        "specversion": "1.0",
        "id": str(message.id),
        "source": message.source,
        "type": event.type,
        "subject": event.subject,
        "time": message.time.isoformat(),
        "datacontenttype": "application/json",
        "effectiveon": event.effective_on.isoformat(),
        "sequence": event.sequence,
        "correlationid": str(message.correlation_id),
        "causationid": str(message.causation_id) if message.causation_id else None,
        "traceparent": message.traceparent,
        "data": event.model_dump(mode="json", exclude={"effective_on", "sequence"}),
    }


def encode(messages: list[Message[Any]], *, packed: bool = False) -> bytes:
    """The body of one AMQP message: a JSON object, or an array when packed."""
    return to_json([as_json(message) for message in messages] if packed else as_json(messages[0]))


def decode(body: bytes) -> list[dict[str, Any]]:
    """The CloudEvents objects in a body, single or packed; ValueError when it is not JSON of that form."""
    parsed = from_json(body)
    found = parsed if isinstance(parsed, list) else [parsed]
    for item in found:
        if not isinstance(item, dict) or "id" not in item or "type" not in item or "data" not in item:
            raise ValueError("The body is not a CloudEvents 1.0 JSON object: id, type or data is missing.")
    return found


def read(item: dict[str, Any], model: type[E], *, pack_id: UUID | None = None) -> Message[E]:
    """A typed message from a CloudEvents object; pydantic.ValidationError names the field that does not fit."""
    event = model.model_validate({**item["data"], "effective_on": item.get("effectiveon"), "sequence": item.get("sequence")})
    message_id = UUID(item["id"])
    return Message(
        id=message_id,
        source=item.get("source", ""),
        time=datetime.fromisoformat(item["time"]),
        event=event,
        correlation_id=UUID(item["correlationid"]) if item.get("correlationid") else message_id,
        causation_id=UUID(item["causationid"]) if item.get("causationid") else None,
        traceparent=item.get("traceparent"),
        pack_id=pack_id,
    )
