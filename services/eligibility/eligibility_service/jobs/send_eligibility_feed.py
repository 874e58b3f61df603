"""`send-eligibility-feed`: the 資格ファイル for オンライン資格確認, released only when every field agrees with the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import outgoing as rows_of
from eligibility_service.domain.conformance import FILLED, HELD, counted, faults, sample_differences
from eligibility_service.domain.outgoing import FEED
from eligibility_service.store import feed, outgoing


class SendEligibilityFeed:
    """資格ファイルの作成. Parameter `whole` ("true": everybody); else what has changed since the last generation that left.

    The files of all municipalities are one generation. It is released, or stopped with the fields that are wrong; never partly.
    """

    name = "send-eligibility-feed"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        generation = await feed.begin(uow, run_id, is_whole=parameters.get("whole") == "true")
        if generation.since is None:
            parts = dict.fromkeys(await outgoing.municipalities(uow), 1)
        else:
            parts = {code: len(people) for code, people in sorted((await feed.candidates(uow, generation.since)).items())}
        chunks = [Chunk(number, code, code, records) for number, (code, records) in enumerate(parts.items(), start=1)]
        return Plan(chunks, {"世代": generation.number, "全件": generation.is_whole, "市区町村": len(chunks)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        code, generation = chunk.first_key, await feed.of_run(uow, run_id)
        await outgoing.alone(uow, FEED, code)
        only = None if generation.since is None else (await feed.candidates(uow, generation.since)).get(code, {}).keys()
        current = await outgoing.current(uow, FEED, code, only=only)
        before = await outgoing.last_sent(uow, FEED, code, through=generation.number, only=only)
        news = rows_of.news(current, before, FEED)

        if not generation.is_whole and news.height == 0:
            return {"rows": 0, "changed": 0}  # looked at again, and nothing new: no file
        await outgoing.append(uow, FEED, news, generation.number)
        rows = await outgoing.last_sent(uow, FEED, code, through=generation.number) if generation.is_whole else news
        written = rows_of.write(rows, FEED.layout, municipality_code=code, generation=generation.number, made_at=uow.now)
        await outgoing.keep(
            uow, FEED, written,
            municipality_code=code, generation=generation.number, is_whole=generation.is_whole, run_id=run_id, changed=news.height,
        )  # fmt: skip

        counts = counted(FEED.layout, FILLED, rows_of.filled(rows, FEED.layout.names))
        if generation.is_whole:
            counts |= counted(FEED.layout, HELD, await feed.known_fields(uow, code))
        return {"rows": rows.height, "changed": news.height, **counts}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Every field as often as the ledger has it, and some people compared one by one; else the generation does not leave."""
        generation = await feed.of_run(uow, run_id)
        if not await feed.is_making(uow, generation.number):
            return {"generation": feed.OVERTAKEN}
        found = faults(FEED.layout, totals, is_whole=generation.is_whole)
        for name in await _different(uow, generation):
            found.setdefault(name, f"{FEED.layout.field(name).term}が、抜き出した人の台帳の内容と違います。")
        if found:
            await feed.stop(uow, generation.number, found)
            await feed.raise_alert(uow, "feed_stopped", f"第{generation.number}世代: {' '.join(found.values())}")
            return found
        await feed.release(uow, generation.number, changed=totals.get("changed", 0))
        await feed.close_alert(uow, "feed_stopped")
        return {}


async def _different(uow: UnitOfWork, generation: feed.Generation) -> list[str]:
    """Fields in which the row of somebody drawn is not what is known of that person."""
    different = {name for row, known in await feed.sample(uow, generation) for name in sample_differences(FEED.layout, row, known)}
    return sorted(different)
