"""移行の計画 and 進捗表: the cut-off day, the municipalities expected, the milestones, and how far each municipality is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.phases import SEEN_BY_ITSELF, Milestone, Phase
from eligibility_service.store import gate, phases

_SET_PLAN: Final = """
INSERT INTO migration_plan (cut_off_on, set_by, set_at) VALUES ($1, $2, $3)
ON CONFLICT (only_row) DO UPDATE SET cut_off_on = excluded.cut_off_on, set_by = excluded.set_by, set_at = excluded.set_at
"""
_PLAN: Final = """
SELECT cut_off_on, set_by, set_at, ARRAY(SELECT municipality_code FROM expected_municipality ORDER BY 1) AS municipalities
FROM migration_plan
"""
_WRITE: Final = """
INSERT INTO milestone (milestone, planned_on, reached_on, note, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (milestone) DO UPDATE SET planned_on = excluded.planned_on, reached_on = excluded.reached_on, note = excluded.note,
    written_by = excluded.written_by, written_at = excluded.written_at
"""
_PROGRESS: Final = """
SELECT m.municipality_code, c.generation, c.complete_as_of, c.sent, c.accepted, c.rejected, c.parked, c.received_at AS complete_at,
       later.batches AS later_batches, later.records AS later_records, later.returned AS later_returned, later.latest_at
FROM (SELECT municipality_code FROM expected_municipality UNION SELECT municipality_code FROM municipal_batch) AS m
LEFT JOIN LATERAL (
    SELECT * FROM municipal_batch b WHERE b.municipality_code = m.municipality_code AND b.complete_as_of IS NOT NULL
    ORDER BY generation DESC LIMIT 1) AS c ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS batches, COALESCE(sum(accepted), 0)::bigint AS records, COALESCE(sum(rejected + parked), 0)::bigint AS returned,
           max(received_at) AS latest_at
    FROM municipal_batch b WHERE b.municipality_code = m.municipality_code AND b.generation > c.generation) AS later ON true
ORDER BY m.municipality_code
"""
_REACHED: Final = """
SELECT (SELECT min(begun_at) FROM phase WHERE phase = 'migration') AS migration_begun,
       (SELECT min(begun_at) FROM phase WHERE phase = 'routine') AS routine_begun,
       (SELECT max(received_at) FROM municipal_batch WHERE complete_as_of IS NOT NULL) AS extracts_received,
       (SELECT max(made_at) FROM creation_result) AS result_agrees
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """基準日 and the municipalities from which everybody is to come."""

    cut_off_on: date
    municipalities: list[str]
    set_by: str
    set_at: datetime


class TooLate(Exception):
    """The plan is part of a decision that was already taken."""


async def plan(uow: UnitOfWork) -> Plan | None:
    """The plan, or None before there is one."""
    row = await (await driver(uow.connection)).fetchrow(_PLAN)
    return Plan(row["cut_off_on"], list(row["municipalities"]), row["set_by"], row["set_at"]) if row else None


async def set_plan(uow: UnitOfWork, *, cut_off_on: date, municipalities: Sequence[str], by: str) -> None:
    """Write the plan. TooLate once anybody has been loaded: who is insured already follows from the cut-off day."""
    raw = await driver(uow.connection)
    known = await plan(uow)
    is_other = known is None or known.cut_off_on != cut_off_on
    if is_other and await raw.fetchval("SELECT EXISTS (SELECT FROM resident)"):
        raise TooLate("The cut-off day is another than that of the ledger.")
    await raw.execute(_SET_PLAN, cut_off_on, by, uow.now)
    await raw.execute("DELETE FROM expected_municipality WHERE municipality_code <> ALL ($1)", list(municipalities))
    await raw.execute("INSERT INTO expected_municipality SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", list(municipalities))


async def write_milestone(
    uow: UnitOfWork, milestone: Milestone, *, planned_on: date | None, reached_on: date | None, note: str, by: str
) -> None:
    """A line of 進捗表 by hand; what the system sees for itself keeps no day of reaching here."""
    reached = None if milestone in SEEN_BY_ITSELF else reached_on
    await (await driver(uow.connection)).execute(_WRITE, milestone.value, planned_on, reached, note, by, uow.now)


async def progress(uow: UnitOfWork) -> list[dict[str, Any]]:
    """How far each municipality is: its complete extract with its equation, and what has come since."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_PROGRESS)]


async def milestones(uow: UnitOfWork, differences: Sequence[gate.Difference]) -> list[dict[str, Any]]:
    """Every milestone with the day on which it was reached, in the order of the work."""
    raw = await driver(uow.connection)
    written = {row["milestone"]: dict(row) for row in await raw.fetch("SELECT * FROM milestone")}
    times = dict(await raw.fetchrow(_REACHED))
    found, kinds = await plan(uow), {difference.kind for difference in differences}
    seen: dict[str, date | datetime | None] = {
        Milestone.CUT_OFF_SET: found.set_at if found and found.municipalities else None,
        Milestone.MIGRATION_BEGUN: times["migration_begun"],
        Milestone.EXTRACTS_RECEIVED: times["extracts_received"] if found and not kinds & gate.ABOUT_EXTRACTS else None,
        Milestone.RESULT_AGREES: times["result_agrees"] if found and not kinds & gate.ABOUT_RESULTS else None,
        Milestone.ROUTINE_BEGUN: times["routine_begun"] if await phases.present(uow) is Phase.ROUTINE else None,
    }
    return [
        {
            "milestone": milestone.value,
            "term": milestone.term,
            "planned_on": written.get(milestone, {}).get("planned_on"),
            "reached_on": seen[milestone] if milestone in SEEN_BY_ITSELF else written.get(milestone, {}).get("reached_on"),
            "note": written.get(milestone, {}).get("note", ""),
            "seen_by_itself": milestone in SEEN_BY_ITSELF,
        }
        for milestone in Milestone
    ]
