"""一括交付: who needs a certificate on a day, in chunks for print files, and what differs from the certificates of the last year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.certificates import needed
from eligibility_service.rules.certificates import certificate_year
from eligibility_service.store.bulk import copy_frame, frame_of, literal_time
from eligibility_service.store.needs import NEED, NEEDED_OF, union_of
from eligibility_service.store.residence_surveys import NOT_SEARCHED

# Whoever gives the card back for a status certificate gets none by a run: it is handed over at the window.
_WITHOUT: Final = f"""
SELECT {NEEDED_OF}
WHERE q.acquired_on <= $1 AND (q.lost_on IS NULL OR q.lost_on > $1)
  AND (a.step IS NULL OR a.step NOT IN ('approved', 'returned') OR a.remedy <> 'status_certificate')
  AND NOT EXISTS (
    SELECT FROM certificate c WHERE c.insured_id = q.insured_id AND c.family = 'card' AND $1 BETWEEN c.valid_from AND c.valid_until
      AND c.origin IN ('acquisition', 'run') AND c.state <> 'withdrawn')
  AND {NOT_SEARCHED.replace("c.", "q.")}
ORDER BY q.municipality_code, q.resident_number
"""
_RUN_COLUMNS: Final = (
    "municipality_code", "resident_number", "insured_id", "origin", "run_id", "state", "issue_reason", "kind", "kind_reason", "valid_from",
    "valid_until", "made_due_at",
)  # fmt: skip
_TRY_REFUSED: Final = f"""
UPDATE certificate c SET run_id = $1, origin = 'run', state = 'due', refusal = NULL, decided_at = NULL
WHERE state = 'refused' AND origin IN ('acquisition', 'run') AND $2 BETWEEN valid_from AND valid_until AND {NOT_SEARCHED}
"""
# 認定証 and 受療証 of those whose application still stands follow the card into the new year.
_FURTHER: Final = f"""
INSERT INTO certificate (municipality_code, resident_number, insured_id, origin, run_id, state, family, issue_reason, kind, kind_reason,
                         valid_from, valid_until, application_id, disease, made_due_at)
SELECT c.municipality_code, c.resident_number, c.insured_id, 'run', $1, 'due', c.family, 'renewal', c.kind, 'applied', $2::date, $3,
       c.application_id, c.disease, $4
FROM certificate c JOIN certificate_application p USING (application_id)
JOIN qualification q ON q.insured_id = c.insured_id
WHERE c.family <> 'card' AND c.state = 'issued' AND c.collection IS NULL AND c.valid_until = $2::date - 1 AND p.withdrawn_on IS NULL
  AND (q.lost_on IS NULL OR q.lost_on > $2) AND (c.family = 'disease' OR $2 < date '2024-12-02')
  AND {NOT_SEARCHED}
ON CONFLICT DO NOTHING
"""
_DIFFERENCES: Final = """
WITH coming AS (
    SELECT c.insured_id, c.municipality_code, c.kind, COALESCE(w.rate_percent::text, 'undecided') AS rate
    FROM certificate c LEFT JOIN copay_rate w ON w.insured_id = c.insured_id AND $2 BETWEEN w.valid_from AND w.valid_until
    WHERE c.run_id = $1 AND c.state = 'due' AND c.family = 'card'
), last AS (
    SELECT DISTINCT ON (insured_id) insured_id, municipality_code, kind, COALESCE(copay_rate::text, 'undecided') AS rate
    FROM certificate
    WHERE family = 'card' AND state = 'issued' AND valid_from <= $3 AND valid_until >= $3 ORDER BY insured_id, serial DESC
), counted AS (
    SELECT municipality_code, kind, rate, 0 AS before, 1 AS now FROM coming
    UNION ALL SELECT municipality_code, kind, rate, 1, 0 FROM last
)
SELECT municipality_code, kind, rate, sum(before) AS before, sum(now) AS now FROM counted GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


async def make_due_for_run(uow: UnitOfWork, run_id: UUID, *, on: date) -> int:
    """Everybody insured on `on` without a certificate in force that day gets one due in this run; refused ones are tried again.

    On 1 August, 認定証 and 受療証 are renewed too. Returns how many are due.
    """
    raw = await driver(uow.connection)
    await raw.execute(_TRY_REFUSED, run_id, on)
    union = await union_of(uow)
    rows = needed(frame_of(await raw.fetch(_WITHOUT, on), NEED), on=on, union=union)
    renewed = pl.when(pl.col("valid_from") == on).then(pl.lit("renewal")).otherwise(pl.lit("first"))
    await copy_frame(
        raw,
        "certificate",
        rows.with_columns(
            origin=pl.lit("run"),
            run_id=pl.lit(str(run_id)),
            state=pl.lit("due"),
            issue_reason=pl.when(pl.col("acquired_on") == pl.col("valid_from")).then(pl.lit("first")).otherwise(renewed),
            made_due_at=literal_time(uow.now),
        ),
        _RUN_COLUMNS,
    )
    first, last = certificate_year(on)
    if on == first:
        await raw.execute(_FURTHER, run_id, first, last, uow.now)
    return int(await raw.fetchval("SELECT count(*) FROM certificate WHERE run_id = $1 AND state = 'due'", run_id))


async def differences_to_last(uow: UnitOfWork, run_id: UUID, *, on: date) -> list[dict[str, Any]]:
    """How many cards by municipality, kind and rate were in force on the day before `on` (before), and come now (now)."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(_DIFFERENCES, run_id, on, on - timedelta(days=1))
    return [{**dict(row), "before": int(row["before"]), "now": int(row["now"])} for row in rows]


async def chunks_of_run(uow: UnitOfWork, run_id: UUID, *, size: int) -> list[tuple[str, str, int]]:
    """(first certificate, last certificate, how many) in the order of municipality and resident; certificates are named by their keys."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT min(key COLLATE "C") AS first, max(key COLLATE "C") AS last, sum(records)::bigint AS records FROM (
            SELECT municipality_code || ':' || resident_number AS key, count(*) AS records,
                   (sum(count(*)) OVER (ORDER BY municipality_code, resident_number) - 1)::bigint / $2 AS part
            FROM certificate WHERE run_id = $1 AND state = 'due' GROUP BY municipality_code, resident_number) AS numbered
        GROUP BY part ORDER BY part""",
        run_id,
        size,
    )
    return [(row["first"], row["last"], row["records"]) for row in rows]


async def due_between(uow: UnitOfWork, run_id: UUID, first: str, last: str) -> list[UUID]:
    """The due certificates of a run from one key to another (municipality code:resident number)."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT certificate_id FROM certificate WHERE run_id = $1 AND state = 'due'
          AND (municipality_code, resident_number) BETWEEN (split_part($2, ':', 1), split_part($2, ':', 2))
          AND (split_part($3, ':', 1), split_part($3, ':', 2)) ORDER BY municipality_code, resident_number""",
        run_id,
        first,
        last,
    )
    return [row["certificate_id"] for row in rows]


async def counts_of_run(uow: UnitOfWork, run_id: UUID) -> list[dict[str, Any]]:
    """How many certificates of a run stand in each state, by municipality and kind."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        "SELECT municipality_code, kind, state, count(*) AS count FROM certificate WHERE run_id = $1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        run_id,
    )
    return [dict(row) for row in rows]


async def files_of_run(uow: UnitOfWork, run_id: UUID) -> list[dict[str, Any]]:
    """The print files of a run in the order of their serials, with the seal of the list of each."""
    raw = await driver(uow.connection)
    return [dict(row) for row in await raw.fetch("SELECT * FROM print_file WHERE run_id = $1 ORDER BY first_serial", run_id)]
