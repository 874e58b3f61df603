"""Arrears were reported: the steps toward a status certificate, today 特別療養費, begin, go on, or stop."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.collection import ArrearsReported

from eligibility_service.store import arrears


async def on_arrears_reported(messages: Sequence[Message[ArrearsReported]], uow: UnitOfWork) -> None:
    """Reports of arrears, in order; letters and lists follow a moment later."""
    await arrears.hear(uow, messages)
