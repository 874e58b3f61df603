"""徴収方法: what is known of pensions and care premiums, and the decision that holds for each pension payment, with those it replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl
from asyncpg import Connection
from chassis.batches import uuid_series
from chassis.binary_copy import Records, copy_in, copy_out
from chassis.law import day_number

from collection_service.domain.decisions import DECISION
from collection_service.domain.special_charging import UNDECIDED, WAYS
from collection_service.rules.collection_method import Method, Reason, RequestKind
from collection_service.rules.pensions import PensionKind
from collection_service.rules.special_instalments import MONTHS

WORDS: Final = tuple(method.name.lower() for method in Method)
"""How the tables write `Method`."""


@dataclass(frozen=True, slots=True)
class Pension:
    """対象者情報: one pension of an insured person as its payer said it last; yen a year and at a payment."""

    insured_id: UUID
    basic_pension_number: str
    pension_code: str
    collector_code: str
    kind: PensionKind
    year_amount: int
    payment_amount: int
    is_paid: bool
    bears_care: bool
    captured_on: date
    municipality_code: str


@dataclass(frozen=True, slots=True)
class CarePremium:
    """介護保険料 of an insured person: `payment_amount` yen at a payment of the pension, None while the care insurer has not said it.

    `is_ours`: the municipality that collects the premium is the care insurer too; `is_special`: it is taken from the pension.
    """

    insured_id: UUID
    municipality_code: str
    is_ours: bool
    is_special: bool
    payment_amount: int | None
    as_of: date


_PENSION: Final = tuple(Pension.__dataclass_fields__)
_CARE: Final = tuple(CarePremium.__dataclass_fields__)
_KEEP_PENSIONS: Final = f"""
INSERT INTO pension ({", ".join(_PENSION)})
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[], $8::boolean[],
                     $9::boolean[], $10::date[], $11::text[])
ON CONFLICT (insured_id, basic_pension_number, pension_code) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _PENSION[3:])}
WHERE excluded.captured_on >= pension.captured_on
"""
_KEEP_CARE: Final = f"""
INSERT INTO care_premium ({", ".join(_CARE)})
SELECT * FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::boolean[], $5::bigint[], $6::date[])
ON CONFLICT (insured_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _CARE[1:])}
WHERE excluded.as_of >= care_premium.as_of
"""
CODE: Final = " ".join(["CASE m.method", *(f"WHEN '{word}' THEN {code}" for code, word in enumerate(WORDS)), "END"])
_HELD: Final = {name: f"m.{name}" for name in DECISION.names or ()} | {
    "municipality_code": "m.municipality_code::char(6)",
    "method": f"({CODE})::smallint",
    "basic_pension_number": "coalesce(m.basic_pension_number, '')::char(10)",
    "pension_code": "coalesce(m.pension_code, '')::char(4)",
}
HOLDING: Final = f"SELECT {', '.join(_HELD.values())} FROM collection_method m"
"""DECISION rows; a `WHERE` about `m` follows."""
_MONTHLY: Final = [
    *(f"coalesce(max({CODE}) FILTER (WHERE m.month = {month}), {UNDECIDED})::smallint" for month in MONTHS),
    *(f"coalesce(max(m.premium_payment) FILTER (WHERE m.month = {month}), 0)" for month in MONTHS),
]
_WAYS: Final = f"""
SELECT m.insured_id::text, m.fiscal_year, max(i.lost_on), {", ".join(_MONTHLY)}
FROM unnest($1::uuid[], $2::int[]) AS k(insured_id, fiscal_year)
JOIN collection_method m ON (m.insured_id, m.fiscal_year) = (k.insured_id, k.fiscal_year)
LEFT JOIN insured i ON i.insured_id = m.insured_id
GROUP BY m.insured_id, m.fiscal_year HAVING bool_or(m.method <> 'ordinary')
"""
_TAKE_AWAY: Final = """
DELETE FROM collection_method m USING unnest($1::text[], $2::int[], $3::int[]) AS k(insured_id, fiscal_year, month)
WHERE (m.insured_id, m.fiscal_year, m.month) = (k.insured_id::uuid, k.fiscal_year, k.month)
"""


async def keep_pensions(raw: Connection[Any], pensions: Sequence[Pension]) -> None:
    """Keep what the payers said; of one pension what was captured last, so that a file of before changes nothing. Each pension once."""
    await raw.execute(_KEEP_PENSIONS, *([getattr(pension, name) for pension in pensions] for name in _PENSION))


async def keep_care_premiums(raw: Connection[Any], premiums: Sequence[CarePremium]) -> None:
    """Keep what the care insurer said, the last of each person. Each person once."""
    await raw.execute(_KEEP_CARE, *([getattr(premium, name) for premium in premiums] for name in _CARE))


async def ways_of(raw: Connection[Any], assessed: pl.DataFrame) -> pl.DataFrame:
    """WAYS of those of ASSESSED rows for whom any payment of the year is decided otherwise than ordinary."""
    rows: Sequence[Any] = []
    if await raw.fetchval("SELECT EXISTS (SELECT FROM collection_method WHERE method <> 'ordinary')"):
        rows = await raw.fetch(_WAYS, assessed["insured_id"].to_list(), assessed["fiscal_year"].to_list())
    return pl.DataFrame([tuple(row) for row in rows], schema=WAYS, orient="row")


async def holding(raw: Connection[Any], where: str, *arguments: object) -> Records:
    """The decisions (DECISION) that hold, of the rows `m` for which `where` is true."""
    found = await copy_out(raw, f"{HOLDING} WHERE {where}", DECISION, *arguments)
    for name in ("basic_pension_number", "pension_code"):
        found[name] = np.char.rstrip(found[name])
    return found


async def stop(raw: Connection[Any], insured: Sequence[UUID], fiscal_year: int, months: Sequence[int], reason: Reason, today: date) -> int:
    """中止: end the collection from the pension of some people for the payments of these months; how many decisions that replaced."""
    stopped = await holding(
        raw, "m.insured_id = ANY ($1::uuid[]) AND m.fiscal_year = $2 AND m.month = ANY ($3::int[]) AND m.method <> 'ordinary'",
        list(insured), fiscal_year, list(months),
    )  # fmt: skip
    changes = {
        "sequence": stopped["sequence"] + 1, "decided_on": day_number(today), "method": Method.ORDINARY, "reason": reason,
        "request_kind": RequestKind.NOT_SPECIAL, "stops": True,
    }  # fmt: skip
    for name, value in changes.items():
        stopped[name] = value
    await replace(raw, stopped)
    return len(stopped)


async def replace(raw: Connection[Any], decisions: Records) -> None:
    """Write DECISION rows in the place of those that they follow; the database keeps what they replace, and refuses a `sequence` that
    does not follow."""
    later = decisions[decisions["sequence"] > 1]
    if len(later):
        await raw.execute(_TAKE_AWAY, uuid_series(later["insured_id"]).to_list(), later["fiscal_year"].tolist(), later["month"].tolist())
    # A COPY has columns of one width: rows of each method, with and without a pension, are streams of their own.
    has_pension = decisions["basic_pension_number"] != b""
    for method in Method:
        for with_pension in (True, False):
            of_kind = decisions[(decisions["method"] == method) & (has_pension == with_pension)]
            if len(of_kind):
                await copy_in(raw, "collection_method", _as_written(of_kind, method, with_pension=with_pension))


def _as_written(decisions: Records, method: Method, *, with_pension: bool) -> Records:
    """Rows of one method as the table has them: the method in words, and no pension where there is none."""
    word = WORDS[method].encode()
    names = [name for name in DECISION.names or () if name != "method" and (with_pension or name not in DECISION.names[-2:])]  # type: ignore[index]
    written = np.empty(len(decisions), np.dtype([*((name, DECISION[name]) for name in names), ("method", f"S{len(word)}")]))
    for name in names:
        written[name] = decisions[name]
    written["method"] = word
    return written
