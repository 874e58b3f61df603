"""仮算定: what each insured person owes for the months before the yearly assessment, from frozen inputs and the income before last."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear, UnknownToUs
from chassis.unit_of_work import UnitOfWork

from premium_service.domain.records import PROVISIONAL_DTYPE
from premium_service.jobs.assess import chunks_of
from premium_service.law import provisional_rule
from premium_service.rules import columns as c
from premium_service.rules.assessment import assess
from premium_service.rules.columns import Households
from premium_service.rules.parameters import Parameters
from premium_service.rules.provisional import (
    THIS_YEAR,
    ProvisionalRule,
    as_whole_year,
    provisional_amount,
    provisional_law,
    provisional_months,
)
from premium_service.settings import current
from premium_service.store import members, provisional
from premium_service.store.deciding import law_of


class AssessProvisionally:
    """A run for the fiscal year of the business day, or `fiscal_year`. Its lines are the ledger in force until the yearly assessment; a
    later run replaces them as a whole."""

    name = "assess-provisionally"
    approved_by_another = True

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        raw, year = await driver(uow.connection), _year(parameters, uow)
        first, last = await members.freeze(raw, run_id, year, due_only=False, income_year=year.income_year - 1)
        chunks = await chunks_of(raw, run_id, first, last, after=0)
        before = await provisional.of_last_run(raw, year.year)
        shown = {"insured": 0, "pending": 0, "yen": 0, "new": 0, "changed": 0, "changed_yen": 0}
        seen = 0
        for chunk in chunks:
            lines = await _lines(raw, run_id, year, chunk)
            old, known = provisional.amounts_before(before, lines)
            difference = lines["amount"] - old
            shown["insured"] += len(lines)
            shown["pending"] += int((lines["outcome"] >= c.PENDING).sum())
            shown["yen"] += int(lines["amount"].sum())
            shown["new"] += int((~known).sum())
            shown["changed"] += int((known & (difference != 0)).sum())
            shown["changed_yen"] += int(difference[known].sum())
            seen += int(known.sum())
        law = _law(year)
        return Plan(
            chunks,
            {
                "fiscal_year": year.year,
                **shown,
                "gone": len(before) - seen,
                "income_year": year.income_year - 1,
                "months": provisional_rule(current().union, year).months,
                "law_hash": law.hash,
            },
        )

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw = await driver(uow.connection)
        lines = await _lines(raw, run_id, _year(parameters, uow), chunk)
        await provisional.append(raw, lines)
        return {
            "assessed": len(lines),
            "pending": int((lines["outcome"] >= c.PENDING).sum()),
            "undeclared": int((lines["outcome"] == c.DECIDED_UNDECLARED).sum()),
            "yen": int(lines["amount"].sum()),
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """The lines of the ledger add up to the run, and become the ledger in force."""
        raw = await driver(uow.connection)
        rows, yen = await provisional.totals_of(raw, run_id)
        if (rows, yen) != (totals.get("assessed", 0), totals.get("yen", 0)):
            return {"stored": {"rows": rows, "yen": yen}}
        await provisional.put_in_force(raw, run_id, _year(parameters, uow).year)
        return {}


def _year(parameters: dict[str, Any], uow: UnitOfWork) -> FiscalYear:
    return FiscalYear(int(parameters.get("fiscal_year") or FiscalYear.of(uow.today).year))


def _law(year: FiscalYear) -> Parameters:
    rule = provisional_rule(current().union, year)
    try:
        this = law_of(year) if rule.rates == THIS_YEAR else None
    except UnknownToUs:
        this = None
    return provisional_law(rule, year, last=law_of(FiscalYear(year.year - 1)), this=this)


async def _lines(raw: Connection[Any], run_id: UUID, year: FiscalYear, chunk: Chunk) -> Records:
    """The lines of a chunk (PROVISIONAL_DTYPE): one for each person to be assessed, also where the income is not known yet."""
    inputs = await members.frozen(raw, run_id, int(chunk.first_key), int(chunk.last_key))
    return lines_of(inputs, run_id, year, _law(year), provisional_rule(current().union, year))


def lines_of(inputs: Records, run_id: UUID, year: FiscalYear, law: Parameters, rule: ProvisionalRule) -> Records:
    """Provisional lines of input rows; who cannot be assessed has a line of 0 yen that says why."""
    people = Households.from_records(inputs)
    result = assess(as_whole_year(people, year), law)
    rows = np.flatnonzero(people.is_assessed)
    months = provisional_months(
        acquired_on=people.acquired_on[rows],
        lost_on=people.lost_on[rows],
        is_assessed=people.is_assessed[rows],
        rule=rule,
        fiscal_year=year,
    )
    made = np.zeros(len(rows), PROVISIONAL_DTYPE)
    made["run_id"] = run_id.bytes
    for name in ("insured_id", "municipality_code", "household"):
        made[name] = inputs[name][rows]
    made["fiscal_year"], made["income_year"] = year.year, year.income_year - 1
    made["outcome"], made["months"] = result["outcome"][rows], months
    made["year_amount"] = result["annual_amount"][rows]
    made["amount"] = provisional_amount(year_amount=made["year_amount"], months=months, unit=rule.unit)
    made["law_hash"] = law.hash.encode()
    return made
