"""From premiums to instalments and charges: singles, packs and sealed batches, twice, disordered, late."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from chassis.batches import SealBroken
from chassis.law import UnknownParameter
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.envelope import decode
from contracts.events.premium import PremiumAssessed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.collection.tests.people import CHIYODA, HACHIOJI, OKUTAMA, ROOT, apply, assessed, instalments, insured, rows, sealed

STATE = """
SELECT a.insured_id, a.fiscal_year, a.municipality_code, a.resident_number, a.assessment_id, a.annual_amount, a.sequence, a.revision,
       a.calendar_hash, e.number, e.revision, e.reverses, e.month, e.due_on, e.amount
FROM assessment a LEFT JOIN charge_entry e USING (insured_id, fiscal_year) ORDER BY 1, 2, 10, 11, 12
"""


async def announced(units: Units) -> list[dict[str, Any]]:
    """Every event in the outbox, in order."""
    return [item for (body,) in await rows(units, "SELECT body FROM outbox ORDER BY id") for item in decode(bytes(body))]


async def test_a_premium_becomes_eight_instalments_that_add_up_to_it(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_050))

        assert await instalments(units) == {1: 7_650, **dict.fromkeys(range(2, 9), 7_200)}
        (event,) = await announced(units)
        assert (event["type"], event["sequence"], event["data"]["annual_amount"]) == ("collection.instalments_set.v1", 1, 58_050)
        assert event["data"]["instalments"][5] == {"number": 6, "month": 12, "due_on": "2026-12-25", "amount": 7_200}
        assert sum(instalment["amount"] for instalment in event["data"]["instalments"]) == 58_050


async def test_a_later_decision_reverses_the_charges_that_differ_and_makes_new_ones(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_050))
        await apply(units, assessed(1, 57_650, sequence=2))

        assert await instalments(units) == {1: 7_250, **dict.fromkeys(range(2, 9), 7_200)}
        entries = await rows(units, "SELECT number, revision, reverses, amount FROM charge_entry WHERE number < 3 ORDER BY 1, 2, 4")
        assert entries == [(1, 1, 0, 7_650), (1, 2, 1, -7_650), (1, 2, 0, 7_250), (2, 1, 0, 7_200)]
        assert [event["sequence"] for event in await announced(units)] == [1, 2]


async def test_two_decisions_about_one_person_in_one_batch_of_messages_are_both_charged(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_000), assessed(1, 0, sequence=2), assessed(2, 9_900), assessed(1, 10_000, sequence=3))
        assert sum((await instalments(units, 1)).values()) == 10_000
        assert sum((await instalments(units, 2)).values()) == 9_900
        assert [(e["data"]["resident_number"], e["sequence"]) for e in await announced(units)] == [("1", 1), ("2", 1), ("1", 2), ("1", 3)]


async def test_a_message_that_comes_twice_is_charged_once(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_050))
        await apply(units, assessed(1, 58_050))
        await apply(units, assessed(1, 58_050), assessed(1, 58_050))
        assert len(await rows(units, "SELECT 1 FROM charge_entry")) == 8
        assert len(await announced(units)) == 1


async def test_a_decision_that_comes_before_an_earlier_one_waits_for_it(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 40_000, sequence=2))
        assert await instalments(units) == {}
        await apply(units, assessed(1, 58_050))
        assert sum((await instalments(units)).values()) == 40_000
        assert [event["sequence"] for event in await announced(units)] == [1, 2]


async def test_instalments_that_are_due_stay_and_the_difference_stands_in_the_open_ones(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as units:
        await apply(units, assessed(1, 58_050))
    async with database.units(today=date(2026, 10, 5)) as units:
        await apply(units, assessed(1, 83_050, sequence=2))
        # 7,650 + 7,200 + 7,200 are due; 61,000 over five: 12,200 each.
        assert await instalments(units) == {1: 7_650, 2: 7_200, 3: 7_200, **dict.fromkeys(range(4, 9), 12_200)}


async def test_an_instalment_too_near_to_give_notice_is_left_alone(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as units:
        await apply(units, assessed(1, 58_050), assessed(2, 58_050))
    async with database.units(today=date(2026, 7, 21)) as units:
        await apply(units, assessed(1, 0, sequence=2, assessment_id=assessed(1, 0).assessment_id))
        assert await instalments(units, 1) == {}, "ten days before the day it is due there is still time"
    async with database.units(today=date(2026, 7, 22)) as units:
        await apply(units, assessed(2, 65_650, sequence=2))
        assert (await instalments(units, 2))[1] == 7_650
        assert sum((await instalments(units, 2)).values()) == 65_650


async def test_what_is_decided_after_the_last_instalment_is_charged_at_the_end_of_next_month(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as units:
        await apply(units, assessed(1, 58_050), assessed(3, 58_050))
    async with database.units(today=date(2027, 2, 22)) as units:
        await apply(units, assessed(1, 60_050, sequence=2), assessed(2, 5_000), assessed(3, 58_050, sequence=2))
        assert (await instalments(units, 1))[9] == 2_000
        assert await instalments(units, 2) == {9: 5_000}, "acquired late: everything stands in one extra instalment"
        assert 9 not in await instalments(units, 3)
    async with database.units(today=date(2027, 5, 6)) as units:
        await apply(units, assessed(1, 61_050, sequence=3))
        assert {number: amount for number, amount in (await instalments(units, 1)).items() if number > 8} == {9: 2_000, 12: 1_000}
        due = await rows(units, "SELECT DISTINCT number, month, due_on FROM charge_entry WHERE number > 8 ORDER BY 1")
        assert due == [(9, 3, date(2027, 3, 31)), (12, 6, date(2027, 6, 30))]


async def test_a_premium_below_what_is_due_lowers_the_last_due_instalments(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    async with database.units() as units:
        await apply(units, assessed(1, 58_050))
    async with database.units(today=date(2026, 10, 5)) as units:
        await apply(units, assessed(1, 10_000, sequence=2))
        # Due were 7,650 + 7,200 + 7,200 = 22,050: 12,050 too much, taken from the third (7,200) and the second (4,850).
        assert await instalments(units) == {1: 7_650, 2: 2_350}
        await apply(units, assessed(1, 15_000, sequence=3))
        assert await instalments(units) == {1: 7_650, 2: 2_350, **dict.fromkeys(range(4, 9), 1_000)}


async def test_nobody_is_charged_on_the_due_days_of_another_municipality(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        with pytest.raises(UnknownParameter, match="131024"):
            await apply(units, assessed(1, 58_050, municipality_code="131024"))
        assert await rows(units, "SELECT 1 FROM assessment") == []


amounts = st.one_of(st.integers(0, 1_500), st.integers(0, 871_000))
drawn_people = st.lists(st.tuples(st.integers(1, 5), amounts, st.sampled_from([CHIYODA, HACHIOJI, OKUTAMA])), min_size=1, max_size=12)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=drawn_people, today=st.dates(date(2026, 4, 1), date(2027, 9, 30)))
async def test_a_sealed_batch_and_the_same_rows_as_single_events_give_the_same_state(
    databases: Databases, drawn: list[tuple[int, int, str]], today: date
) -> None:
    events: list[PremiumAssessed] = []
    municipality: dict[int, str] = {}
    revisions: dict[int, int] = {}
    for number, amount, code in drawn:
        revisions[number] = revisions.get(number, 0) + 1
        events.append(assessed(number, amount, sequence=revisions[number], municipality_code=municipality.setdefault(number, code)))
    async with (await databases("collection", ROOT)).units(today=today) as units:
        for event in events:
            await apply(units, event)
        single = await rows(units, STATE)
        said = sorted(str(event["data"]) + str(event["sequence"]) for event in await announced(units))
    with TemporaryDirectory() as folder:
        async with (await databases("collection", ROOT)).units(today=today, store=Path(folder)) as units:
            await apply(units, await sealed(units, events))
            assert await rows(units, STATE) == single
            assert sorted(str(event["data"]) + str(event["sequence"]) for event in await announced(units)) == said
            await apply(units, *events)
            assert await rows(units, STATE) == single, "single events that the batch has overtaken change nothing"


async def test_the_instalments_of_a_sealed_batch_leave_in_packs(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await apply(units, await sealed(units, [assessed(number, 10_000 + number) for number in range(1, 2_502)]))
        packs = await rows(units, "SELECT body, content_type FROM outbox ORDER BY id")
        assert [len(decode(bytes(body))) for body, _ in packs] == [1_000, 1_000, 501]
        assert await rows(units, "SELECT count(*), sum(annual_amount)::bigint FROM assessment") == [(2_501, 10_000 * 2_501 + 2_501 * 1_251)]
        assert await rows(units, "SELECT sum(amount)::bigint FROM charge_entry") == [(10_000 * 2_501 + 2_501 * 1_251,)]


async def test_a_batch_that_is_not_what_the_event_announced_is_refused_whole(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        event = await sealed(units, [assessed(1, 58_050), assessed(2, 58_050)])
        broken = event.model_copy(update={"seal": event.seal.model_copy(update={"totals": {"annual_amount": 1}})})
        with pytest.raises(SealBroken):
            await apply(units, broken)
        assert await rows(units, "SELECT 1 FROM assessment") == []


async def test_a_cancelled_acquisition_takes_its_charges_back_and_a_new_number_leaves_them(databases: Databases) -> None:
    """E-06, I-41: the premium of a cancelled qualification comes as nothing; entries are reversed, never removed."""
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, insured(1), assessed(1, 58_000), insured(2), assessed(2, 58_000))
        cancelled = insured(1, sequence=2).model_copy(update={"lost_on": date(2020, 5, 1)})
        await apply(units, cancelled, assessed(1, 0, sequence=2), insured(2, sequence=2, insured_number="00000099"))

        assert (sum((await instalments(units, 1)).values()), sum((await instalments(units, 2)).values())) == (0, 58_000)
        numbers = await rows(units, "SELECT insured_number, lost_on FROM insured ORDER BY 1")
        assert numbers == [("00000001", date(2020, 5, 1)), ("00000099", None)]
        assert await rows(units, "SELECT count(*) FROM charge_entry WHERE reverses > 0") == [(8,)]
