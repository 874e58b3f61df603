"""One eligibility service without HTTP: its database, its routing table, and what it has said."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from chassis import batches, jobs
from chassis.clock import uuid7
from chassis.consumer import Consumer
from chassis.database import driver
from chassis.jobs import Job
from chassis.testing import SAMPLE_DAY, Databases, TestDatabase
from chassis.unit_of_work import Units
from contracts.batches import Seal
from contracts.catalogue import model_of
from contracts.envelope import Message, decode, read
from contracts.events.municipal import IncomeDetermined, IncomesBatchSealed, ResidentChanged, ResidentsBatchSealed
from eligibility_service.domain.records import RECORD
from eligibility_service.handlers.routing import ROUTES

from services.eligibility.tests.people import CHIYODA, as_rows, heard, message


@dataclass(frozen=True)
class World:
    """A database of eligibility with its units of work; `consumer` applies messages as the broker would hand them over."""

    database: TestDatabase
    units: Units
    consumer: Consumer
    folder: Path
    """Where the object store lies."""

    async def hear(self, *events: ResidentChanged | IncomeDetermined, packed: bool = False) -> None:
        """Apply events in one transaction."""
        await self.consumer.apply(heard(events, packed=packed))

    async def hear_sealed(self, events: Sequence[ResidentChanged], *, municipality: str = CHIYODA) -> Message[ResidentsBatchSealed]:
        """Apply events as one sealed batch of a municipality."""
        message = await sealed(self.units, pl.DataFrame(as_rows(events), schema=RECORD), municipality=municipality)
        await self.consumer.apply([("on_residents_sealed", message)])
        return message

    async def hear_sealed_incomes(self, events: Sequence[IncomeDetermined], *, municipality: str = CHIYODA) -> None:
        """Apply incomes as one sealed batch of a municipality."""
        rows = [{**event.model_dump(mode="python", exclude={"effective_on"}), "status": event.status.value} for event in events]
        frame = pl.DataFrame(rows, infer_schema_length=None)
        batch_id = uuid7()
        key = f"municipal/{municipality}/incomes/{batch_id}.parquet"
        seal = await batches.seal(self.units.store, key, frame, schema_name=IncomeDetermined.type, totals=("sequence",))
        event = IncomesBatchSealed(
            effective_on=date(2026, 7, 13), batch_id=batch_id, key=key, seal=seal, municipality_code=municipality, generation=1
        )
        await self.consumer.apply([("on_incomes_sealed", message(event))])

    async def rates(self) -> list[dict[str, Any]]:
        """The rates that are believed, span by span."""
        return await self.rows(
            """SELECT q.resident_number, q.municipality_code, k.copay_year, lower(k.valid_during) AS valid_from, k.valid_until,
                k.rate_percent, k.limit_class, k.reason, k.exemption
            FROM copay_rate_as_known k JOIN qualification q USING (insured_id) WHERE upper_inf(k.recorded_during)
            ORDER BY q.municipality_code, q.resident_number, q.ordinal, k.copay_year, lower(k.valid_during)"""
        )

    async def waits(self) -> list[dict[str, Any]]:
        return await self.rows(
            "SELECT resident_number, copay_year, outcome, class_outcome, is_raised FROM copay_wait ORDER BY copay_year, resident_number"
        )

    async def run(self, name: Job, **parameters: Any) -> dict[str, Any]:
        """Prepare, approve and execute a job; its preview and its result."""
        run_id = await jobs.prepare(name, parameters, self.units, by="職員")
        await jobs.approve(run_id, self.units, by="上司")
        result = await jobs.execute(name, run_id, self.units)
        async with self.units.open() as uow:
            (found,) = await jobs.runs(uow, run_id=run_id)
        return {"preview": found["preview"], **result}

    async def rows(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        async with self.units.open() as uow:
            return [dict(row) for row in await (await driver(uow.connection)).fetch(query, *arguments)]

    async def value(self, query: str, *arguments: object) -> Any:
        (row,) = await self.rows(query, *arguments)
        (found,) = row.values()
        return found

    async def said(self) -> list[Message[Any]]:
        """Everything that stands in the outbox, in order."""
        bodies = await self.rows("SELECT body FROM outbox ORDER BY id")
        return [read(item, model_of(item["type"])) for row in bodies for item in decode(row["body"])]

    async def ledger(self) -> list[dict[str, Any]]:
        """The present knowledge of all qualifications."""
        return await self.rows("SELECT * FROM qualification ORDER BY municipality_code, resident_number, ordinal")


@asynccontextmanager
async def a_world(databases: Databases, *, today: date = SAMPLE_DAY) -> AsyncIterator[World]:
    """A fresh database on the business day `today`."""
    database = await databases("eligibility", Path("services/eligibility"))
    with tempfile.TemporaryDirectory() as store:
        async with database.units(today=today, store=Path(store)) as units:
            yield World(database, units, Consumer(units=units, routes=ROUTES, broker_url="amqp://nobody"), Path(store))


@asynccontextmanager
async def another_day(world: World, today: date) -> AsyncIterator[World]:
    """The same database and store on another business day."""
    async with world.database.units(today=today, store=world.folder) as units:
        yield World(world.database, units, Consumer(units=units, routes=ROUTES, broker_url="amqp://nobody"), world.folder)


async def sealed(units: Units, frame: pl.DataFrame, *, municipality: str) -> Message[ResidentsBatchSealed]:
    """The event of a residents file that the gateway would seal."""
    batch_id = uuid7()
    key = f"municipal/{municipality}/residents/{batch_id}.parquet"
    seal: Seal = await batches.seal(units.store, key, frame, schema_name=ResidentChanged.type, totals=("sequence",))
    event = ResidentsBatchSealed(
        effective_on=date(2026, 7, 13), batch_id=batch_id, key=key, seal=seal, municipality_code=municipality, generation=1
    )
    return Message(id=batch_id, source="gateway", time=datetime(2026, 7, 13, tzinfo=UTC), event=event, correlation_id=batch_id)


def only(found: Iterable[Any]) -> Any:
    """The one entry there is."""
    (entry,) = found
    return entry
