"""調定減: what had been paid of a charge that is lowered is paid too much from that moment on."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl
from asyncpg import Connection
from chassis.clock import uuid7

SOURCE: Final = "assessment"
# What was written off was never paid: the write-off goes first, and what is left of the excess is money. Both leave the instalment by
# one statement for everybody. The money stays with the municipality that has it.
_MOVE: Final = """
WITH lowered AS MATERIALIZED (
    SELECT k.*, m.municipality_code, least(m.settled - k.amount, m.written_off) AS unwritten,
           greatest(m.settled - k.amount - m.written_off, 0) AS excess
    FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::bigint[])
        AS k(transaction_id, insured_id, fiscal_year, number, amount)
    CROSS JOIN LATERAL (
        SELECT (array_agg(e.municipality_code ORDER BY e.entered_on DESC, e.entry_id DESC))[1] AS municipality_code,
               sum(CASE WHEN e.credit = 'receivable' THEN e.amount WHEN e.debit = 'receivable' THEN -e.amount END)::bigint AS settled,
               coalesce(sum(CASE WHEN e.debit = 'written_off' THEN e.amount WHEN e.credit = 'written_off' THEN -e.amount END), 0)::bigint
                   AS written_off
        FROM money_entry e WHERE (e.insured_id, e.fiscal_year, e.number) = (k.insured_id, k.fiscal_year, k.number)
    ) AS m
    WHERE m.settled > k.amount
)
INSERT INTO money_entry (entry_id, transaction_id, debit, credit, insured_id, fiscal_year, number, municipality_code, amount, paid_on,
                         source, entered_on)
SELECT gen_random_uuid(), l.transaction_id, 'receivable', v.credit, l.insured_id, l.fiscal_year, l.number, l.municipality_code, v.amount,
       $6::date, $7, $6::date
FROM lowered l CROSS JOIN LATERAL (VALUES ('written_off', l.unwritten), ('overpaid', l.excess)) AS v(credit, amount)
WHERE v.amount > 0
"""


async def move_overpaid(raw: Connection[Any], lowered: pl.DataFrame, today: date) -> None:
    """Move from instalments to 過誤納 what settles them beyond what they are lowered to, by one statement, before they are lowered.

    `lowered`: `insured_id`, `fiscal_year`, `number`, `amount` (yen that it is lowered to), one row an instalment; the people are locked.
    """
    if not lowered.height:
        return
    columns = (lowered[name].to_list() for name in ("insured_id", "fiscal_year", "number", "amount"))
    await raw.execute(_MOVE, [uuid7() for _ in range(lowered.height)], *columns, today, SOURCE)
