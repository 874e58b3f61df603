"""被用者保険の被扶養者であった者: eligibility has confirmed it, or has taken it back."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import FormerDependantDetermined

from premium_service.handlers.reassessing import Touched, reassess
from premium_service.store import former_dependants


async def on_former_dependants(messages: Sequence[Message[FormerDependantDetermined]], uow: UnitOfWork) -> None:
    """The reduction of a former dependant begins or ends: decide again for the household."""
    households = await former_dependants.keep([message.event for message in messages], uow)

    touched = Touched()
    for message in messages:
        acquired_on, of_person = households.get(message.event.insured_id, (message.event.joined_on, ()))
        touched.add(of_person, message, min(acquired_on, message.event.joined_on))
    await reassess(touched, uow)
