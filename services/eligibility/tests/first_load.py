"""A first load in tests: the phase, the plan, and extracts of municipalities with the mark of completeness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import polars as pl
from chassis import batches, jobs
from chassis.clock import uuid7
from contracts.envelope import Message
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed
from eligibility_service.domain.phases import Phase
from eligibility_service.domain.records import RECORD
from eligibility_service.jobs.make_result_table import MakeResultTable
from eligibility_service.store import gate, migration, phases

from services.eligibility.tests.people import CHIYODA, as_rows
from services.eligibility.tests.world import World

CUT_OFF = date(2026, 8, 1)
COMPLETE = date(2026, 7, 1)


async def begin(world: World, phase: Phase, *municipalities: str, cut_off_on: date = CUT_OFF) -> None:
    """Put a fresh installation into a phase, with a plan."""
    async with world.units.open() as uow:
        await phases.begin(uow, phase, reason="試験", asked_by="tester")
        await migration.set_plan(uow, cut_off_on=cut_off_on, municipalities=municipalities or (CHIYODA,), by="tester")


async def announced(
    world: World,
    events: Sequence[ResidentChanged],
    *,
    municipality: str = CHIYODA,
    generation: int = 1,
    complete_as_of: date | None = COMPLETE,
    rejected: int = 0,
    parked: int = 0,
) -> Message[ResidentsBatchSealed]:
    """The announcement of a file whose accepted rows are `events`."""
    batch_id = uuid7()
    key = f"municipal/{municipality}/residents/{batch_id}.parquet"
    frame = pl.DataFrame(as_rows(events), schema=RECORD)
    seal = await batches.seal(world.units.store, key, frame, schema_name=ResidentChanged.type, totals=("sequence",))
    event = ResidentsBatchSealed(
        effective_on=date(2026, 7, 13), batch_id=batch_id, key=key, seal=seal, municipality_code=municipality, generation=generation,
        complete_as_of=complete_as_of, sent=len(events) + rejected + parked, rejected=rejected, parked=parked,
    )  # fmt: skip
    return Message(id=batch_id, source="gateway", time=datetime(2026, 7, 13, tzinfo=UTC), event=event, correlation_id=batch_id)


async def hear(world: World, message: Message[ResidentsBatchSealed]) -> None:
    await world.consumer.apply([("on_residents_sealed", message)])


async def load(world: World, events: Sequence[ResidentChanged], **said: Any) -> Message[ResidentsBatchSealed]:
    """A file of a municipality, announced and loaded."""
    message = await announced(world, events, **said)
    await hear(world, message)
    return message


async def make_result_table(world: World) -> dict[str, Any]:
    """Run the job to its end; its outcome."""
    run_id: UUID = await jobs.prepare(MakeResultTable(), {}, world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    return await jobs.execute(MakeResultTable(), run_id, world.units)


async def differences(world: World) -> list[tuple[str, str, int]]:
    """What keeps the gate shut: (kind, municipality, count)."""
    async with world.units.open() as uow:
        return [(one.kind, one.municipality_code, one.count) for one in await gate.differences(uow)]
