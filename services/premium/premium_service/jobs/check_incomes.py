"""所得の突合: every morning, everybody who lives with an insured person, by what is known of the income; a gap is listed the same day."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear
from chassis.unit_of_work import UnitOfWork

from premium_service.domain.income_awaited import PATIENCE
from premium_service.store import income_checks, income_gaps, inquiries


class CheckIncomes:
    """One chunk a municipality. extracted + left out = all, counted on two ways; inquiries = answers applied + waiting + ended by hand."""

    name = "check-incomes"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        found = await income_checks.municipalities(await driver(uow.connection))
        chunks = [Chunk(number, code, code, insured) for number, (code, insured) in enumerate(found, 1)]
        return Plan(chunks, {"income_year": _year(parameters, uow).income_year, "municipalities": len(found)})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw, year, code = await driver(uow.connection), _year(parameters, uow), chunk.first_key
        followed = await income_gaps.follow(raw, year, code, today=uow.today)
        concerned = await income_checks.concerned(raw, code, year.start, year.end)
        await income_checks.keep(raw, run_id, code, year.income_year, followed, concerned=concerned, on=uow.today)
        return {
            "concerned": concerned,
            "judged": len(followed.judged.reason),
            "extracted": int(followed.judged.is_extracted.sum()),
            "newly_found": followed.newly_found,
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        differences: dict[str, Any] = {}
        if totals.get("concerned", 0) != totals.get("judged", 0):
            differences["people"] = {"concerned": totals.get("concerned", 0), "judged": totals.get("judged", 0)}
        found = await inquiries.reconciled(uow, _year(parameters, uow).income_year, patience=PATIENCE.days)
        if wrong := {row["municipality_code"]: row["unapplied"] for row in found if not row["agrees"]}:
            differences["inquiries"] = wrong
        return differences


def _year(parameters: dict[str, Any], uow: UnitOfWork) -> FiscalYear:
    chosen = parameters.get("fiscal_year")
    return FiscalYear(int(chosen)) if chosen else FiscalYear.of(uow.today)
