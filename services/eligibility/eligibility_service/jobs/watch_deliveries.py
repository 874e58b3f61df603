"""`watch-deliveries`: whose certificate has not come although its day is near becomes a case of the municipality."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store import certificate_deliveries


class WatchDeliveries:
    """未着の警告 (I-05), municipality by municipality; the calendar starts it every day. What has come meanwhile is closed."""

    name = "watch-deliveries"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        found = await certificate_deliveries.municipalities_to_look_at(uow)
        chunks = [Chunk(number, code, code, count) for number, (code, count) in enumerate(found, start=1)]
        counts = {code: count for code, count in found if count}
        return Plan(chunks, {"基準日": uow.today.isoformat(), "届いていない証": sum(counts.values()), "市区町村": counts})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        return {"overdue": await certificate_deliveries.raise_overdue(uow, chunk.first_key)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Nobody whose certificate is overdue is without a case."""
        left = await certificate_deliveries.overdue_without_case(uow)
        return {"事案のない未着": left} if left else {}
