"""Insured people with premiums, for the tests of collection."""

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
from collection_service.handlers.routing import ROUTES
from contracts.batches import BatchSealed
from contracts.envelope import Event, Message
from contracts.events.eligibility import AcquisitionGround, InsuredAcquired
from contracts.events.municipal import ResidentChanged, ResidentsBatchSealed, ResidentStatus
from contracts.events.premium import AssessmentsBatchSealed, PremiumAssessed
from sqlalchemy import text

ROOT = Path("services/collection")
DAY = date(2026, 7, 13)
CHIYODA, HACHIOJI, OKUTAMA = "131016", "132012", "133086"


def assessed(number: int, annual_amount: int, *, sequence: int = 1, **changes: Any) -> PremiumAssessed:
    """The premium of person `number` for FY2026."""
    record: dict[str, Any] = {
        "effective_on": date(2026, 4, 1),
        "sequence": sequence,
        "insured_id": derived_id("insured", number),
        "municipality_code": CHIYODA,
        "resident_number": str(number),
        "assessment_id": derived_id("assessment", number, sequence),
        "fiscal_year": 2026,
        "annual_amount": annual_amount,
        "medical_amount": annual_amount,
        "child_support_amount": 0,
        "months": 12,
        "provisional": False,
    }
    return PremiumAssessed(**{**record, **changes})


def resident(number: int, *, sequence: int = 1, **changes: Any) -> ResidentChanged:
    """The record of resident `number`, who lives alone."""
    record: dict[str, Any] = {
        "effective_on": DAY,
        "sequence": sequence,
        "municipality_code": CHIYODA,
        "resident_number": str(number),
        "household_number": str(number),
        "relationship": "02",
        "status": ResidentStatus.RESIDENT,
        "change_reason": "01",
        "changed_on": date(2010, 4, 1),
        "name": "架空 花子",
        "name_kana": "カクウ ハナコ",
        "sex": "2",
        "born_on": date(1945, 5, 1),
        "postal_code": "1000001",
        "address_prefecture": "東京都",
        "address_municipality": "千代田区",
        "address_town": "千代田",
        "address_number": "1番1号",
        "resident_since": date(2010, 4, 1),
    }
    return ResidentChanged(**{**record, **changes})


def insured(number: int, *, sequence: int = 1, **changes: Any) -> InsuredAcquired:
    """Person `number` is insured since 2020."""
    record: dict[str, Any] = {
        "effective_on": DAY,
        "sequence": sequence,
        "insured_id": derived_id("insured", number),
        "insured_number": f"{number:08}",
        "insurer_number": "39131016",
        "municipality_code": CHIYODA,
        "resident_number": str(number),
        "household_number": str(number),
        "born_on": date(1945, 5, 1),
        "sex": "2",
        "acquired_on": date(2020, 5, 1),
        "acquisition_ground": AcquisitionGround.AGE,
    }
    return InsuredAcquired(**{**record, **changes})


def said(event: Event) -> tuple[str, Message[Any]]:
    """An event as the consumer gets it; the same event is the same message."""
    identifier = derived_id("message", event.type, event.model_dump_json())
    return ROUTES.handler_of(event.type), Message(identifier, "test", datetime(2026, 7, 13, tzinfo=UTC), event, identifier)


async def apply(units: Units, *events: Event) -> None:
    """What the consumer does with a batch of messages."""
    await Consumer(units=units, routes=ROUTES, broker_url="").apply([said(event) for event in events])


async def sealed(units: Units, events: Sequence[PremiumAssessed] | Sequence[ResidentChanged]) -> BatchSealed:
    """The events as rows of a sealed batch in the store of `units`."""
    rows = [{key: str(value) if isinstance(value, UUID) else value for key, value in dict(event).items()} for event in events]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if isinstance(events[0], PremiumAssessed):
        found = await seal(units.store, "assessments.parquet", frame, schema_name=PremiumAssessed.type, totals=("annual_amount",))
        batch_id = derived_id(found.sha256)
        return AssessmentsBatchSealed(effective_on=DAY, batch_id=batch_id, key="assessments.parquet", seal=found, fiscal_year=2026)
    found = await seal(units.store, "residents.parquet", frame, schema_name=ResidentChanged.type, totals=())
    return ResidentsBatchSealed(
        effective_on=DAY, batch_id=derived_id(found.sha256), key="residents.parquet", seal=found, municipality_code=CHIYODA, generation=1
    )


async def rows(units: Units, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query, as the application sees them."""
    async with units.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


INSTALMENTS = """
SELECT a.resident_number, e.number, sum(e.amount)::bigint FROM charge_entry e JOIN assessment a USING (insured_id, fiscal_year)
GROUP BY 1, 2 HAVING sum(e.amount) <> 0 ORDER BY a.resident_number::int, 2
"""


async def instalments(units: Units, number: int = 1) -> dict[int, int]:
    """Instalment number → yen, as charged now."""
    return {found[1]: found[2] for found in await rows(units, INSTALMENTS) if found[0] == str(number)}
