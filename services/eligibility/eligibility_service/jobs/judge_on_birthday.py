"""`judge-on-birthday`: households of insured people in which somebody has reached 70 or 75 are judged again without any other event."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store import copay_birthdays, copay_judging


class JudgeOnBirthday:
    """70歳・75歳到達による負担割合の再判定. Parameters: `after`, `until`: birthdays that count from a first of a month in between.

    From 70 to 74 a member's receipts count with those of a lone insured person (施行令 第7条).
    """

    name = "judge-on-birthday"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        after, until = _span(parameters)
        rows = await (await driver(uow.connection)).fetch(copay_birthdays.COUNTED, after, until)
        chunks = [Chunk(number, row["municipality_code"], row["municipality_code"], row["people"]) for number, row in enumerate(rows, 1)]
        return Plan(chunks, {"70歳・75歳になった世帯員": sum(chunk.records for chunk in chunks), "変更日": until.isoformat()})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        people = await copay_birthdays.people(uow, chunk.first_key, *_span(parameters))
        await copay_judging.rejudge(uow, dict.fromkeys(people), packed=True)
        return {"looked_at": len(people)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Nothing is left over: whoever moved away since was judged by that."""
        return {}


def _span(parameters: dict[str, Any]) -> tuple[date, date]:
    return date.fromisoformat(parameters["after"]), date.fromisoformat(parameters["until"])
