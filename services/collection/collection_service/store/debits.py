"""口座振替: debits planned for a day, sent to a bank in a file, and answered by it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from asyncpg import Connection

from collection_service.store.receipts import Receipt

FOLDER: Final = "collection/debits"
_ACCOUNT: Final = ("bank_code", "branch_code", "account_kind", "account_number")
_GIVE_WAY: Final = """
UPDATE debit SET state = 'overtaken' WHERE state = 'planned' AND due_on = $1 AND ($2::text IS NULL OR municipality_code = $2)
"""
# The customer number is read by people too: 被保険者番号, fiscal year, instalment, and how many times it has been tried.
_DUE: Final = """
CREATE TEMP TABLE due_debit ON COMMIT DROP AS
SELECT m.insured_id, m.fiscal_year, m.number, m.municipality_code, m.resident_number, m.unpaid AS amount, m.mandate_id, b.bank_code,
       i.insured_number, CASE
           WHEN i.insured_number IS NULL THEN 'no_insured_number'
           WHEN a.status = '3' THEN 'died'
           WHEN d.deferred_until[array_position(d.numbers, m.number)] >= $1 THEN 'deferred'
           WHEN NOT (m.municipality_code || b.bank_code) = ANY ($3::text[]) THEN 'no_contract'
           ELSE '' END AS left_out
FROM instalment_method m JOIN bank_mandate b USING (mandate_id)
LEFT JOIN insured i ON i.insured_id = m.insured_id
LEFT JOIN addressee a ON (a.municipality_code, a.resident_number) = (m.municipality_code, m.resident_number)
LEFT JOIN deferral d ON (d.insured_id, d.fiscal_year) = (m.insured_id, m.fiscal_year)
WHERE m.due_on = $1 AND ($2::text IS NULL OR m.municipality_code = $2) AND m.method = 'account' AND m.unpaid > 0 AND NOT EXISTS (
    SELECT FROM debit s
    WHERE (s.insured_id, s.fiscal_year, s.number) = (m.insured_id, m.fiscal_year, m.number) AND s.state IN ('sent', 'paid')
)
"""
_PLAN: Final = """
INSERT INTO debit (debit_id, run_id, position, municipality_code, resident_number, insured_id, fiscal_year, number, due_on, amount,
                   mandate_id, bank_code, mandate_kind, customer_number, state)
SELECT gen_random_uuid(), $1, row_number() OVER (ORDER BY municipality_code, bank_code, insured_number, fiscal_year, number),
       municipality_code, resident_number, insured_id, fiscal_year, number, $2, amount, mandate_id, bank_code,
       CASE WHEN EXISTS (SELECT FROM debit f WHERE f.mandate_id = due_debit.mandate_id AND f.file_sha256 IS NOT NULL) THEN '0'
            WHEN EXISTS (SELECT FROM bank_mandate o WHERE o.mandate_id <> due_debit.mandate_id
                         AND (o.municipality_code, o.resident_number) = (due_debit.municipality_code, due_debit.resident_number)) THEN '2'
            ELSE '1' END,
       stem || lpad(
           (1 + (SELECT count(*) FROM debit p WHERE p.customer_number BETWEEN stem || '00000' AND stem || '99999'))::text, 5, '0'
       ), 'planned'
FROM (
    SELECT *, insured_number || lpad(fiscal_year::text, 4, '0') || lpad(number::text, 3, '0') AS stem FROM due_debit WHERE left_out = ''
) AS due_debit
"""
_OF_CHUNK: Final = """
SELECT d.debit_id, d.position, d.customer_number, d.amount, d.mandate_kind, b.bank_code, b.branch_code, b.account_kind, b.account_number,
       b.holder_kana, s.method = 'account' AND s.mandate_id = d.mandate_id AND s.unpaid = d.amount AND s.due_on = d.due_on
           AND coalesce(f.deferred_until[array_position(f.numbers, d.number)] < d.due_on, true) AS still_so
FROM debit d JOIN bank_mandate b USING (mandate_id)
LEFT JOIN LATERAL (  -- OFFSET: one person's charges at a time, and not the whole ledger
    SELECT * FROM instalment_method v WHERE (v.insured_id, v.fiscal_year, v.number) = (d.insured_id, d.fiscal_year, d.number) OFFSET 0
) AS s ON true
LEFT JOIN deferral f ON (f.insured_id, f.fiscal_year) = (d.insured_id, d.fiscal_year)
WHERE d.run_id = $1 AND d.position BETWEEN $2 AND $3 AND d.state = 'planned' ORDER BY d.position FOR UPDATE OF d
"""
# A second file of one bank and day is awaited under a name of its own: the results of the first do not stand for it.
_KEEP_FILE: Final = """
INSERT INTO debit_file (sha256, run_id, municipality_code, bank_code, consignor_code, due_on, debits, amount, made_on, results_due_on,
                        results_kind)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'bank ' || $4 || CASE WHEN earlier.files > 0 THEN '-' || 1 + earlier.files ELSE '' END
FROM (SELECT count(*) AS files FROM debit_file WHERE (municipality_code, bank_code, due_on) = ($3, $4, $6)) AS earlier
RETURNING results_kind
"""
_SENT: Final = "UPDATE debit SET state = 'sent', file_sha256 = $2 WHERE debit_id = ANY ($1::uuid[])"
_FILE_OF: Final = """
SELECT DISTINCT f.sha256, f.municipality_code, f.bank_code, f.consignor_code, f.due_on, f.results_kind, f.results_due_on, f.results_sha256
FROM debit d JOIN debit_file f ON f.sha256 = d.file_sha256 WHERE d.customer_number = ANY ($1::text[])
"""
_ASKED: Final = """
SELECT d.customer_number, d.amount, d.bank_code, b.branch_code, b.account_kind, b.account_number, d.mandate_kind, d.debit_id, d.insured_id,
       d.fiscal_year, d.number
FROM debit d JOIN bank_mandate b USING (mandate_id) WHERE d.file_sha256 = $1 ORDER BY d.position
"""
_ANSWER: Final = """
UPDATE debit d SET state = CASE WHEN k.code = '0' THEN 'paid' ELSE 'failed' END, result_code = k.code
FROM unnest($1::uuid[], $2::text[]) AS k(debit_id, code) WHERE d.debit_id = k.debit_id AND d.state = 'sent'
"""
_FAILED: Final = """
SELECT d.municipality_code, d.resident_number, a.name, d.fiscal_year, d.number, d.due_on, d.amount, d.result_code, b.bank_code,
       b.branch_code, right(b.account_number, 3) AS account_end, n.bank_name, n.branch_name, m.unpaid,
       EXISTS (SELECT FROM slip s WHERE s.failed_debit_id = d.debit_id AND s.state = 'issued') AS has_slip
FROM debit d JOIN bank_mandate b USING (mandate_id) LEFT JOIN bank_branch n ON (n.bank_code, n.branch_code) = (b.bank_code, b.branch_code)
LEFT JOIN addressee a ON (a.municipality_code, a.resident_number) = (d.municipality_code, d.resident_number)
LEFT JOIN instalment_state m ON (m.insured_id, m.fiscal_year, m.number) = (d.insured_id, d.fiscal_year, d.number)
WHERE d.state = 'failed' AND d.due_on = $1 ORDER BY d.municipality_code, d.bank_code, d.position
"""


def key_of(sha256: str) -> str:
    """Where a request to a bank lies in the object store."""
    return f"{FOLDER}/{sha256}"


async def plan(raw: Connection[Any], run_id: UUID, due_on: date, municipality_code: str | None, contracts: list[str]) -> dict[str, int]:
    """Plan a debit for every instalment due on a day that is paid from an account; `contracts`: municipality code and bank code in one.

    Returns how many are left out, by reason. Plans of earlier runs for the day give way.
    """
    await raw.execute(_GIVE_WAY, due_on, municipality_code)
    await raw.execute(_DUE, due_on, municipality_code, contracts)
    await raw.execute(_PLAN, run_id, due_on)
    rows = await raw.fetch("SELECT left_out, count(*) AS debits FROM due_debit WHERE left_out <> '' GROUP BY 1 ORDER BY 1")
    return {row["left_out"]: row["debits"] for row in rows}


async def planned(raw: Connection[Any], run_id: UUID, first: int, last: int) -> pl.DataFrame:
    """The debits of a chunk that are still planned, locked, with their accounts and `still_so`: nothing has changed since the plan."""
    rows = await raw.fetch(_OF_CHUNK, run_id, first, last)
    schema = {
        "debit_id": pl.Object(), "position": pl.Int64(), "customer_number": pl.String(), "amount": pl.Int64(), "mandate_kind": pl.String(),
        **dict.fromkeys(_ACCOUNT, pl.String()), "holder_kana": pl.String(), "still_so": pl.Boolean(),
    }  # fmt: skip
    return pl.DataFrame({name: [row[name] for row in rows] for name in schema}, schema=schema)


async def keep_sent(
    raw: Connection[Any],
    run_id: UUID,
    sha256: str,
    sent: pl.DataFrame,
    *,
    place: tuple[str, str, str],
    days: tuple[date, date, date],
) -> str:
    """The debits stand in this file; `place`: municipality, bank, consignor; `days`: due, today, results. The kind that is awaited."""
    due_on, today, results_on = days
    row = (sha256, run_id, *place, due_on, sent.height, int(sent["amount"].sum()), today, results_on)
    kind = await raw.fetchval(_KEEP_FILE, *row)
    await raw.execute(_SENT, sent["debit_id"].to_list(), sha256)
    return str(kind)


async def mark_overtaken(raw: Connection[Any], debit_ids: list[UUID]) -> None:
    """Debits that would not be right any more."""
    await raw.execute("UPDATE debit SET state = 'overtaken' WHERE debit_id = ANY ($1::uuid[])", debit_ids)


async def files_of(raw: Connection[Any], customer_numbers: list[str]) -> list[dict[str, Any]]:
    """The files that asked for these debits."""
    return [dict(row) for row in await raw.fetch(_FILE_OF, customer_numbers)]


async def asked(raw: Connection[Any], sha256: str) -> pl.DataFrame:
    """What a file asked for: the columns of `domain.debits.AS_ASKED`, customer_number, debit_id, insured_id, fiscal_year, number."""
    rows = await raw.fetch(_ASKED, sha256)
    schema = {
        "customer_number": pl.String(), "amount": pl.Int64(), **dict.fromkeys(_ACCOUNT, pl.String()), "mandate_kind": pl.String(),
        "debit_id": pl.Object(), "insured_id": pl.Object(), "fiscal_year": pl.Int32(), "number": pl.Int32(),
    }  # fmt: skip
    return pl.DataFrame({name: [row[name] for row in rows] for name in schema}, schema=schema)


async def answer(raw: Connection[Any], file: dict[str, Any], results_sha256: str, answered: pl.DataFrame, *, today: date) -> None:
    """Keep what became of each debit of a file, once."""
    await raw.execute(_ANSWER, answered["debit_id"].to_list(), answered["result_code"].to_list())
    await raw.execute("UPDATE debit_file SET results_sha256 = $2, results_on = $3 WHERE sha256 = $1", file["sha256"], results_sha256, today)


def receipts_of(file: dict[str, Any], answered: pl.DataFrame) -> list[Receipt]:
    """収納: a receipt for each debit that was paid, on the due day, for its instalment."""
    paid = answered.filter(pl.col("result_code") == "0")
    columns = (paid[name].to_list() for name in ("customer_number", "amount", "insured_id", "fiscal_year", "number"))
    return [
        Receipt("bank", reference, file["municipality_code"], amount, file["due_on"], insured_id, year, number)
        for reference, amount, insured_id, year, number in zip(*columns, strict=True)
    ]


async def failed(raw: Connection[Any], due_on: date) -> list[dict[str, Any]]:
    """振替不能一覧 of a due day: who, why, and whether a slip has gone out for it."""
    return [dict(row) for row in await raw.fetch(_FAILED, due_on)]
