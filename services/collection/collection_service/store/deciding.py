"""調定: charge assessments, less what is remitted, by the way in which each payment is collected; whoever is asking."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from collection_service import settings
from collection_service.domain.charging import ASSESSED, Decided
from collection_service.domain.special_charging import decide
from collection_service.law import Calendar, calendar_of
from collection_service.law.special_collection import payments_of
from collection_service.rules.collection_method import Reason
from collection_service.rules.special_instalments import MONTHS
from collection_service.store import charges, methods, remissions
from collection_service.store.lowering import move_overpaid

_BY_METHOD = """
SELECT insured_id::text, fiscal_year::int, municipality_code, resident_number, assessment_id::text, assessed_amount, provisional,
       make_date(fiscal_year, 4, 1), sequence, revision + 1
FROM assessment WHERE fiscal_year = $2 AND insured_id = ANY ($1::text[]::uuid[]) ORDER BY insured_id FOR UPDATE
"""
# 仮徴収: nobody has assessed the year yet. It rests on the assessment of the year before, and any assessment of the year comes after it.
_UNASSESSED = """
SELECT b.insured_id::text, $2::int, b.municipality_code, b.resident_number, b.assessment_id::text, 0::bigint, false,
       make_date($2, 4, 1), 0, 1
FROM assessment b WHERE b.fiscal_year = $2 - 1 AND b.insured_id = ANY ($1::text[]::uuid[])
  AND NOT EXISTS (SELECT FROM assessment a WHERE (a.insured_id, a.fiscal_year) = (b.insured_id, $2)) ORDER BY b.insured_id
"""


async def charge_by_method(insured: Sequence[str], year: int, uow: UnitOfWork) -> list[Decided]:
    """Charge these people anew, since how they are collected has changed; the caller holds the charging lock alone."""
    raw = await driver(uow.connection)
    rows = [row for query in (_BY_METHOD, _UNASSESSED) for row in await raw.fetch(query, insured, year)]
    frame = pl.DataFrame([tuple(row) for row in rows], schema={**ASSESSED, "revision": pl.Int32()}, orient="row")
    return await charge_anew(frame, uow)


_LOST = """
SELECT i.insured_id::text, m.fiscal_year::int, i.lost_on, a.municipality_code, a.sequence FROM insured i
JOIN (SELECT DISTINCT insured_id, fiscal_year FROM collection_method WHERE method <> 'ordinary') AS m USING (insured_id)
JOIN assessment a ON (a.insured_id, a.fiscal_year) = (i.insured_id, m.fiscal_year)
WHERE i.lost_on IS NOT NULL AND i.insured_id = ANY ($1::text[]::uuid[]) ORDER BY 1, 2 FOR UPDATE OF a
"""


async def stop_after_loss(lost: Sequence[str], uow: UnitOfWork) -> list[Decided]:
    """資格喪失による中止: nothing more is taken from the pension of who is insured no more. A year that nobody has assessed yet is charged
    anew at once; of any other premium decides again, and its decision is charged when it comes."""
    if not lost:
        return []
    raw = await driver(uow.connection)
    await charges.share(raw)
    unassessed: dict[int, list[str]] = {}
    for insured_id, year, lost_on, code, sequence in await raw.fetch(_LOST, lost):
        slots = payments_of(code, calendar(code, year)).slots
        later = {slot.month for slot in slots if slot.due_on >= lost_on}
        months = [month for month in still_stoppable(code, year, uow) if month in later]
        await methods.stop(raw, [UUID(insured_id)], year, months, Reason.NOT_INSURED, uow.today)
        if sequence == 0:
            unassessed.setdefault(year, []).append(insured_id)
    return [group for year, people in unassessed.items() for group in await charge_by_method(people, year, uow)]


async def charge(assessed: pl.DataFrame, uow: UnitOfWork) -> list[Decided]:
    """Charge people (ASSESSED, each person and fiscal year once); who is charged on a later assessment already is passed over."""
    raw = await driver(uow.connection)
    return await charge_anew(await charges.newer_than_known(raw, assessed), uow)


async def charge_anew(assessed: pl.DataFrame, uow: UnitOfWork) -> list[Decided]:
    """Charge assessments (ASSESSED and `revision`), less what is remitted of each; what was paid beyond is overpaid (過誤納). Where a lower
    premium ends the collection from a pension, the payments that can still be stopped are decided anew too."""
    if not assessed.height:
        return []
    raw = await driver(uow.connection)
    left = await remissions.less_remitted(raw, assessed)
    found = decide(left, await charges.live_charges(raw, left), await methods.ways_of(raw, left), calendar, today=uow.today)
    for group in found.decided:
        await move_overpaid(raw, group.lowered(), uow.today)
        await charges.write(raw, group, uow.today)
    await _stop(found.stopped, left, uow)
    return found.decided


async def _stop(stopped: pl.DataFrame, assessed: pl.DataFrame, uow: UnitOfWork) -> None:
    if not stopped.height:
        return
    raw = await driver(uow.connection)
    of = stopped.join(assessed, on=stopped.columns).partition_by("municipality_code", "fiscal_year", as_dict=True)
    for (code, year), people in of.items():
        months = still_stoppable(str(code), int(year), uow)
        await methods.stop(raw, [UUID(key) for key in people["insured_id"]], int(year), months, Reason.AMOUNT_LOWERED, uow.today)


def still_stoppable(municipality_code: str, year: int, uow: UnitOfWork) -> list[int]:
    """The months of a fiscal year whose payments can still be stopped."""
    payments = payments_of(municipality_code, calendar(municipality_code, year))
    return [month for month, taken_from in zip(MONTHS, payments.taken_from, strict=True) if uow.today < taken_from]


def calendar(municipality_code: str, year: int) -> Calendar:
    """The calendar of a municipality and fiscal year, with the confirmations of this installation."""
    return calendar_of(municipality_code, year, sample=settings.current().sample_data)
