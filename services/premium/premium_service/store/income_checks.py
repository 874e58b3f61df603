"""毎朝の突合: everybody concerned in a municipality by reason, extracted or left out, as each check found it (I-20, I-21)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.rules.income_gaps import Reason
from premium_service.store.income_gaps import Followed

KEPT_DAYS: Final = 400
_MUNICIPALITIES: Final = "SELECT municipality_code, count(*) AS insured FROM insured GROUP BY 1 ORDER BY 1"
_KEEP: Final = "INSERT INTO income_check VALUES ($1, $2, $3, $4, $5, $6, $7)"
_FORGET: Final = "DELETE FROM income_check WHERE checked_on < $1"
_LATEST: Final = """
SELECT DISTINCT ON (municipality_code) municipality_code, income_year, checked_on, concerned, reasons::text AS reasons, newly_found
FROM income_check WHERE income_year = $1 ORDER BY municipality_code, checked_on DESC, run_id DESC
"""
_CHECKED: Final = "SELECT EXISTS (SELECT FROM income_check WHERE checked_on = $1)"
_ANYBODY: Final = "SELECT EXISTS (SELECT FROM insured)"
_LOADING: Final = "SELECT EXISTS (SELECT FROM loaded_batch WHERE loaded_at > $1)"
QUIET: Final = timedelta(minutes=5)
"""So long after the last sealed batch a load is over: what is half there is not checked, and a load is not slowed."""
# Counted on a way of its own, from the residents and not from the insured.
_CONCERNED: Final = """
SELECT count(*) FROM resident r WHERE r.municipality_code = $1 AND r.born_on IS NOT NULL AND EXISTS (
    SELECT FROM membership m JOIN membership o ON o.household_id = m.household_id JOIN insured i ON i.resident = o.resident
    WHERE m.resident = r.number AND m.valid_until > $2 AND m.valid_from < $3 AND o.valid_until > $2 AND o.valid_from < $3
      AND i.acquired_on < $3 AND i.lost_on > $2 AND i.lost_on > i.acquired_on
)
"""


async def municipalities(raw: Connection[Any]) -> list[tuple[str, int]]:
    """Municipalities with insured people, and how many."""
    return [(row[0], row[1]) for row in await raw.fetch(_MUNICIPALITIES)]


async def keep(raw: Connection[Any], run_id: UUID, code: str, income_year: int, followed: Followed, *, concerned: int, on: date) -> None:
    """Keep what a check of a municipality found; `concerned`: everybody there is, counted by itself."""
    reasons = Counter(Reason(code).name.lower() for code in followed.judged.reason.tolist())
    await raw.execute(_KEEP, run_id, code, income_year, on, concerned, json.dumps(reasons), followed.newly_found)
    await raw.execute(_FORGET, on - timedelta(days=KEPT_DAYS))


async def concerned(raw: Connection[Any], code: str, start: date, end: date) -> int:
    """How many people of a municipality live, or have lived in a fiscal year, with somebody who is insured in it."""
    return int(await raw.fetchval(_CONCERNED, code, start, end))


async def latest(uow: UnitOfWork, income_year: int) -> list[dict[str, Any]]:
    """The last check of each municipality that the reader may see; `reasons`: reason → people."""
    rows = await (await driver(uow.connection)).fetch(_LATEST, income_year)
    return [{**dict(row), "reasons": json.loads(row["reasons"])} for row in rows]


async def is_due(raw: Connection[Any], today: date, now: datetime) -> bool:
    """Whether nobody has checked today, there is somebody to check, and no load is going on."""
    if not await raw.fetchval(_ANYBODY) or await raw.fetchval(_CHECKED, today):
        return False
    return not await raw.fetchval(_LOADING, now - QUIET)
