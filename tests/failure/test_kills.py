"""One run of tests/failure/kills.py with fewer changes; `python -m tests.failure.kills` does many with 5,000."""

from __future__ import annotations

import asyncio

from tests.failure.flow import disturbed, undisturbed
from tests.failure.offices import changes_with_bad_rows
from tests.failure.union import FailureUnion

CHANGES = 600
SEED = 7


async def test_killed_services_broker_and_database_leave_the_same_ledger_premiums_and_instalments(union: FailureUnion) -> None:
    """W-08, E-18: no change of a municipality is lost or left without an answer while the broker and everything else is killed."""
    rows = changes_with_bad_rows(SEED, union.population, CHANGES)
    await asyncio.to_thread(union.bring_back)
    model = await undisturbed(union, rows)
    await asyncio.to_thread(union.bring_back)

    outcome = await disturbed(union, rows, model, seed=SEED, more=0)

    assert outcome.wrong == []
    assert outcome.killed.total() == 8
    assert not outcome.ended_by_themselves
    assert outcome.answers.total() == len(rows)
