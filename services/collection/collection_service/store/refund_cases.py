"""過誤納の事案: the facts of a case out of the ledger, and the worklist of what waits."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection

from collection_service.domain.refund_case import Case
from collection_service.domain.refunds import Debt, Lowering, Overpayment, Payment
from collection_service.store import money
from collection_service.store.addressees import addressee_of


async def find(raw: Connection[Any], case_id: UUID, *, lock: bool = False) -> Case | None:
    """One case; `lock` keeps it from another decision until the transaction ends."""
    if lock:
        await raw.execute("SELECT FROM refund_case WHERE case_id = $1 FOR UPDATE", case_id)
    row = await raw.fetchrow(f"{_CASES} WHERE c.case_id = $1", case_id)
    return _case(row) if row else None


async def of_person(raw: Connection[Any], municipality_code: str, resident_number: str) -> list[Case]:
    """Every case of a person, the newest first."""
    where = "WHERE c.insured_id IN (SELECT insured_id FROM assessment WHERE (municipality_code, resident_number) = ($1, $2))"
    order = "ORDER BY c.closed_on DESC NULLS FIRST, c.found_on DESC, c.fiscal_year DESC"
    rows = await raw.fetch(f"{_CASES} {where} {order}", municipality_code, resident_number)
    return [_case(row) for row in rows]


async def open_ones(raw: Connection[Any], *, limit: int) -> list[Case]:
    """The open cases that the reader may see, the longest waiting first."""
    rows = await raw.fetch(f"{_CASES} WHERE c.closed_on IS NULL ORDER BY c.found_on, c.case_id LIMIT $1", limit)
    return [_case(row) for row in rows]


async def overpayment_of(raw: Connection[Any], case: Case, *, today: date) -> Overpayment:
    """The payments, lowerings and debts behind a case. Debts: instalments past their due day and not deferred on `today`, of any year."""
    key = (case.insured_id, case.fiscal_year)
    payments = [Payment(**dict(row)) for row in await raw.fetch(_PAYMENTS, *key)]
    lowerings = [Lowering(row["entered_on"], row["amount"]) for row in await raw.fetch(_LOWERINGS, *key)]
    years = [row["fiscal_year"] for row in await raw.fetch("SELECT fiscal_year FROM assessment WHERE insured_id = $1", case.insured_id)]
    deferred = {tuple(row) for row in await raw.fetch(_DEFERRED, case.insured_id, today)}
    debts = [
        Debt(state.fiscal_year, state.number, state.municipality_code, state.due_on, state.unpaid)
        for state in await money.states(raw, [(case.insured_id, year) for year in years])
        if state.unpaid > 0 and state.due_on < today and (state.fiscal_year, state.number) not in deferred
    ]
    return Overpayment(case.overpaid, case.lost_on, case.has_died, payments, lowerings, debts)


def _case(row: Any) -> Case:
    names = (name for name in Case.__slots__ if name != "addressee")
    return Case(**{name: row[name] for name in names}, addressee=addressee_of(row))


_CASES = """
SELECT c.case_id, c.insured_id, c.fiscal_year, c.municipality_code, c.found_on, c.closed_on, coalesce(b.overpaid, 0) AS overpaid,
       coalesce(b.payable, 0) AS payable, a.resident_number, i.insured_number, i.lost_on, ad.status, ad.name, ad.postal_code,
       ad.address_prefecture, ad.address_municipality, ad.address_town, ad.address_number, ad.address_building, ad.address_withheld
FROM refund_case c
LEFT JOIN LATERAL (
    SELECT overpaid, payable FROM refund_balance b
    WHERE c.closed_on IS NULL AND (b.insured_id, b.fiscal_year) = (c.insured_id, c.fiscal_year)
) AS b ON true
LEFT JOIN LATERAL (
    SELECT municipality_code, resident_number FROM assessment
    WHERE insured_id = c.insured_id ORDER BY fiscal_year = c.fiscal_year DESC, fiscal_year DESC LIMIT 1
) AS a ON true
LEFT JOIN insured i ON i.insured_id = c.insured_id
LEFT JOIN addressee_shown ad ON (ad.municipality_code, ad.resident_number) = (a.municipality_code, a.resident_number)
"""
# What was appropriated is a payment too; what was written off is none.
_PAYMENTS = """
SELECT m.entry_id, m.paid_on, m.source, m.amount - coalesce(g.given_back, 0)::bigint AS left, m.credit = 'overpaid' AS is_direct
FROM money_entry m
LEFT JOIN LATERAL (
    SELECT sum(p.amount) AS given_back FROM refund_part p JOIN refund_decision d USING (decision_id)
    WHERE p.entry_id = m.entry_id AND d.taken_back_on IS NULL
) AS g ON true
WHERE (m.insured_id, m.fiscal_year) = ($1, $2) AND m.credit IN ('overpaid', 'receivable')
  AND (m.debit IN ('cash', 'unidentified') OR m.source = 'appropriation') AND m.reverses IS NULL
  AND NOT EXISTS (SELECT 1 FROM money_entry r WHERE r.reverses = m.entry_id)
ORDER BY m.paid_on, m.entry_id
"""
_LOWERINGS = """
SELECT m.entered_on, sum(m.amount)::bigint AS amount FROM money_entry m
WHERE (m.insured_id, m.fiscal_year) = ($1, $2) AND (m.debit, m.credit) = ('receivable', 'overpaid') AND m.reverses IS NULL
  AND NOT EXISTS (SELECT 1 FROM money_entry r WHERE r.reverses = m.entry_id)
GROUP BY 1 ORDER BY 1
"""
_DEFERRED = """
SELECT d.fiscal_year, k.number FROM deferral d CROSS JOIN LATERAL unnest(d.numbers, d.deferred_until) AS k(number, until)
WHERE d.insured_id = $1 AND k.until >= $2
"""
