"""What a run of `judge-copay-rates` asks the database beside its inputs: last year's rates, what was revised since, who is missing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
from asyncpg import Connection
from chassis.binary_copy import Records, copy_out
from chassis.database import driver
from chassis.jobs import Chunk
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.linked_households import cuts
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.store.copay_judging import JOB

_SPANS: Final = """
SELECT min(household) AS first, max(household) AS last FROM copay_input WHERE run_id = $1 AND is_judged GROUP BY insured_id
"""
_SPAN: Final = np.dtype([("first", np.int64), ("last", np.int64)])
_LAST_YEAR: Final = np.dtype([("insured_id", "S16"), ("rate_percent", np.int16)])
# Households of which somebody was judged since (identifiers of runs grow with time): alone, which keeps the inputs, or by a later run;
# with a wait that is newer (a correction to 照会中 writes no rate); or that were answered since, with the rate they had before (nothing
# is written then, and the wait is gone).
_REVISED: Final = """
WITH later AS MATERIALIZED (SELECT id FROM job_run WHERE id > $1 AND job = $5 AND state <> 'prepared'), newer AS MATERIALIZED (
    SELECT n.insured_id FROM copay_input n WHERE n.run_id > $1 AND n.is_judged AND NOT EXISTS (SELECT FROM job_run j WHERE j.id = n.run_id)
    UNION
    SELECT r.insured_id FROM copay_rate r
    WHERE r.copay_year = $2 AND EXISTS (SELECT FROM later) AND r.run_id IN (SELECT id FROM later)
)
SELECT DISTINCT i.household FROM newer JOIN copay_input i USING (insured_id)
WHERE i.run_id = $1 AND i.household BETWEEN $3 AND $4 AND i.is_insured
UNION
SELECT i.household FROM copay_input i
JOIN copay_wait w ON w.insured_id = i.insured_id AND w.copay_year = $2 AND w.run_id > i.run_id
WHERE i.run_id = $1 AND i.household BETWEEN $3 AND $4 AND i.is_insured
UNION
SELECT i.household FROM copay_input i
JOIN copay_rate r ON r.insured_id = i.insured_id AND r.copay_year = $2
JOIN income n ON (n.municipality_code, n.resident_number, n.income_year) = (i.municipality_code, i.resident_number, r.income_year)
WHERE i.run_id = $1 AND i.household BETWEEN $3 AND $4 AND i.is_insured AND i.income_status IN (0, 3) AND n.income_status <> i.income_status
  AND NOT EXISTS (SELECT FROM copay_wait w WHERE w.insured_id = i.insured_id AND w.copay_year = $2)
"""
_MISSED: Final = """
SELECT count(*) FROM qualification q JOIN resident r USING (municipality_code, resident_number)
WHERE q.acquired_on <= {day} AND (q.lost_on IS NULL OR (q.lost_on > {day} AND q.lost_on > q.acquired_on)) AND r.status = '1'
  AND NOT EXISTS (SELECT FROM copay_rate c WHERE c.insured_id = q.insured_id AND c.copay_year = {year})
  AND NOT EXISTS (SELECT FROM copay_wait w WHERE w.insured_id = q.insured_id AND w.copay_year = {year})
"""
_MARK_ALL: Final = "INSERT INTO copay_due SELECT y, m, '' FROM unnest($1::int[]) AS y, unnest($2::text[]) AS m ON CONFLICT DO NOTHING"
_JUDGED_BEFORE: Final = """
SELECT EXISTS (SELECT FROM copay_rate WHERE copay_year = $2 AND recorded_from <= (SELECT prepared_at FROM job_run WHERE id = $1))
    OR EXISTS (SELECT FROM copay_rate_history WHERE copay_year = $2)
"""


async def mark_municipality_due(uow: UnitOfWork, municipality_code: str, *, years: Collection[CopayYear]) -> None:
    """A file has changed a municipality: the next run judges its households; nothing is written for each of them."""
    await (await driver(uow.connection)).execute(_MARK_ALL, [year.year for year in years], [municipality_code])


async def chunks(raw: Connection[Any], run_id: UUID, households: int) -> list[Chunk]:
    """The chunks of a run: ranges of frozen households, every month of everybody in one of them."""
    spans = await copy_out(raw, _SPANS, _SPAN, run_id)
    ends = cuts(spans["first"], spans["last"], households)
    people = np.bincount(np.searchsorted(ends, spans["first"]), minlength=len(ends)).tolist()
    starts = (1, *(end + 1 for end in ends.tolist()))
    parts = zip(starts, ends.tolist(), people, strict=False)
    return [Chunk(number, str(start), str(end), count) for number, (start, end, count) in enumerate(parts, start=1)]


async def against_last_year(raw: Connection[Any], rates: Records, year: CopayYear, *, among: str) -> dict[str, int]:
    """「1割→2割」 and so on with the number of people; 「新規」 for whoever had no rate last year. `among`: a query of the insured."""
    if not len(rates):
        return {}
    query = f"""SELECT insured_id, rate_percent FROM copay_rate WHERE copay_year = {year.year - 1} AND insured_id IN ({among})
        ORDER BY insured_id"""
    before = await copy_out(raw, query, _LAST_YEAR)
    last = np.zeros(len(rates), np.int16)
    if len(before):
        place = np.minimum(np.searchsorted(before["insured_id"], rates["insured_id"]), len(before) - 1)
        last = np.where(before["insured_id"][place] == rates["insured_id"], before["rate_percent"][place], 0)
    pairs, counts = np.unique(np.stack([last, rates["rate_percent"]]), axis=1, return_counts=True)
    return {_change(old, new): int(count) for (old, new), count in zip(pairs.T.tolist(), counts, strict=True)}


def _change(old: int, new: int) -> str:
    return f"{f'{old // 10}割' if old else '新規'}→{new // 10}割"


async def revised_since(raw: Connection[Any], records: Records, run_id: UUID, year: CopayYear) -> npt.NDArray[np.bytes_]:
    """The insured who stand together with somebody who was judged anew since the run was frozen: what was frozen may be true no more."""
    if not len(records):
        return records["insured_id"]
    rows = await raw.fetch(_REVISED, run_id, year.year, int(records["household"][0]), int(records["household"][-1]), JOB)
    together = np.isin(records["household"], np.array([row["household"] for row in rows], np.int64))
    return np.unique(records["insured_id"][together & records["is_insured"]])


async def judged_before(raw: Connection[Any], run_id: UUID, year: CopayYear) -> bool:
    """Whether anybody had a rate of that copay year when the run was prepared."""
    found: bool = await raw.fetchval(_JUDGED_BEFORE, run_id, year.year)
    return found


async def stored_spans(raw: Connection[Any], run_id: UUID) -> int:
    """Decisions of a run that are stored, in force or superseded."""
    found: int = await raw.fetchval(
        "SELECT (SELECT count(*) FROM copay_rate WHERE run_id = $1) + (SELECT count(*) FROM copay_rate_history WHERE run_id = $1)", run_id
    )
    return found


async def without_answer(raw: Connection[Any], year: CopayYear) -> int:
    """Insured residents on the first day of the year who have neither a rate nor a wait: there must be none (I-20)."""
    found: int = await raw.fetchval(_MISSED.format(day=f"'{year.start}'::date", year=year.year))
    return found
