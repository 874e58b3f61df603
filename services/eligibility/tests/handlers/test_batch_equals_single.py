"""However the records of people arrive, one by one, twice, out of order, packed or in a sealed batch: the ledger is the same."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from chassis.law import day_number, day_of
from chassis.testing import SAMPLE_DAY, Databases
from contracts.events.municipal import ResidentChanged
from eligibility_service.domain.residence import Residence, replay
from eligibility_service.rules.acquisition import acquisition
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.eligibility.tests.people import CHIYODA, HACHIOJI, heard, resident
from services.eligibility.tests.world import World, a_world

_people = itertools.count(1)
BIRTHS = st.sampled_from([date(1940, 5, 5), date(1951, 7, 13), date(1951, 7, 14), date(1948, 2, 29), date(1960, 1, 1), date(1933, 4, 1)])
DAYS = st.integers(0, 12).map(lambda month: date(2025, 7, 1) + timedelta(days=30 * month))


@st.composite
def _record(draw: st.DrawFn) -> dict[str, Any]:
    status = draw(st.sampled_from(["1", "1", "1", "2", "3", "4"]))
    changed_on = draw(DAYS)
    return {
        "status": status,
        "changed_on": changed_on,
        "ended_on": draw(st.sampled_from([changed_on, changed_on + timedelta(days=1), None])) if status != "1" else None,
        "resident_since": draw(st.one_of(st.just(date(1990, 4, 1)), DAYS)),
        "born_on": draw(BIRTHS),
        "sex": draw(st.sampled_from(["1", "2"])),
        "household_number": draw(st.sampled_from(["1", "2"])),
        "name": draw(st.sampled_from(["後期　花子", "後期\t\\花子", ""])),
    }


LIVES = st.lists(st.lists(_record(), min_size=1, max_size=6), min_size=1, max_size=3)


def _events(lives: list[list[dict[str, Any]]], numbers: list[int], municipality: str) -> list[ResidentChanged]:
    return [
        resident(number, sequence, municipality=municipality, **record)
        for number, life in zip(numbers, lives, strict=True)
        for sequence, record in enumerate(life, start=1)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], report_multiple_bugs=False)
@given(lives=LIVES, data=st.data())
async def test_single_packed_sealed_twice_and_out_of_order_give_the_same_ledger(
    the_world: World, lives: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    world = the_world
    numbers = [next(_people) for _ in lives]
    singles = _events(lives, numbers, CHIYODA)
    delivered = data.draw(st.permutations([*singles, *data.draw(st.lists(st.sampled_from(singles), max_size=4))]))
    packed = data.draw(st.booleans())
    size = data.draw(st.integers(1, 4))
    for start in range(0, len(delivered), size):
        await world.consumer.apply(heard(delivered[start : start + size], packed=packed))

    rows = _events(lives, numbers, HACHIOJI)
    await world.hear_sealed(data.draw(st.permutations([*rows, *rows[:1]])), municipality=HACHIOJI)

    one, other = [await _state(world, municipality, numbers) for municipality in (CHIYODA, HACHIOJI)]
    assert one == other
    assert one["qualifications"] == _replayed(lives, numbers)
    assert await world.value("SELECT count(*) FROM parked_message") == 0


@pytest.fixture(scope="module")
async def the_world(databases: Databases) -> Any:
    async with a_world(databases) as world:
        yield world


_RECORDS = """
SELECT resident_number, sequence, name, status, valid_during::text, upper_inf(recorded_during) AS believed
FROM resident_as_known WHERE municipality_code = $1 AND resident_number = ANY ($2) ORDER BY 1, 2, 6, 5
"""
_REVISIONS = """
SELECT resident_number, ordinal, revision, residence_since, acquired_on, acquisition_ground, lost_on, loss_reason,
       upper_inf(recorded_during) AS believed
FROM qualification_as_known WHERE municipality_code = $1 AND resident_number = ANY ($2) ORDER BY 1, 2, 3
"""
_HOLDING = """
SELECT resident_number, acquired_on, lost_on FROM qualification
WHERE municipality_code = $1 AND resident_number = ANY ($2) AND (lost_on IS NULL OR lost_on > acquired_on) ORDER BY 1, 2
"""
_WAITING = "SELECT resident_number, acquires_on FROM resident WHERE municipality_code = $1 AND resident_number = ANY ($2) ORDER BY 1"


async def _state(world: World, municipality: str, numbers: list[int]) -> dict[str, Any]:
    keys = [f"{number:015d}" for number in numbers]
    queries = {"records": _RECORDS, "revisions": _REVISIONS, "qualifications": _HOLDING, "waiting": _WAITING}
    return {name: [tuple(row.values()) for row in await world.rows(query, municipality, keys)] for name, query in queries.items()}


def _replayed(lives: list[list[dict[str, Any]]], numbers: list[int]) -> list[tuple[str, date, date | None]]:
    """The ledger that follows from the log, without any database."""
    found = []
    for number, life in zip(numbers, lives, strict=True):
        said = [
            Residence(r["resident_since"], (r["ended_on"] or r["changed_on"]) if r["status"] != "1" else None, r["status"]) for r in life
        ]
        for residence in replay(said):
            born, since = (np.array([day_number(day)], np.int32) for day in (life[-1]["born_on"], residence.since))
            acquired_on = day_of(acquisition.on(SAMPLE_DAY)(born_on=born, residence_since=since).acquired_on[0])
            lost_on = residence.ended_on + timedelta(days=1) if residence.ended_on else None
            assert acquired_on is not None
            if acquired_on <= SAMPLE_DAY and (lost_on is None or lost_on > acquired_on):
                found.append((f"{number:015d}", acquired_on, lost_on))
    return sorted(found)
