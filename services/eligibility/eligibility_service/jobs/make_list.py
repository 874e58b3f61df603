"""`make-list`: a list too long to wait for, in volumes; asked for by an officer, and started at once."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.documents.list_file import write
from eligibility_service.domain.lists import TITLES, ListAsked
from eligibility_service.store import made_lists


class MakeList:
    """Parameters `list_id`, `asked` (JSON of ListAsked), `form`, `place`, `by`. The rows are frozen when the run is prepared."""

    name = "make-list"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        asked = ListAsked.of_json(json.loads(parameters["asked"]))
        found = await made_lists.freeze(
            uow, UUID(parameters["list_id"]), asked, form=parameters["form"], place=parameters["place"], by=parameters["by"], run_id=run_id
        )
        rows, size = found.rows.height, found.rows_a_part
        starts = range(0, max(1, rows), size)
        chunks = [Chunk(number, str(start), str(start + size), min(size, rows - start)) for number, start in enumerate(starts, start=1)]
        return Plan(chunks, {"帳票": TITLES[asked.kind], "件数": rows, "分冊": len(chunks)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        found = await made_lists.thaw(uow, UUID(parameters["list_id"]))
        first = int(chunk.first_key)
        marked = await made_lists.make_part(uow, found, write, number=chunk.number, first=first, rows=chunk.records)
        return {"rows": chunk.records, "marked": marked}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every row of the list stands in one of its files."""
        (found,) = await made_lists.listing(uow, list_id=UUID(parameters["list_id"]))
        await made_lists.finish(uow, found["list_id"])
        in_files = sum(part["rows"] for part in found["parts"])
        return {} if in_files == found["rows"] else {"件数の不一致": {"名簿": found["rows"], "ファイル": in_files}}
