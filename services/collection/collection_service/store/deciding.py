"""調定: charge assessments, less what is remitted, by the way in which each payment is collected; whoever is asking."""

from __future__ import annotations

from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from collection_service import settings
from collection_service.domain.charging import Decided
from collection_service.domain.special_charging import decide
from collection_service.law import Calendar, calendar_of
from collection_service.law.special_collection import payments_of
from collection_service.rules.collection_method import Reason
from collection_service.rules.special_instalments import MONTHS
from collection_service.store import charges, methods, remissions


async def charge(assessed: pl.DataFrame, uow: UnitOfWork) -> list[Decided]:
    """Charge people (ASSESSED, each person and fiscal year once); who is charged on a later assessment already is passed over."""
    raw = await driver(uow.connection)
    return await charge_anew(await charges.newer_than_known(raw, assessed), uow)


async def charge_anew(assessed: pl.DataFrame, uow: UnitOfWork) -> list[Decided]:
    """Charge assessments (ASSESSED and `revision`), less what is remitted of each. Where a lower premium ends the collection from a
    pension, the payments that can still be stopped are decided anew too."""
    if not assessed.height:
        return []
    raw = await driver(uow.connection)
    left = await remissions.less_remitted(raw, assessed)
    found = decide(left, await charges.live_charges(raw, left), await methods.ways_of(raw, left), calendar, today=uow.today)
    for group in found.decided:
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
