"""The table "event → function" of a service. Read a service's handlers/routing.py first: it is the map of the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.catalogue import model_of
from contracts.envelope import Event, Message

from chassis.unit_of_work import UnitOfWork

Handler = Callable[[Sequence[Message[Any]], UnitOfWork], Awaitable[None]]
"""Applies the messages of one family, in order, in the transaction of the unit of work. One message is a batch of one."""


@dataclass(frozen=True)
class Routes:
    """Which function hears which event types, and where the position of a stream is kept.

    All types of one stream go to one handler, so that the order per person that the sender promises is kept.
    """

    handlers: Mapping[Handler, tuple[type[Event], ...]]
    own_positions: Mapping[str, str] = field(default_factory=dict)
    _by_type: dict[str, str] = field(init=False, default_factory=dict)
    _by_name: dict[str, Handler] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        handler_of_stream: dict[str, str] = {}
        for handler, models in self.handlers.items():
            name = handler.__name__
            self._by_name[name] = handler
            for model in models:
                if model.type in self._by_type:
                    raise ValueError(f"{model.type} is routed twice; an event has one handler in a service.")
                self._by_type[model.type] = name
                if model.stream and handler_of_stream.setdefault(model.stream, name) != name:
                    raise ValueError(f"The stream {model.stream} is split over two handlers: its order would be lost.")

    @property
    def types(self) -> list[tuple[str, str]]:
        """(owner, event type) of everything that is heard."""
        return sorted((model_of(event_type).owner, event_type) for event_type in self._by_type)

    def handler_of(self, event_type: str) -> str:
        """The name of the handler; KeyError for a type that this service does not hear."""
        return self._by_type[event_type]

    def grouped(self, admitted: Iterable[tuple[str, Message[Any]]]) -> list[tuple[Handler, list[Message[Any]]]]:
        """The messages of a batch by handler, each in its order of arrival; handlers in the order of the table."""
        groups: dict[str, list[Message[Any]]] = {name: [] for name in self._by_name}
        for name, message in admitted:
            groups[name].append(message)
        return [(self._by_name[name], messages) for name, messages in groups.items() if messages]
