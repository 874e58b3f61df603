"""減免: what is remitted of each premium. The assessment stays; the remission stands beside it and follows every new revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import numpy as np
from chassis.database import driver
from chassis.law import FiscalYear, day_number
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.premium import RemissionDecided

from premium_service.domain.remission_packs import Grant
from premium_service.rules.months import month_index
from premium_service.rules.remission import remitted_amount

_KEEP: Final = """
INSERT INTO remission (application_id, insured_id, fiscal_year, municipality_code, first_month, end_month, numerator, denominator,
    of_income_levy, left_floored_to)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 WHERE NOT EXISTS (
    SELECT FROM remission WHERE insured_id = $2 AND revoked_on IS NULL AND daterange(first_month, end_month) && daterange($5, $6))
RETURNING application_id
"""
_REVOKE: Final = "UPDATE remission SET revoked_on = $2 WHERE application_id = $1 AND revoked_on IS NULL RETURNING insured_id"
# Each remission with the premium in force that it is taken from, the months of the qualification, and what was said last.
_BASIS: Final = """
SELECT x.insured_id, x.application_id, x.first_month, x.end_month, x.numerator, x.denominator, x.of_income_levy, x.left_floored_to,
    x.revoked_on, a.assessment_id, a.annual_amount, a.months, a.medical_income_levy + a.child_support_income_levy AS income_levy,
    i.acquired_on, i.lost_on, r.municipality_code, r.resident_number, e.sequence, e.annual_amount AS annual_before,
    e.remitted_amount AS remitted_before
FROM remission x JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident
JOIN LATERAL (
    SELECT * FROM assessment WHERE (insured_id, fiscal_year) = (x.insured_id, x.fiscal_year) ORDER BY revision DESC LIMIT 1
) AS a ON true
LEFT JOIN LATERAL (
    SELECT * FROM remission_effect WHERE (insured_id, fiscal_year) = (x.insured_id, x.fiscal_year) ORDER BY sequence DESC LIMIT 1
) AS e ON true
WHERE x.fiscal_year = $1 AND ($2::uuid[] IS NULL OR x.insured_id = ANY($2)) ORDER BY x.insured_id, x.first_month
"""
_EFFECT: Final = "INSERT INTO remission_effect VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
_EFFECTS: Final = """
SELECT e.fiscal_year, e.sequence, e.assessment_id, e.annual_amount, e.remitted_amount, e.annual_amount - e.remitted_amount AS left_amount,
    e.decided_on
FROM remission_effect e JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident
WHERE (r.municipality_code, r.resident_number) = ($1, $2) ORDER BY e.fiscal_year DESC, e.sequence DESC
"""
_HAS_ANY: Final = "SELECT EXISTS (SELECT FROM remission WHERE fiscal_year = $1)"


@dataclass(frozen=True, slots=True)
class Share:
    """One remission of a year's premium: its months that are charged, and the yen that it takes off."""

    application_id: UUID
    months: int
    amount: int


async def keep(uow: UnitOfWork, application: dict[str, Any], grant: Grant) -> bool:
    """A granted remission; False where one of its months is remitted already."""
    found = await (await driver(uow.connection)).fetchval(
        _KEEP, application["application_id"], application["insured_id"], application["fiscal_year"], application["municipality_code"],
        grant.first, grant.end, grant.share.numerator, grant.share.denominator, grant.of == "income_levy", grant.unit,
    )  # fmt: skip
    return found is not None


async def revoke(uow: UnitOfWork, application_id: UUID) -> bool:
    return await (await driver(uow.connection)).fetchval(_REVOKE, application_id, uow.today) is not None


async def follow(
    uow: UnitOfWork, fiscal_year: int, insured: Sequence[UUID] | None = None, *, because: Mapping[UUID, Message[Any]] | None = None
) -> dict[UUID, int]:
    """Take the remissions of some people (None: everybody's) from the premium in force; what has changed is kept and said.

    Returns what is remitted now of each. Called after every decision of a premium, and after every decision of a remission.
    `because`: the message that caused it, by person.
    """
    raw = await driver(uow.connection)
    if not await raw.fetchval(_HAS_ANY, fiscal_year):
        return {}
    rows = await raw.fetch(_BASIS, fiscal_year, None if insured is None else list(insured))
    totals: dict[UUID, int] = {}
    shares = dict(zip((row["application_id"] for row in rows), _amounts(rows, fiscal_year), strict=True))
    for insured_id, of_person in groupby(rows, key=lambda row: row["insured_id"]):
        mine = list(of_person)
        last, annual = mine[0], mine[0]["annual_amount"]
        total = min(annual, sum(shares[row["application_id"]].amount for row in mine))
        totals[insured_id] = total
        if (annual, total) == (last["annual_before"], last["remitted_before"]) or (last["sequence"] is None and total == 0):
            continue
        sequence = (last["sequence"] or 0) + 1
        await raw.execute(
            _EFFECT, insured_id, fiscal_year, sequence, last["municipality_code"], last["assessment_id"], annual, total, uow.today
        )
        said = RemissionDecided(
            effective_on=FiscalYear(fiscal_year).start, sequence=sequence, insured_id=insured_id,
            municipality_code=last["municipality_code"], resident_number=last["resident_number"], fiscal_year=fiscal_year,
            assessment_id=last["assessment_id"], annual_amount=annual, remitted_amount=total,
        )  # fmt: skip
        uow.publish(said, because=(because or {}).get(insured_id))
    return totals


async def remitted_now(uow: UnitOfWork, insured_id: UUID, fiscal_year: int) -> int:
    """What the remissions that stand take off the premium in force of a person (yen)."""
    rows = await (await driver(uow.connection)).fetch(_BASIS, fiscal_year, [insured_id])
    return sum(share.amount for share in _amounts(rows, fiscal_year)) if rows else 0


async def effects_of(uow: UnitOfWork, municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """What has been remitted of the premiums of a person, the latest of each fiscal year first."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_EFFECTS, municipality_code, resident_number)]


def preview(grant: Grant, premium: dict[str, Any], fiscal_year: int) -> Share:
    """What a grant would take off a premium (`premium_in_force`), before anything is decided."""
    terms = {
        "application_id": None, "first_month": grant.first, "end_month": grant.end, "numerator": grant.share.numerator,
        "denominator": grant.share.denominator, "of_income_levy": grant.of == "income_levy", "left_floored_to": grant.unit,
        "revoked_on": None,
    }  # fmt: skip
    return _amounts([{**premium, **terms}], fiscal_year)[0]


_IN_FORCE: Final = """
SELECT a.assessment_id, a.annual_amount, a.months, a.medical_income_levy + a.child_support_income_levy AS income_levy,
    i.acquired_on, i.lost_on, a.revision
FROM assessment a JOIN insured i USING (insured_id) WHERE (a.insured_id, a.fiscal_year) = ($1, $2) ORDER BY a.revision DESC LIMIT 1
"""


async def premium_in_force(uow: UnitOfWork, insured_id: UUID, fiscal_year: int) -> dict[str, Any] | None:
    """The last decision about a premium, as far as a remission counts it; None where there is none."""
    row = await (await driver(uow.connection)).fetchrow(_IN_FORCE, insured_id, fiscal_year)
    return dict(row) if row else None


def _amounts(rows: Sequence[Any], fiscal_year: int) -> list[Share]:
    """The share of each remission, by the rule over all of them at once."""
    year = FiscalYear(fiscal_year)

    def days(name: str) -> np.ndarray[Any, np.dtype[np.int32]]:
        return np.array([day_number(row[name]) for row in rows], np.int32)

    def yen(name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array([row[name] for row in rows], np.int64)

    first = np.maximum(month_index(days("first_month"), year), month_index(days("acquired_on"), year))
    end = np.minimum(month_index(days("end_month"), year), month_index(days("lost_on"), year))
    stands = np.array([row["revoked_on"] is None for row in rows])
    remitted = np.where(stands, np.clip(end - first, 0, yen("months")), 0).astype(np.int16)
    amounts = remitted_amount(
        annual_amount=yen("annual_amount"), income_levy=yen("income_levy"), months=yen("months").astype(np.int16),
        remitted_months=remitted, numerator=yen("numerator"), denominator=yen("denominator"),
        of_income_levy=np.array([row["of_income_levy"] for row in rows]), unit=yen("left_floored_to"),
    )  # fmt: skip
    return [Share(row["application_id"], int(n), int(a)) for row, n, a in zip(rows, remitted, amounts, strict=True)]
