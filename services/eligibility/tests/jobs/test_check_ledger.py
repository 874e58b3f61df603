"""`check-ledger` finds what differs from a replay, names it, and changes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

from chassis import jobs
from chassis.database import driver
from chassis.testing import Databases
from eligibility_service.jobs.check_ledger import CheckLedger

from services.eligibility.tests.handlers.test_entries import certify, enter
from services.eligibility.tests.people import resident
from services.eligibility.tests.world import World, a_world


async def _checked(world: World) -> dict[str, Any]:
    job = CheckLedger()
    run_id = await jobs.prepare(job, {}, world.units, by="officer")
    await jobs.approve(run_id, world.units, by="officer")
    return await jobs.execute(job, run_id, world.units)


async def test_a_ledger_that_follows_from_its_log_has_no_difference_and_one_that_was_touched_is_named(databases: Databases) -> None:
    """E-01: the four ways to differ; what store/checking.py does not compare is not found."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(number) for number in range(1, 40)])
        await world.hear(resident(40, born_on=date(1957, 10, 1)), resident(41, born_on=date(1951, 9, 1)))
        await certify(world, date(2026, 4, 10), f"{40:015d}")
        await enter(world, date(2026, 4, 10), f"{7:015d}", kind="exclusion_begun", cause="public_assistance")
        whole = await _checked(world)
        before = await world.ledger()
        async with world.units.open() as uow:
            raw = await driver(uow.connection)
            await raw.execute("DELETE FROM qualification WHERE resident_number = $1", f"{3:015d}")
            await raw.execute("UPDATE qualification SET acquisition_ground = 'moved_in' WHERE resident_number = $1", f"{5:015d}")
            await raw.execute("UPDATE qualification SET lost_on = NULL, loss_reason = NULL WHERE resident_number = $1", f"{7:015d}")
            await raw.execute("UPDATE resident SET acquires_on = NULL WHERE resident_number = $1", f"{41:015d}")
        touched = await _checked(world)

        assert whole == {"totals": {"people": 41, "differences": 0}, "differences": {}}
        assert len(before) == 40
        assert touched["totals"]["differences"] == 4
        assert touched["differences"]["台帳の相違"]["人"] == [
            f"131016:{number:015d} {what}" for number, what in ((3, "missing"), (5, "differs"), (7, "differs"), (41, "coming"))
        ]
