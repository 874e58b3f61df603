"""Facts about invented people of premium, single and sealed, and what premium has made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
from chassis import jobs
from chassis.batches import seal
from chassis.clock import derived_id, uuid7
from chassis.consumer import Consumer
from chassis.unit_of_work import Units
from contracts.batches import BatchSealed
from contracts.envelope import Event, Message
from contracts.events.eligibility import (
    AcquisitionGround,
    FormerDependantDetermined,
    InsuredAcquired,
    InsuredBatchSealed,
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


def income(
    number: str, *, pension: int = 0, sequence: int = 1, status: IncomeStatus = IncomeStatus.DECLARED, year: int = 2025
) -> IncomeDetermined:
    return IncomeDetermined(
        effective_on=DAY,
        sequence=sequence,
        municipality_code="131016",
        resident_number=number,
        income_year=year,
        status=status,
        public_pension_receipts=pension,
    )


def insured_id(number: str) -> UUID:
    return derived_id("insured", "131016", number)


def insured(number: str, *, born: date, acquired: date, sequence: int = 1) -> InsuredAcquired:
    return InsuredAcquired(effective_on=acquired, sequence=sequence, **qualification(number, born, acquired))


def lost(number: str, *, born: date, acquired: date, on: date) -> InsuredLost:
    reason = {"lost_on": on, "loss_reason": LossReason.DEATH}
    return InsuredLost(effective_on=on, sequence=2, **qualification(number, born, acquired), **reason)


def qualification(number: str, born: date, acquired: date) -> dict[str, Any]:
    return {
        "insured_id": insured_id(number),
        "insured_number": number[-8:].rjust(8, "0"),
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


async def premiums(units: Units) -> list[tuple[str, int, int, int, int]]:
    """(宛名番号, fiscal year, revision, yen, months) of every decision."""
    query = """SELECT r.resident_number, a.fiscal_year, a.revision, a.annual_amount, a.months
    FROM assessment a JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident ORDER BY 1, 2, 3"""
    async with units.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def rows(units: Units, query: str) -> list[Any]:
    """The rows of a query, as tuples."""
    async with units.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def run(units: Units, job: Any, **parameters: str) -> dict[str, Any]:
    """Prepare, approve and execute a run; its outcome, with `run_id` and `preview`."""
    run_id = await jobs.prepare(job, parameters, units, by="tester")
    async with units.open() as uow:
        (found,) = await jobs.runs(uow, run_id=run_id)
    await jobs.approve(run_id, units, by="approver")
    return {**await jobs.execute(job, run_id, units), "run_id": run_id, "preview": found["preview"]}


async def outbox(units: Units) -> list[str]:
    async with units.engine.connect() as connection:
        return [row[0] for row in await connection.execute(text("SELECT routing_key FROM outbox ORDER BY id"))]


def dependant(number: str, answer: bool | None, *, sequence: int = 1, joined: date) -> FormerDependantDetermined:
    return FormerDependantDetermined(
        effective_on=joined, sequence=sequence, insured_id=insured_id(number), municipality_code="131016", resident_number=number,
        joined_on=joined, former_dependant=answer,
    )  # fmt: skip


async def load(units: Units, residents: Sequence[Event], incomes: Sequence[Event], ledger: Sequence[Event]) -> None:
    of_municipality: dict[str, Any] = {"municipality_code": "131016", "generation": 1}
    await seal_and_load(units, "residents", residents, ResidentsBatchSealed, **of_municipality)
    await seal_and_load(units, "incomes", incomes, IncomesBatchSealed, **of_municipality)
    await load_insured(units, ledger)


async def load_insured(units: Units, ledger: Sequence[Event]) -> None:
    await seal_and_load(units, "insured", ledger, InsuredBatchSealed)


async def seal_and_load(
    units: Units, name: str, events: Sequence[Event], model: type[BatchSealed], *, totals: tuple[str, ...] = (), **extra: Any
) -> None:
    rows = [event.model_dump(mode="python") for event in events]
    frame = pl.DataFrame(
        [{key: str(value) if isinstance(value, UUID) else value for key, value in row.items()} for row in rows],
        infer_schema_length=None,
    )
    schema = InsuredAcquired.type if model is InsuredBatchSealed else events[0].type
    found = await seal(units.store, f"{name}.parquet", frame, schema_name=schema, totals=totals)
    await apply(units, model(effective_on=DAY, batch_id=derived_id(name), key=f"{name}.parquet", seal=found, **extra))
