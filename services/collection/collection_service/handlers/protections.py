"""支援措置: whose address is withheld."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import address_protection
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import AddressProtected


async def on_addresses_protected(messages: Sequence[Message[AddressProtected]], uow: UnitOfWork) -> None:
    """An address is withheld: no notice of the person and of the household shows it any more; or it may be shown again."""
    await address_protection.keep((message.event for message in messages), uow)
