"""What the ledger says about a qualification later, and about former dependants: the premium follows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import (
    AcquisitionGround,
    InsuredAcquired,
    InsuredChanged,
    InsuredLost,
    LossReason,
)
from contracts.events.municipal import ResidentStatus
from premium_service.jobs.assess import Assess
from sqlalchemy import text

from services.premium.tests.facts import (
    OLD,
    ROOT,
    SINCE,
    apply,
    decisions,
    dependant,
    income,
    insured,
    insured_id,
    load_insured,
    lost,
    resident,
)

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
            await load_insured(units, [corrected])
            run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
            await jobs.approve(run_id, units, by="approver")
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


@pytest.mark.parametrize("loss_first", [True, False], ids=["the ledger first", "the residents first"])
async def test_the_premium_of_somebody_who_died_the_day_before_the_acquisition_is_taken_back(
    databases: Databases, loss_first: bool
) -> None:
    """P-06, I-05: found by the failure runs. Without `_VOID` in store/members.py the dead person stayed charged for nine months."""
    born, day, before = date(1951, 7, 12), date(2026, 7, 12), date(2026, 7, 11)
    lives = [resident("1", born=born), income("1", pension=1_630_272)]
    died = resident("1", born=born, status=ResidentStatus.DIED, changed_on=before, ended_on=before, sequence=2)
    void = lost("1", born=born, acquired=day, on=day)
    async with (await databases("premium", ROOT)).units() as units:
        await apply(units, *lives, insured("1", born=born, acquired=day))
        charged = await decisions(units)
        await apply(units, *((void, died) if loss_first else (died, void)))
        found = await decisions(units)

    assert (len(charged), charged[0][2] > 0) == (1, True)
    assert found[-1][2] == 0, "nothing is left to pay"
