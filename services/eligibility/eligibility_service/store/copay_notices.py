"""負担割合の変更の通知: which changes nobody has been told of yet, and what became of each notice."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import obstore
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.copay_changes import rate_before
from eligibility_service.rules.copay.columns import JUDGED_DTYPE
from eligibility_service.rules.copay.period import CopayYear
from eligibility_service.store import handovers
from eligibility_service.store.issuing import keep_list

KIND: Final = "copay_rate_changed"
FORM: Final = "copay_notice"
_NOW: Final = """
SELECT insured_id, valid_from, valid_until, rate_percent FROM copay_rate WHERE copay_year IN ($1 - 1, $1)
UNION ALL
SELECT insured_id, valid_from, valid_until, rate_percent FROM copay_rate_history
WHERE copay_year IN ($1 - 1, $1) AND upper_inf(recorded_during)
"""
# Whoever may have a change: another rate on the day before a span, or believed earlier of its first day. rate_before says the rest.
_PERHAPS: Final = f"""
WITH now AS MATERIALIZED ({_NOW})
SELECT s.insured_id FROM now s JOIN now p ON p.insured_id = s.insured_id AND p.valid_until = s.valid_from - 1
WHERE s.valid_from >= $2 AND p.rate_percent <> s.rate_percent
UNION
SELECT s.insured_id FROM now s JOIN copay_rate_history h ON h.insured_id = s.insured_id AND h.valid_during @> s.valid_from
WHERE s.valid_from >= $2 AND h.copay_year = $1 AND NOT upper_inf(h.recorded_during) AND h.rate_percent <> s.rate_percent
"""
_SPANS: Final = f"""
SELECT insured_id, copay_year, valid_from, valid_until, NULL::timestamptz AS recorded_until, income_year,
       {", ".join(JUDGED_DTYPE.names or ())}
FROM copay_rate WHERE copay_year IN ($1 - 1, $1) AND insured_id = ANY ($2::uuid[])
UNION ALL
SELECT insured_id, copay_year, lower(valid_during), upper(valid_during) - 1, upper(recorded_during), income_year,
       {", ".join(JUDGED_DTYPE.names or ())}
FROM copay_rate_history WHERE copay_year IN ($1 - 1, $1) AND insured_id = ANY ($2::uuid[])
ORDER BY insured_id, valid_from
"""
_PEOPLE: Final = """
SELECT insured_id, municipality_code, resident_number, insured_number, lost_on FROM qualification WHERE insured_id = ANY ($1::uuid[])
"""
_TOLD: Final = """
SELECT DISTINCT ON (insured_id, valid_from) insured_id, valid_from, rate_percent FROM copay_notice
WHERE insured_id = ANY ($1::uuid[]) AND state = 'made' ORDER BY insured_id, valid_from, decided_at DESC
"""
_DUE: Final = """
INSERT INTO copay_notice (municipality_code, resident_number, insured_id, copay_year, valid_from, rate_before, rate_percent, state, run_id)
SELECT k.*, 'due', $8 FROM unnest($1::text[], $2::text[], $3::uuid[], $4::smallint[], $5::date[], $6::smallint[], $7::smallint[]) AS k
"""
_AT_WINDOW: Final = """
INSERT INTO copay_notice (municipality_code, resident_number, insured_id, copay_year, valid_from, rate_before, rate_percent, state,
                          letter_id, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'made', $8, $9)
"""
_CHUNKS: Final = """
SELECT min(key COLLATE "C") AS first, max(key COLLATE "C") AS last, count(*) AS records FROM (
    SELECT municipality_code || ':' || resident_number AS key,
           (dense_rank() OVER (ORDER BY municipality_code, resident_number) - 1) / $2 AS part
    FROM copay_notice WHERE run_id = $1) AS numbered
GROUP BY part ORDER BY part
"""
_BETWEEN: Final = """
SELECT notice_id, insured_id, valid_from, rate_before, rate_percent FROM copay_notice
WHERE run_id = $1 AND state = 'due' AND municipality_code || ':' || resident_number COLLATE "C" BETWEEN $2 AND $3
ORDER BY municipality_code, resident_number, valid_from FOR UPDATE
"""
_NAMES: Final = """
SELECT municipality_code, resident_number, name FROM unnest($1::text[], $2::text[]) AS k(m, n)
JOIN resident r ON (r.municipality_code, r.resident_number) = (k.m, k.n)
"""
_LETTERS: Final = """
INSERT INTO ledger_document (document_id, municipality_code, resident_number, kind, entry_id, insured_id, document_key, document_page,
                             document_sha256, made_by, made_at, shows_address)
SELECT k.id, k.m, k.n, $6, NULL, k.i, $7, k.page, $8, $9, $10, $11
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::int[]) AS k(id, m, n, i, page)
"""
_MADE: Final = """
UPDATE copay_notice c SET state = 'made', letter_id = k.letter, serial = k.serial, decided_at = $4
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS k(id, letter, serial) WHERE c.notice_id = k.id
"""
_REFUSED: Final = """
UPDATE copay_notice c SET state = 'refused', refusal = k.why, decided_at = $3 FROM unnest($1::uuid[], $2::text[]) AS k(id, why)
WHERE c.notice_id = k.id
"""
_WITHDRAWN: Final = "UPDATE copay_notice SET state = 'withdrawn', decided_at = $2 WHERE notice_id = ANY ($1::uuid[])"
_COUNTS: Final = "SELECT state, count(*) AS count FROM copay_notice WHERE run_id = $1 GROUP BY state"


@dataclass(frozen=True, slots=True)
class Change:
    """A span that brought somebody another rate (percent) than before; `span`: its stored decision."""

    municipality_code: str
    resident_number: str
    insured_number: str
    rate_before: int
    span: Any

    @property
    def key(self) -> tuple[UUID, date, int, int]:
        """Whose, from when, from which rate to which."""
        return self.span["insured_id"], self.span["valid_from"], self.rate_before, self.span["rate_percent"]


async def untold(uow: UnitOfWork, year: CopayYear, *, only: Collection[UUID] | None = None) -> list[Change]:
    """The changes of a copay year, as it is believed now, that whoever is insured today has not been told; `only`: of these."""
    raw = await driver(uow.connection)
    ids = [row["insured_id"] for row in await raw.fetch(_PERHAPS, year.year, year.start)] if only is None else list(only)
    told = {(row["insured_id"], row["valid_from"]): row["rate_percent"] for row in await raw.fetch(_TOLD, ids)}
    people = {row["insured_id"]: row for row in await raw.fetch(_PEOPLE, ids) if row["lost_on"] is None or row["lost_on"] > uow.today}
    spans: dict[UUID, list[Any]] = {}
    for row in await raw.fetch(_SPANS, year.year, ids):
        spans.setdefault(row["insured_id"], []).append(row)
    found = []
    for insured_id, whose in people.items():
        present = [row for row in spans.get(insured_id, ()) if row["recorded_until"] is None]
        superseded = [row for row in spans.get(insured_id, ()) if row["recorded_until"] is not None]
        for span in present:
            before = rate_before(span, present, superseded) if span["copay_year"] == year.year else None
            if before is not None and told.get((insured_id, span["valid_from"])) != span["rate_percent"]:
                found.append(Change(whose["municipality_code"], whose["resident_number"], whose["insured_number"], before, span))
    return found


async def make_due(uow: UnitOfWork, run_id: UUID, changes: Sequence[Change]) -> None:
    """Keep what a run is to tell."""
    columns = [
        [one.municipality_code for one in changes],
        [one.resident_number for one in changes],
        *([one.span[name] for one in changes] for name in ("insured_id", "copay_year", "valid_from")),
        [one.rate_before for one in changes],
        [one.span["rate_percent"] for one in changes],
    ]
    await (await driver(uow.connection)).execute(_DUE, *columns, run_id)


async def chunks_of_run(uow: UnitOfWork, run_id: UUID, *, people: int) -> list[tuple[str, str, int]]:
    """(first person, last person, how many notices) of each part of a run."""
    rows = await (await driver(uow.connection)).fetch(_CHUNKS, run_id, people)
    return [(row["first"], row["last"], row["records"]) for row in rows]


async def due_between(uow: UnitOfWork, run_id: UUID, first: str, last: str) -> dict[tuple[UUID, date, int, int], UUID]:
    """What is still to be told, locked: the key of each change, and its notice."""
    rows = await (await driver(uow.connection)).fetch(_BETWEEN, run_id, first, last)
    return {(row["insured_id"], row["valid_from"], row["rate_before"], row["rate_percent"]): row["notice_id"] for row in rows}


async def names_of(uow: UnitOfWork, people: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """氏名 of residents."""
    rows = await (await driver(uow.connection)).fetch(_NAMES, [code for code, _ in people], [number for _, number in people])
    return {(row["municipality_code"], row["resident_number"]): row["name"] for row in rows}


async def keep_file(
    uow: UnitOfWork, run_id: UUID, made: Sequence[tuple[UUID, Change, int]], pdf: bytes, *, by: str, shows_address: bool
) -> None:
    """Keep a print file of notices under its hash, and each notice (with its page) among the letters of its person.

    Without address it goes to no post: its notices stand on the list of what is handed over.
    """
    raw = await driver(uow.connection)
    sha256 = hashlib.sha256(pdf).hexdigest()
    key = f"eligibility/letters/{sha256}.pdf"
    await obstore.put_async(uow.store, key, pdf)
    serials = [row[0] for row in await raw.fetch("SELECT nextval('copay_notice_serial') FROM generate_series(1, $1::int)", len(made))]
    letters = [uuid7() for _ in made]
    whose = [
        [one.municipality_code for _, one, _ in made],
        [one.resident_number for _, one, _ in made],
        [one.span["insured_id"] for _, one, _ in made],
    ]
    pages = [page for _, _, page in made]
    await raw.execute(_LETTERS, letters, *whose, pages, KIND, key, sha256, by, uow.now, shows_address)
    await raw.execute(_MADE, [notice for notice, _, _ in made], letters, serials, uow.now)
    rows = [
        {
            "page": page, "serial": serial, "insured_number": one.insured_number, "municipality_code": one.municipality_code, "kind": KIND,
            "valid_from": one.span["valid_from"], "valid_until": one.span["valid_until"],
        }
        for (_, one, page), serial in zip(made, serials, strict=True)
    ]  # fmt: skip
    await keep_list(uow, FORM, rows, key, sha256, run_id, by_hand=not shows_address)
    if not shows_address:
        await handovers.add_letters(uow, letters)


async def keep_told(uow: UnitOfWork, person: tuple[str, str], span: Any, before: int, letter_id: UUID) -> None:
    """A notice was made at a window: no run tells the same again."""
    whose = span["insured_id"], span["copay_year"], span["valid_from"], before, span["rate_percent"]
    await (await driver(uow.connection)).execute(_AT_WINDOW, *person, *whose, letter_id, uow.now)


async def refuse(uow: UnitOfWork, refused: Sequence[tuple[UUID, str]]) -> None:
    """These cannot be printed, and why."""
    await (await driver(uow.connection)).execute(_REFUSED, [one for one, _ in refused], [why for _, why in refused], uow.now)


async def withdraw(uow: UnitOfWork, notices: Sequence[UUID]) -> None:
    """What these were to tell is not so any more, or was told meanwhile."""
    await (await driver(uow.connection)).execute(_WITHDRAWN, list(notices), uow.now)


async def counts_of_run(uow: UnitOfWork, run_id: UUID) -> list[Any]:
    """How many notices of a run stand in each state."""
    return list(await (await driver(uow.connection)).fetch(_COUNTS, run_id))
