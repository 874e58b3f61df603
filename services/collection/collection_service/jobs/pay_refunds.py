"""還付金の支払い: the refunds whose accounts are confirmed, as one list for the bank of a municipality."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from typing import Any
from uuid import UUID

import obstore
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.documents.refund_payment_list import files_of
from collection_service.law import calendar_of, office_of
from collection_service.store import refund_payments


class PayRefunds:
    """Parameters `municipality_code` and `pay_on` (YYYY-MM-DD, a day on which banks are open, after today)."""

    name = "pay-refunds"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Plan the payments; what must not be paid is held, and the preview says why."""
        raw, code = await driver(uow.connection), str(parameters.get("municipality_code", ""))
        pay_on = _pay_on(parameters, code, uow.today)
        await refund_payments.plan(raw, run_id, code, pay_on, today=uow.today)
        found = await refund_payments.of_run(raw, run_id)
        planned = [one for one in found if one["state"] == "planned"]
        held: dict[str, int] = {}
        for one in found:
            if one["state"] == "held":
                held[one["reason"]] = held.get(one["reason"], 0) + 1
        preview = {"pay_on": pay_on.isoformat(), "payments": len(planned), "amount": sum(one["amount"] for one in planned), "held": held}
        return Plan([Chunk(1, "1", str(len(found)), len(planned))] if planned else [], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Make the list, store it under its SHA-256, and mark its payments as ordered."""
        raw, code = await driver(uow.connection), str(parameters["municipality_code"])
        payments = await refund_payments.take(raw, run_id)
        if payments:
            place = office_of(code, uow.today).issuer
            pay_on = payments[0]["pay_on"]
            csv, pdf = await asyncio.to_thread(files_of, payments, place=place, pay_on=pay_on, today=uow.today)
            names = []
            for content, form in ((csv, "csv"), (pdf, "pdf")):
                names.append(hashlib.sha256(content).hexdigest())
                await obstore.put_async(uow.store, refund_payments.key_of(names[-1], form), content)
            await refund_payments.mark_ordered(raw, run_id, payments, csv_sha256=names[0], pdf_sha256=names[1], today=uow.today)
        return {"payments": len(payments), "amount": sum(one["amount"] for one in payments)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """planned = ordered + held; the yen of the list, of the orders and of the file that lies in the store are the same."""
        raw = await driver(uow.connection)
        found = await refund_payments.of_run(raw, run_id)
        ordered = [one for one in found if one["ordered_on"] is not None]
        said = {"payments": totals.get("payments", 0), "amount": totals.get("amount", 0)}
        kept = {"payments": len(ordered), "amount": sum(one["amount"] for one in ordered)}
        differences: dict[str, Any] = {}
        if said != kept:
            differences["orders"] = {"done": said, "kept": kept}
        if left := [one["number"] for one in found if one["state"] == "planned"]:
            differences["not_done"] = left
        file = await refund_payments.file_of(raw, run_id)
        if file is None:
            return differences | ({"file": "missing"} if ordered else {})
        content = bytes(await (await obstore.get_async(uow.store, refund_payments.key_of(file["csv_sha256"], "csv"))).bytes_async())
        lines = content.decode("utf-8-sig").splitlines()[1:]
        in_file = {"payments": len(lines), "amount": sum(int(line.split('","')[5]) for line in lines)}
        if hashlib.sha256(content).hexdigest() != file["csv_sha256"] or in_file != kept:
            differences["file"] = {"in_file": in_file, "kept": kept}
        return differences


def _pay_on(parameters: dict[str, Any], code: str, today: date) -> date:
    asked = str(parameters.get("pay_on", ""))
    try:
        pay_on = date.fromisoformat(asked)
    except ValueError as error:
        title = f"振込指定日「{asked}」を読めません。"
        raise Problem(422, "KOKI-C149", title, "西暦の年-月-日(例: 2026-08-10)で指定してください。") from error
    if pay_on <= today or calendar_of(code, FiscalYear.of(pay_on).year).is_closed(pay_on):
        raise Problem(422, "KOKI-C150", "振込指定日が正しくありません。", "あすより後の、金融機関の営業日を指定してください。")
    return pay_on
