"""What was said of a year: how it is collected and when it is first due, where that is another than the usual."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from asyncpg import Connection
from chassis.batches import uuid_series
from chassis.binary_copy import Records
from chassis.law import day_of
from contracts.events.collection import CollectionMethod, CollectionMethodDecided

_SAID: Final = (
    "SELECT insured_id, method, first_due_on, sequence FROM year_method WHERE fiscal_year = $2 AND insured_id = ANY ($1::text[]::uuid[])"
)
_KEEP: Final = """
INSERT INTO year_method (insured_id, fiscal_year, municipality_code, method, first_due_on, sequence)
SELECT k.insured_id::uuid, $2, a.municipality_code, k.method, k.first_due_on, k.sequence
FROM unnest($1::text[], $3::text[], $4::date[], $5::int[]) AS k(insured_id, method, first_due_on, sequence)
CROSS JOIN LATERAL (
    SELECT municipality_code, resident_number FROM assessment WHERE insured_id = k.insured_id::uuid AND fiscal_year IN ($2, $2 - 1)
    ORDER BY fiscal_year DESC LIMIT 1
) AS a
ON CONFLICT (insured_id, fiscal_year) DO UPDATE SET municipality_code = excluded.municipality_code, method = excluded.method,
    first_due_on = excluded.first_due_on, sequence = excluded.sequence
RETURNING insured_id, municipality_code, method, first_due_on, sequence,
    (SELECT resident_number FROM assessment a WHERE a.insured_id = year_method.insured_id AND a.fiscal_year IN ($2, $2 - 1)
     ORDER BY a.fiscal_year DESC LIMIT 1) AS resident_number
"""


async def say(raw: Connection[Any], people: Records, year: int, usual: tuple[bool, int]) -> list[CollectionMethodDecided]:
    """What must be said of people (`insured_id`, `is_first_special`, `first_due_on` as day number) of a fiscal year: where it is another
    than what was said last, or, of whom nothing was said, than `usual`. It is kept as said."""
    keys = uuid_series(people["insured_id"]).to_list()
    said = {str(row["insured_id"]): row for row in await raw.fetch(_SAID, keys, year)} if keys else {}
    differs = (people["is_first_special"] != usual[0]) | (people["first_due_on"] != usual[1])
    differs |= np.isin(np.array(keys, "U36"), np.array(list(said), "U36"))
    changed: list[tuple[str, str, Any, int]] = []
    for row in np.flatnonzero(differs).tolist():
        before = said.get(keys[row])
        method = CollectionMethod.SPECIAL if people["is_first_special"][row] else CollectionMethod.ORDINARY
        first_due_on = day_of(int(people["first_due_on"][row]))
        if before is None or (before["method"], before["first_due_on"]) != (method, first_due_on):
            changed.append((keys[row], method.value, first_due_on, before["sequence"] + 1 if before else 1))
    if not changed:
        return []
    rows = await raw.fetch(_KEEP, [one[0] for one in changed], year, *([one[column] for one in changed] for column in (1, 2, 3)))
    return [
        CollectionMethodDecided(
            effective_on=row["first_due_on"],
            sequence=row["sequence"],
            insured_id=row["insured_id"],
            municipality_code=row["municipality_code"],
            resident_number=row["resident_number"],
            fiscal_year=year,
            method=CollectionMethod(row["method"]),
            first_due_on=row["first_due_on"],
        )
        for row in rows
    ]
