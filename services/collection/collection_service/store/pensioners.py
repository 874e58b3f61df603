"""対象者情報: every line that a pension payer sent, and whom it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection

from collection_service.domain.identifying import Pensioner, Resident, Verdict
from collection_service.rules.pensions import PensionKind
from collection_service.store import methods
from collection_service.store.exchange import columns
from collection_service.store.methods import Pension

LINE: Final = (
    "number", "collector_code", "basic_pension_number", "pension_code", "name_kana", "name", "born_on", "sex", "postal_code", "address",
    "address_kana", "year_amount", "payment_amount", "amount_3", "mutual_aid_number",
)  # fmt: skip
"""What is kept of a line, in the order of the table."""
_KEEP: Final = f"""
INSERT INTO candidate (captured_on, municipality_code, file_id, state, {", ".join(LINE)})
SELECT $1, $2, $3, 'waiting', l.* FROM unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::date[],
    $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::bigint[], $17::bigint[], $18::text[]) AS l
ON CONFLICT DO NOTHING RETURNING number
"""
_WAITING: Final = """
SELECT number, collector_code, basic_pension_number, pension_code, name_kana, born_on, sex, coalesce(address, '') AS address
FROM candidate WHERE file_id = $1 AND number BETWEEN $2 AND $3 AND state = 'waiting' ORDER BY number FOR UPDATE
"""
# Everybody who shares the birthday or the postal code: few enough to compare, and nobody who could be meant is left out.
_NEAR: Final = """
SELECT c.number, a.name_kana, a.born_on, a.sex, a.address_municipality || a.address_town || a.address_number AS address, i.insured_id
FROM candidate c
JOIN LATERAL (
    SELECT * FROM addressee a WHERE a.municipality_code = c.municipality_code AND a.born_on = c.born_on
    UNION
    SELECT * FROM addressee a WHERE a.municipality_code = c.municipality_code AND a.postal_code = c.postal_code
) AS a ON true
LEFT JOIN LATERAL (
    SELECT i.insured_id FROM insured i
    WHERE (i.municipality_code, i.resident_number) = (a.municipality_code, a.resident_number) AND i.lost_on IS NULL
    ORDER BY i.acquired_on DESC LIMIT 1
) AS i ON true
WHERE c.file_id = $1 AND c.number BETWEEN $2 AND $3
"""
_JUDGE: Final = """
UPDATE candidate c SET state = v.state, insured_id = v.insured_id, doubt = v.doubt
FROM unnest($2::int[], $3::text[], $4::uuid[], $5::text[]) AS v(number, state, insured_id, doubt)
WHERE c.file_id = $1 AND c.number = v.number
"""
_COUNTS: Final = "SELECT state, count(*) FROM candidate WHERE file_id = $1 GROUP BY 1"
_LINK: Final = """
UPDATE candidate SET state = CASE WHEN $5::uuid IS NULL THEN 'not_insured' ELSE 'identified' END, insured_id = $5, doubt = NULL,
    linked_by = $6, link_reason = $7
WHERE (captured_on, collector_code, basic_pension_number, pension_code) = ($1, $2, $3, $4) AND state IN ('doubtful', 'unknown')
RETURNING *
"""
_BEARS_CARE: Final = """
SELECT insured_id, basic_pension_number, pension_code FROM pension
WHERE bears_care AND (insured_id, basic_pension_number, pension_code) IN (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]))
"""
PENSION: Final = (
    "insured_id", "basic_pension_number", "pension_code", "collector_code", "year_amount", "payment_amount", "captured_on",
    "municipality_code",
)  # fmt: skip
"""What a line of a known person says of the pension."""
_PENSIONS: Final = f"""
SELECT {", ".join(PENSION)}
FROM candidate WHERE file_id = $1 AND number BETWEEN $2 AND $3 AND state = 'identified'
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line that nobody has been found for yet."""

    number: int
    pensioner: Pensioner


async def keep(raw: Connection[Any], captured_on: date, municipality_code: str, file_id: UUID, lines: Sequence[Sequence[Any]]) -> int:
    """Keep lines (LINE); how many were new. A pension that an earlier file of the cycle told of stays as it was."""
    return len(await raw.fetch(_KEEP, captured_on, municipality_code, file_id, *columns(lines, len(LINE))))


async def waiting(raw: Connection[Any], file_id: UUID, first: int, last: int) -> list[Waiting]:
    """Lines of a file that wait for a verdict, by number, locked."""
    return [
        Waiting(row["number"], Pensioner(row["name_kana"], row["born_on"], row["sex"], row["address"]))
        for row in await raw.fetch(_WAITING, file_id, first, last)
    ]


async def near(raw: Connection[Any], file_id: UUID, first: int, last: int) -> dict[int, list[Resident]]:
    """Number of the line → residents of its municipality who share birthday or postal code."""
    found: dict[int, list[Resident]] = defaultdict(list)
    for row in await raw.fetch(_NEAR, file_id, first, last):
        found[row["number"]].append(Resident(*row[1:]))
    return found


async def judge(raw: Connection[Any], file_id: UUID, verdicts: Iterable[tuple[int, Verdict]]) -> None:
    """Write verdicts (number, verdict)."""
    rows = [(number, verdict.state, verdict.insured_id, verdict.doubt) for number, verdict in verdicts]
    await raw.execute(_JUDGE, file_id, *columns(rows, 4))


async def counts(raw: Connection[Any], file_id: UUID) -> dict[str, int]:
    """State → number of lines of a file."""
    return {row["state"]: row["count"] for row in await raw.fetch(_COUNTS, file_id)}


async def identified(raw: Connection[Any], file_id: UUID, first: int, last: int) -> list[dict[str, Any]]:
    """The pensions of those lines whose person is known."""
    return [dict(row) for row in await raw.fetch(_PENSIONS, file_id, first, last)]


async def link(
    raw: Connection[Any], pension: tuple[date, str, str, str], insured_id: UUID | None, *, by: str, reason: str
) -> dict[str, Any] | None:
    """An officer says whom a doubtful line names (`insured_id`; None: nobody insured); the line, or None where it is not open."""
    row = await raw.fetchrow(_LINK, *pension, insured_id, by, reason)
    return None if row is None else dict(row)


async def keep_pensions(raw: Connection[Any], rows: Sequence[dict[str, Any]], kinds: Mapping[str, PensionKind]) -> None:
    """Keep the pensions (PENSION) of people who are known; whether care is taken from one, the care office says and nobody else."""
    keys = [(row["insured_id"], row["basic_pension_number"], row["pension_code"]) for row in rows]
    bearing = {tuple(row) for row in await raw.fetch(_BEARS_CARE, *columns(keys, 3))}
    pensions = [
        Pension(kind=kinds[row["pension_code"]], is_paid=True, bears_care=key in bearing, **row)
        for key, row in zip(keys, rows, strict=True)
    ]  # fmt: skip
    await methods.keep_pensions(raw, pensions)
