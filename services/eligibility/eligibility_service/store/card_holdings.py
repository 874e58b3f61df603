"""マイナ保険証の保有: what files of holders say, in two times, and which of their rows name nobody for certain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store.bulk import copy_frame

COLUMNS: Final[dict[str, pl.DataType]] = {
    "insured_number": pl.String(),
    "born_on": pl.Date(),
    "sex": pl.String(),
    "holding": pl.String(),
    "confirmed_on": pl.Date(),
}
"""Columns of a batch of holders, as they are looked at."""

_REPORTED = """
CREATE TEMPORARY TABLE IF NOT EXISTS reported_holding (
    row_number integer NOT NULL, insured_number text NOT NULL, born_on date NOT NULL, sex text NOT NULL, holds boolean NOT NULL,
    confirmed_on date NOT NULL, municipality_code text, resident_number text, insured_id uuid, reason text, known boolean
) ON COMMIT DELETE ROWS
"""
# The number finds the qualification; birth and sex must both agree with the register, or the row is nobody's (I-42).
_IDENTIFY: Final = (
    """
    UPDATE reported_holding h SET municipality_code = q.municipality_code, resident_number = q.resident_number, insured_id = q.insured_id,
        reason = CASE WHEN r.born_on <> h.born_on OR r.born_on_unknown_text IS NOT NULL THEN 'birth_differs'
                      WHEN r.sex <> h.sex THEN 'sex_differs' END
    FROM (
        SELECT DISTINCT ON (s.insured_number) s.insured_number, s.municipality_code, s.resident_number, s.ordinal
        FROM reported_holding n JOIN insured_number_holder s USING (insured_number)
        JOIN qualification l ON (l.municipality_code, l.resident_number, l.ordinal) = (s.municipality_code, s.resident_number, s.ordinal)
        ORDER BY s.insured_number, (l.lost_on = l.acquired_on) IS TRUE, l.acquired_on DESC
    ) AS s
    JOIN qualification q USING (municipality_code, resident_number, ordinal)
    JOIN resident r USING (municipality_code, resident_number)
    WHERE s.insured_number = h.insured_number
    """,
    "UPDATE reported_holding SET reason = 'number_unknown' WHERE insured_id IS NULL",
    """
    UPDATE reported_holding h SET reason = 'named_twice' FROM (
        SELECT insured_number FROM reported_holding GROUP BY 1 HAVING count(*) > 1) AS twice
    WHERE twice.insured_number = h.insured_number AND h.reason IS NULL
    """,
    """
    UPDATE reported_holding h SET known = c.holds = h.holds, reason = CASE WHEN c.valid_from > h.confirmed_on THEN 'older_than_known' END
    FROM card_holding c WHERE c.insured_id = h.insured_id AND h.reason IS NULL
    """,
)
_CHANGED = "FROM reported_holding h JOIN card_holding c USING (insured_id) WHERE h.reason IS NULL AND NOT h.known"
# What was believed until now; and what is still believed of the days before the new state began.
_SUPERSEDE: Final = (
    f"""
    INSERT INTO card_holding_history
    SELECT c.municipality_code, c.resident_number, c.insured_id, c.holds, c.batch_id, daterange(c.valid_from, NULL),
           tstzrange(c.recorded_from, $1) {_CHANGED}
    """,
    f"""
    INSERT INTO card_holding_history
    SELECT c.municipality_code, c.resident_number, c.insured_id, c.holds, c.batch_id, daterange(c.valid_from, h.confirmed_on),
           tstzrange($1, NULL) {_CHANGED} AND c.valid_from < h.confirmed_on
    """,
)
_REPLACE = """
UPDATE card_holding c SET holds = h.holds, valid_from = h.confirmed_on, recorded_from = $1, batch_id = $2
FROM reported_holding h WHERE h.insured_id = c.insured_id AND h.reason IS NULL AND NOT h.known
"""
_ADD = """
INSERT INTO card_holding (municipality_code, resident_number, insured_id, holds, batch_id, valid_from, recorded_from)
SELECT municipality_code, resident_number, insured_id, holds, $2, confirmed_on, $1
FROM reported_holding WHERE reason IS NULL AND known IS NULL
"""
_COUNTS = """
INSERT INTO card_holding_import (batch_id, generation, rows, taken, unchanged, refused, loaded_at)
SELECT $1, $2, count(*), count(*) FILTER (WHERE reason IS NULL AND known IS NOT TRUE), count(*) FILTER (WHERE reason IS NULL AND known),
       count(*) FILTER (WHERE reason IS NOT NULL), $3
FROM reported_holding RETURNING rows, taken, unchanged, refused
"""
_REFUSALS = """
INSERT INTO card_holding_refusal (batch_id, row_number, insured_number, reason)
SELECT $1, row_number, insured_number, reason FROM reported_holding WHERE reason IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file of holders: rows = taken + unchanged + refused."""

    rows: int
    taken: int
    unchanged: int
    refused: int


async def take(uow: UnitOfWork, reported: pl.DataFrame, *, batch_id: UUID, generation: int) -> Taken:
    """Take the rows of a batch (COLUMNS, numbered from 1 in their order); what names nobody for certain is kept as a refusal.

    A row says what is so on `confirmed_on`. What it only confirms changes nothing; what is older than the known state is refused.
    """
    raw = await driver(uow.connection)
    await raw.execute(_REPORTED)
    # One file after the other: two at once would not see what the other one found.
    await raw.execute("SELECT pg_advisory_xact_lock(hashtext('card_holding'))")
    frame = reported.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("row_number"),
        "insured_number", "born_on", "sex", (pl.col("holding") == "1").alias("holds"), "confirmed_on",
    )  # fmt: skip
    await copy_frame(raw, "reported_holding", frame, frame.columns)
    await raw.execute("ANALYZE reported_holding")
    for statement in _IDENTIFY:
        await raw.execute(statement)
    for statement in _SUPERSEDE:
        await raw.execute(statement, uow.now)
    await raw.execute(_REPLACE, uow.now, batch_id)
    await raw.execute(_ADD, uow.now, batch_id)
    counts = await raw.fetchrow(_COUNTS, batch_id, generation, uow.now)
    await raw.execute(_REFUSALS, batch_id)
    return Taken(**dict(counts))


async def imports(uow: UnitOfWork, *, most: int = 20) -> list[dict[str, Any]]:
    """The latest files of holders with their counts, and how many people hold a card now, hold none, or are not known."""
    raw = await driver(uow.connection)
    rows = await raw.fetch("SELECT * FROM card_holding_import ORDER BY loaded_at DESC LIMIT $1", most)
    return [dict(row) for row in rows]


async def refusals(uow: UnitOfWork, batches: Collection[UUID], *, most: int = 500) -> Sequence[dict[str, Any]]:
    """The rows of these files that were not taken, in their order."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        "SELECT * FROM card_holding_refusal WHERE batch_id = ANY ($1::uuid[]) ORDER BY batch_id, row_number LIMIT $2", list(batches), most
    )
    return [dict(row) for row in rows]


async def totals(uow: UnitOfWork) -> dict[str, int]:
    """How many of those insured today hold a card, hold none, and are not known."""
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        """SELECT count(*) FILTER (WHERE h.holds) AS holds, count(*) FILTER (WHERE NOT h.holds) AS holds_not,
                  count(*) FILTER (WHERE h.holds IS NULL) AS unknown
        FROM qualification q LEFT JOIN card_holding h USING (insured_id)
        WHERE q.acquired_on <= $1 AND (q.lost_on IS NULL OR q.lost_on > $1)""",
        uow.today,
    )
    return dict(row)
