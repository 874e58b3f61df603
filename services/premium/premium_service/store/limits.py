"""期間制限 of the people of a list: until when the premium of each can still be decided."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from asyncpg import Connection
from chassis.law import FiscalYear, day_of

from premium_service.domain.limiting import YearLimit
from premium_service.law import time_limit
from premium_service.store import collection_methods


async def closes_on(raw: Connection[Any], people: pl.DataFrame, fiscal_year: int, union: str, today: date) -> dict[str, date | None]:
    """insured_id → the first day on which the premium of the year cannot be decided any more; None where it always can."""
    identifiers = [UUID(value) for value in people["insured_id"]]
    said = await collection_methods.said(raw, identifiers, fiscal_year)
    limit = YearLimit(time_limit(union, FiscalYear(fiscal_year), today), said)
    rows = np.zeros(people.height, np.dtype([("insured_id", "S16"), ("acquired_on", np.int32)]))
    rows["insured_id"] = [identifier.bytes for identifier in identifiers]
    rows["acquired_on"] = people["acquired_on"].to_numpy()
    days = await asyncio.to_thread(limit.closes_on, rows)
    return {str(identifier): day_of(int(day)) for identifier, day in zip(identifiers, days, strict=True)}
