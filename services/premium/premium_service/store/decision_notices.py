"""決定通知書 and 変更通知書: planned by a run, then issued with their place in a print file, refused with a reason, or overtaken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.documents.print_files import PrintFile
from chassis.unit_of_work import UnitOfWork

from premium_service.domain.letters import Planned

FOLDER: Final = "premium/notices"
"""Where the print files lie in the object store."""
NOTICES_A_CHUNK: Final = {False: 250, True: 1_000}
"""By `is_change`: a notice of a decision has about four pages, one of a change mostly one, and a file a thousand."""


async def plan(raw: Connection[Any], run_id: UUID, fiscal_year: int, municipality_code: str | None) -> None:
    """Plan a notice for everybody who has not been told the premium as it is now; plans of earlier runs for the same people give way.

    決定通知書: nobody has told the person of a premium of the fiscal year, and there is one. 変更通知書: another amount was told. First all
    of the one kind, then all of the other, each by municipality in the order of postal code and address, as the post takes them.
    """
    await raw.execute(_GIVE_WAY, fiscal_year, municipality_code)
    await raw.execute(_PLAN, run_id, fiscal_year, municipality_code)


async def chunks(raw: Connection[Any], run_id: UUID) -> list[tuple[int, int, int]]:
    """(first number, last number, notices) of each part: of one kind and one municipality."""
    rows = await raw.fetch(_CHUNKS, run_id, NOTICES_A_CHUNK[False], NOTICES_A_CHUNK[True])
    return [(row["first"], row["last"], row["notices"]) for row in rows]


async def preview(raw: Connection[Any], run_id: UUID, fiscal_year: int, municipality_code: str | None) -> dict[str, Any]:
    """What a run would send: notices and yen by kind and municipality; who was decided anew without another amount; and the last run."""
    rows = await raw.fetch(_BY_KIND, run_id)
    found: dict[str, Any] = {"decision": _no_notices(), "change": _no_notices()}
    municipalities: dict[str, int] = {}
    for row in rows:
        kind = found["change" if row["is_change"] else "decision"]
        for name in ("notices", "annual_amount", "amount_told"):
            kind[name] += row[name]
        municipalities[row["municipality_code"]] = municipalities.get(row["municipality_code"], 0) + row["notices"]
    found["same_amount"] = await raw.fetchval(_SAME_AMOUNT, fiscal_year, municipality_code)
    last = await raw.fetchrow(_LAST_RUN, run_id, fiscal_year)
    return {**found, "municipalities": municipalities, "last_run": dict(last) if last and last["notices"] else None}


def _no_notices() -> dict[str, int]:
    return {"notices": 0, "annual_amount": 0, "amount_told": 0}


async def take(raw: Connection[Any], run_id: UUID, first: int, last: int) -> list[Planned]:
    """The notices `first` to `last` of a run that are still planned, locked until the transaction ends."""
    return [Planned(*row) for row in await raw.fetch(_TAKE, run_id, first, last)]


async def keep_file(uow: UnitOfWork, raw: Connection[Any], run_id: UUID, file: PrintFile, *, by_hand: bool) -> None:
    """The notices of a print file are issued; `by_hand`: a person hands them over (支援措置)."""
    numbers, places = list(file.places), list(file.places.values())
    firsts, counts = [first for first, _ in places], [count for _, count in places]
    await raw.execute(_ISSUED, run_id, numbers, firsts, counts, file.sha256, uow.today, by_hand)
    await raw.execute(_FILE, run_id, numbers[0], file.sha256, file.pages, by_hand, uow.now)


async def mark_refused(raw: Connection[Any], run_id: UUID, reasons: Mapping[int, str]) -> None:
    """Notices (number → reason in Japanese) that cannot be sent; the next run tries them again."""
    await raw.execute(_REFUSED, run_id, list(reasons), list(reasons.values()))


async def mark_overtaken(raw: Connection[Any], run_id: UUID, numbers: Sequence[int]) -> None:
    """Notices of decisions that are not in force any more; the next run has the new ones."""
    await raw.execute(_OVERTAKEN, run_id, list(numbers))


async def counts(raw: Connection[Any], run_id: UUID) -> dict[str, int]:
    """How many notices of a run stand in each state."""
    return {row["state"]: row["notices"] for row in await raw.fetch(_BY_STATE, run_id)}


async def decided_yen(raw: Connection[Any], run_id: UUID) -> int:
    """Σ of the annual amounts of the very decisions that the notices issued by a run tell of."""
    return int(await raw.fetchval(_DECIDED_YEN, run_id))


async def files_of(raw: Connection[Any], run_id: UUID) -> list[tuple[str, int]]:
    """SHA-256 and pages of each print file of a run."""
    rows = await raw.fetch("SELECT document_sha256, pages FROM print_file WHERE run_id = $1 ORDER BY number", run_id)
    return [(row["document_sha256"], row["pages"]) for row in rows]


_GIVE_WAY: Final = """
UPDATE decision_notice SET state = 'overtaken'
WHERE state = 'planned' AND fiscal_year = $1 AND ($2::text IS NULL OR municipality_code = $2 OR insured_id IN (
    SELECT i.insured_id FROM insured i JOIN resident r ON r.number = i.resident WHERE r.municipality_code = $2
))
"""
_LATEST: Final = """
latest AS (
    SELECT DISTINCT ON (insured_id) insured_id, revision, assessment_id, annual_amount FROM assessment WHERE fiscal_year = {year}
    ORDER BY insured_id, revision DESC
), told AS (
    SELECT DISTINCT ON (insured_id) insured_id, revision, annual_amount FROM decision_notice
    WHERE fiscal_year = {year} AND state = 'issued' ORDER BY insured_id, revision DESC
)"""
_PLAN: Final = f"""
WITH {_LATEST.format(year="$2")}
INSERT INTO decision_notice (run_id, number, insured_id, fiscal_year, revision, told, assessment_id, municipality_code, resident_number,
    annual_amount, amount_told, state)
SELECT $1, row_number() OVER (
           ORDER BY t.insured_id IS NOT NULL, r.municipality_code, r.postal_code, r.address, r.resident_number, a.insured_id
       ),
       a.insured_id, $2, a.revision, coalesce(t.revision, 0), a.assessment_id, r.municipality_code, r.resident_number, a.annual_amount,
       coalesce(t.annual_amount, 0), 'planned'
FROM latest a JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident LEFT JOIN told t USING (insured_id)
WHERE ($3::text IS NULL OR r.municipality_code = $3)
  AND CASE WHEN t.insured_id IS NULL THEN a.annual_amount > 0 ELSE a.annual_amount <> t.annual_amount END
"""
_SAME_AMOUNT: Final = f"""
WITH {_LATEST.format(year="$1")}
SELECT count(*) FROM latest a JOIN told t USING (insured_id) JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident
WHERE a.revision > t.revision AND a.annual_amount = t.annual_amount AND ($2::text IS NULL OR r.municipality_code = $2)
"""
_CHUNKS: Final = """
SELECT min(number) AS first, max(number) AS last, count(*) AS notices FROM (
    SELECT number, told > 0 AS is_change, municipality_code,
           (row_number() OVER (PARTITION BY told > 0, municipality_code ORDER BY number) - 1)
               / CASE WHEN told > 0 THEN $3::int ELSE $2::int END AS part
    FROM decision_notice WHERE run_id = $1
) AS n GROUP BY is_change, municipality_code, part ORDER BY 1
"""
_BY_KIND: Final = """
SELECT told > 0 AS is_change, municipality_code, count(*) AS notices, sum(annual_amount)::bigint AS annual_amount,
       sum(amount_told)::bigint AS amount_told
FROM decision_notice WHERE run_id = $1 GROUP BY 1, 2 ORDER BY 1, 2
"""
_LAST_RUN: Final = """
SELECT count(*) FILTER (WHERE told = 0) AS decision, count(*) FILTER (WHERE told > 0) AS change, count(*) AS notices
FROM decision_notice
WHERE state = 'issued' AND run_id = (
    SELECT run_id FROM decision_notice WHERE run_id <> $1 AND fiscal_year = $2 AND state = 'issued' ORDER BY run_id DESC LIMIT 1
)
"""
_TAKE: Final = """
SELECT n.number, n.insured_id, n.fiscal_year, n.revision, n.told, n.revision <> (
           SELECT max(a.revision) FROM assessment a WHERE (a.insured_id, a.fiscal_year) = (n.insured_id, n.fiscal_year)
       ) AS is_overtaken
FROM decision_notice n
WHERE n.run_id = $1 AND n.number BETWEEN $2 AND $3 AND n.state = 'planned' ORDER BY n.number FOR UPDATE OF n
"""
_ISSUED: Final = """
UPDATE decision_notice n SET state = 'issued', document_sha256 = $5, issued_on = $6, by_hand = $7, first_page = k.page, pages = k.pages
FROM unnest($2::int[], $3::int[], $4::int[]) AS k(number, page, pages) WHERE n.run_id = $1 AND n.number = k.number
"""
_FILE: Final = """
INSERT INTO print_file (run_id, number, municipality_code, is_change, by_hand, notices, pages, yen, document_sha256, made_at)
SELECT $1, $2, min(municipality_code), bool_or(told > 0), $5, count(*), $4, sum(annual_amount), $3, $6 FROM decision_notice
WHERE run_id = $1 AND document_sha256 = $3
"""
_REFUSED: Final = """
UPDATE decision_notice n SET state = 'refused', refusal = k.reason FROM unnest($2::int[], $3::text[]) AS k(number, reason)
WHERE n.run_id = $1 AND n.number = k.number
"""
_OVERTAKEN: Final = "UPDATE decision_notice SET state = 'overtaken' WHERE run_id = $1 AND number = ANY ($2::int[])"
_BY_STATE: Final = "SELECT state, count(*) AS notices FROM decision_notice WHERE run_id = $1 GROUP BY 1"
_DECIDED_YEN: Final = """
SELECT coalesce(sum(a.annual_amount), 0)::bigint FROM decision_notice n
JOIN assessment a ON (a.insured_id, a.fiscal_year, a.revision) = (n.insured_id, n.fiscal_year, n.revision)
WHERE n.run_id = $1 AND n.state = 'issued'
"""
