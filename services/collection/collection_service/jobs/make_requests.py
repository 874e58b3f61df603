"""徴収依頼の作成 (⑦): the answer to every candidate in one file a municipality, held back while it does not agree with the ledgers."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import obstore
import polars as pl
from asyncpg import Connection
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.families import encode_family, encode_front
from contracts.layouts.site_codes import Notice

from collection_service.domain.requesting import Request, blocking, requested
from collection_service.jobs import exchange_files
from collection_service.jobs.take_candidates import capture_of
from collection_service.law.pension_codes import site_codes
from collection_service.law.pension_exchange import Cycle, cycle_of
from collection_service.store import exchange, request_lines
from collection_service.store.exchange import ExchangeFile
from collection_service.store.request_lines import Sent

NOT_ANY_MORE = "03"
"""各種区分 of a pensioner who is not collected from any more."""
TRANSMITTED = "6"
"""媒体コード of a municipality that transmits."""


class MakeRequests:
    """Parameter `captured_on` (YYYY-MM-DD) of the cycle, and `municipality_code` (all of the union)."""

    name = "make-pension-requests"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Answer every candidate without sending: lines and yen beside those of the cycle before, and what holds a municipality back."""
        raw = await driver(uow.connection)
        cycle = cycle_of(capture_of(parameters))
        if uow.today > cycle.due_on:
            raise Problem(
                409, "KOKI-C057", "締切を過ぎているため、徴収依頼を作れません。",
                f"締切は{cycle.due_on}でした。次の追加候補者情報で依頼するか、普通徴収で徴収してください。",
            )  # fmt: skip
        asked = parameters.get("municipality_code")
        explained = await exchange.explained(raw, cycle.captured_on)
        chunks: list[Chunk] = []
        shown: dict[str, Any] = {}
        before = {(row["municipality_code"], row["request_kind"]): row for row in await request_lines.last_request(raw, *_of(cycle))}
        for code in await request_lines.municipalities(raw, cycle):
            if asked not in (None, code):
                continue
            request = await _request(raw, cycle, code)
            held = blocking(request.differences, {(kind, cases) for town, kind, cases in explained if town == code})
            shown[code] = _preview(request, {kind: row for (town, kind), row in before.items() if town == code}) | {
                "blocked_by": {kind.value: cases for kind, cases in held.items()},
                "explained": {kind.value: cases for kind, cases in request.differences.items() if kind not in held},
            }
            if not held and request.lines:
                chunks.append(Chunk(len(chunks) + 1, code, _digest(request), len(request.lines)))
        return Plan(chunks, {"captured_on": str(cycle.captured_on), "due_on": str(cycle.due_on), "municipalities": shown})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Write and keep the file of one municipality; what is not as it was shown is not sent."""
        raw = await driver(uow.connection)
        cycle, code = cycle_of(capture_of(parameters)), chunk.first_key
        request = await _request(raw, cycle, code)
        if _digest(request) != chunk.last_key:
            return {"changed_since_shown": len(request.lines)}
        lines = [
            Sent(
                code, cycle.captured_on, cycle.request, line.candidate.collector_code, line.candidate.basic_pension_number,
                line.candidate.pension_code, line.candidate.insured_id, line.request_kind, line.reason, line.amount_1, line.amount_2,
                cycle.starts_on,
            )
            for line in request.lines
        ]  # fmt: skip
        await send(uow, raw, lines, run_id=run_id, answer_by=cycle.answer_by)
        return {"lines": len(lines), "amount_1": sum(line.amount_1 for line in lines), "amount_2": sum(line.amount_2 for line in lines)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Candidates = lines sent for every municipality; yen in the lines = yen in the files; what was held back is named."""
        raw = await driver(uow.connection)
        cycle = cycle_of(capture_of(parameters))
        differences: dict[str, Any] = {}
        if changed := totals.get("changed_since_shown", 0):
            differences["changed_since_shown"] = changed
        asked = parameters.get("municipality_code")
        for row in await raw.fetch(_UNANSWERED, cycle.captured_on, cycle.request):
            if row["unanswered"] and asked in (None, row["municipality_code"]):
                differences[row["municipality_code"]] = {"candidates_without_line": row["unanswered"]}
        kept = await raw.fetchrow(_FILES, run_id)
        if (kept["lines"], kept["amount"]) != (totals.get("lines", 0), totals.get("amount_1", 0)):
            differences["files"] = dict(kept)
        return differences


async def send(uow: UnitOfWork, raw: Connection[Any], lines: list[Sent], *, run_id: UUID, answer_by: date) -> str:
    """Write lines of one municipality and notice as a file, keep it in the store, and keep the lines; the SHA-256 of the file."""
    content = await encode(raw, lines, today=uow.today)
    sha256, first = hashlib.sha256(content).hexdigest(), lines[0]
    await obstore.put_async(uow.store, exchange.key_of(sha256), content)
    yen = sum(line.amount_1 for line in lines)
    file = ExchangeFile(first.municipality_code, first.captured_on, first.notice, sha256, exchange.SENT, len(lines), yen)
    file_id = await exchange.keep_file(raw, file, run_id=run_id, today=uow.today)
    await request_lines.send(raw, lines, file_id, today=uow.today, answer_by=answer_by)
    return sha256


async def encode(raw: Connection[Any], lines: list[Sent], *, today: date) -> bytes:
    """The bytes of a file: a block for each payer, who gets back what it said of the person."""
    codes, family, first = site_codes(), exchange_files.family(), lines[0]
    told = await request_lines.records(raw, first.captured_on, first.municipality_code)
    common = {
        "municipality_number": first.municipality_code[:5], "notice_code": codes.code("notice", first.notice),
        "scheme_code": codes.code("scheme", exchange_files.SCHEME), "created_on": today,
    }  # fmt: skip
    blocks = []
    for collector in sorted({line.collector_code for line in lines}):
        of_block = {**common, "collector_code": collector}
        people = [
            {
                **of_block, **told[line.collector_code, line.basic_pension_number, line.pension_code], "record_kind": "2",
                "request_kind": line.request_kind, "outcome_code": "00", "transfer_code": None, "dated_on": today,
                "amount_1": line.amount_1, "amount_2": line.amount_2,
            }
            for line in lines if line.collector_code == collector
        ]  # fmt: skip
        header = pl.DataFrame([{**of_block, "record_kind": "1", "medium_code": TRANSMITTED}])
        blocks.append((header, pl.DataFrame(people, infer_schema_length=None)))
    return encode_front(f"{first.municipality_code[:5]} ", today, len(blocks), family) + encode_family(blocks, family)


async def _request(raw: Connection[Any], cycle: Cycle, code: str) -> Request:
    missed = await request_lines.missed(raw, cycle, code)
    return requested(await request_lines.answerable(raw, cycle, code), missed=missed)


def _of(cycle: Cycle) -> tuple[Notice, date]:
    return cycle.request, cycle.captured_on


def _digest(request: Request) -> str:
    return hashlib.sha256(repr(request.lines).encode()).hexdigest()


def _preview(request: Request, before: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Lines and yen by kind of request, beside the last cycle; kinds of which there were some and are none are shown too."""
    lines = Counter(line.request_kind for line in request.lines)
    yen: Counter[str] = Counter()
    for line in request.lines:
        yen[line.request_kind] += line.amount_1
    kinds = sorted(set(lines) | set(before))
    return {
        "lines": {kind: lines[kind] for kind in kinds},
        "amount_1": {kind: yen[kind] for kind in kinds},
        "last_lines": {kind: before[kind]["lines"] if kind in before else 0 for kind in kinds},
        "last_amount_1": {kind: before[kind]["amount"] if kind in before else 0 for kind in kinds},
    }


_UNANSWERED = """
SELECT c.municipality_code, count(*) FILTER (WHERE l.line_id IS NULL) AS unanswered FROM candidate c
LEFT JOIN request_line l ON (l.captured_on, l.notice, l.collector_code, l.basic_pension_number, l.pension_code)
    = (c.captured_on, $2, c.collector_code, c.basic_pension_number, c.pension_code)
WHERE c.captured_on = $1 GROUP BY 1 ORDER BY 1
"""
_FILES = "SELECT coalesce(sum(lines), 0)::bigint AS lines, coalesce(sum(amount), 0)::bigint AS amount FROM exchange_file WHERE run_id = $1"
