"""From residents, incomes and insured to decisions, on a real database: single events, packs and sealed batches give the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from chassis import jobs
from chassis.batches import seal
from chassis.clock import derived_id, uuid7
from chassis.consumer import Consumer
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.batches import BatchSealed
from contracts.envelope import Event, Message
from contracts.events.eligibility import (
    AcquisitionGround,
    FormerDependantDetermined,
    InsuredAcquired,
    InsuredBatchSealed,
    InsuredChanged,
    InsuredLost,
    LossReason,
)
from contracts.events.municipal import (
    IncomeDetermined,
    IncomesBatchSealed,
    IncomeStatus,
    ResidentChanged,
    ResidentsBatchSealed,
    ResidentStatus,
)
from premium_service.handlers.routing import ROUTES
from premium_service.jobs.assess import Assess
from sqlalchemy import text

ROOT = Path("services/premium")
DAY = date(2026, 7, 13)


def said(event: Event) -> tuple[str, Message[Any]]:
    identifier = uuid7()
    return ROUTES.handler_of(event.type), Message(identifier, "test", datetime(2026, 7, 13, tzinfo=UTC), event, identifier)


def resident(number: str, *, household: str = "1", born: date, head: bool = True, sequence: int = 1, **changes: Any) -> ResidentChanged:
    record: dict[str, Any] = {
        "effective_on": DAY,
        "sequence": sequence,
        "municipality_code": "131016",
        "resident_number": number,
        "household_number": household,
        "relationship": "02" if head else "03",
        "status": ResidentStatus.RESIDENT,
        "change_reason": "01",
        "changed_on": date(2010, 4, 1),
        "name": "架空 花子",
        "name_kana": "カクウ ハナコ",
        "sex": "2",
        "born_on": born,
        "postal_code": "1000001",
        "address_prefecture": "東京都",
        "address_municipality": "千代田区",
        "address_town": "千代田",
        "address_number": "1",
        "resident_since": date(2010, 4, 1),
    }
    return ResidentChanged(**{**record, **changes})


def income(number: str, *, pension: int = 0, sequence: int = 1, status: IncomeStatus = IncomeStatus.DECLARED) -> IncomeDetermined:
    return IncomeDetermined(
        effective_on=DAY,
        sequence=sequence,
        municipality_code="131016",
        resident_number=number,
        income_year=2025,
        status=status,
        public_pension_receipts=pension,
    )


def insured_id(number: str) -> UUID:
    return derived_id("insured", "131016", number)


def insured(number: str, *, born: date, acquired: date, sequence: int = 1) -> InsuredAcquired:
    return InsuredAcquired(effective_on=acquired, sequence=sequence, **_qualification(number, born, acquired))


def lost(number: str, *, born: date, acquired: date, on: date) -> InsuredLost:
    reason = {"lost_on": on, "loss_reason": LossReason.DEATH}
    return InsuredLost(effective_on=on, sequence=2, **_qualification(number, born, acquired), **reason)


def _qualification(number: str, born: date, acquired: date) -> dict[str, Any]:
    return {
        "insured_id": insured_id(number),
        "insured_number": number.rjust(8, "0"),
        "insurer_number": "39131016",
        "municipality_code": "131016",
        "resident_number": number,
        "household_number": "1",
        "born_on": born,
        "sex": "2",
        "acquired_on": acquired,
        "acquisition_ground": AcquisitionGround.AGE,
    }


OLD = date(1944, 5, 1)
SINCE = date(2019, 5, 1)


async def apply(units: Units, *events: Event) -> None:
    consumer = Consumer(units=units, routes=ROUTES, broker_url="")
    await consumer.apply([said(event) for event in events])


async def decisions(units: Units) -> list[Any]:
    query = """SELECT r.resident_number, a.revision, a.annual_amount, a.medical_amount, a.child_support_amount, a.months, a.tier
    FROM assessment a JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident ORDER BY 1, 2"""
    async with units.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def outbox(units: Units) -> list[str]:
    async with units.engine.connect() as connection:
        return [row[0] for row in await connection.execute(text("SELECT routing_key FROM outbox ORDER BY id"))]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_a_premium_is_decided_when_the_last_fact_has_come_in_whatever_order(databases: Databases, order: Sequence[int]) -> None:
    facts = [resident("1", born=OLD), income("1", pension=3_500_000), insured("1", born=OLD, acquired=SINCE)]
    async with (await databases("premium", ROOT)).units() as units:
        for index in order:
            await apply(units, facts[index])

        # A pension of 3.5 million: 3,500,000 x 75 % - 275,000 = 2,350,000 income, less 430,000 = 1,920,000 levy base, no reduction.
        # Medical 53,300 + 189,696 = 242,900; child support 1,300 + 4,992 = 6,200 (both floored to 100).
        assert await decisions(units) == [("1", 1, 249_100, 242_900, 6_200, 12, 0)]
        assert (await outbox(units)).count("premium.assessed.v1") == 1


async def test_an_income_that_is_not_known_is_not_zero_and_ends_on_a_worklist(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), insured("1", born=OLD, acquired=SINCE))
        await apply(units, income("1", status=IncomeStatus.INQUIRING))
        assert await decisions(units) == []
        async with units.engine.connect() as connection:
            assert (await connection.execute(text("SELECT due_on FROM deadline"))).scalar_one() == date(2026, 7, 27)

        await apply(units, income("1", pension=1_500_000, sequence=2))

        assert [row[:2] for row in await decisions(units)] == [("1", 1)]
        async with units.engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM deadline"))).scalar_one() == 0


async def _deadlines(units: Units) -> int:
    async with units.engine.connect() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM deadline"))).scalar_one())


CANCELLED = {"lost_on": SINCE, "loss_reason": None, "sequence": 2}


async def test_nobody_waits_for_the_income_of_a_qualification_that_was_cancelled(databases: Databases) -> None:
    acquired = insured("1", born=OLD, acquired=SINCE)
    async with (await databases("premium", ROOT)).units() as units:
        await apply(
            units, resident("1", born=OLD), acquired, resident("2", household="2", born=OLD), insured("2", born=OLD, acquired=SINCE)
        )
        assert await _deadlines(units) == 2

        await apply(units, InsuredChanged(**{**acquired.model_dump(), **CANCELLED}))

        assert await _deadlines(units) == 1, "the other one still waits"
        assert await decisions(units) == []


async def test_a_run_ends_the_waits_of_qualifications_that_a_file_has_cancelled(databases: Databases, tmp_path: Path) -> None:
    acquired = insured("1", born=OLD, acquired=SINCE)
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await apply(units, resident("1", born=OLD), acquired)
        assert await _deadlines(units) == 1

        await _load_insured(units, [InsuredChanged(**{**acquired.model_dump(), **CANCELLED})])
        run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
        await jobs.approve(run_id, units, by="tester")
        await jobs.execute(Assess(), run_id, units)

        assert await _deadlines(units) == 0


async def test_the_same_facts_again_make_no_new_revision(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), income("1", pension=900_000), insured("1", born=OLD, acquired=SINCE))
        await apply(units, income("1", pension=900_000, sequence=2))
        assert len(await decisions(units)) == 1


async def test_a_spouse_who_joins_the_scheme_changes_the_household_but_not_the_reduction_judged_on_1_april(databases: Databases) -> None:
    young = date(1951, 7, 1)
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=young, head=False))
        await apply(units, income("1", pension=2_000_000), income("2", pension=700_000))
        await apply(units, insured("1", born=OLD, acquired=SINCE))
        before = await decisions(units)
        await apply(units, insured("2", born=young, acquired=date(2026, 7, 1)))

        after = await decisions(units)
        assert after[0] == before[0], "the reduction of the first is judged on 1 April"
        assert after[1][0] == "2"
        assert after[1][5] == 9, "July to March"


async def test_death_ends_the_months_and_the_last_revision_counts(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), income("1", pension=1_500_000), insured("1", born=OLD, acquired=SINCE))
        await apply(units, lost("1", born=OLD, acquired=SINCE, on=date(2026, 7, 11)))

        found = await decisions(units)
        assert [row[1] for row in found] == [1, 2]
        assert found[1][5] == 3, "April, May and June; the month of loss does not count"


def dependant(number: str, answer: bool | None, *, sequence: int = 1, joined: date) -> FormerDependantDetermined:
    return FormerDependantDetermined(
        effective_on=joined, sequence=sequence, insured_id=insured_id(number), municipality_code="131016", resident_number=number,
        joined_on=joined, former_dependant=answer,
    )  # fmt: skip


JOINED = date(2025, 7, 1)


async def test_a_former_dependant_pays_no_income_part_and_half_of_the_flat_amount(databases: Databases) -> None:
    """I-02: whatever the order; taken back, it is decided as before. Without the join in store/members.py the levy stayed."""
    born = date(1950, 7, 1)
    facts = [resident("1", born=born), income("1", pension=3_500_000), insured("1", born=born, acquired=JOINED)]
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, *facts)
        full = await decisions(units)
        await apply(units, dependant("1", True, joined=JOINED))
        await apply(units, dependant("1", None, sequence=2, joined=JOINED))
        three = await decisions(units)
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, dependant("1", True, joined=JOINED))
        await apply(units, *facts)
        first = await decisions(units)

        # 12 months of half of 53,300 and of 1,300: 26,650 and 650, floored to 100.
        assert [row[2:5] for row in first] == [(27_200, 26_600, 600)]
        assert [row[2] for row in three] == [full[0][2], 27_200, full[0][2]]


async def test_a_run_names_for_how_many_nobody_knows_whether_they_were_dependants(databases: Databases, tmp_path: Path) -> None:
    """I-02, I-06: unknown is not no; it is charged in full and counted in the preview of the run."""
    born = date(1950, 7, 1)
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        for number, answer in (("1", True), ("2", False), ("3", None), ("4", None)):
            await apply(units, resident(number, household=number, born=born), insured(number, born=born, acquired=JOINED))
            if number != "4":
                await apply(units, dependant(number, answer, joined=JOINED))
        run_id = await jobs.prepare(Assess(), {"scope": "all"}, units, by="tester")
        async with units.engine.connect() as connection:
            preview = (await connection.execute(text("SELECT preview FROM job_run WHERE id = :id"), {"id": run_id})).scalar_one()

        assert (preview["insured"], preview["former_dependant_unknown"]) == (4, 2)


async def test_moving_within_the_union_divides_the_months_by_municipality_as_the_law_counts_them(databases: Databases) -> None:
    """A6: the month of acquisition counts in the new municipality, the month of loss does not in the old one: 12 together."""
    moved = date(2026, 5, 20)
    old = insured("1", born=OLD, acquired=SINCE)
    gone = {"lost_on": moved, "loss_reason": LossReason.MOVED_WITHIN_UNION, "sequence": 2, "effective_on": moved}
    new = {"municipality_code": "132012", "resident_number": "2", "insurer_number": "39132014"}
    arrived = {"insured_id": insured_id("2"), "acquired_on": moved, "acquisition_ground": AcquisitionGround.MOVED_WITHIN_UNION}
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=OLD, municipality_code="132012"))
        await apply(units, income("1", pension=1_500_000))
        await apply(units, income("2", pension=1_500_000).model_copy(update={"municipality_code": "132012"}))
        await apply(units, old)
        await apply(units, InsuredLost(**{**old.model_dump(), **gone}), InsuredAcquired(**{**old.model_dump(), **new, **arrived}))

        latest = {row[0]: row[5] for row in await decisions(units)}
        assert latest == {"1": 1, "2": 11}


async def test_sealed_batches_and_the_run_decide_what_single_events_decide(databases: Databases, tmp_path: Path) -> None:
    people = [(str(number), str(number // 2), date(1930 + number % 20, 5, 1)) for number in range(2, 60)]
    residents = [resident(n, household=h, born=born, head=int(n) % 2 == 0) for n, h, born in people]
    incomes = [income(n, pension=int(n) * 100_000) for n, _, _ in people]
    ledger = [insured(n, born=born, acquired=max(date(born.year + 75, 5, 1), date(2008, 4, 1))) for n, _, born in people]

    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, *residents, *incomes, *ledger)
        single = await decisions(units)
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await _load(units, residents, incomes, ledger)
        run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
        await jobs.approve(run_id, units, by="tester")
        outcome = await jobs.execute(Assess(), run_id, units)
        batch = await decisions(units)

        assert outcome["differences"] == {}
        assert outcome["totals"]["decided"] == len(people)
        assert await outbox(units) == ["premium.assessments_batch_sealed.v1"]
        again = await jobs.prepare(Assess(), {"scope": "all"}, units, by="tester")
        await jobs.approve(again, units, by="tester")
        assert (await jobs.execute(Assess(), again, units))["totals"]["decided"] == 0
    assert single == batch
    assert len(batch) == len(people)


async def _load(units: Units, residents: Sequence[Event], incomes: Sequence[Event], ledger: Sequence[Event]) -> None:
    of_municipality = {"municipality_code": "131016", "generation": 1}
    await _seal_and_load(units, "residents", residents, ResidentsBatchSealed, **of_municipality)
    await _seal_and_load(units, "incomes", incomes, IncomesBatchSealed, **of_municipality)
    await _load_insured(units, ledger)


async def _load_insured(units: Units, ledger: Sequence[Event]) -> None:
    await _seal_and_load(units, "insured", ledger, InsuredBatchSealed)


async def _seal_and_load(units: Units, name: str, events: Sequence[Event], model: type[BatchSealed], **extra: Any) -> None:
    rows = [event.model_dump(mode="python") for event in events]
    frame = pl.DataFrame(
        [{key: str(value) if isinstance(value, UUID) else value for key, value in row.items()} for row in rows],
        infer_schema_length=None,
    )
    schema = InsuredAcquired.type if model is InsuredBatchSealed else events[0].type
    found = await seal(units.store, f"{name}.parquet", frame, schema_name=schema, totals=())
    await apply(units, model(effective_on=DAY, batch_id=derived_id(name), key=f"{name}.parquet", seal=found, **extra))


CORRECTIONS: dict[str, tuple[dict[str, Any], int]] = {
    "cancelled": ({"lost_on": SINCE}, 0),
    "lost in the past": ({"lost_on": date(2026, 4, 20), "loss_reason": LossReason.PUBLIC_ASSISTANCE}, 0),
    "lost later": ({"lost_on": date(2026, 10, 1), "loss_reason": LossReason.MOVED_OUT}, 6),
    "acquired later than said": ({"acquired_on": date(2026, 6, 30)}, 10),
    "acquired earlier than said": ({"acquired_on": date(2019, 4, 1)}, 12),
    "another ground": ({"acquisition_ground": AcquisitionGround.MOVED_IN}, 12),
    "another number": ({"insured_number": "00000099"}, 12),
}


@pytest.mark.parametrize("what", CORRECTIONS)
@pytest.mark.parametrize("in_a_batch", [False, True])
async def test_a_corrected_qualification_is_charged_for_the_months_that_are_left(
    databases: Databases, tmp_path: Path, what: str, in_a_batch: bool
) -> None:
    """E-05, E-06: a cancelled acquisition takes its premium back, to nothing; a new number or ground alone changes no yen."""
    changed, months = CORRECTIONS[what]
    first = insured("1", born=OLD, acquired=SINCE)
    corrected = InsuredChanged(**{**first.model_dump(), **changed, "sequence": 2})
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await apply(units, resident("1", born=OLD), income("1", pension=1_500_000), first)
        before = await decisions(units)
        if in_a_batch:
            await _load_insured(units, [corrected])
            run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
            await jobs.approve(run_id, units, by="tester")
            assert (await jobs.execute(Assess(), run_id, units))["differences"] == {}
        else:
            await apply(units, corrected)

        latest = (await decisions(units))[-1]
        assert latest[5] == months
        assert (latest[2] == 0) == (months == 0)
        assert len(await decisions(units)) == (1 if latest[2:6] == before[0][2:6] else 2)


async def test_somebody_certified_under_75_is_charged_from_the_month_of_acquisition(databases: Databases) -> None:
    """E-14: a disability acquires under 75, and going on by age at 75 changes nothing."""
    born, acquired = date(1957, 3, 1), date(2026, 6, 10)
    first = insured("1", born=born, acquired=acquired).model_copy(update={"acquisition_ground": AcquisitionGround.DISABILITY})
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, resident("1", born=born), income("1", pension=1_500_000), first)
        await apply(units, InsuredChanged(**{**first.model_dump(), "acquisition_ground": AcquisitionGround.AGE, "sequence": 2}))

        assert [row[5] for row in await decisions(units)] == [10]
