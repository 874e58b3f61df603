"""What premium remits is charged no more, in whatever order the facts come; what it defers is shown and charged as before."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from chassis.clock import derived_id
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.envelope import Event
from contracts.events.premium import DeferralDecided, DeferredInstalment, RemissionDecided

from services.collection.tests.api.asking import asking
from services.collection.tests.people import CHIYODA, ROOT, apply, assessed, instalments, rows, sealed


def about(number: int) -> dict[str, Any]:
    who = {"insured_id": derived_id("insured", number), "municipality_code": CHIYODA, "resident_number": str(number)}
    return {**who, "effective_on": date(2026, 4, 1), "fiscal_year": 2026}


def remitted(number: int, amount: int, *, sequence: int = 1, annual: int = 58_050) -> RemissionDecided:
    return RemissionDecided(
        **about(number), sequence=sequence, assessment_id=derived_id("assessment", number, 1), annual_amount=annual, remitted_amount=amount
    )


def deferred(number: int, *numbers: int, sequence: int = 1) -> DeferralDecided:
    until = date(2027, 1, 29)
    return DeferralDecided(
        **about(number), sequence=sequence, deferred=tuple(DeferredInstalment(number=n, deferred_until=until) for n in numbers)
    )


async def charged(units: Units) -> tuple[int, int]:
    """(what was assessed, what is charged), both from the ledger and from the assessment."""
    ((was_assessed, annual),) = await rows(units, "SELECT assessed_amount, annual_amount FROM assessment")
    assert sum((await instalments(units)).values()) == annual
    return was_assessed, annual


async def test_what_is_remitted_is_charged_no_more_and_comes_back_when_it_is_revoked(databases: Databases) -> None:
    """P-10. Seen to fail without `less_remitted` in `charge_anew`."""
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_050))
        await apply(units, remitted(1, 29_050))
        half = (await charged(units), await instalments(units))
        await apply(units, remitted(1, 0, sequence=2))

        assert half == ((58_050, 29_000), {1: 3_800, **dict.fromkeys(range(2, 9), 3_600)})
        assert await charged(units) == (58_050, 58_050)
        assert len(await rows(units, "SELECT 1 FROM outbox WHERE routing_key = 'collection.instalments_set.v1'")) == 3


FACTS: tuple[Event, ...] = (assessed(1, 58_050), remitted(1, 29_050), assessed(1, 40_000, sequence=2), remitted(1, 20_000, sequence=2))


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_the_order_of_assessments_and_remissions_does_not_change_what_is_charged(
    databases: Databases, order: tuple[int, ...]
) -> None:
    """P-10: every order of four facts, each in a transaction of its own."""
    async with (await databases("collection", ROOT)).units() as units:
        for index in order:
            await apply(units, FACTS[index])
        assert await charged(units) == (40_000, 20_000)


async def test_a_remission_stands_when_the_premiums_of_a_run_come_as_a_sealed_batch(databases: Databases, tmp_path: Path) -> None:
    """P-10"""
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await apply(units, remitted(1, 58_050))
        await apply(units, await sealed(units, [assessed(1, 58_050)]))
        assert await charged(units) == (58_050, 0)


async def test_more_is_never_remitted_than_was_assessed(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_050), remitted(1, 58_050))
        await apply(units, assessed(1, 10_000, sequence=2))
        assert await charged(units) == (10_000, 0)


async def test_deferred_instalments_are_shown_with_their_day_and_stay_charged(databases: Databases, tmp_path: Path) -> None:
    """P-11: the first and the third wait until January; then the third alone."""
    database = await databases("collection", ROOT)
    shown = []
    async with database.units() as units:
        await apply(units, assessed(1, 58_050))
        for event in (deferred(1, 1, 3), deferred(1, 3, sequence=2)):
            await apply(units, event)
            async with asking(database, tmp_path, frozenset({CHIYODA})) as client:
                (year,) = (await client.get(f"/people/{CHIYODA}/1/instalments")).json()
            shown.append({one["number"]: one["deferred_until"] for one in year["instalments"] if one["deferred_until"]})
        assert await charged(units) == (58_050, 58_050)
    assert shown == [{1: "2027-01-29", 3: "2027-01-29"}, {3: "2027-01-29"}]
