"""E-19, E-15 in one piece: from the ledger by relay, broker and gateway into the hands of every municipality, row by row."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from eligibility_service.domain.lists import month_of

from tests.failure.doors import Doors
from tests.failure.union import DAY, PATIENCE
from tests.simulators.municipality.receiver import Received, receive

_LEDGER = """
SELECT q.municipality_code, q.resident_number, r.sequence AS resident_history_number, q.insured_number, q.acquired_on, q.lost_on
FROM qualification q JOIN resident r USING (municipality_code, resident_number) WHERE q.lost_on IS DISTINCT FROM q.acquired_on
"""
_SOON = """
SELECT municipality_code, resident_number, sequence AS resident_history_number, born_on, sex FROM resident
WHERE status = '1' AND born_on BETWEEN $1 AND $2
"""


async def fetched(doors: Doors, kind: str) -> dict[str, Received]:
    """Municipality code → the newest file of a kind, once every municipality with residents has one; fetched, checked and confirmed."""
    codes = {row["code"] for row in await doors.books.fetch("eligibility", "SELECT DISTINCT municipality_code AS code FROM resident")}
    deadline = time.monotonic() + PATIENCE
    found: dict[str, Received] = {}
    while waiting := sorted(codes - found.keys()):
        assert time.monotonic() < deadline, f"{kind}: nothing has come to {waiting}"
        for code in waiting:
            files = await asyncio.to_thread(receive, doors.thread.client, code, secret=doors.thread.secrets[code])
            found.update((code, file) for file in files if file.kind == kind)
        await asyncio.sleep(0.5)
    return found


def rows_of(files: dict[str, Received], *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in names) for file in files.values() for row in file.rows.values())


async def test_every_municipality_holds_the_ledger_row_by_row(doors: Doors) -> None:
    """E-19: everybody once, under the key with which they were sent up, and nobody of another municipality."""
    totals = await asyncio.to_thread(doors.thread.run_job, "eligibility", "send-qualifications", {"whole": "true"}, lambda text: None)
    files = await fetched(doors, "qualifications")

    names = ("municipality_code", "resident_number", "resident_history_number", "insured_number", "acquired_on", "lost_on")
    ledger = sorted(tuple(row) for row in await doors.books.fetch("eligibility", _LEDGER))
    assert doors.thread.figures.differences == []
    assert len(ledger) > 100
    assert rows_of(files, *names) == ledger
    assert totals["rows"] == len(ledger)
    assert all(row["municipality_code"] == code for code, file in files.items() for row in file.rows.values())
    (unconfirmed,) = await doors.books.fetch("gateway", "SELECT count(*) FROM down_file WHERE confirmed_at IS NULL")
    assert unconfirmed["count"] == 0


async def test_every_municipality_holds_those_who_will_be_75(doors: Doors) -> None:
    """E-15: the three months after that of the business day."""
    totals = await asyncio.to_thread(doors.thread.run_job, "eligibility", "send-expected-insured", {}, lambda text: None)
    files = await fetched(doors, "expected_insured")

    first, last = month_of(DAY, after=1)[0], month_of(DAY, after=3)[1]
    births = first.replace(year=first.year - 75), last.replace(year=last.year - 75)
    names = ("municipality_code", "resident_number", "resident_history_number", "born_on", "sex")
    soon = sorted(tuple(row) for row in await doors.books.fetch("eligibility", _SOON, *births))
    assert soon
    assert rows_of(files, *names) == soon
    assert totals["rows"] == len(soon)
