"""還付金の支払い: which refunds a list of a run pays, and what became of each order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7
from contracts.events.municipal import ResidentStatus

from collection_service.store import money
from collection_service.store.money import Account, Entry

FOLDER = "collection/refund-payments"
DIED_SINCE = "被保険者が亡くなっています。相続人代表者を登録してください。"
EXTINCT = "還付の時効を過ぎています。"
OVERTAKEN = "後の支払いの計画に置き換えられました。"
CHANGED = "計画の後に、決定か口座が変わりました。"


def key_of(sha256: str, form: str) -> str:
    """Where a list of payments lies in the object store."""
    return f"{FOLDER}/{sha256}.{form}"


async def plan(raw: Connection[Any], run_id: UUID, municipality_code: str, pay_on: date, *, today: date) -> None:
    """Plan to pay every refund whose account two officers have confirmed; plans of earlier runs give way. What must not be paid is held
    with its reason."""
    await raw.execute(_GIVE_WAY, municipality_code, OVERTAKEN)
    await raw.execute(_PLAN, run_id, municipality_code, pay_on, today, ResidentStatus.DIED, DIED_SINCE, EXTINCT)


async def take(raw: Connection[Any], run_id: UUID) -> list[dict[str, Any]]:
    """The planned payments of a run, locked; those whose decision, payee or account has changed since are held."""
    await raw.execute(_HOLD, run_id, ResidentStatus.DIED, CHANGED)
    return [{**dict(row), "account": json.loads(row["account"])} for row in await raw.fetch(_TAKE, run_id)]


async def mark_ordered(
    raw: Connection[Any], run_id: UUID, payments: Sequence[Mapping[str, Any]], *, csv_sha256: str, pdf_sha256: str, today: date
) -> None:
    """The payments stand in the list that goes to the bank."""
    await raw.execute("UPDATE refund_payment SET state = 'ordered', ordered_on = $2 WHERE run_id = $1 AND state = 'planned'", run_id, today)
    first, amount = payments[0], sum(one["amount"] for one in payments)
    await raw.execute(
        "INSERT INTO refund_payment_file VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        run_id, first["municipality_code"], first["pay_on"], len(payments), amount, csv_sha256, pdf_sha256, today,
    )  # fmt: skip


async def file_of(raw: Connection[Any], run_id: UUID) -> dict[str, Any] | None:
    """The list of a run, or None where it paid nothing."""
    row = await raw.fetchrow("SELECT * FROM refund_payment_file WHERE run_id = $1", run_id)
    return dict(row) if row else None


async def of_run(raw: Connection[Any], run_id: UUID, *, lock: bool = False) -> list[dict[str, Any]]:
    """The payments of a run in the order of the list, without their accounts."""
    query = "SELECT p.* FROM refund_payment p WHERE p.run_id = $1 ORDER BY p.number"
    rows = await raw.fetch(f"{query} FOR UPDATE" if lock else query, run_id)
    return [{name: value for name, value in row.items() if name != "account"} for row in rows]


async def mark_paid(raw: Connection[Any], payment: Mapping[str, Any], *, today: date) -> None:
    """The bank has paid: what was payable is paid out of the cash, on the day that the list names."""
    decision = await raw.fetchrow("SELECT * FROM refund_decision WHERE decision_id = $1 FOR UPDATE", payment["decision_id"])
    entry = Entry(
        transaction_id=uuid7(),
        debit=Account.REFUND_PAYABLE,
        credit=Account.CASH,
        municipality_code=payment["municipality_code"],
        amount=payment["amount"],
        paid_on=payment["pay_on"],
        source="refund_payment",
        insured_id=decision["insured_id"],
        fiscal_year=decision["fiscal_year"],
    )
    (entry_id,) = await money.enter(raw, [entry], today=today)
    await raw.execute(_PAID, payment["run_id"], payment["number"], today, entry_id)
    await raw.execute("UPDATE refund_decision SET paid_on = $2 WHERE decision_id = $1", payment["decision_id"], payment["pay_on"])


async def mark_failed(raw: Connection[Any], payment: Mapping[str, Any], reason: str, *, today: date) -> None:
    """The bank has not paid, or the money has come back: it is payable again, and the account must be confirmed anew."""
    if payment["entry_id"] is not None:
        row = await raw.fetchrow("SELECT * FROM money_entry WHERE entry_id = $1", payment["entry_id"])
        undone = Entry(
            transaction_id=uuid7(),
            debit=Account.CASH,
            credit=Account.REFUND_PAYABLE,
            municipality_code=row["municipality_code"],
            amount=row["amount"],
            paid_on=today,
            source="refund_payment",
            insured_id=row["insured_id"],
            fiscal_year=row["fiscal_year"],
            reverses=row["entry_id"],
        )
        await money.enter(raw, [undone], today=today)
    await raw.execute(_FAILED, payment["run_id"], payment["number"], today, reason)
    await raw.execute(_PAYABLE_AGAIN, payment["decision_id"])
    await raw.execute("DELETE FROM refund_account WHERE decision_id = $1", payment["decision_id"])


_GIVE_WAY = "UPDATE refund_payment SET state = 'held', reason = $2 WHERE state = 'planned' AND municipality_code = $1"
_ITS_RECORD = """
LEFT JOIN LATERAL (
    SELECT ad.status FROM assessment s JOIN addressee ad USING (municipality_code, resident_number)
    WHERE s.insured_id = d.insured_id ORDER BY s.fiscal_year DESC LIMIT 1
) AS r ON true
"""
_PLAN = f"""
INSERT INTO refund_payment (run_id, number, decision_id, municipality_code, amount, account, pay_on, state, reason)
SELECT $1, row_number() OVER (ORDER BY h.reason NULLS FIRST, a.bank_code, a.branch_code, a.account_number, d.decision_id),
       d.decision_id, d.municipality_code, d.amount + d.refund_addition, to_jsonb(a) - 'decision_id' - 'approval_id', $3::date,
       CASE WHEN h.reason IS NULL THEN 'planned' ELSE 'held' END, h.reason
FROM refund_decision d JOIN refund_account a ON a.decision_id = d.decision_id AND a.payee = d.payee
{_ITS_RECORD}CROSS JOIN LATERAL (
    SELECT CASE WHEN d.payee = 'insured' AND r.status = $5 THEN $6 WHEN d.limit_on <= $4::date THEN $7 END AS reason
) AS h
WHERE d.municipality_code = $2 AND d.paid_on IS NULL AND d.taken_back_on IS NULL AND NOT EXISTS (
    SELECT FROM refund_payment p WHERE p.decision_id = d.decision_id AND p.state IN ('planned', 'ordered', 'paid')
)
"""
_HOLD = f"""
UPDATE refund_payment p SET state = 'held', reason = $3
WHERE p.run_id = $1 AND p.state = 'planned' AND NOT EXISTS (
    SELECT FROM refund_decision d JOIN refund_account a ON a.decision_id = d.decision_id AND a.payee = d.payee
    {_ITS_RECORD}    WHERE d.decision_id = p.decision_id AND d.taken_back_on IS NULL
      AND NOT (d.payee = 'insured' AND r.status IS NOT DISTINCT FROM $2)
      AND to_jsonb(a) - 'decision_id' - 'approval_id' = p.account
)
"""
_TAKE = """
SELECT p.number, p.decision_id, p.municipality_code, p.amount, p.account::text AS account, p.pay_on, d.claim_code, d.payee, i.insured_number
FROM refund_payment p JOIN refund_decision d USING (decision_id) LEFT JOIN insured i ON i.insured_id = d.insured_id
WHERE p.run_id = $1 AND p.state = 'planned' ORDER BY p.number FOR UPDATE OF p, d
"""
_PAID = "UPDATE refund_payment SET state = 'paid', result_on = $3, entry_id = $4 WHERE (run_id, number) = ($1, $2)"
_FAILED = """
UPDATE refund_payment SET state = 'failed', reason = $4, result_on = coalesce(result_on, $3::date),
    returned_on = CASE WHEN entry_id IS NOT NULL THEN $3::date END
WHERE (run_id, number) = ($1, $2)
"""
# A payment that comes back after the case was closed has opened another case: the decision waits there.
_PAYABLE_AGAIN = """
UPDATE refund_decision d SET paid_on = NULL, case_id = coalesce((
    SELECT c.case_id FROM refund_case c WHERE (c.insured_id, c.fiscal_year) = (d.insured_id, d.fiscal_year) AND c.closed_on IS NULL
), d.case_id)
WHERE decision_id = $1
"""
