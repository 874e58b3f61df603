"""`send-expected-insured`: who will be 75 within the next three months leaves for the municipalities as a file, once a month."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import obstore
from chassis.clock import derived_id
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork
from contracts.batches import Seal
from contracts.events.eligibility import ExpectedInsuredFileSealed

from contracts.layouts import read_control
from eligibility_service.domain import outgoing as rows_of
from eligibility_service.domain.lists import ListAsked, ListKind, month_of
from eligibility_service.domain.outgoing import EXPECTED
from eligibility_service.jobs.send_qualifications import NoSuchGeneration
from eligibility_service.store import expected, lists, outgoing

MONTHS: Final = 3


class SendExpectedInsured:
    """75歳到達予定者ファイルの作成. One file for each municipality: everybody who reaches 75 in one of the three months after `month`.

    Parameters: `municipality` (one alone), `month` (ISO, default that of the business day), `generation` (announce that one of
    `municipality` again: the file as it was kept). Cards are sent in the month before the birthday; so each month is told three times.
    """

    name = "send-expected-insured"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        codes = [parameters["municipality"]] if parameters.get("municipality") else await outgoing.municipalities(uow)
        if generation := parameters.get("generation"):
            (code,) = codes
            found = await _kept(uow, code, int(generation))
            return Plan([Chunk(1, code, code, found["rows"])], {"もう一度渡す世代": int(generation), "件数": found["rows"]})
        first, last = _period(parameters, uow)
        counts = {code: await lists.count(uow, _listed(code, first, last)) for code in codes}
        chunks = [Chunk(number, code, code, count) for number, (code, count) in enumerate(counts.items(), start=1)]
        return Plan(chunks, {"75歳に達する日": f"{first.isoformat()}から{last.isoformat()}まで", "市区町村": counts})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        code = chunk.first_key
        await outgoing.alone(uow, EXPECTED, code)
        if generation := parameters.get("generation"):
            row = await _kept(uow, code, int(generation))
            control = bytes(await (await obstore.get_async(uow.store, row["control_key"])).bytes_async())
            _say(row, read_control(control).control_totals, uow)
            return {"files": 1, "rows": row["rows"], "listed": row["rows"]}
        first, last = _period(parameters, uow)
        rows = await expected.rows(uow, code, first, last)
        number = await outgoing.latest_generation(uow, EXPECTED, code) + 1
        written = rows_of.write(rows, EXPECTED.layout, municipality_code=code, generation=number, made_at=uow.now)
        row = await outgoing.keep(
            uow, EXPECTED, written, municipality_code=code, generation=number, is_whole=True, run_id=run_id, changed=written.rows
        )
        _say(row, written.totals, uow)
        return {"files": 1, "rows": written.rows, "listed": await lists.count(uow, _listed(code, first, last))}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """As many leave as stand on the list of the same days, which asks the ledger in another way."""
        rows, listed = totals.get("rows", 0), totals.get("listed", 0)
        return {} if rows == listed else {"件数の不一致": {"名簿": listed, "渡した行": rows}}


def _period(parameters: dict[str, Any], uow: UnitOfWork) -> tuple[date, date]:
    """The first day of the month after `month`, and the last of the third."""
    month = date.fromisoformat(f"{parameters['month']}-01") if parameters.get("month") else uow.today
    return month_of(month, after=1)[0], month_of(month, after=MONTHS)[1]


def _listed(code: str, first: date, last: date) -> ListAsked:
    return ListAsked(ListKind.EXPECTED, code, first_day=first, last_day=last)


async def _kept(uow: UnitOfWork, code: str, generation: int) -> dict[str, Any]:
    found = await outgoing.file_of(uow, EXPECTED, code, generation)
    if found is None:
        raise NoSuchGeneration(f"{code} has no generation {generation}.")
    return found


def _say(row: dict[str, Any], totals: dict[str, int], uow: UnitOfWork) -> None:
    layout = EXPECTED.layout
    uow.publish(
        ExpectedInsuredFileSealed(
            effective_on=uow.today,
            batch_id=derived_id("expected insured file", row["municipality_code"], row["generation"]),
            key=row["key"],
            seal=Seal(schema_name=f"{layout.version}/{layout.name}", rows=row["rows"], totals=totals, sha256=row["sha256"]),
            municipality_code=row["municipality_code"],
            generation=row["generation"],
            is_whole=row["is_whole"],
            control_key=row["control_key"],
            control_sha256=row["control_sha256"],
        )
    )
