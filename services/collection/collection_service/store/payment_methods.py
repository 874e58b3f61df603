"""納付方法: who has none. Nobody may find out by a demand that an account of another scheme was not carried over."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from asyncpg import Connection

_MISSING: Final = """
SELECT m.municipality_code, m.resident_number, a.name, m.fiscal_year, array_agg(m.number ORDER BY m.due_on) AS numbers,
       min(m.due_on) AS first_due_on, sum(m.unpaid)::bigint AS unpaid,
       CASE WHEN bool_or(m.failed_debit_id IS NOT NULL) THEN 'debit_failed'
            WHEN max(r.refusal) IS NOT NULL THEN 'slip_refused'
            WHEN EXISTS (
                SELECT FROM bank_mandate b WHERE (b.municipality_code, b.resident_number) = (m.municipality_code, m.resident_number)
            ) THEN 'mandate_ended'
            ELSE 'no_slip_yet' END AS reason,
       max(r.refusal) AS refusal
FROM instalment_method m LEFT JOIN addressee a USING (municipality_code, resident_number)
LEFT JOIN LATERAL (
    SELECT s.refusal FROM slip s WHERE (s.insured_id, s.fiscal_year, s.number) = (m.insured_id, m.fiscal_year, m.number)
    AND s.state = 'refused' ORDER BY s.slip_number DESC LIMIT 1
) AS r ON true
WHERE m.fiscal_year = $1 AND m.method = 'slip' AND m.unpaid > 0 AND (m.due_on >= $2 OR m.failed_debit_id IS NOT NULL) AND NOT EXISTS (
    SELECT FROM slip s WHERE (s.insured_id, s.fiscal_year, s.number) = (m.insured_id, m.fiscal_year, m.number)
    AND s.state = 'issued' AND s.amount = m.unpaid AND s.usable_until >= $2
)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4
"""


async def missing(raw: Connection[Any], fiscal_year: int, *, on: date) -> list[dict[str, Any]]:
    """Residents with unpaid instalments that are due on a day or later (or whose debit failed) and have neither an account nor a slip.

    `reason`: debit_failed, slip_refused (with `refusal`), mandate_ended, no_slip_yet.
    """
    return [dict(row) for row in await raw.fetch(_MISSING, fiscal_year, on)]
