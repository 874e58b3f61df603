"""滞納情報 (E-23) as collection says it and eligibility's own handler hears it: watched for a year, then the chance to explain."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from chassis.testing import Databases
from contracts.envelope import decode, read
from contracts.events.collection import ArrearsReported

from services.collection.tests.api.test_arrears import owing
from services.collection.tests.jobs.test_watch_arrears import SAID, pay, watched
from services.collection.tests.people import ROOT, rows
from services.eligibility.tests.world import a_world, another_day

DAYS = (date(2026, 8, 1), date(2027, 7, 31), date(2027, 8, 1))
PAID = date(2027, 8, 5)


async def test_a_year_of_arrears_becomes_the_chance_to_explain_and_a_payment_in_part_ends_it(databases: Databases, tmp_path: Path) -> None:
    """E-23: the year is judged by eligibility, on the day on which collection says the arrears again."""
    collection = await databases("collection", ROOT)
    async with collection.units(store=tmp_path) as units:
        await owing(units)
    steps = []
    async with a_world(databases, today=DAYS[0]) as world:
        heard = 0
        for day in (*DAYS, PAID):
            if day == PAID:
                await pay(collection, 1_000, 1, PAID)
            await watched(collection, tmp_path, day)
            async with collection.units() as units:
                bodies = [bytes(body) for (body,) in await rows(units, SAID)]
            async with another_day(world, day) as then:
                for body in bodies[heard:]:
                    (item,) = decode(body)
                    await then.consumer.apply([("on_arrears_reported", read(item, ArrearsReported))])
            heard = len(bodies)
            steps.append(await world.value("SELECT state ->> 'step' FROM process_instance WHERE process = 'arrears'"))
    assert steps == ["watched", "watched", "noticed", "stopped"]
