"""月末被保険者数: facts, table and counts agree, and what lies in the store is what was counted."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import obstore
import polars as pl
import pytest
from chassis import jobs
from chassis.problems import Problem
from chassis.testing import Databases
from chassis.unit_of_work import Units
from sqlalchemy import text
from statistics_service.jobs.monthly_insured import MonthlyInsured, counted_on

from services.statistics.tests.people import HACHIOJI, ROOT, acquired, apply, lost

JUNE = {"month": "2026-06"}


async def run(units: Units) -> tuple[dict[str, Any], dict[str, Any]]:
    """Prepare, approve and execute a run for June 2026: its preview and its outcome."""
    run_id = await jobs.prepare(MonthlyInsured(), dict(JUNE), units, by="tester")
    async with units.open() as uow:
        (found,) = await jobs.runs(uow, run_id=run_id)
    await jobs.approve(run_id, units, by="tester")
    return found["preview"], await jobs.execute(MonthlyInsured(), run_id, units)


async def written(units: Units, kind: str) -> bytes:
    """The file of the one run, as it lies in the store."""
    async with units.open() as uow:
        key = (await uow.connection.execute(text("SELECT key FROM monthly_file WHERE kind = :kind"), {"kind": kind})).scalar_one()
        return bytes(await (await obstore.get_async(uow.store, key)).bytes_async())


async def test_the_run_writes_facts_and_a_table_that_name_the_same_people(databases: Databases, tmp_path: Path) -> None:
    gone, still, later = acquired(1), acquired(2), acquired(3, born=date(1951, 7, 1))
    elsewhere = acquired(4, born=date(1920, 1, 1), municipality_code=HACHIOJI, sex="1", acquired_on=date(2008, 4, 1))
    async with (await databases("statistics", ROOT)).units(store=tmp_path) as units:
        await apply(units, gone, lost(gone, on=date(2026, 6, 30)), still, later, elsewhere)

        preview, outcome = await run(units)

        assert preview == {"counted_on": "2026-06-30", "insured": 2, "municipalities": {"131016": 1, "132012": 1}, "last_run": None}
        assert outcome == {"totals": {"insured": 2, "rows": 2}, "differences": {}}
        facts, table = await written(units, "facts"), await written(units, "table")
        assert pl.read_parquet(io.BytesIO(facts))["municipality_code"].to_list() == ["131016", "132012"]
        shown = pl.read_csv(io.BytesIO(table), schema_overrides={"市区町村コード": pl.String})
        assert shown.rows() == [("131016", "女", "80-84", 1), ("132012", "男", "100+", 1)]


async def test_what_comes_after_the_preview_does_not_change_the_run(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("statistics", ROOT)).units(store=tmp_path) as units:
        await apply(units, acquired(1))
        run_id = await jobs.prepare(MonthlyInsured(), dict(JUNE), units, by="tester")
        await apply(units, acquired(2))
        await jobs.approve(run_id, units, by="tester")
        assert (await jobs.execute(MonthlyInsured(), run_id, units))["totals"]["insured"] == 1
        preview, _ = await run(units)
        assert preview["last_run"] == {"counted_on": "2026-06-30", "insured": 1}


async def test_counts_that_do_not_agree_with_the_facts_are_named(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("statistics", ROOT)).units(store=tmp_path) as units:
        await apply(units, acquired(1), acquired(2))
        run_id = await jobs.prepare(MonthlyInsured(), dict(JUNE), units, by="tester")
        job = MonthlyInsured()
        async with units.open() as uow:
            (chunk,) = [jobs.Chunk(1, "131016", "131016", 2)]
            totals = await job.execute(dict(JUNE), run_id, chunk, uow)
            await uow.connection.execute(text("UPDATE monthly_count SET insured = insured + 1"))
            found = await job.reconcile(dict(JUNE), run_id, totals, uow)
        assert found == {"frozen": 2, "done": 2, "counted": 3, "facts": 2, "table": 2}


async def test_a_month_with_no_insured_is_a_run_without_work(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("statistics", ROOT)).units(store=tmp_path) as units:
        assert await run(units) == (
            {"counted_on": "2026-06-30", "insured": 0, "municipalities": {}, "last_run": None},
            {"totals": {}, "differences": {}},
        )


def test_without_a_month_the_one_before_the_business_day_counts() -> None:
    assert counted_on({}, date(2026, 7, 13)) == date(2026, 6, 30)
    assert counted_on({}, date(2026, 1, 1)) == date(2025, 12, 31)
    assert counted_on({"month": "2024-02"}, date(2026, 7, 13)) == date(2024, 2, 29)
    assert counted_on({"month": "2026-12"}, date(2026, 7, 13)) == date(2026, 12, 31)


def test_a_month_that_is_none_is_refused_in_japanese() -> None:
    with pytest.raises(Problem) as refused:
        counted_on({"month": "令和8年6月"}, date(2026, 7, 13))
    assert refused.value.code == "KOKI-T001"
