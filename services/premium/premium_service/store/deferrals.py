"""徴収猶予: until when which instalments are deferred. Said as a whole, so that who hears the last decision knows everything."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork
from contracts.events.premium import DeferralDecided, DeferredInstalment

_LAST: Final = """
SELECT sequence, deferred::text AS deferred FROM deferral_effect WHERE (insured_id, fiscal_year) = ($1, $2) ORDER BY sequence DESC LIMIT 1
"""
_KEEP: Final = "INSERT INTO deferral_effect VALUES ($1, $2, $3, $4, $5, $6)"


async def change(uow: UnitOfWork, application: dict[str, Any], deferred: dict[int, date | None]) -> None:
    """Defer instalments (number → until), or (None) defer them no more; the whole state is kept and said."""
    raw = await driver(uow.connection)
    insured_id: UUID = application["insured_id"]
    year = int(application["fiscal_year"])
    last = await raw.fetchrow(_LAST, insured_id, year)
    state = {int(n): date.fromisoformat(day) for n, day in json.loads(last["deferred"]).items()} if last else {}
    for number, until in deferred.items():
        if until is None:
            state.pop(number, None)
        else:
            state[number] = until
    sequence = (last["sequence"] if last else 0) + 1
    kept = json.dumps({str(number): until.isoformat() for number, until in sorted(state.items())})
    await raw.execute(_KEEP, insured_id, year, sequence, application["municipality_code"], kept, uow.today)
    uow.publish(
        DeferralDecided(
            effective_on=max(uow.today, FiscalYear(year).start), sequence=sequence, insured_id=insured_id,
            municipality_code=application["municipality_code"], resident_number=application["resident_number"], fiscal_year=year,
            deferred=tuple(DeferredInstalment(number=number, deferred_until=until) for number, until in sorted(state.items())),
        )
    )  # fmt: skip
