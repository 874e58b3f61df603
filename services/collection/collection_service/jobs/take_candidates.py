"""対象者情報の取込と特定 (⑤⑥): every line of a payer's list is kept, and whoever is surely known is linked."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.site_codes import SiteCodes

from collection_service.domain.identifying import identify
from collection_service.jobs import exchange_files
from collection_service.law.pension_codes import pension_kinds, site_codes
from collection_service.law.pension_exchange import cycle_of
from collection_service.store import exchange, pensioners

LINES_AT_ONCE: Final = 2_000


class TakeCandidates:
    """Parameters `key` (the file in the object store) and `captured_on` (YYYY-MM-DD, the first day of the month of the capture)."""

    name = "take-candidates"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Keep the lines of the file. A file that is wrong is kept as refused, whole; the same file again is nothing."""
        raw = await driver(uow.connection)
        captured_on = capture_of(parameters)
        cycle = cycle_of(captured_on)
        found = await exchange_files.read(uow, parameters, {cycle.candidates})
        await exchange.keep_cycle(raw, cycle)
        if await exchange.known(raw, found.sha256):
            return Plan([], {"sha256": found.sha256, "already": True, "lines": found.lines.height})
        codes = site_codes()
        lines, unknown = _lines(found.lines, codes)
        if unknown and not found.faults:
            found.faults.append(
                f"KOKI-C055 コード表にない年金コード {'、'.join(unknown)} があります。コード表に加えてから取り込んでください。"
            )
        state = exchange.REFUSED if found.faults else exchange.TAKEN
        file_id = await exchange.keep_file(raw, found.as_file(captured_on, cycle.candidates, state=state), run_id=run_id, today=uow.today)
        preview: dict[str, Any] = {"sha256": found.sha256, "municipality": found.municipality_code, "lines": found.lines.height}
        if found.faults:
            return Plan([], preview | {"refused": found.faults[: exchange_files.MOST_SHOWN]})
        new = await pensioners.keep(raw, captured_on, found.municipality_code, file_id, lines)
        last = max((line[0] for line in lines), default=0)
        chunks = [
            Chunk(number, f"{file_id}:{first}", f"{file_id}:{min(first + LINES_AT_ONCE - 1, last)}", min(LINES_AT_ONCE, last - first + 1))
            for number, first in enumerate(range(1, last + 1, LINES_AT_ONCE), start=1)
        ]
        return Plan(chunks, preview | {"new": new, "repeated": len(lines) - new})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Identify the people of some lines; the pensions of those who are surely known are what the method is decided on."""
        raw = await driver(uow.connection)
        file_id, first, last = UUID(chunk.first_key.split(":")[0]), *(int(key.split(":")[1]) for key in (chunk.first_key, chunk.last_key))
        residents = await pensioners.near(raw, file_id, first, last)
        waiting = await pensioners.waiting(raw, file_id, first, last)
        verdicts = [(line.number, identify(line.pensioner, residents.get(line.number, []))) for line in waiting]
        await pensioners.judge(raw, file_id, verdicts)
        await pensioners.keep_pensions(raw, await pensioners.identified(raw, file_id, first, last), pension_kinds())
        counted: dict[str, int] = {}
        for _, verdict in verdicts:
            counted[verdict.state] = counted.get(verdict.state, 0) + 1
        return counted

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every line that was new has its verdict: lines = identified + not insured + doubtful + unknown."""
        raw = await driver(uow.connection)
        differences: dict[str, Any] = {}
        for row in await raw.fetch("SELECT file_id, state, refusal FROM exchange_file WHERE run_id = $1", run_id):
            if row["state"] == exchange.REFUSED:
                differences["refused"] = row["refusal"]
                continue
            counts = await pensioners.counts(raw, row["file_id"])
            if waiting := counts.pop("waiting", 0):
                differences["without_verdict"] = waiting
            if counts != totals:
                differences["verdicts"] = {"kept": counts, "done": totals}
        return differences


def capture_of(parameters: dict[str, Any]) -> date:
    """The parameter `captured_on`. Problem (KOKI-C056) where it is no capture."""
    text = str(parameters.get("captured_on", ""))
    try:
        found = date.fromisoformat(text)
        cycle_of(found)
    except ValueError as error:
        raise Problem(
            422, "KOKI-C056", f"捕捉年月日「{text}」を読めません。", "偶数月の1日(例: 2026-04-01)で指定してください。"
        ) from error  # fmt: skip
    return found


def _lines(frame: pl.DataFrame, codes: SiteCodes) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Lines as the store keeps them, and the pension codes that the site's table lacks."""
    if not frame.width or not frame.height:
        return [], []
    year, payment = (pl.col(codes.amounts[name].role).fill_null(0) for name in ("pension_year", "pension_payment"))
    kept = frame.with_columns(year_amount=year, payment_amount=payment, amount_3=pl.col("amount_3").fill_null(0))
    unknown = sorted(set(frame["pension_code"].unique().to_list()) - codes.pension.keys())
    return kept.select(pensioners.LINE).rows(), unknown
