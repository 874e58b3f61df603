"""徴収方法: collection says how a premium is collected and when it is first due, from which the time limit counts."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.collection import CollectionMethodDecided

from premium_service.store import collection_methods


async def on_collection_methods(messages: Sequence[Message[CollectionMethodDecided]], uow: UnitOfWork) -> None:
    """Nothing is decided again: the limit is looked at when something else changes a premium."""
    await collection_methods.keep((message.event for message in messages), uow)
