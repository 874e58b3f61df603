"""時効に関わる出来事 of instalments, each read from the record of the act itself; and what was written off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection

from collection_service.domain.arrears import Claim, ClaimKey
from collection_service.rules.limitation import Happened, LimitationEvent
from collection_service.store import arrears

# A payment from what was seized is no recognition of the debt: the seizure itself stands for it.
_HAPPENED: Final = """
SELECT k.insured_id, k.fiscal_year, k.number, e.event, e.first, e.last
FROM unnest($1::uuid[], $2::int[], $3::int[]) AS k(insured_id, fiscal_year, number)
CROSS JOIN LATERAL (
    SELECT 'notice' AS event, min(n.issued_on) AS first, min(n.issued_on) AS last FROM notice n
    WHERE (n.insured_id, n.fiscal_year, n.state) = (k.insured_id, k.fiscal_year, 'issued') AND n.revision >= (
        SELECT min(c.revision) FROM charge_entry c WHERE (c.insured_id, c.fiscal_year, c.number) = (k.insured_id, k.fiscal_year, k.number)
    ) HAVING min(n.issued_on) IS NOT NULL
    UNION ALL
    SELECT 'demand', issued_on, issued_on FROM demand d
    WHERE (d.insured_id, d.fiscal_year, d.number, d.state) = (k.insured_id, k.fiscal_year, k.number, 'issued') AND returned_on IS NULL
    UNION ALL
    SELECT 'part_payment', paid_on, paid_on FROM money_entry m
    WHERE (m.insured_id, m.fiscal_year, m.number) = (k.insured_id, k.fiscal_year, k.number)
      AND m.credit = 'receivable' AND m.debit IN ('cash', 'unidentified') AND m.source <> 'enforcement' AND m.reverses IS NULL
      AND NOT EXISTS (SELECT FROM money_entry r WHERE r.reverses = m.entry_id)
    UNION ALL
    SELECT 'promise', p.promised_on, p.promised_on FROM promise_instalment i JOIN promise p USING (promise_id)
    WHERE (i.insured_id, i.fiscal_year, i.number) = (k.insured_id, k.fiscal_year, k.number)
    UNION ALL
    SELECT 'reminder', r.issued_on, r.issued_on FROM reminder_instalment i JOIN reminder r USING (reminder_id)
    WHERE (i.insured_id, i.fiscal_year, i.number) = (k.insured_id, k.fiscal_year, k.number)
    UNION ALL
    SELECT CASE WHEN ended.step = 'withdraw' THEN 'seizure_withdrawn' ELSE 'seizure' END, s.taken_on, ended.taken_on
    FROM enforcement_instalment i JOIN enforcement_step s ON s.enforcement_id = i.enforcement_id AND s.step = 'seize'
    LEFT JOIN enforcement_step ended ON ended.enforcement_id = i.enforcement_id AND ended.step IN ('distribute', 'release', 'withdraw')
    WHERE (i.insured_id, i.fiscal_year, i.number) = (k.insured_id, k.fiscal_year, k.number)
) AS e
"""
_OLD: Final = """
SELECT DISTINCT s.insured_id FROM instalment_state s
WHERE s.unpaid > 0 AND s.due_on < $1 AND s.municipality_code = $2
  AND s.insured_id = ANY (ARRAY(SELECT DISTINCT insured_id FROM charge_entry WHERE municipality_code = $2)) ORDER BY 1
"""
_KEEP: Final = "INSERT INTO write_off VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
_WRITTEN_OFF: Final = """
SELECT w.municipality_code, w.resident_number, ad.name, i.insured_number, w.fiscal_year, w.number, w.due_on, w.amount, w.extinct_on,
       w.written_off_on, p.asked_by, p.decided_by, p.reason
FROM write_off w JOIN approval p USING (approval_id) LEFT JOIN insured i USING (insured_id)
LEFT JOIN addressee_shown ad ON (ad.municipality_code, ad.resident_number) = (w.municipality_code, w.resident_number)
WHERE w.municipality_code = $1 AND w.written_off_on BETWEEN $2 AND $3
ORDER BY w.written_off_on, w.resident_number, w.due_on, w.number
"""


async def happened(raw: Connection[Any], keys: Sequence[ClaimKey]) -> dict[ClaimKey, list[Happened]]:
    """What happened to each of these instalments, but for its deferral, which stands on the claim."""
    found: dict[ClaimKey, list[Happened]] = defaultdict(list)
    for row in await raw.fetch(_HAPPENED, *([key[part] for key in keys] for part in range(3))):
        event = Happened(LimitationEvent(row["event"]), row["first"], row["last"])
        found[row["insured_id"], row["fiscal_year"], row["number"]].append(event)
    return found


async def unpaid_due_before(raw: Connection[Any], municipality_code: str, day: date) -> list[Claim]:
    """The unpaid instalments of a municipality that fell due before a day, the oldest first."""
    people = [row["insured_id"] for row in await raw.fetch(_OLD, day, municipality_code)]
    claims = await arrears.of_insured(raw, people, due_before=day)
    return [claim for claim in claims if claim.municipality_code == municipality_code and claim.unpaid_on(date.max)]


async def keep_write_off(
    raw: Connection[Any], entry_id: UUID, approval_id: UUID, claim: Claim, amount: int, extinct_on: date, today: date
) -> None:
    """不納欠損: that an entry of the ledger wrote this off, by whose approval, and since when the claim was extinct."""
    whose = (claim.municipality_code, claim.resident_number)
    await raw.execute(_KEEP, entry_id, approval_id, *claim.key, *whose, claim.due_on, amount, extinct_on, today)


async def written_off(raw: Connection[Any], municipality_code: str, first: date, last: date) -> list[dict[str, Any]]:
    """不納欠損一覧: what was written off from day to day (both counted), with who asked and who approved."""
    return [dict(row) for row in await raw.fetch(_WRITTEN_OFF, municipality_code, first, last)]
