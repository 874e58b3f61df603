"""納付書の発行: a letter with the slips of everybody who pays by slip, and of nobody whose account pays (I-28)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.documents import DocumentRefused, Sheet
from chassis.documents.print_files import is_intact
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from collection_service.documents.demands import CannotBeSent
from collection_service.documents.payment_slip import SlipLetter, build, renderer
from collection_service.documents.payment_slip.build import A_PAGE
from collection_service.documents.print_file import typeset
from collection_service.documents.slip_letters import letter_of
from collection_service.domain.debits import REASONS
from collection_service.domain.slips import Issued, Planned
from collection_service.jobs.issue_notices import fiscal_year_of, require_fonts
from collection_service.store import papers, slips

LETTERS: Final = 250
"""Letters of one print file: about 1,000 pages."""


class IssueSlips:
    """Parameters `fiscal_year` (YYYY; that of the business day) and `municipality_code` (all of the union)."""

    name = "issue-slips"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Plan the slips: every instalment that is still to come, or whose debit failed, and is paid by slip."""
        raw, year = await driver(uow.connection), fiscal_year_of(parameters, uow.today)
        require_fonts()
        await slips.plan(raw, run_id, year, parameters.get("municipality_code"), today=uow.today)
        planned = await raw.fetchrow(_PLANNED, run_id)
        count = planned["letters"]
        chunks = [
            Chunk(number, str(first), str(min(first + LETTERS - 1, count)), min(LETTERS, count - first + 1))
            for number, first in enumerate(range(1, count + 1, LETTERS), start=1)
        ]
        return Plan(chunks, {"fiscal_year": year, **dict(planned)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Make one print file (and one for what is handed over), read back in full, and store it under its SHA-256."""
        raw = await driver(uow.connection)
        planned = await slips.take(raw, run_id, int(chunk.first_key), int(chunk.last_key))
        overtaken = [slip.slip_number for slip in planned if not slip.still_so]
        await slips.mark_overtaken(raw, overtaken)
        letters: dict[int, SlipLetter] = {}
        sheets: dict[int, Sheet] = {}
        refused: dict[int, str] = {}
        for number, group in groupby((slip for slip in planned if slip.still_so), key=lambda slip: slip.letter):
            enclosed = list(group)
            try:
                letters[number] = letter_of(enclosed, issued_on=uow.today, reasons=REASONS)
                sheets[number] = build(letters[number])
            except (CannotBeSent, DocumentRefused) as reason:
                refused |= {slip.slip_number: str(reason) for slip in enclosed}
        issued: list[int] = []
        for by_hand in (False, True):  # what is handed over (支援措置) stands in no file that goes to the post
            of_file = {number: sheets[number] for number in sheets if (letters[number].delivery.postal_code is None) is by_hand}
            pdf, unreadable = await asyncio.to_thread(typeset, renderer(), of_file)
            refused |= {slip.number: unreadable[number] for number in unreadable for slip in letters[number].slips}
            if pdf:
                sha256 = await papers.keep(uow, slips.FOLDER, pdf)
                places = _places([letters[number] for number in of_file if number not in unreadable])
                await slips.mark_issued(raw, places, sha256, uow.today, by_hand=by_hand)
                issued += [place.slip_number for place in places]
        await slips.mark_refused(raw, refused)
        return {"issued": len(issued), "refused": len(refused), "overtaken": len(overtaken), "amount": _yen(planned, set(issued))}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """planned = issued + refused + overtaken; yen on paper = yen unpaid; slips ∩ accounts = ∅ (I-28); each file is what was stored."""
        raw = await driver(uow.connection)
        stored = {row["state"]: (row["slips"], row["amount"]) for row in await raw.fetch(_BY_STATE, run_id)}
        differences: dict[str, Any] = {}
        if "planned" in stored:
            differences["not_done"] = stored["planned"][0]
        if stored.get("issued", (0, 0)) != (totals.get("issued", 0), totals.get("amount", 0)):
            differences["issued"] = {"stored": stored.get("issued"), "done": (totals.get("issued", 0), totals.get("amount", 0))}
        if with_account := await slips.issued_with_account(raw, run_id):
            differences["with_account"] = with_account
        for row in await raw.fetch(_FILES, run_id):
            if not await is_intact(uow.store, slips.FOLDER, row["document_sha256"], row["last_page"] + 1):
                differences[f"file {row['document_sha256']}"] = "is not the file that was printed"
        return differences


def _yen(planned: Sequence[Planned], issued: set[int]) -> int:
    return sum(slip.amount for slip in planned if slip.slip_number in issued)


def _places(letters: Sequence[SlipLetter]) -> list[Issued]:
    """On which page of the file each slip stands: every letter has its first page, then its slips, A_PAGE to a page."""
    found, page = [], 0
    for letter in letters:
        for at, slip in enumerate(letter.slips):
            found.append(Issued(slip.number, slip.usable_until, slip.code, page + 1 + at // A_PAGE, page))
        page += 1 + -(-len(letter.slips) // A_PAGE)
    return found


_PLANNED = """
SELECT coalesce(max(letter), 0) AS letters, count(*) AS slips, coalesce(sum(amount), 0)::bigint AS amount,
       count(*) FILTER (WHERE failed_debit_id IS NOT NULL) AS after_failed_debits, count(*) FILTER (WHERE reissued) AS reissued
FROM slip WHERE run_id = $1
"""
_BY_STATE = "SELECT state, count(*) AS slips, sum(amount)::bigint AS amount FROM slip WHERE run_id = $1 GROUP BY 1"
_FILES = "SELECT document_sha256, max(page) AS last_page FROM slip WHERE run_id = $1 AND state = 'issued' GROUP BY 1"
