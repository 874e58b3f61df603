"""The routing table refuses what would lose an order, and keeps a batch in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from chassis.routing import Routes
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import InsuredAcquired, InsuredChanged, InsuredLost
from contracts.events.premium import PremiumAssessed

from services.chassis.tests.messaging.world import assessed


async def one(messages: Sequence[Message[Any]], uow: UnitOfWork) -> None:
    """A handler."""


async def another(messages: Sequence[Message[Any]], uow: UnitOfWork) -> None:
    """Another handler."""


def test_an_event_has_one_handler_in_a_service() -> None:
    with pytest.raises(ValueError, match=r"premium\.assessed\.v1 is routed twice"):
        Routes({one: (PremiumAssessed,), another: (PremiumAssessed,)})


def test_a_stream_is_not_split_over_handlers() -> None:
    with pytest.raises(ValueError, match="The stream insured is split"):
        Routes({one: (InsuredAcquired, InsuredChanged), another: (InsuredLost,)})


def test_a_batch_is_handed_out_by_handler_in_the_order_of_the_table_each_in_its_order_of_arrival() -> None:
    routes = Routes({another: (PremiumAssessed,), one: (InsuredAcquired, InsuredChanged, InsuredLost)})
    first, second, third = assessed(1, 1), assessed(2, 1), assessed(1, 2)
    grouped = routes.grouped([("another", first), ("one", third), ("another", second)])
    assert grouped == [(another, [first, second]), (one, [third])]
    assert routes.types == [
        ("eligibility", "eligibility.insured_acquired.v1"),
        ("eligibility", "eligibility.insured_changed.v1"),
        ("eligibility", "eligibility.insured_lost.v1"),
        ("premium", "premium.assessed.v1"),
    ]


def test_a_type_that_is_not_heard_has_no_handler() -> None:
    with pytest.raises(KeyError):
        Routes({one: (PremiumAssessed,)}).handler_of("premium.case_raised.v1")
