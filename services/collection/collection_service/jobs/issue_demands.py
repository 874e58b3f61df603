"""督促状の発行: a demand of every instalment that is due and unpaid, only where the day's receipt files are here and balanced (I-29)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.database import driver
from chassis.documents import DocumentRefused, FontsMissing, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.print_files import is_intact
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.documents.arrears_letter import build, renderer
from collection_service.documents.arrears_letters import law_of_letters, letter_to, owed_of
from collection_service.documents.demands import CannotBeSent
from collection_service.documents.print_file import PAGES, typeset
from collection_service.domain.arrears import Claim, ClaimKey
from collection_service.domain.recipients import Recipient
from collection_service.law.demands import DemandLaw
from collection_service.store import arrears, demands, papers, receipt_files, recipients
from collection_service.store.demands import Planned


class IssueDemands:
    """Parameter `municipality_code` (all of the union). A municipality whose receipt files are not all here and balanced gets none."""

    name = "issue-demands"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Plan the demands municipality by municipality, in the order of the post."""
        raw, asked = await driver(uow.connection), parameters.get("municipality_code")
        _require_fonts()
        locked: dict[str, list[str]] = {}
        found: dict[str, dict[str, int]] = {}
        count = 0
        for code in [asked] if asked else [row[0] for row in await raw.fetch(_MUNICIPALITIES)]:
            if waiting := await _missing(raw, code, uow.today):
                locked[code] = waiting
                continue
            law = _law(code, uow.today)
            planned = await demands.plan(raw, run_id, code, law, today=uow.today, after=count)
            found[code] = {"demands": planned, **await demands.passed_over(raw, code, law, today=uow.today)}
            count += planned
        if asked and locked:
            raise _locked(locked)
        sums = await raw.fetchrow(_SUMS, run_id)
        preview = {
            "demands": count,
            "unpaid": sums["unpaid"],
            "fee": sums["fee"],
            "municipalities": found,
            "locked": locked,
            "last_run": await raw.fetchval(_LAST_RUN, run_id),
        }
        chunks = [
            Chunk(number, str(first), str(min(first + PAGES - 1, count)), min(PAGES, count - first + 1))
            for number, first in enumerate(range(1, count + 1, PAGES), start=1)
        ]
        return Plan(chunks, preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Make the print file of those that still stand, read back in full, and store it under its SHA-256."""
        raw = await driver(uow.connection)
        codes = [row[0] for row in await raw.fetch(_OF_RUN, run_id)]
        if locked := {code: waiting for code in codes if (waiting := await _missing(raw, code, uow.today))}:
            raise _locked(locked)
        law_of = {code: _law(code, uow.today) for code in codes}
        planned = await demands.take(raw, run_id, int(chunk.first_key), int(chunk.last_key), law_of, today=uow.today)
        standing = {one.position: one for one in planned if one.stands}
        claims = await arrears.of_keys(raw, [one.key for one in standing.values()])
        found = await recipients.of(raw, ((one.municipality_code, one.resident_number) for one in standing.values()))
        sheets, refused = _sheets(standing, claims, found, law_of, uow.today)
        issued: list[Planned] = []
        for by_hand in (False, True):  # what is handed over (支援措置) stands in no file that goes to the post
            of_file = {number: sheet for number, sheet in sheets.items() if _whose(standing[number], found).by_hand is by_hand}
            pdf, unreadable = await asyncio.to_thread(typeset, renderer(), of_file)
            refused |= unreadable
            on_paper = [standing[number] for number in of_file if number not in unreadable]
            if on_paper:
                sha256 = await papers.keep(uow, demands.FOLDER, pdf)
                await demands.mark_issued(raw, [one.demand_id for one in on_paper], sha256, uow.today, by_hand=by_hand)
            issued += on_paper
        await demands.mark_refused(raw, {standing[number].demand_id: reason for number, reason in refused.items()})
        await demands.mark_overtaken(raw, [one.demand_id for one in planned if not one.stands])
        return {
            "issued": len(issued),
            "refused": len(refused),
            "overtaken": len(planned) - len(standing),
            "unpaid": sum(one.unpaid for one in issued),
            "fee": sum(one.fee for one in issued),
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """planned = issued + refused + overtaken; yen on paper = yen kept; each file is what was stored, a page a demand."""
        raw = await driver(uow.connection)
        stored = {row["state"]: row for row in await raw.fetch(_BY_STATE, run_id)}
        differences: dict[str, Any] = {}
        if "planned" in stored:
            differences["not_done"] = stored["planned"]["demands"]
        for name in ("issued", "refused", "overtaken"):
            kept = stored[name]["demands"] if name in stored else 0
            if kept != totals.get(name, 0):
                differences[name] = {"stored": kept, "done": totals.get(name, 0)}
        unpaid = stored["issued"]["unpaid"] if "issued" in stored else 0
        if unpaid != totals.get("unpaid", 0):
            differences["yen"] = {"stored": unpaid, "on_paper": totals.get("unpaid", 0)}
        for row in await raw.fetch(_FILES, run_id):
            if not await is_intact(uow.store, demands.FOLDER, row["document_sha256"], row["demands"]):
                differences[f"file {row['document_sha256']}"] = f"is not a file of {row['demands']} pages with this SHA-256"
        return differences


def _law(municipality_code: str, today: date) -> DemandLaw:
    try:
        return law_of_letters(municipality_code, today)
    except CannotBeSent as reason:
        raise Problem(409, "KOKI-C113", "督促の定めが登録されていません。", str(reason)) from reason


def _sheets(
    standing: Mapping[int, Planned],
    claims: Mapping[ClaimKey, Claim],
    found: Mapping[tuple[str, str], Recipient],
    law_of: Mapping[str, DemandLaw],
    today: date,
) -> tuple[dict[int, Sheet], dict[int, str]]:
    """The sheets that can be made, and why the others cannot."""
    sheets: dict[int, Sheet] = {}
    refused: dict[int, str] = {}
    for number, one in standing.items():
        owed = owed_of(claims[one.key], unpaid=one.unpaid, fee=one.fee, late_charge=0)
        law = law_of[one.municipality_code]
        try:
            sheets[number] = build(letter_to(_whose(one, found), "demand", [owed], law, pay_by=one.pay_by, issued_on=today))
        except (CannotBeSent, DocumentRefused) as reason:
            refused[number] = str(reason)
    return sheets, refused


def _whose(one: Planned, found: Mapping[tuple[str, str], Recipient]) -> Recipient:
    return found[one.municipality_code, one.resident_number]


async def _missing(raw: Connection[Any], municipality_code: str, today: date) -> list[str]:
    """The receipt files that a municipality still waits for: kind, day, and why the last one was refused."""
    waiting: Iterable[receipt_files.Missing] = await receipt_files.missing(raw, municipality_code, today)
    return [f"{each.kind} {each.business_day}" + (f"（{each.refused}）" if each.refused else "") for each in waiting]


def _locked(locked: Mapping[str, Sequence[str]]) -> Problem:
    files = "　".join(f"{code}: {'、'.join(waiting)}" for code, waiting in locked.items())
    return Problem(
        409, "KOKI-C114", "収納ファイルがそろっていないため、督促状を発行できません。",
        f"納めた方に督促状を送らないために、次のファイルを取り込むか、訂正を依頼してください。{files}",
    )  # fmt: skip


def _require_fonts() -> None:
    try:
        typefaces()
    except FontsMissing as missing:
        raise Problem(503, "KOKI-C112", "帳票のフォントがないため、督促状を作れません。", str(missing)) from missing


_MUNICIPALITIES = "SELECT DISTINCT municipality_code FROM assessment ORDER BY 1"
_OF_RUN = "SELECT DISTINCT municipality_code FROM demand WHERE run_id = $1 ORDER BY 1"
_SUMS = "SELECT coalesce(sum(unpaid), 0)::bigint AS unpaid, coalesce(sum(fee), 0)::bigint AS fee FROM demand WHERE run_id = $1"
_LAST_RUN = """
SELECT count(*) FROM demand WHERE state = 'issued' AND run_id = (
    SELECT run_id FROM demand WHERE run_id <> $1 AND state = 'issued' ORDER BY run_id DESC LIMIT 1
)
"""
_BY_STATE = "SELECT state, count(*) AS demands, sum(unpaid)::bigint AS unpaid FROM demand WHERE run_id = $1 GROUP BY 1"
_FILES = "SELECT document_sha256, count(*) AS demands FROM demand WHERE run_id = $1 AND state = 'issued' GROUP BY 1 ORDER BY 1"
