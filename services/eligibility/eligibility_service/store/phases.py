"""期: in which phase the installation is, and what follows from it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.phases import Phase

_BEGIN: Final = "INSERT INTO phase (phase, begun_at, reason, asked_by, approval_id) VALUES ($1, $2, $3, $4, $5)"
_COUNTED_UNTIL: Final = "SELECT present_phase() AS phase, (SELECT cut_off_on FROM migration_plan) AS cut_off_on"

_STEPS: Final = """
SELECT p.phase, p.begun_at, p.reason, p.asked_by, a.decided_by AS approved_by
FROM phase p LEFT JOIN approval a USING (approval_id) ORDER BY p.number
"""


async def present(uow: UnitOfWork) -> Phase:
    """The phase of today."""
    return Phase(await (await driver(uow.connection)).fetchval("SELECT present_phase()"))


async def is_routine(uow: UnitOfWork) -> bool:
    """Whether the gate is open: before, nothing of routine work happens by itself."""
    return await present(uow) is Phase.ROUTINE


async def counted_until(uow: UnitOfWork) -> date:
    """The last day whose acquisitions stand in the ledger: today; before routine work the cut-off day (基準日) where that is later.

    So the initial ledger is there, numbered and printed, before the day on which it counts.
    """
    row = await (await driver(uow.connection)).fetchrow(_COUNTED_UNTIL)
    cut_off_on: date | None = row["cut_off_on"]
    if row["phase"] == Phase.ROUTINE or cut_off_on is None:
        return uow.today
    return max(uow.today, cut_off_on)


async def begin(uow: UnitOfWork, phase: Phase, *, reason: str, asked_by: str, approval_id: UUID | None = None) -> None:
    """Enter a phase; the table refuses any step but the next."""
    await (await driver(uow.connection)).execute(_BEGIN, phase.value, uow.now, reason, asked_by, approval_id)


async def steps(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Every step so far, in order."""
    rows = await (await driver(uow.connection)).fetch(_STEPS)
    return [dict(row) for row in rows]
