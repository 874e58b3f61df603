"""異動の通知 (毎月): whoever has died, moved or is collected from otherwise is told to the payer; what is too late is named (I-04)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Connection
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.site_codes import Notice

from collection_service.jobs.make_requests import NOT_ANY_MORE, send
from collection_service.law.pension_exchange import heeded_from
from collection_service.store import deductions
from collection_service.store.request_lines import Sent

CHANGED_PROVISIONALLY = (6, 8)
"""仮徴収額の変更 is heeded at the payments of June and August; a new amount of the year is asked for with the April capture."""
NOTICES = (Notice.LOSS, Notice.PROVISIONAL_CHANGE)


class MakeChanges:
    """No parameters but `municipality_code` (all of the union): what must be told on the business day."""

    name = "make-pension-changes"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Who is to be stopped or changed, why, and at how many payments the payer will still take what it should not."""
        raw = await driver(uow.connection)
        asked, chunks = parameters.get("municipality_code"), list[Chunk]()
        shown: dict[str, Any] = {}
        heeded_on = heeded_from(uow.today)
        for (code,) in await raw.fetch(_MUNICIPALITIES):
            if asked not in (None, code):
                continue
            lines, late = await _changes(raw, code, heeded_on, uow.today)
            if lines:
                reasons = Counter(line.reason for line in lines)
                shown[code] = {"lines": len(lines), "reasons": dict(sorted(reasons.items())), "too_late_payments": late}
                chunks.append(Chunk(len(chunks) + 1, code, str(heeded_on), len(lines)))
        return Plan(chunks, {"heeded_on": str(heeded_on), "municipalities": shown})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """A file for each notice of one municipality."""
        raw = await driver(uow.connection)
        lines, late = await _changes(raw, chunk.first_key, heeded_from(uow.today), uow.today)
        counted = {"too_late_payments": late}
        for notice in NOTICES:
            of_notice = [line for line in lines if line.notice is notice]
            if of_notice:
                await send(uow, raw, of_notice, run_id=run_id, answer_by=heeded_from(uow.today))
                counted[notice.value] = len(of_notice)
        return counted

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Nobody is left who must be told, and lines sent = lines in files. Payments that come too late are named: they are given back."""
        raw = await driver(uow.connection)
        differences: dict[str, Any] = {}
        sent = sum(totals.get(notice.value, 0) for notice in NOTICES)
        kept = await raw.fetchval("SELECT coalesce(sum(lines), 0)::bigint FROM exchange_file WHERE run_id = $1", run_id)
        if kept != sent:
            differences["files"] = {"sent": sent, "in_files": kept}
        if late := totals.get("too_late_payments", 0):
            differences["too_late_payments"] = late
        return differences


async def _changes(raw: Connection[Any], code: str, heeded_on: date, today: date) -> tuple[list[Sent], int]:
    """The lines that must go out for a municipality, and at how many payments before `heeded_on` too much will be taken."""
    taken_from = await deductions.expected(raw, code, heeded_on)
    asked = await deductions.asked_already(raw, code, [Notice.LOSS], heeded_on)
    changed = await deductions.asked_already(raw, code, [Notice.PROVISIONAL_CHANGE], heeded_on)
    known = [(pension, found, found.insured_id) for pension, found in taken_from.items() if pension not in asked]
    people = [insured_id for _, _, insured_id in known if insured_id is not None]
    year = FiscalYear.of(heeded_on).year
    standing = dict(zip(people, await deductions.standing(raw, people, year, heeded_on.month), strict=True))
    lines, late = [], 0
    for pension, found, insured_id in known:
        now = standing.get(insured_id) if insured_id is not None else None
        if now is None:
            continue
        reason = _why_stopped(now, code)
        if reason is not None:
            lines.append(Sent(code, found.captured_on, Notice.LOSS, *pension, insured_id, NOT_ANY_MORE, reason, 0, 0, heeded_on))
            late += _payments_between(now["lost_on"], heeded_on) if now["lost_on"] is not None else 0
        elif heeded_on.month in CHANGED_PROVISIONALLY and now["method"] == "special" and pension not in changed:
            notice, yen = Notice.PROVISIONAL_CHANGE, now["premium_payment"]
            if yen != found.amount:
                lines.append(Sent(code, found.captured_on, notice, *pension, insured_id, "01", "amount", yen, 0, heeded_on))
    return lines, late


def _why_stopped(now: dict[str, Any], code: str) -> str | None:
    if now["lost_on"] is not None:
        return "lost"
    if now["lives_in"] is not None and now["lives_in"] != code:
        return "moved"
    if now["stops"] or now["method"] == "ordinary":
        return f"method_{now['reason']}"
    return None


def _payments_between(lost_on: date, heeded_on: date) -> int:
    """Pension payments after the month of the loss that are made before the change is heeded: what is taken then is given back."""
    first, last = (day.year * 12 + day.month for day in (lost_on, heeded_on))
    return sum(month % 2 == 0 for month in range(first + 1, last))


_MUNICIPALITIES = "SELECT DISTINCT municipality_code FROM request_line WHERE state = 'accepted' ORDER BY 1"
