"""コンビニ収納: 速報 is kept and shown, 確報 is entered in the ledger of money, 取消 takes back what was told or entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import polars as pl
from asyncpg import Connection

from collection_service.domain.convenience import slip_number_of
from collection_service.store import receipts
from collection_service.store.receipts import Receipt

SOURCE: Final = "convenience"
_KNOWN: Final = """
SELECT payment_number, slip_code, amount, announced_on, confirmed_on, taken_back_on FROM convenience_payment
WHERE municipality_code = $1 AND payment_number = ANY ($2::text[]) FOR UPDATE
"""
_KEEP: Final = """
INSERT INTO convenience_payment (municipality_code, payment_number, slip_code, amount, paid_on, {column})
SELECT $1, k.*, $6::date FROM unnest($2::text[], $3::text[], $4::bigint[], $5::date[]) AS k(payment_number, slip_code, amount, paid_on)
ON CONFLICT (municipality_code, payment_number) DO UPDATE SET {column} = coalesce(convenience_payment.{column}, excluded.{column})
"""
_SLIPS: Final = """
SELECT slip_number, slip_code, insured_id, fiscal_year, number FROM slip
WHERE municipality_code = $1 AND slip_number = ANY ($2::bigint[]) AND state = 'issued'
"""
_ANNOUNCED: Final = """
SELECT c.municipality_code, c.payment_number, c.amount, c.paid_on, c.announced_on, s.resident_number, s.fiscal_year, s.number
FROM convenience_payment c LEFT JOIN slip s ON s.slip_code = c.slip_code
WHERE c.announced_on IS NOT NULL AND c.confirmed_on IS NULL AND c.taken_back_on IS NULL ORDER BY c.announced_on, c.payment_number
"""


async def known(raw: Connection[Any], municipality_code: str, payment_numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What was told before of these payments, locked: payment number → row."""
    return {row["payment_number"]: dict(row) for row in await raw.fetch(_KNOWN, municipality_code, list(payment_numbers))}


async def announce(raw: Connection[Any], municipality_code: str, rows: pl.DataFrame, *, today: date) -> None:
    """速報: kept, and shown with the slip; no yen of it is settled."""
    await _keep(raw, "announced_on", municipality_code, rows, today)


async def receipts_of(raw: Connection[Any], municipality_code: str, rows: pl.DataFrame) -> list[Receipt]:
    """確報 as receipts, each for the instalment of its slip; of a bar code that is none of ours nobody knows whose it is (不明入金)."""
    codes = rows["slip_code"].to_list()
    slips = {row["slip_code"]: row for row in await raw.fetch(_SLIPS, municipality_code, [slip_number_of(code) for code in codes])}
    found = []
    for number, code, amount, paid_on in rows.select("payment_number", "slip_code", "amount", "paid_on").iter_rows():
        slip = slips.get(code)
        whose = (slip["insured_id"], slip["fiscal_year"], slip["number"]) if slip else (None, None, None)
        found.append(Receipt(SOURCE, reference_of(municipality_code, number), municipality_code, amount, paid_on, *whose))
    return found


async def confirm(raw: Connection[Any], municipality_code: str, rows: pl.DataFrame, *, today: date) -> None:
    """確報: kept beside the receipts that were entered for them."""
    await _keep(raw, "confirmed_on", municipality_code, rows, today)


async def take_back(raw: Connection[Any], municipality_code: str, rows: pl.DataFrame, *, today: date) -> int:
    """取消: what was told falls away, and what was entered is reversed; how many receipts were."""
    before = await known(raw, municipality_code, rows["payment_number"].to_list())
    reversed_receipts = 0
    for number in rows["payment_number"].to_list():
        if number in before and before[number]["confirmed_on"] is not None:
            reference = reference_of(municipality_code, number)
            reversed_receipts += await receipts.take_back(raw, SOURCE, reference, today=today, reason="コンビニ収納の取消")
    await _keep(raw, "taken_back_on", municipality_code, rows, today)
    return reversed_receipts


async def announced(raw: Connection[Any]) -> list[dict[str, Any]]:
    """速報 that neither a 確報 nor a 取消 has followed yet, the oldest first."""
    return [dict(row) for row in await raw.fetch(_ANNOUNCED)]


def reference_of(municipality_code: str, payment_number: str) -> str:
    """The identity of a payment among all receipts: agents number their payments for each municipality."""
    return f"{municipality_code}:{payment_number}"


async def _keep(raw: Connection[Any], column: str, municipality_code: str, rows: pl.DataFrame, today: date) -> None:
    columns = (rows[name].to_list() for name in ("payment_number", "slip_code", "amount", "paid_on"))
    await raw.execute(_KEEP.format(column=column), municipality_code, *columns, today)
