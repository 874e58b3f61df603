"""不均一賦課の区域: who lives where. A whole municipality follows from its code, a smaller area from the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chassis.database import driver
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork

from premium_service import settings
from premium_service.domain.assessing import parameters_of
from premium_service.rules.columns import UNKNOWN_AREA
from premium_service.rules.parameters import Parameters

_BELIEVED = """(SELECT {area} FROM rate_area_residence a
    WHERE a.resident = r.number AND a.valid_from <= s.judged_on AND upper_inf(a.recorded_during) ORDER BY a.valid_from DESC LIMIT 1)"""


def expression(year: FiscalYear) -> str:
    """SQL for the `rate_area` of a resident `r` on the judging day of a snapshot `s`, under the law of this union and fiscal year."""
    current = settings.current()
    return expression_of(parameters_of(current.union, year.year, sample=current.sample_data))


def expression_of(law: Parameters) -> str:
    """The same for any law. A union with even rates looks nothing up."""
    if law.areas_are_gap:
        return f"({UNKNOWN_AREA})::smallint"
    if not law.areas:
        return "0::smallint"
    whole = [f"WHEN {_text(area.municipality)} THEN {number}" for number, area in enumerate(law.areas, 1) if area.municipality]
    parts = []
    for code in sorted({area.within for area in law.areas if area.within}):
        of_name = [f"WHEN {_text(area.name)} THEN {number}" for number, area in enumerate(law.areas, 1) if area.within == code]
        # A name that the law of the year does not know is not a place with the even rate.
        named = f"CASE a.area WHEN '' THEN 0 {' '.join(of_name)} ELSE {UNKNOWN_AREA} END"
        parts.append(f"WHEN {_text(code)} THEN coalesce({_BELIEVED.format(area=named)}, {UNKNOWN_AREA})")
    return f"(CASE r.municipality_code {' '.join([*whole, *parts])} ELSE 0 END)::smallint"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


MOST: Final = 500


@dataclass(frozen=True)
class Residence:
    """In which area somebody lives from a day on; an empty area is outside every area."""

    valid_from: date
    area: str
    recorded_by: str
    reason: str


class NoSuchResident(LookupError):
    """Nobody of this number is known."""


async def record(municipality_code: str, resident_number: str, residence: Residence, uow: UnitOfWork) -> None:
    """Record where somebody lives from a day on; what was believed of that day ends, and the households are due for the next run."""
    raw = await driver(uow.connection)
    resident = await raw.fetchval(
        "SELECT number FROM resident WHERE municipality_code = $1 AND resident_number = $2", municipality_code, resident_number
    )
    if resident is None:
        raise NoSuchResident(f"No resident {resident_number} of {municipality_code} is known.")
    await raw.execute(_END, resident, residence.valid_from)
    await raw.execute(_ADD, resident, residence.valid_from, residence.area, residence.recorded_by, residence.reason)
    await raw.execute(_DUE, resident, min(residence.valid_from, uow.today))


async def registered(uow: UnitOfWork, *, on: date) -> list[dict[str, Any]]:
    """Everybody in the register whom the reader may see, with the area that is held true on a day, by municipality and number."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_REGISTERED, on, MOST)]


async def of_person(municipality_code: str, resident_number: str, uow: UnitOfWork) -> list[dict[str, Any]]:
    """Everything ever recorded, the newest first; `believed` marks what is held true now."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(_OF_PERSON, municipality_code, resident_number)
    return [dict(row) for row in rows]


_REGISTERED = """
SELECT DISTINCT ON (r.municipality_code, r.resident_number) r.municipality_code, r.resident_number, r.name, a.valid_from, a.area,
       a.recorded_by, lower(a.recorded_during) AS recorded_at
FROM rate_area_residence a JOIN resident r ON r.number = a.resident WHERE upper_inf(a.recorded_during) AND a.valid_from <= $1
ORDER BY r.municipality_code, r.resident_number, a.valid_from DESC LIMIT $2
"""
_END = """
UPDATE rate_area_residence SET recorded_during = tstzrange(lower(recorded_during), now())
WHERE resident = $1 AND valid_from = $2 AND upper_inf(recorded_during)
"""
_ADD = "INSERT INTO rate_area_residence (resident, valid_from, area, recorded_by, reason) VALUES ($1, $2, $3, $4, $5)"
_DUE = """
INSERT INTO household_due (household_id, since) SELECT DISTINCT household_id, $2::date FROM membership WHERE resident = $1
ON CONFLICT (household_id) DO UPDATE SET since = least(household_due.since, excluded.since)
"""
_OF_PERSON = """
SELECT a.valid_from, a.area, a.recorded_by, a.reason, lower(a.recorded_during) AS recorded_at, upper_inf(a.recorded_during) AS believed
FROM rate_area_residence a JOIN resident r ON r.number = a.resident WHERE r.municipality_code = $1 AND r.resident_number = $2
ORDER BY lower(a.recorded_during) DESC, a.valid_from DESC
"""
