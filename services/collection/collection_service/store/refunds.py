"""還付・充当の決定: written together with its entries in the ledger of money, taken back by their reversals, never edited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.clock import uuid7

from collection_service.domain.refund_case import Case
from collection_service.domain.refunds import Decided, Occasion, Payee, RefundKind, Use
from collection_service.store import money
from collection_service.store.money import Account, Entry


@dataclass(frozen=True, slots=True)
class Ruling:
    """What stands on a decision besides its yen: why, under which rule, for whom, by which approval, and until when it can be claimed."""

    approval_id: UUID
    occasion: Occasion
    legal_basis: str
    payee: Payee | None
    payer_name: str | None
    limit_on: date | None


async def keep(raw: Connection[Any], case: Case, decided: Decided, ruling: Ruling, *, today: date) -> UUID:
    """Enter a decision in the ledger and keep it. The database refuses it where ledger, parts and decision do not say the same."""
    transaction_id, decision_id = uuid7(), uuid7()
    await money.enter(raw, _entries(case, decided, transaction_id, today), today=today)
    parts: dict[UUID, int] = defaultdict(int)
    for part, amount in decided.parts:
        parts[part.payment.entry_id] += amount
    await raw.execute(
        _KEEP, decision_id, case.case_id, decided.kind, case.municipality_code, case.insured_id, case.fiscal_year,
        ruling.occasion, ruling.legal_basis, decided.amount, decided.refund_addition, sorted(decided.provisional), ruling.payee,
        ruling.payer_name, today, ruling.limit_on, ruling.approval_id, transaction_id, list(parts), list(parts.values()),
        [use.debt.fiscal_year for use in decided.uses], [use.debt.number for use in decided.uses],
        [use.amount for use in decided.uses], [use.as_of for use in decided.uses],
    )  # fmt: skip
    return decision_id


def _entries(case: Case, decided: Decided, transaction_id: UUID, today: date) -> list[Entry]:
    def entry(debit: Account, credit: Account, amount: int, of: Use | None = None, paid_on: date = today) -> Entry:
        year, number = (of.debt.fiscal_year, of.debt.number) if of else (case.fiscal_year, None)
        place = case.municipality_code
        return Entry(transaction_id, debit, credit, place, amount, paid_on, decided.kind, case.insured_id, year, number)

    match decided.kind:
        case RefundKind.APPROPRIATION:
            made = []
            for use in decided.uses:
                if use.debt.fiscal_year == case.fiscal_year:
                    made.append(entry(Account.OVERPAID, Account.RECEIVABLE, use.amount, use, use.as_of))
                else:  # the two years are accounts apart: what one gives the other takes in the same transaction
                    made.append(entry(Account.OVERPAID, Account.TRANSFER, use.amount, paid_on=use.as_of))
                    made.append(entry(Account.TRANSFER, Account.RECEIVABLE, use.amount, use, use.as_of))
            return made
        case RefundKind.EXTINCTION:
            return [entry(Account.OVERPAID, Account.EXTINCT_REFUND, decided.amount)]
        case _:
            both = ((Account.OVERPAID, decided.amount), (Account.REFUND_ADDITION, decided.refund_addition))
            return [entry(debit, Account.REFUND_PAYABLE, amount) for debit, amount in both if amount]


async def find(raw: Connection[Any], decision_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """One decision with the account of its payee and the last order to pay it; `lock` keeps others from changing it."""
    if lock:
        await raw.execute("SELECT FROM refund_decision WHERE decision_id = $1 FOR UPDATE", decision_id)
    row = await raw.fetchrow(f"{DECISIONS} WHERE d.decision_id = $1", decision_id)
    return dict(row) if row else None


async def of_cases(raw: Connection[Any], case_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The decisions of cases, in the order in which they were made."""
    return [dict(row) for row in await raw.fetch(f"{DECISIONS} WHERE d.case_id = ANY ($1) ORDER BY d.decision_id", list(case_ids))]


async def of_approval(raw: Connection[Any], approval_id: UUID) -> list[dict[str, Any]]:
    """The decisions that were made at once: what is used for debts, and what is given back."""
    return [dict(row) for row in await raw.fetch(f"{DECISIONS} WHERE d.approval_id = $1 ORDER BY d.decision_id", approval_id)]


async def listed(raw: Connection[Any], municipality_code: str, first: date, last: date, *, as_of: date) -> list[dict[str, Any]]:
    """Decisions of some days, with the order to pay that was the last one at the end of `as_of`."""
    return [dict(row) for row in await raw.fetch(_LISTED, municipality_code, first, last, as_of)]


async def uses_of(raw: Connection[Any], decision_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The debts for which decisions use an overpayment, the oldest day first."""
    query = "SELECT * FROM appropriation WHERE decision_id = ANY ($1) ORDER BY fiscal_year, number"
    return [dict(row) for row in await raw.fetch(query, list(decision_ids))]


async def take_back(raw: Connection[Any], decision: dict[str, Any], *, today: date) -> None:
    """Undo a decision that is not paid: every entry is reversed, and what it was about is overpaid and undecided again."""
    transaction_id = uuid7()
    entries = [
        Entry(
            transaction_id=transaction_id,
            debit=Account(row["credit"]),
            credit=Account(row["debit"]),
            municipality_code=row["municipality_code"],
            amount=row["amount"],
            paid_on=today,
            source="taken_back",
            insured_id=row["insured_id"],
            fiscal_year=row["fiscal_year"],
            number=row["number"],
            reverses=row["entry_id"],
        )
        for row in await raw.fetch("SELECT * FROM money_entry WHERE transaction_id = $1", decision["transaction_id"])
    ]
    await raw.execute("UPDATE refund_decision SET taken_back_on = $2 WHERE decision_id = $1", decision["decision_id"], today)
    await money.enter(raw, entries, today=today)


async def notify(
    raw: Connection[Any], decision_ids: Sequence[UUID], claim_code: str, sha256: str, *, by_hand: bool, limit_on: date | None, on: date
) -> None:
    """The notice of decisions was made: its file, and from its day on the years of 時効 begin anew."""
    await raw.execute(_NOTIFIED, list(decision_ids), claim_code, sha256, limit_on, on, by_hand)


async def next_claim_number(raw: Connection[Any]) -> int:
    """A number that no other notice has."""
    return int(await raw.fetchval("SELECT nextval('refund_claim_number')"))


_DECISIONS = """
SELECT d.decision_id, d.case_id, d.kind, d.municipality_code, d.insured_id, d.fiscal_year, d.occasion, d.legal_basis, d.amount,
       d.refund_addition, d.provisional, d.payee, d.payer_name, d.decided_on, d.limit_on, d.approval_id, d.transaction_id, d.claim_code,
       d.notified_on, d.document_sha256, d.by_hand, d.paid_on, d.taken_back_on, a.confirmed_on AS account_on, a.payee AS account_payee,
       p.state AS payment_state, p.ordered_on, p.result_on, p.returned_on,
       p.pay_on, p.reason AS payment_reason, p.run_id, p.number AS payment_number
FROM refund_decision d LEFT JOIN refund_account a USING (decision_id)
LEFT JOIN LATERAL (
    SELECT * FROM refund_payment p WHERE p.decision_id = d.decision_id{as_of} ORDER BY p.run_id DESC LIMIT 1
) AS p ON true
"""
DECISIONS = _DECISIONS.format(as_of="")
_LISTED = f"""
SELECT l.*, i.insured_number, ad.name FROM ({_DECISIONS.format(as_of=" AND p.ordered_on <= $4")}) AS l
LEFT JOIN insured i ON i.insured_id = l.insured_id
LEFT JOIN LATERAL (
    SELECT municipality_code, resident_number FROM assessment WHERE insured_id = l.insured_id ORDER BY fiscal_year DESC LIMIT 1
) AS a ON true
LEFT JOIN addressee_shown ad ON (ad.municipality_code, ad.resident_number) = (a.municipality_code, a.resident_number)
WHERE l.municipality_code = $1 AND l.decided_on BETWEEN $2 AND $3 AND l.decided_on <= $4 ORDER BY l.decided_on, l.decision_id
"""
_KEEP = """
WITH decided AS (
    INSERT INTO refund_decision (decision_id, case_id, kind, municipality_code, insured_id, fiscal_year, occasion, legal_basis, amount,
                                 refund_addition, provisional, payee, payer_name, decided_on, limit_on, approval_id, transaction_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
), used AS (
    INSERT INTO appropriation (decision_id, fiscal_year, number, municipality_code, amount, as_of)
    SELECT $1, year, number, $4, amount, as_of
    FROM unnest($20::int[], $21::int[], $22::bigint[], $23::date[]) AS u(year, number, amount, as_of)
)
INSERT INTO refund_part (decision_id, entry_id, municipality_code, amount)
SELECT $1, entry_id, $4, amount FROM unnest($18::uuid[], $19::bigint[]) AS p(entry_id, amount)
"""
_NOTIFIED = """
UPDATE refund_decision SET claim_code = $2, document_sha256 = $3, notified_on = $5, by_hand = $6,
    limit_on = CASE WHEN kind = 'refund' THEN $4::date ELSE limit_on END
WHERE decision_id = ANY ($1)
"""
