"""負担割合 as benefits keeps it: the rate of a day, and that batches and single events give the same (E-27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import polars as pl
from benefits_service.store.copay_rates import Rate, rates_on
from chassis.batches import seal
from chassis.clock import derived_id
from chassis.database import driver
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.events.eligibility import CopayRateDecided, CopayRatesBatchSealed, CopayReason, LimitClass

from services.benefits.tests.test_insured import CHIYODA, ROOT, apply

FIRST = derived_id("insured", 1)
SECOND = derived_id("insured", 2)
BEGINS, ENDS = date(2026, 8, 1), date(2027, 7, 31)


def decided(sequence: int, percent: int, *, of: UUID = FIRST, since: date = BEGINS, until: date = ENDS, **changes: Any) -> CopayRateDecided:
    record: dict[str, Any] = {
        "effective_on": since, "sequence": sequence, "insured_id": of, "municipality_code": CHIYODA, "resident_number": "1",
        "copay_year": 2026, "rate_percent": percent, "limit_class": LimitClass("general-2" if percent == 20 else "general-1"),
        "valid_from": since, "valid_until": until, "reason": CopayReason.TWO_TENTHS, "provisional": False,
    }  # fmt: skip
    return CopayRateDecided(**{**record, **changes})


async def sealed(units: Units, events: Sequence[CopayRateDecided]) -> CopayRatesBatchSealed:
    rows = [event.model_dump(mode="python") for event in events]
    frame = pl.DataFrame([{key: str(v) if isinstance(v, UUID) else v for key, v in row.items()} for row in rows], infer_schema_length=None)
    found = await seal(units.store, "rates.parquet", frame, schema_name=CopayRateDecided.type, totals=("rate_percent",))
    batch_id = derived_id(found.sha256)
    return CopayRatesBatchSealed(effective_on=BEGINS, batch_id=batch_id, key="rates.parquet", seal=found, copay_year=2026)


async def percent_on(units: Units, *days: date) -> list[int | None]:
    async with units.open() as uow:
        raw = await driver(uow.connection)
        found = [(await rates_on(raw, [FIRST], day)).get(FIRST) for day in days]
    return [rate.rate_percent if rate else None for rate in found]


async def test_a_claim_finds_the_rate_of_its_day(databases: Databases) -> None:
    """E-27: the year from its first to its last day, and a change from the first of a month; nothing before and after."""
    database = await databases("benefits", ROOT)
    change = date(2026, 12, 1)
    async with database.units() as units:
        await apply(units, decided(1, 10))
        await apply(units, decided(2, 10, until=date(2026, 11, 30)), decided(3, 20, since=change))
        days = [date(2026, 7, 31), BEGINS, date(2026, 11, 30), change, ENDS, date(2027, 8, 1)]
        assert await percent_on(units, *days) == [None, 10, 10, 20, 20, None]
        async with units.open() as uow:
            found = await rates_on(await driver(uow.connection), [FIRST, SECOND], change)
    assert found == {FIRST: Rate(FIRST, 20, "general-2", provisional=False)}


async def test_a_correction_holds_for_the_whole_year_and_a_class_that_is_not_decided_is_none(databases: Databases) -> None:
    database = await databases("benefits", ROOT)
    async with database.units() as units:
        await apply(units, decided(1, 10, limit_class=None))
        async with units.open() as uow:
            found = await rates_on(await driver(uow.connection), [FIRST], BEGINS)
        await apply(units, decided(2, 30, limit_class=LimitClass("working-1")))
        assert await percent_on(units, BEGINS, ENDS) == [30, 30]
    assert found[FIRST].limit_class is None


async def test_a_sealed_batch_and_single_events_are_kept_alike_and_twice_changes_nothing(databases: Databases, tmp_path: Path) -> None:
    events = [decided(1, 10), decided(1, 20, of=SECOND), decided(2, 10, until=date(2026, 8, 31)), decided(3, 30, since=date(2026, 9, 1))]
    kept = []
    for batched in (False, True):
        database = await databases("benefits", ROOT)
        with TemporaryDirectory(dir=tmp_path) as store:
            async with database.units(store=Path(store)) as units:
                said = [await sealed(units, events)] if batched else events
                await apply(units, *said)
                await apply(units, *said)
                async with units.open() as uow:
                    raw = await driver(uow.connection)
                    kept.append(
                        [tuple(row) for row in await raw.fetch("SELECT * FROM copay_rate ORDER BY insured_id, copay_year, sequence")]
                    )
                assert await percent_on(units, date(2026, 8, 31), date(2026, 9, 1)) == [10, 30]
    assert len(kept[0]) == len(events)
    assert kept[0] == kept[1]
