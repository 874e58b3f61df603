"""`find-duplicates`: everybody of the union is compared with those who may be the same person; a person decides what is doubtful."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store import duplicates

PEOPLE: Final = 20_000


class FindDuplicates:
    """名寄せ候補の抽出, after a first load or whenever wanted. Chunks: people born between two days, and each municipality by reading."""

    name = "find-duplicates"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        births = await duplicates.parts_by_birth(uow, size=PEOPLE)
        codes = await (await driver(uow.connection)).fetch("SELECT DISTINCT municipality_code FROM resident_search ORDER BY 1")
        chunks = [Chunk(number, first.isoformat(), last.isoformat(), people) for number, (first, last, people) in enumerate(births, 1)]
        chunks += [Chunk(len(births) + number, row[0], row[0], 0) for number, row in enumerate(codes, 1)]
        return Plan(chunks, {"比べる人数": sum(people for *_, people in births), "市区町村": len(codes)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        if "-" in chunk.first_key:
            return await duplicates.look_in_births(uow, date.fromisoformat(chunk.first_key), date.fromisoformat(chunk.last_key))
        return await duplicates.look_in_municipality(uow, chunk.first_key)

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Nobody is linked by the rule with whom anything differs."""
        wrong = await (await driver(uow.connection)).fetchval(
            """SELECT count(*) FROM same_person s JOIN duplicate_candidate c USING (first_code, first_number, second_code, second_number)
            WHERE s.ground = 'four_attributes' AND upper_inf(s.recorded_during)
              AND NOT (c.kana_agrees AND c.birth_agrees AND c.sex_agrees AND c.address_agrees)"""
        )
        return {"四項目が一致しない自動の同定": wrong} if wrong else {}
