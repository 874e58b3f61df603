"""徴収方法の決定: for one pension payment, everybody who has a premium or a pension is decided on, and charged accordingly."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np
from chassis.batches import uuid_series
from chassis.binary_copy import Records
from chassis.clock import derived_id
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear, UnknownParameter
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.announcing import instalments_set
from collection_service.domain.decisions import held_of, new_rows
from collection_service.domain.method_preview import Preview
from collection_service.domain.methods import Decisions, Payment, decide, usual
from collection_service.law.special_collection import FIRST_NUMBER, payments_of, special_collection_law
from collection_service.rules.collection_method import Method
from collection_service.rules.special_instalments import MONTHS
from collection_service.store import candidates, charges, method_plans, methods, year_methods
from collection_service.store.deciding import calendar, charge_by_method
from collection_service.store.method_plans import PLANNED

METHOD_TOTALS: Final = {method: method.name.lower() for method in Method}


class DecideMethods:
    """Parameters `fiscal_year` and `month` of the payment (4, 6, 8, 10, 12 or 2), and `municipality_code` (all of the union).

    What was previewed is kept and carried out; who was decided on or charged otherwise since is left to the next run.
    """

    name = "decide-methods"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Decide on everybody, keep the decisions, and count them for whoever approves."""
        raw = await driver(uow.connection)
        year, column = _asked(parameters)
        preview, without = Preview(), 0
        chunks: list[Chunk] = []
        start = FiscalYear(year).start
        for part in await candidates.parts(raw, year, column, start, parameters.get("municipality_code")):
            try:
                payment = payment_of(part.municipality_code, year, column, uow.today)
            except UnknownParameter:
                without += part.people
                continue
            if uow.today > payment.payments.requested_after[column]:
                due = payment.payments.requested_after[column]
                raise Problem(
                    422,
                    "KOKI-C031",
                    "この年金支給月の依頼期限を過ぎています。",
                    f"依頼期限は{due:%Y年%-m月%-d日}でした。次の支給月を指定してください。",
                )
            number = len(chunks) + 1
            found, pensions, held = await candidates.read(raw, part, payment)
            decided, rows = await asyncio.to_thread(_decided, found, pensions, held, payment)
            preview.add(decided, held_of(held, found["insured_id"], MONTHS[column]), payment)
            await method_plans.keep(uow.store, run_id, number, _planned(found, decided), rows)
            chunks.append(Chunk(number, f"{part.municipality_code}:{part.first}", part.last, part.people))
        shown = {"fiscal_year": year, "month": MONTHS[column], **preview.shown()}
        return Plan(chunks, shown | ({"without_calendar": without} if without else {}))

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Write the decisions of a part, charge whoever is charged otherwise than decided, and say what is another than the usual."""
        raw = await driver(uow.connection)
        year, column = _asked(parameters)
        people, rows = await method_plans.load(uow.store, run_id, chunk.number)
        await charges.hold_alone(raw)
        holds = await method_plans.still_hold(raw, people, rows, year)
        overtaken = people["insured_id"][~holds]
        people, rows = people[holds], rows[~np.isin(rows["insured_id"], overtaken)]
        await methods.replace(raw, rows)
        to_charge = uuid_series(people["insured_id"][people["needs_charge"]]).to_list()
        pack = derived_id("methods", run_id, chunk.number)
        for group in await charge_by_method(to_charge, year, uow):
            uow.publish(*instalments_set(group), pack=pack)
        payment = payment_of(chunk.first_key.split(":")[0], year, column, uow.today)
        said = await year_methods.say(raw, people, year, usual(payment))
        uow.publish(*said, pack=derived_id("methods-said", run_id, chunk.number))
        return {
            "candidates": len(people) + len(overtaken),
            "overtaken": len(overtaken),
            **{name: int((people["method"] == method).sum()) for method, name in METHOD_TOTALS.items()},
            "decisions": len(rows),
            "charged": len(to_charge),
            "said": len(said),
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """candidates = special + ordinary + awaited + overtaken; what is decided for the payment is what is charged, nothing else."""
        raw = await driver(uow.connection)
        year, column = _asked(parameters)
        differences: dict[str, Any] = {}
        parts = (*METHOD_TOTALS.values(), "overtaken")
        if totals.get("candidates", 0) != sum(totals.get(name, 0) for name in parts):
            differences["candidates"] = f"candidates is not {' + '.join(parts)}"
        otherwise = await raw.fetchval(_OTHERWISE, year, MONTHS[column], FIRST_NUMBER + column, parameters.get("municipality_code"))
        if otherwise:
            differences["charged_otherwise"] = otherwise
        return differences


def payment_of(municipality_code: str, year: int, column: int, today: date) -> Payment:
    """The payment of a municipality. UnknownParameter where it has no calendar."""
    found = calendar(municipality_code, year)
    law = special_collection_law(municipality_code, found.fiscal_year.start)
    return Payment(column, found, payments_of(municipality_code, found), law, today)


def _asked(parameters: dict[str, Any]) -> tuple[int, int]:
    """Fiscal year and column of the payment."""
    year, month = str(parameters.get("fiscal_year", "")), str(parameters.get("month", ""))
    months = {str(known): column for column, known in enumerate(MONTHS)}
    if not (year.isascii() and year.isdigit() and 2008 <= int(year) <= 9998) or month not in months:
        raise Problem(
            422, "KOKI-C030", "年度または年金支給月を読めません。", "年度は西暦4桁、月は4・6・8・10・12・2のいずれかで指定してください。"
        )
    return int(year), months[month]


def _decided(found: Records, pensions: Records, held: Records, payment: Payment) -> tuple[Decisions, Records]:
    decided = decide(found, pensions, payment)
    return decided, new_rows(found, pensions, decided, held, payment)


def _planned(found: Records, decided: Decisions) -> Records:
    planned = np.zeros(len(found), PLANNED)
    planned["insured_id"], planned["revision"] = found["insured_id"], found["revision"]
    planned["method"], planned["needs_charge"] = decided.methods.method, decided.needs_charge
    planned["is_first_special"], planned["first_due_on"] = decided.is_first_special, decided.first_due_on
    return planned


# Special and charged otherwise, or ordinary and charged although it could still be stopped when it was decided so.
_OTHERWISE: Final = """
SELECT count(*) FROM collection_method m CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0)::bigint AS yen FROM charge_entry e
    WHERE (e.insured_id, e.fiscal_year, e.number) = (m.insured_id, m.fiscal_year, $3::int)
) AS c
WHERE m.fiscal_year = $1 AND m.month = $2 AND ($4::text IS NULL OR m.municipality_code = $4)
  AND CASE m.method WHEN 'special' THEN c.yen <> m.premium_payment WHEN 'ordinary' THEN c.yen > 0 AND NOT m.stops END
"""
