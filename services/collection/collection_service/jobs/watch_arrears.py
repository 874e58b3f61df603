"""滞納の見守り: each day promises are judged, and what is new about anybody's arrears is said (滞納情報)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.promises import PromiseState, progress
from collection_service.store import arrears_reports, promises

AT_ONCE: Final = 2_000
PROMISES, PEOPLE = "promises", "people"


class WatchArrears:
    """Parameter `on`: the day that the calendar began it for. A second run on a day says nothing again."""

    name = "watch-arrears"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Chunks of promises that run, and of people who owe something, or of whom it was last said that they do."""
        raw = await driver(uow.connection)
        running, people = await promises.running(raw), await arrears_reports.to_look_at(raw, uow.today)
        chunks: list[Chunk] = []
        for what, found in ((PROMISES, running), (PEOPLE, people)):
            for start in range(0, len(found), AT_ONCE):
                part = found[start : start + AT_ONCE]
                chunks.append(Chunk(len(chunks) + 1, f"{what}:{part[0]}", f"{what}:{part[-1]}", len(part)))
        return Plan(chunks, {"promises": len(running), "people": len(people)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Judge the promises of a chunk, or say what is new about its people."""
        raw = await driver(uow.connection)
        what, first = chunk.first_key.split(":", 1)
        last = chunk.last_key.split(":", 1)[1]
        if what == PEOPLE:
            found = await arrears_reports.to_look_at(raw, uow.today, UUID(first), UUID(last))
            return {"people": len(found), "reported": await arrears_reports.report(uow, found)}
        running = [one for one in await promises.running(raw) if UUID(first) <= one <= UUID(last)]
        ended = {PromiseState.KEPT: 0, PromiseState.BROKEN: 0}
        for identifier, (plan, claims) in (await promises.plans(raw, running)).items():
            state = progress(plan, claims, on=uow.today).state
            if state in ended:
                ended[state] += await promises.end(raw, identifier, state, uow.today)
        return {"promises": len(running), "kept": ended[PromiseState.KEPT], "broken": ended[PromiseState.BROKEN]}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Whoever owes something that is due today was said to owe it, to the yen."""
        wrong = await (await driver(uow.connection)).fetchval(_DIFFERENT, uow.today)
        return {"reported_otherwise": wrong} if wrong else {}


# Whom a payment or a charge of today has touched since may differ: the run of tomorrow says it.
_DIFFERENT = """
SELECT count(*) FROM (
    SELECT s.insured_id, sum(s.unpaid)::bigint AS unpaid FROM instalment_state s
    LEFT JOIN deferral d ON (d.insured_id, d.fiscal_year) = (s.insured_id, s.fiscal_year)
    WHERE s.due_on < $1 AND s.unpaid > 0 AND coalesce(d.deferred_until[array_position(d.numbers, s.number)] < $1, true) GROUP BY 1
) AS owing FULL JOIN (SELECT insured_id, unpaid_amount FROM arrears_report WHERE unpaid_amount > 0) AS said USING (insured_id)
WHERE owing.unpaid IS DISTINCT FROM said.unpaid_amount
  AND NOT EXISTS (SELECT FROM money_entry m WHERE m.insured_id = coalesce(owing.insured_id, said.insured_id) AND m.entered_on = $1)
  AND NOT EXISTS (SELECT FROM charge_entry c WHERE c.insured_id = coalesce(owing.insured_id, said.insured_id) AND c.charged_on = $1)
"""
