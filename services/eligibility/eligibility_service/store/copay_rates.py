"""負担割合 as it was decided: the last decision of each copay year, and everything that was believed before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.rules.copay.columns import LimitClass, Outcome, Reason

_ON: Final = """
SELECT insured_id, rate_percent, limit_class, reason, as_of AS decided_on FROM copay_rate
WHERE insured_id = ANY ($1::uuid[]) AND $2 BETWEEN valid_from AND valid_until
UNION ALL
SELECT insured_id, rate_percent, limit_class, reason, as_of FROM copay_rate_history
WHERE insured_id = ANY ($1::uuid[]) AND valid_during @> $2::date AND upper_inf(recorded_during)
"""
_WAITING: Final = "SELECT insured_id, outcome FROM copay_wait WHERE insured_id = ANY ($1::uuid[]) AND copay_year = $2 AND outcome <> 1"


@dataclass(frozen=True, slots=True)
class RateOnDay:
    """The rate of one insured person on a day; `rate_percent` is None while undecided, and `reason` then says what is missing."""

    rate_percent: int | None
    limit_class: str | None
    decided_on: date | None
    reason: str


async def rates_on(uow: UnitOfWork, insured_ids: Collection[UUID], *, on: date) -> dict[UUID, RateOnDay]:
    """The rate of each insured person on a day, as it is believed now; whoever was never judged for that day is `not_judged`."""
    raw = await driver(uow.connection)
    ids = list(insured_ids)
    year = on.year if on.month >= 8 else on.year - 1
    found = {insured: RateOnDay(None, None, None, Outcome.NOT_JUDGED.name.lower()) for insured in ids}
    for row in await raw.fetch(_WAITING, ids, year):
        found[row["insured_id"]] = RateOnDay(None, None, None, Outcome(row["outcome"]).name.lower())
    for row in await raw.fetch(_ON, ids, on):
        limit_class = LimitClass(row["limit_class"])
        found[row["insured_id"]] = RateOnDay(
            row["rate_percent"],
            None if limit_class is LimitClass.UNDECIDED else code_of(limit_class),
            row["decided_on"],
            Reason(row["reason"]).name.lower(),
        )
    return found


def code_of(limit_class: LimitClass) -> str:
    """`working-3`, `general-1`, `low-2` …: as events and estimates write a limit class."""
    return limit_class.name.lower().replace("_", "-")
