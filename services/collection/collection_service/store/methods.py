"""徴収方法: what is known of pensions and care premiums, and the decision that holds for each pension payment, with those it replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records, copy_in

from collection_service.rules.collection_method import Method
from collection_service.rules.pensions import PensionKind

WORDS: Final = tuple(method.name.lower() for method in Method)
"""How the tables write `Method`."""

DECISION: Final = np.dtype(
    [
        ("insured_id", "S16"),
        ("fiscal_year", np.int16),
        ("month", np.int16),
        ("sequence", np.int32),
        ("municipality_code", "S6"),
        ("decided_on", np.int32),
        ("method", np.int8),
        ("reason", np.int16),
        ("request_kind", np.int16),
        ("premium_payment", np.int64),
        ("care_is_known", np.bool_),
        ("care_payment", np.int64),
        ("pension_payment", np.int64),
        ("most", np.int64),
        ("starts", np.int32),
        ("stops", np.bool_),
        ("basic_pension_number", "S10"),
        ("pension_code", "S4"),
    ]
)
"""徴収方法の決定 for one payment: `month` 4 to 2 of the fiscal year, `sequence` from 1 for each payment, yen a payment; `starts`: year × 12 +
month − 1, the first month in which collection from the pension can begin; `stops`: 中止, the payer must be told. The pension is the one
that counts, empty where there is none."""


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
_TAKE_AWAY: Final = """
DELETE FROM collection_method m USING unnest($1::uuid[], $2::int[], $3::int[]) AS k(insured_id, fiscal_year, month)
WHERE (m.insured_id, m.fiscal_year, m.month) = (k.insured_id, k.fiscal_year, k.month)
"""


async def keep_pensions(raw: Connection[Any], pensions: Sequence[Pension]) -> None:
    """Keep what the payers said; of one pension what was captured last, so that a file of before changes nothing. Each pension once."""
    await raw.execute(_KEEP_PENSIONS, *([getattr(pension, name) for pension in pensions] for name in _PENSION))


async def keep_care_premiums(raw: Connection[Any], premiums: Sequence[CarePremium]) -> None:
    """Keep what the care insurer said, the last of each person. Each person once."""
    await raw.execute(_KEEP_CARE, *([getattr(premium, name) for premium in premiums] for name in _CARE))


async def replace(raw: Connection[Any], decisions: Records) -> None:
    """Write DECISION rows in the place of those that they follow; the database keeps what they replace, and refuses a `sequence` that
    does not follow."""
    later = decisions[decisions["sequence"] > 1]
    if len(later):
        keys = [UUID(bytes=found) for found in later["insured_id"].tolist()]
        await raw.execute(_TAKE_AWAY, keys, later["fiscal_year"].tolist(), later["month"].tolist())
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
