"""Lists over the log of entries, under row-level security."""

from __future__ import annotations

from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

_COUNTS: Final = """
NOT EXISTS (SELECT FROM ledger_entry t WHERE t.kind = 'taken_back' AND t.content ->> 'entry_id' = e.entry_id::text
    AND NOT EXISTS (SELECT FROM ledger_entry u WHERE u.kind = 'taken_back' AND u.content ->> 'entry_id' = t.entry_id::text))
"""
"""Whether entry e counts: nobody has taken it back, or that was itself taken back (deeper chains are for the person's own screen)."""
_PERSON: Final = "e.municipality_code, e.resident_number, r.name, r.name_kana, r.born_on"
_WAITING: Final = f"""
SELECT {_PERSON}, e.entry_id, e.effective_on, e.notified_on, e.content ->> 'evidence' AS evidence, e.content ->> 'grade' AS grade,
       e.recorded_by
FROM ledger_entry e JOIN resident r USING (municipality_code, resident_number)
WHERE e.kind = 'disability_applied' AND {_COUNTS} AND NOT EXISTS (
    SELECT FROM ledger_entry d WHERE d.kind IN ('disability_certified', 'disability_refused')
      AND d.content ->> 'application_id' = e.entry_id::text)
ORDER BY e.notified_on, e.position
"""
_EXCEPTIONS: Final = f"""
SELECT {_PERSON}, e.kind, e.effective_on, i.insured_number,
       COALESCE(f.content ->> 'facility', e.content ->> 'facility') AS facility,
       COALESCE(f.content ->> 'facility_address', e.content ->> 'facility_address') AS facility_address,
       e.content ->> 'other_union' AS other_union, i.insured_number IS NOT NULL AS insured
FROM ledger_entry e JOIN resident r USING (municipality_code, resident_number)
LEFT JOIN LATERAL (
    SELECT content FROM ledger_entry m
    WHERE (m.municipality_code, m.resident_number) = (e.municipality_code, e.resident_number)
      AND m.kind = 'domicile_exception_moved' AND m.effective_on BETWEEN e.effective_on AND $1
    ORDER BY m.effective_on DESC, m.position DESC LIMIT 1
) AS f ON e.kind = 'domicile_exception_begun'
LEFT JOIN LATERAL (
    SELECT insured_number FROM qualification q
    WHERE (q.municipality_code, q.resident_number) = (e.municipality_code, e.resident_number)
      AND q.acquired_on <= $1 AND (q.lost_on IS NULL OR q.lost_on > $1)
) AS i ON true
WHERE e.kind IN ('domicile_exception_begun', 'other_union_begun') AND e.effective_on <= $1 AND {_COUNTS} AND NOT EXISTS (
    SELECT FROM ledger_entry d
    WHERE (d.municipality_code, d.resident_number) = (e.municipality_code, e.resident_number)
      AND d.kind = CASE e.kind WHEN 'domicile_exception_begun' THEN 'domicile_exception_ended' ELSE 'other_union_ended' END
      AND d.effective_on BETWEEN e.effective_on AND $1
      AND NOT EXISTS (SELECT FROM ledger_entry t WHERE t.kind = 'taken_back' AND t.content ->> 'entry_id' = d.entry_id::text))
ORDER BY e.kind, e.effective_on, e.position
"""


async def waiting_applications(uow: UnitOfWork) -> list[dict[str, Any]]:
    """障害認定の申請 without a decision, the longest waiting first."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_WAITING)]


async def domicile_exceptions(uow: UnitOfWork) -> list[dict[str, Any]]:
    """住所地特例者 today with the facility they are in."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_EXCEPTIONS, uow.today)]
