"""Insured people for the tests of statistics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
from chassis.batches import seal
from chassis.clock import derived_id
from chassis.consumer import Consumer
from chassis.unit_of_work import Units
from contracts.envelope import Event, Message
from contracts.events.eligibility import AcquisitionGround, InsuredAcquired, InsuredBatchSealed, InsuredEvent, InsuredLost, LossReason
from sqlalchemy import text
from statistics_service.handlers.routing import ROUTES

ROOT = Path("services/statistics")
DAY = date(2026, 7, 13)
CHIYODA, HACHIOJI = "131016", "132012"


def acquired(number: int, *, born: date = date(1945, 5, 1), sequence: int = 1, **changes: Any) -> InsuredAcquired:
    """Person `number` is insured from the 75th birthday on."""
    record: dict[str, Any] = {
        "effective_on": DAY,
        "sequence": sequence,
        "insured_id": derived_id("insured", number),
        "insured_number": f"{number:08}",
        "insurer_number": "39131016",
        "municipality_code": CHIYODA,
        "resident_number": str(number),
        "household_number": "1",
        "born_on": born,
        "sex": "2",
        "acquired_on": born.replace(year=born.year + 75),
        "acquisition_ground": AcquisitionGround.AGE,
    }
    return InsuredAcquired(**{**record, **changes})


def lost(event: InsuredAcquired, *, on: date, sequence: int = 2) -> InsuredLost:
    """The same person is insured no more from `on` on."""
    return InsuredLost(**{**dict(event), "sequence": sequence, "lost_on": on, "loss_reason": LossReason.DEATH})


def said(event: Event) -> tuple[str, Message[Any]]:
    """An event as the consumer gets it; the same event is the same message."""
    identifier = derived_id("message", event.model_dump_json())
    return ROUTES.handler_of(event.type), Message(identifier, "eligibility", datetime(2026, 7, 13, tzinfo=UTC), event, identifier)


async def apply(units: Units, *events: Event) -> None:
    """What the consumer does with a batch of messages."""
    await Consumer(units=units, routes=ROUTES, broker_url="").apply([said(event) for event in events])


async def sealed(units: Units, events: Sequence[InsuredEvent]) -> InsuredBatchSealed:
    """The events as rows of a sealed batch in the store of `units`."""
    rows = [{key: str(value) if isinstance(value, UUID) else value for key, value in dict(event).items()} for event in events]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    found = await seal(units.store, "insured.parquet", frame, schema_name=InsuredAcquired.type, totals=())
    return InsuredBatchSealed(effective_on=DAY, batch_id=derived_id(found.sha256), key="insured.parquet", seal=found)


async def kept(units: Units) -> list[tuple[Any, ...]]:
    """Everything statistics keeps of the insured."""
    async with units.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text("SELECT * FROM insured ORDER BY insured_id"))]
