"""`acquire-on-birthday`: residents whose day of acquisition has come become insured."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import announcing
from eligibility_service.domain.records import KEY
from eligibility_service.store import copay_judging, ledger, residents

PEOPLE: Final = 1_000


class AcquireOnBirthday:
    """75歳到達による資格取得. Days on which it did not run are caught up; whoever is insured already is left alone."""

    name = "acquire-on-birthday"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        rows = await (await driver(uow.connection)).fetch(residents.COMING_PARTS, uow.today, PEOPLE)
        chunks = [Chunk(number, row["first"], row["last"], row["records"]) for number, row in enumerate(rows, start=1)]
        return Plan(chunks, {"資格を取得する人数": sum(chunk.records for chunk in chunks), "基準日": uow.today.isoformat()})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        people = await residents.take_coming(uow, today=uow.today, first=chunk.first_key, last=chunk.last_key)
        revisions = await ledger.acquire_those_whose_day_has_come(uow, people)
        uow.publish(*(event for _, event in announcing.events_of(revisions)), pack=uuid7())
        await copay_judging.rejudge(uow, dict.fromkeys(people.select(KEY).iter_rows()), packed=True)
        return {"looked_at": people.height, "acquired": revisions.height}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Nobody whose day had come is left."""
        left = await (await driver(uow.connection)).fetchval("SELECT count(*) FROM resident_search WHERE acquires_on <= $1", uow.today)
        return {"未処理": left} if left else {}
