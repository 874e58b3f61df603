"""納入通知書の発行: a notice for everyone whose instalments have not been sent yet, in print files of up to 1,000 pages."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from chassis.database import driver
from chassis.documents import FontsMissing, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.print_files import is_intact
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.documents.demands import CannotBeSent, sheet_of
from collection_service.documents.payment_notice.render import renderer
from collection_service.documents.print_file import PAGES, typeset
from collection_service.domain.notices import Demand
from collection_service.store import notices, papers


class IssueNotices:
    """Parameters `fiscal_year` (YYYY; that of the business day) and `municipality_code` (all of the union)."""

    name = "issue-notices"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Plan the notices: who gets one, in the order of the post."""
        raw, year = await driver(uow.connection), fiscal_year_of(parameters, uow.today)
        require_fonts()
        await notices.plan(raw, run_id, year, parameters.get("municipality_code"))
        planned = await raw.fetchrow(_PLANNED, run_id)
        count = planned["notices"]
        chunks = [
            Chunk(number, str(first), str(min(first + PAGES - 1, count)), min(PAGES, count - first + 1))
            for number, first in enumerate(range(1, count + 1, PAGES), start=1)
        ]
        by_municipality = {row["municipality_code"]: row["notices"] for row in await raw.fetch(_BY_MUNICIPALITY, run_id)}
        last = await raw.fetchrow(_LAST_RUN, run_id, year)
        preview = {
            "fiscal_year": year,
            "notices": count,
            "annual_amount": planned["annual_amount"],
            "municipalities": by_municipality,
            "last_run": dict(last) if last and last["notices"] else None,
        }
        return Plan(chunks, preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Make one print file, read back in full, and store it under its SHA-256."""
        raw = await driver(uow.connection)
        sheets: dict[int, Sheet] = {}
        refused: dict[int, str] = {}
        demands: dict[int, Demand] = {}
        overtaken: list[int] = []
        for planned in await notices.take(raw, run_id, int(chunk.first_key), int(chunk.last_key)):
            if planned.demand is None:
                overtaken.append(planned.number)
                continue
            try:
                sheets[planned.number] = sheet_of(planned.demand, issued_on=uow.today)
                demands[planned.number] = planned.demand
            except CannotBeSent as reason:
                refused[planned.number] = str(reason)
        issued: list[int] = []
        for by_hand in (False, True):  # what is handed over (支援措置) stands in no file that goes to the post
            of_file = {number: sheet for number, sheet in sheets.items() if _by_hand(demands[number]) is by_hand}
            pdf, unreadable = await asyncio.to_thread(typeset, renderer(), of_file)
            refused |= unreadable
            on_paper = [number for number in of_file if number not in unreadable]
            if on_paper:
                sha256 = await papers.keep(uow, notices.FOLDER, pdf)
                await notices.mark_issued(raw, run_id, on_paper, sha256, uow.today, by_hand=by_hand)
            issued += on_paper
        await notices.mark_refused(raw, run_id, refused)
        await notices.mark_overtaken(raw, run_id, overtaken)
        return {
            "issued": len(issued),
            "refused": len(refused),
            "overtaken": len(overtaken),
            "annual_amount": sum(demands[number].annual_amount for number in issued),
            "instalments": sum(len(demands[number].instalments) for number in issued),
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """planned = issued + refused + overtaken; yen on paper = yen charged; each file is what was stored, a page a notice."""
        raw = await driver(uow.connection)
        stored = {row["state"]: row["notices"] for row in await raw.fetch(_BY_STATE, run_id)}
        differences: dict[str, Any] = {}
        if stored.get("planned"):
            differences["not_done"] = stored["planned"]
        if stored.get("issued", 0) != totals.get("issued", 0):
            differences["issued"] = {"stored": stored.get("issued", 0), "done": totals.get("issued", 0)}
        charged = await raw.fetchval(_CHARGED_YEN, run_id)
        if charged != totals.get("annual_amount", 0):
            differences["yen"] = {"charged": charged, "on_paper": totals.get("annual_amount", 0)}
        for row in await raw.fetch(_FILES, run_id):
            if not await is_intact(uow.store, notices.FOLDER, row["document_sha256"], row["notices"]):
                differences[f"file {row['document_sha256']}"] = f"is not a file of {row['notices']} pages with this SHA-256"
        return differences


def _by_hand(demand: Demand) -> bool:
    return demand.addressee is not None and demand.addressee.by_hand


def fiscal_year_of(parameters: dict[str, Any], today: date) -> int:
    """Parameter `fiscal_year`, or that of the business day."""
    asked = str(parameters.get("fiscal_year", FiscalYear.of(today).year))
    if not (asked.isascii() and asked.isdigit() and 2008 <= int(asked) <= 9998):
        raise Problem(422, "KOKI-C001", f"年度「{asked}」を読めません。", "西暦4桁(例: 2026)で指定してください。")
    return int(asked)


def require_fonts() -> None:
    """Refuse a run of letters where the fonts of the house are not installed."""
    try:
        typefaces()
    except FontsMissing as missing:
        raise Problem(503, "KOKI-C002", "帳票のフォントがないため、納入通知書を作れません。", str(missing)) from missing


_PLANNED = "SELECT count(*) AS notices, coalesce(sum(annual_amount), 0)::bigint AS annual_amount FROM notice WHERE run_id = $1"
_BY_MUNICIPALITY = "SELECT municipality_code, count(*) AS notices FROM notice WHERE run_id = $1 GROUP BY 1 ORDER BY 1"
_BY_STATE = "SELECT state, count(*) AS notices FROM notice WHERE run_id = $1 GROUP BY 1"
_FILES = "SELECT document_sha256, count(*) AS notices FROM notice WHERE run_id = $1 AND state = 'issued' GROUP BY 1 ORDER BY 1"
_LAST_RUN = """
SELECT count(*) AS notices, coalesce(sum(annual_amount), 0)::bigint AS annual_amount FROM notice
WHERE state = 'issued' AND run_id = (
    SELECT run_id FROM notice WHERE run_id <> $1 AND fiscal_year = $2 AND state = 'issued' ORDER BY run_id DESC LIMIT 1
)
"""
# A notice shows the charges up to its revision: what was decided after it does not count.
_CHARGED_YEN = """
SELECT coalesce(sum(e.amount), 0)::bigint FROM notice n
JOIN charge_entry e ON (e.insured_id, e.fiscal_year) = (n.insured_id, n.fiscal_year) AND e.revision <= n.revision
WHERE n.run_id = $1 AND n.state = 'issued'
"""
