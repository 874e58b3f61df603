"""並行計算: two versions over the same frozen inputs, every difference with a reason, and nothing decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from chassis import jobs
from chassis.testing import Databases
from premium_service.domain.reasons import OTHER, words_of
from premium_service.domain.versions import NotAVersion, Version
from premium_service.jobs.assess import Assess
from premium_service.jobs.compare_versions import CompareVersions

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, income, insured, insured_id, premiums, resident, rows, run

LAW = json.dumps({})
TRIAL = json.dumps({"rates": {"medical": {"per_capita": 50_000, "income_rate": "9.5%"}}})
DIFFERENCES = """SELECT r.resident_number, d.reasons, d.amount_before, d.amount_after FROM run_difference d
JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident WHERE d.run_id = '{run}' ORDER BY 1"""


async def _people(units: Any) -> None:
    for number, pension in (("1", 3_500_000), ("2", 1_000_000), ("3", 12_000_000)):
        await apply(units, resident(number, household=number, born=OLD), insured(number, born=OLD, acquired=SINCE))
        await apply(units, income(number, pension=pension))


async def test_trial_rates_are_compared_with_the_rates_in_force_before_anything_is_decided(databases: Databases, tmp_path: Path) -> None:
    """T-03, T-11. 50,000 + 1,920,000 x 9.5 % = 232,400 instead of 242,900; 2.8 tenths of 50,000 (7.2 off) instead of 53,300."""
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await _people(units)
        before = await premiums(units)
        outcome = await run(units, CompareVersions(), first=LAW, second=TRIAL)
        found = await rows(units, DIFFERENCES.format(run=outcome["run_id"]))

        assert outcome["differences"] == {}
        assert outcome["preview"]["first"] != outcome["preview"]["second"]
        assert [row[0] for row in found[:2]] == ["1", "2"]
        assert (found[0][2] - found[0][3], found[1][2], found[1][3]) == (10_500, 14_900 + 300, 14_000 + 300)
        assert {words_of(row[1]) for row in found} == {"料率・限度額"}
        assert sum(row[3] - row[2] for row in found) == outcome["totals"]["yen_second"] - outcome["totals"]["yen_first"]
        assert outcome["totals"]["different"] + outcome["totals"]["same"] == outcome["totals"]["assessed"] == 3
        assert await premiums(units) == before, "nothing is decided"


async def test_the_rules_of_today_are_compared_with_the_decisions_in_force_over_the_inputs_of_their_run(
    databases: Databases, tmp_path: Path
) -> None:
    """T-11. A decision that other rules made (here: rounded to another unit) is found, with its reason; equal ones are not."""
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await _people(units)
        assess = await run(units, Assess(), scope="all")
        same = await run(units, CompareVersions(), first="in_force", second=LAW, run=str(assess["run_id"]))
        assert (same["differences"], same["totals"]["different"]) == ({}, 0)

        tens = json.dumps({"settings": {"annual_rounding": 10}})
        other = await run(units, CompareVersions(), first="in_force", second=tens, run=str(assess["run_id"]))
        found = await rows(units, DIFFERENCES.format(run=other["run_id"]))
        assert (other["differences"], {words_of(row[1]) for row in found}) == ({}, {"端数処理"})
        assert all(0 < row[3] - row[2] < 200 for row in found)


async def test_a_difference_without_a_reason_makes_the_run_fail(databases: Databases, tmp_path: Path) -> None:
    """T-11: a decision that somebody has made by other means; without the count in `reconcile` the run passed."""
    database = await databases("premium", ROOT)
    async with database.units(store=tmp_path) as units:
        await _people(units)
        assess = await run(units, Assess(), scope="all")
        owner = await asyncpg.connect(database.owner_url)
        wrong = "medical_amount = medical_amount + 5000, annual_amount = annual_amount + 5000"
        await owner.execute(f"UPDATE assessment SET {wrong} WHERE insured_id = $1", insured_id("2"))
        await owner.close()
        outcome = await run(units, CompareVersions(), first="in_force", second=LAW, run=str(assess["run_id"]))

        found = await rows(units, DIFFERENCES.format(run=outcome["run_id"]))
        assert [(row[0], row[1], row[3] - row[2]) for row in found] == [("2", OTHER, -5_000)]
        assert outcome["differences"] == {"理由のない差": 1}


WRONG: list[dict[str, Any]] = [
    {"rate": {}}, {"settings": {"cap": 1}}, {"rates": {"dental": {}}}, {"rates": {"medical": {"per_capita": 1}}},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_version_that_cannot_be_read_makes_no_run(databases: Databases, tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotAVersion):
        Version.of_json(wrong)
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        with pytest.raises(NotAVersion):
            await jobs.prepare(CompareVersions(), {"first": LAW, "second": json.dumps(wrong)}, units, by="tester")
        assert await rows(units, "SELECT count(*) FROM job_run") == [(0,)]
