"""Notices that were printed, as a window and the union look them up: those of a person, and the print files of the runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from premium_service.store import people

MOST: Final = 500
_OF_PERSON: Final = """
SELECT assessment_id, fiscal_year, revision, told, annual_amount, amount_told, state, issued_on, by_hand, pages, document_sha256, refusal
FROM decision_notice WHERE (municipality_code, resident_number) = ($1, $2) AND state IN ('issued', 'refused') ORDER BY run_id DESC, number
"""
_PRINTED: Final = """
SELECT document_sha256, first_page, pages, municipality_code, resident_number, by_hand FROM decision_notice
WHERE assessment_id = $1 AND state = 'issued'
"""
_FILES: Final = f"""
{people.WITHHELD}, hidden AS (
    SELECT n.run_id, n.document_sha256, count(*) AS notices FROM withheld JOIN resident USING (number)
    JOIN decision_notice n USING (municipality_code, resident_number) WHERE n.state = 'issued' AND NOT n.by_hand GROUP BY 1, 2
)
SELECT f.run_id, f.number, f.municipality_code, f.is_change, f.by_hand, f.notices, f.pages, f.yen, f.document_sha256, f.made_at,
       coalesce(h.notices, 0) AS left_out
FROM print_file f LEFT JOIN hidden h USING (run_id, document_sha256) ORDER BY f.made_at DESC, f.number LIMIT $2
"""
_FILE: Final = "SELECT document_sha256, by_hand FROM print_file WHERE (run_id, number) = ($1, $2)"
_IN_FILE: Final = """
SELECT municipality_code, resident_number, first_page, pages FROM decision_notice WHERE run_id = $1 AND document_sha256 = $2
"""


@dataclass(frozen=True, slots=True)
class Printed:
    """Where a notice stands: its print file, the page on which it begins (from 0) and how many it has.

    `shows_withheld_address`: an address stands on it that must not be shown any more (支援措置).
    """

    sha256: str
    first_page: int
    pages: int
    shows_withheld_address: bool


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> list[dict[str, Any]]:
    """Every notice about a person that was issued or refused, newest first."""
    rows = await (await driver(uow.connection)).fetch(_OF_PERSON, municipality_code, resident_number)
    return [dict(row) for row in rows]


async def of_decision(uow: UnitOfWork, assessment_id: UUID) -> Printed | None:
    """The notice that told of a decision; None where none was issued, or the reader may not see it."""
    row = await (await driver(uow.connection)).fetchrow(_PRINTED, assessment_id)
    if row is None:
        return None
    whose = (row["municipality_code"], row["resident_number"])
    shown = not row["by_hand"] and bool(await people.withheld(uow, [whose], on=uow.today))
    return Printed(row["document_sha256"], row["first_page"], row["pages"], shown)


async def files(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The latest print files; `left_out`: notices in each that are not shown any more (支援措置)."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_FILES, uow.today, MOST)]


async def file(uow: UnitOfWork, run_id: UUID, number: int) -> tuple[str, set[int]] | None:
    """SHA-256 of a print file, and its pages (from 0) that must not be shown any more (支援措置); None where there is none."""
    raw = await driver(uow.connection)
    found = await raw.fetchrow(_FILE, run_id, number)
    if found is None:
        return None
    if found["by_hand"]:
        return found["document_sha256"], set()
    rows = await raw.fetch(_IN_FILE, run_id, found["document_sha256"])
    hidden = await people.withheld(uow, [(row["municipality_code"], row["resident_number"]) for row in rows], on=uow.today)
    of_hidden = [row for row in rows if (row["municipality_code"], row["resident_number"]) in hidden]
    pages = {page for row in of_hidden for page in range(row["first_page"], row["first_page"] + row["pages"])}
    return found["document_sha256"], pages
