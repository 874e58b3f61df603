"""`make-ledger`: 賦課台帳 in files, one for each municipality, long ones in volumes; asked for by an officer, and started at once."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

from chassis.jobs import Chunk, Plan
from chassis.lists import PAGES_A_VOLUME, PDF, ROWS_A_PAGE
from chassis.unit_of_work import UnitOfWork

from premium_service.documents.ledger_file import write
from premium_service.domain.ledgers import SUMS, TITLES, LedgerAsked
from premium_service.store import ledgers, made_ledgers


class MakeLedger:
    """Parameters `asked` (JSON of LedgerAsked), `form`, `place`, `names` (JSON: municipality code → name), `by`. The lines are frozen when
    the run is prepared."""

    name = "make-ledger"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        asked = LedgerAsked.of_json(json.loads(parameters["asked"]))
        await ledgers.freeze(uow, run_id, asked)
        places = await made_ledgers.keep(
            uow, run_id, asked, form=parameters["form"], place=parameters["place"], by=parameters.get("by", "")
        )
        chunks: list[Chunk] = []
        for place in places:
            size = ROWS_A_PAGE * PAGES_A_VOLUME if parameters["form"] == PDF else place["rows"]
            for start in range(0, place["rows"], size):
                first, count = place["first"] + start, min(size, place["rows"] - start)
                chunks.append(Chunk(len(chunks) + 1, str(first), str(first + count - 1), count))
        total, yen = sum(place["rows"] for place in places), sum(place["yen"] for place in places)
        return Plan(chunks, {"帳票": TITLES[asked.kind], "件数": total, SUMS[asked.kind]: yen, "ファイル": len(chunks)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        asked, form = LedgerAsked.of_json(json.loads(parameters["asked"])), parameters["form"]
        first, last = int(chunk.first_key), int(chunk.last_key)
        lines, yen = await ledgers.frozen(uow, run_id, asked.kind, first=first, last=last)
        code, place_first, rows, place_yen = await ledgers.place_of(uow, run_id, first)
        name = json.loads(parameters.get("names") or "{}").get(code, code)
        content, pages, marked = await asyncio.to_thread(
            write, asked, lines, form=form, place=name, first=first - place_first, rows=rows, yen=place_yen, today=uow.today
        )
        await made_ledgers.keep_file(
            uow, run_id, chunk.number, code, content, form=form, rows=lines.height, yen=yen, pages=pages, marked=marked
        )
        return {"rows": lines.height, "yen": yen, "marked": marked}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every line stands in one of the files, and the yen of the files are the yen of the ledger."""
        (found,) = await made_ledgers.listing(uow, run_id=run_id)
        await made_ledgers.finish(uow, run_id)
        in_files = {name: sum(file[name] for file in found["files"]) for name in ("rows", "yen")}
        return {
            f"{term}の不一致": {"台帳": found[name], "ファイル": in_files[name]}
            for name, term in (("rows", "件数"), ("yen", "金額"))
            if in_files[name] != found[name]
        }
