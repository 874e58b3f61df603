"""処理結果の取込 (⑨⑩の答え): every line that was sent ends accepted, or rejected with the payer's reason; what answers nothing is named."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.site_codes import ANSWERS, Notice

from collection_service.jobs import exchange_files
from collection_service.jobs.take_candidates import capture_of
from collection_service.law.pension_codes import site_codes
from collection_service.store import exchange, request_lines

SENT_AS: Final = {answer: sent for sent, answer in ANSWERS.items()}
"""What a payer answers → what we had sent."""
NO_ANSWER: Final = "no_answer"
OTHER_AMOUNT: Final = "other_amount"


class TakeResults:
    """Parameters `key` (the file in the object store) and `captured_on` (YYYY-MM-DD) of the cycle that was answered."""

    name = "take-pension-results"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Read the file whole; one that is wrong is kept as refused, one that was taken changes nothing."""
        raw = await driver(uow.connection)
        captured_on = capture_of(parameters)
        found = await exchange_files.read(uow, parameters, set(SENT_AS))
        if await exchange.known(raw, found.sha256):
            return Plan([], {"sha256": found.sha256, "already": True, "lines": found.lines.height})
        preview = {"sha256": found.sha256, "municipality": found.municipality_code, "lines": found.lines.height}
        if found.faults:
            file = found.as_file(captured_on, Notice.REQUEST_RESULT, state=exchange.REFUSED)
            await exchange.keep_file(raw, file, run_id=run_id, today=uow.today)
            return Plan([], preview | {"refused": found.faults[: exchange_files.MOST_SHOWN]})
        codes = site_codes()
        outcomes = Counter(found.lines["outcome_code"].to_list())
        shown = {codes.outcome[code].term if code in codes.outcome else f"{code}": count for code, count in sorted(outcomes.items())}
        return Plan([Chunk(1, found.sha256, found.sha256, found.lines.height)], preview | {"outcomes": shown})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """End the lines that are answered. Accepted with another amount than ours is rejected."""
        raw = await driver(uow.connection)
        found = await exchange_files.read(uow, parameters, set(SENT_AS))
        assert found.notice is not None, "prepare refuses a file without a notice"
        done = site_codes().code("outcome", "done")
        lines = found.lines.to_dicts()
        keys = [(line["collector_code"], line["basic_pension_number"], line["pension_code"]) for line in lines]
        waiting = await request_lines.open_lines(raw, found.municipality_code, SENT_AS[found.notice], keys)
        ended: dict[UUID, tuple[UUID, str, str | None]] = {}
        counted: Counter[str] = Counter(lines=len(lines))
        for key, line in zip(keys, lines, strict=True):
            sent = waiting.get(key)
            if sent is None or sent["line_id"] in ended:
                counted["answers_nothing"] += 1
                continue
            state, outcome = request_lines.ACCEPTED, None
            if line["outcome_code"] != done:
                state, outcome = request_lines.REJECTED, line["outcome_code"] or NO_ANSWER
            elif any(line[name] != sent[name] for name in ("amount_1", "amount_2", "request_kind")):
                state, outcome = request_lines.REJECTED, OTHER_AMOUNT
            ended[sent["line_id"]] = (sent["line_id"], state, outcome)
            counted[state] += 1
        await request_lines.end(raw, list(ended.values()), today=uow.today)
        file = found.as_file(capture_of(parameters), found.notice, state=exchange.TAKEN)
        await exchange.keep_file(raw, file, run_id=run_id, today=uow.today)
        return dict(counted)

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """lines = accepted + rejected, and none still waits; what answers nothing or is not answered is named."""
        raw = await driver(uow.connection)
        differences: dict[str, Any] = {}
        if nothing := totals.get("answers_nothing", 0):
            differences["answers_nothing"] = nothing
        for row in await raw.fetch(_STILL_OPEN, run_id):
            if row["refusal"]:
                differences["refused"] = row["refusal"]
            elif row["waiting"]:
                differences["not_answered"] = row["waiting"]
        return differences


class CloseRequests:
    """回答期限の監視 (I-07). No parameters: every line that was to be answered before the business day, and was not, times out."""

    name = "close-pension-requests"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """How many lines are late, by municipality."""
        raw = await driver(uow.connection)
        late = {row["municipality_code"]: row["late"] for row in await raw.fetch(_LATE, uow.today)}
        chunks = [Chunk(1, str(uow.today), str(uow.today), sum(late.values()))] if late else []
        return Plan(chunks, {"late": late})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        return {"timed_out": await request_lines.time_out(await driver(uow.connection), uow.today)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """No line is late any more."""
        late = await (await driver(uow.connection)).fetch(_LATE, uow.today)
        return {"still_late": {row["municipality_code"]: row["late"] for row in late}} if late else {}


_LATE = "SELECT municipality_code, count(*) AS late FROM request_line WHERE state = 'sent' AND answer_by < $1 GROUP BY 1 ORDER BY 1"
_STILL_OPEN = """
SELECT f.refusal, (
    SELECT count(*) FROM request_line l WHERE (l.municipality_code, l.captured_on, l.state) = (f.municipality_code, f.captured_on, 'sent')
      AND l.notice || '_result' = f.notice
) AS waiting FROM exchange_file f WHERE f.run_id = $1
"""
