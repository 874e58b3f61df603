"""決定通知書・変更通知書の発行: a letter for everybody who was not told the premium as it is now, in print files of many pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.database import driver
from chassis.documents import DocumentRefused, FontsMissing, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.print_files import is_intact, keep, typeset
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from premium_service.documents import change_notice, decision_notice
from premium_service.documents.change_notice.of_change import notice_of as notice_of_change
from premium_service.documents.change_notice.render import renderer as change_renderer
from premium_service.documents.decision_notice.of_decision import notice_of as notice_of_decision
from premium_service.documents.decision_notice.render import renderer as decision_renderer
from premium_service.domain.assessing import parameters_of, provisional_of
from premium_service.domain.changes import NotExplained, change_of
from premium_service.domain.letters import NOT_REPEATED, CannotBeSent, Planned, sendable
from premium_service.domain.people import Addressee
from premium_service.settings import current
from premium_service.store import assessments, causes, decision_notices, people
from premium_service.store.explained import explained_together

TEMPLATE: Final = "template.typ"


@dataclass
class _Letters:
    """The letters of a chunk, by the number of the notice."""

    sheets: dict[int, Sheet] = field(default_factory=dict)
    yen: dict[int, int] = field(default_factory=dict)
    by_hand: dict[int, bool] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


class IssueDecisionNotices:
    """Parameters `fiscal_year` (YYYY; that of the business day) and `municipality_code` (all of the union)."""

    name = "issue-decision-notices"
    approved_by_another = True

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Plan the notices: who gets which, in the order of the post."""
        raw, year, code = await driver(uow.connection), _fiscal_year(parameters, uow.today), parameters.get("municipality_code")
        _require_fonts()
        await decision_notices.plan(raw, run_id, year, code)
        parts = enumerate(await decision_notices.chunks(raw, run_id), start=1)
        chunks = [Chunk(number, str(first), str(last), notices) for number, (first, last, notices) in parts]
        return Plan(chunks, {"fiscal_year": year, **await decision_notices.preview(raw, run_id, year, code)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Make the print files of a chunk, each read back in full, and store them under their SHA-256."""
        raw = await driver(uow.connection)
        taken = await decision_notices.take(raw, run_id, int(chunk.first_key), int(chunk.last_key))
        overtaken = [planned.number for planned in taken if planned.is_overtaken]
        standing = [planned for planned in taken if not planned.is_overtaken]
        of_change = bool(standing) and standing[0].told > 0
        letters = await _letters(standing, await (_changes if of_change else _decisions)(standing, uow), uow)
        issued: list[int] = []
        for by_hand in (False, True):  # what is handed over (支援措置) stands in no file that goes to the post
            sheets = {number: sheet for number, sheet in letters.sheets.items() if letters.by_hand[number] is by_hand}
            typesetter = change_renderer() if of_change else decision_renderer()
            files, unreadable = await asyncio.to_thread(typeset, typesetter, TEMPLATE, sheets)
            letters.refused |= unreadable
            for file in files:
                await keep(uow.store, decision_notices.FOLDER, file)
                await decision_notices.keep_file(uow, raw, run_id, file, by_hand=by_hand)
                issued += file.places
        await decision_notices.mark_refused(raw, run_id, letters.refused)
        await decision_notices.mark_overtaken(raw, run_id, overtaken)
        return {
            "issued": len(issued),
            "changes": len(issued) if of_change else 0,
            "by_hand": sum(letters.by_hand[number] for number in issued),
            "refused": len(letters.refused),
            "overtaken": len(overtaken),
            "annual_amount": sum(letters.yen[number] for number in issued),
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """planned = issued + refused + overtaken; yen on paper = yen decided; each file is what was stored, with its pages."""
        raw = await driver(uow.connection)
        stored = await decision_notices.counts(raw, run_id)
        differences: dict[str, Any] = {}
        done = {state: totals.get(state, 0) for state in ("issued", "refused", "overtaken")}
        given_way = max(stored.get("overtaken", 0) - done["overtaken"], 0)  # a later plan took their place before they were made
        for state, notices in {"planned": 0, **done, "overtaken": done["overtaken"] + given_way}.items():
            if stored.get(state, 0) != notices:
                differences[state] = {"stored": stored.get(state, 0), "done": notices}
        decided = await decision_notices.decided_yen(raw, run_id)
        if decided != totals.get("annual_amount", 0):
            differences["yen"] = {"decided": decided, "on_paper": totals.get("annual_amount", 0)}
        for sha256, pages in await decision_notices.files_of(raw, run_id):
            if not await is_intact(uow.store, decision_notices.FOLDER, sha256, pages):
                differences[f"file {sha256}"] = f"is not a file of {pages} pages with this SHA-256"
        return differences


Make = Callable[[Planned, Addressee], tuple[Sheet, int]]
"""The letter of a notice, and the annual amount that it tells (yen). Raises CannotBeSent, NotExplained, DocumentRefused."""


async def _letters(standing: Sequence[Planned], make: Make, uow: UnitOfWork) -> _Letters:
    """The letters of a chunk, and why others cannot be sent."""
    letters, settings = _Letters(), current()
    recipients = await people.recipients(uow, [one.insured_id for one in standing])
    for one in standing:
        law = parameters_of(settings.union, one.fiscal_year, sample=settings.sample_data)
        try:
            recipient = sendable(recipients.get(one.insured_id), provisional=provisional_of(law))
            letters.sheets[one.number], letters.yen[one.number] = make(one, recipient.addressee)
            letters.by_hand[one.number] = recipient.by_hand
        except (CannotBeSent, NotExplained, DocumentRefused) as refused:
            letters.refused[one.number] = str(refused)
    return letters


async def _decisions(standing: Sequence[Planned], uow: UnitOfWork) -> Make:
    """決定通知書 with their calculation sheets: the households of all are assessed together."""
    raw, settings = await driver(uow.connection), current()
    found = await _told(standing, raw, since=lambda one: one.revision)
    records = [chain[0] for chain in found.values()]
    explained = await explained_together(np.concatenate(records), raw, settings.union, sample=settings.sample_data) if records else []
    of_person = dict(zip(found, explained, strict=True))

    def make(one: Planned, addressee: Addressee) -> tuple[Sheet, int]:
        decision = of_person[one.insured_id]
        if not decision.same:
            raise CannotBeSent(NOT_REPEATED)
        printed = decision.printed(decision.steps)
        notice = notice_of_decision(printed, addressee, settings.union, issued_on=uow.today, is_first=True)
        return decision_notice.build(notice), notice.annual_amount

    return make


async def _changes(standing: Sequence[Planned], uow: UnitOfWork) -> Make:
    """変更通知書 from the decision that was told last to the one in force, with every reason and every step between them."""
    raw, settings = await driver(uow.connection), current()
    found = await _told(standing, raw, since=lambda one: one.told)
    said = await causes.of_decisions(uow.connection, [assessments.id_of(record) for chain in found.values() for record in chain])

    def make(one: Planned, addressee: Addressee) -> tuple[Sheet, int]:
        notice = notice_of_change(change_of(found[one.insured_id], said), addressee, settings.union, issued_on=uow.today)
        return change_notice.build(notice), notice.after

    return make


async def _told(standing: Sequence[Planned], raw: Connection[Any], *, since: Callable[[Planned], int]) -> dict[UUID, list[Records]]:
    """The decisions of each person from revision `since` to the one that is told; all are of one fiscal year, as the run is."""
    spans = [(one.insured_id, since(one), one.revision) for one in standing]
    return await assessments.between(raw, spans, standing[0].fiscal_year) if standing else {}


def _fiscal_year(parameters: dict[str, Any], today: date) -> int:
    asked = str(parameters.get("fiscal_year", FiscalYear.of(today).year))
    if not (asked.isascii() and asked.isdigit() and 2008 <= int(asked) <= 9998):
        raise Problem(422, "KOKI-P070", f"年度「{asked}」を読めません。", "西暦4桁(例: 2026)で指定してください。")
    return int(asked)


def _require_fonts() -> None:
    try:
        typefaces()
    except FontsMissing as missing:
        raise Problem(503, "KOKI-P071", "帳票のフォントがないため、決定通知書を作れません。", str(missing)) from missing
