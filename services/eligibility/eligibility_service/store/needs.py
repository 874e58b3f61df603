"""What the kind of a certificate depends on: card holding, application, arrears; and the settings of the union."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.certificates import needed
from eligibility_service.law import UnionSettings, settings_of
from eligibility_service.rules.certificates import Sanction
from eligibility_service.store.bulk import frame_of

NEED: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "insured_id": pl.String(),
    "acquired_on": pl.Date(),
    "born_on": pl.Date(),
    "holds": pl.Boolean(),
    "has_applied": pl.Boolean(),
    "sanction": pl.Int8(),
}
"""Columns that `needed` asks for, with whose they are."""
SANCTION: Final = f"""
CASE WHEN a.step = 'issued' THEN {Sanction.STATUS.value} WHEN a.short_term THEN {Sanction.SHORT_TERM.value}
     ELSE {Sanction.NONE.value} END::smallint
"""
NEEDED_OF: Final = f"""
q.municipality_code, q.resident_number, q.insured_id::text, q.acquired_on, r.born_on, h.holds,
p.insured_id IS NOT NULL AS has_applied, {SANCTION} AS sanction
FROM qualification q JOIN resident r USING (municipality_code, resident_number)
LEFT JOIN card_holding h USING (insured_id)
LEFT JOIN arrears_case a USING (insured_id)
LEFT JOIN certificate_application p
    ON p.insured_id = q.insured_id AND p.subject = 'eligibility_confirmation' AND p.withdrawn_on IS NULL
"""
"""The columns of NEED, for the end of a statement that begins with SELECT and goes on with WHERE (q, r, a)."""
_OF_PEOPLE: Final = f"SELECT {NEEDED_OF} WHERE q.insured_id = ANY ($1::uuid[])"


async def union_of(uow: UnitOfWork) -> str:
    """The code of the union whose database this is."""
    return str(await (await driver(uow.connection)).fetchval("SELECT union_code FROM union_setting"))


async def settings(uow: UnitOfWork, *, on: date | None = None) -> UnionSettings:
    """The settings of the union on a day, the business day unless said otherwise."""
    return settings_of(await union_of(uow), on=on or uow.today)


async def needs_of(uow: UnitOfWork, insured_ids: list[Any], *, on: date) -> pl.DataFrame:
    """NEED with what `needed` adds, one row for each of these insured people."""
    rows = await (await driver(uow.connection)).fetch(_OF_PEOPLE, insured_ids)
    return needed(frame_of(rows, NEED), on=on, union=await union_of(uow))
