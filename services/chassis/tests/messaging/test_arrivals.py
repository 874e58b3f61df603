"""Batches that grow with the load: nothing waits alone, nothing is handed out twice or out of order, a full batch does not rest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from chassis.arrivals import LONGEST_REST, Arrivals


async def _batch(arrivals: Arrivals, *, patience: float | None = None) -> list[Any]:
    return list(await arrivals.next_batch(patience=patience))


async def _come(arrivals: Arrivals, *messages: Any) -> None:
    for message in messages:
        await arrivals.take(message)


async def test_a_lone_message_is_handed_out_after_a_moment() -> None:
    arrivals = Arrivals(400)
    waiting = asyncio.create_task(_batch(arrivals))
    await asyncio.sleep(0)
    await _come(arrivals, "one")
    async with asyncio.timeout(LONGEST_REST / 2):
        assert await waiting == ["one"]


async def test_a_burst_after_a_silence_is_one_batch() -> None:
    """Seen to fail when the first of a burst is handed out alone."""
    arrivals = Arrivals(400)
    batch = asyncio.create_task(_batch(arrivals))
    for number in range(20):
        await asyncio.sleep(0)
        await _come(arrivals, number)
    assert await batch == list(range(20))


async def test_what_comes_while_it_rests_joins_the_batch() -> None:
    """Seen to fail without the rest: the first of the five is handed out alone."""
    arrivals = Arrivals(400)
    await _come(arrivals, "first")
    await _batch(arrivals)
    await asyncio.sleep(0.1)  # applying it takes this long, so the next rest may last as long
    await _come(arrivals, 1)
    batch = asyncio.create_task(_batch(arrivals))
    for number in (2, 3, 4, 5):
        await asyncio.sleep(0)
        await _come(arrivals, number)
    assert await batch == [1, 2, 3, 4, 5]


async def test_a_full_batch_does_not_rest_and_what_is_over_is_the_beginning_of_the_next() -> None:
    """Seen to fail when a full batch rests too: the time runs out."""
    arrivals = Arrivals(3)
    await _come(arrivals, "first")
    await _batch(arrivals)
    await asyncio.sleep(0.2)
    await _come(arrivals, 1, 2, 3, 4)
    async with asyncio.timeout(0.1):
        assert await _batch(arrivals) == [1, 2, 3]
    assert await _batch(arrivals) == [4]


async def test_the_rest_is_bounded_however_long_a_batch_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.arrivals.LONGEST_REST", 0.01)
    arrivals = Arrivals(400)
    await _come(arrivals, "first")
    await _batch(arrivals)
    await asyncio.sleep(0.3)
    await _come(arrivals, "second")
    async with asyncio.timeout(0.2):
        assert await _batch(arrivals) == ["second"]


async def test_patience_ends_without_a_message() -> None:
    assert await Arrivals(400).next_batch(patience=0.01) == []


async def test_after_a_loss_of_the_broker_nothing_of_before_is_handed_out() -> None:
    arrivals = Arrivals(1)
    await _come(arrivals, "before")
    arrivals.forget()
    assert await _batch(arrivals, patience=0.01) == []
    await _come(arrivals, "after")
    assert await _batch(arrivals) == ["after"]
