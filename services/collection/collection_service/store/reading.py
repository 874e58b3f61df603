"""What screens read of the charges of a person."""

from __future__ import annotations

from typing import Any

from asyncpg import Connection

_OF_PERSON = """
SELECT a.insured_id, a.fiscal_year, a.assessment_id, a.annual_amount, a.provisional, a.revision, a.decided_on,
       a.assessed_amount, a.assessed_amount - a.annual_amount AS remitted_amount,
       e.number, e.month, e.due_on, e.amount, d.deferred_until[array_position(d.numbers, e.number)] AS deferred_until
FROM assessment a LEFT JOIN deferral d ON (d.insured_id, d.fiscal_year) = (a.insured_id, a.fiscal_year)
LEFT JOIN LATERAL (
    SELECT number, month, due_on, sum(amount)::bigint AS amount FROM charge_entry
    WHERE (insured_id, fiscal_year) = (a.insured_id, a.fiscal_year) GROUP BY 1, 2, 3 HAVING sum(amount) > 0
) AS e ON true
WHERE (a.municipality_code, a.resident_number) = ($1, $2)
ORDER BY a.fiscal_year DESC, a.insured_id, e.number
"""


async def instalments_of(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Each fiscal year of a person, newest first, with `instalments` as charged now."""
    years: dict[tuple[Any, int], dict[str, Any]] = {}
    for row in await raw.fetch(_OF_PERSON, municipality_code, resident_number):
        year = years.setdefault((row["insured_id"], row["fiscal_year"]), {**dict(list(row.items())[:9]), "instalments": []})
        if row["number"] is not None:
            year["instalments"].append(dict(list(row.items())[9:]))
    return list(years.values())
