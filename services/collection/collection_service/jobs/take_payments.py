"""徴収結果と納入の取込 (⑪⑫): what payers took and paid in becomes receipts; money that is not the sum of its lines is refused."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.law import FiscalYear
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.site_codes import Notice

from collection_service.jobs import exchange_files
from collection_service.law.pension_codes import site_codes
from collection_service.law.pension_exchange import payment_number
from collection_service.rules.special_instalments import MONTHS
from collection_service.store import deductions, exchange, receipt_files
from collection_service.store.deductions import Deduction
from collection_service.store.receipt_files import ReceiptFile
from collection_service.store.receipts import Receipt

NO_LINE: Final = "no_line"
"""Outcome of a pension that should have been collected from and of which the payer says nothing."""


class TakePayments:
    """Parameters `key` (the file), `paid_month` (YYYY-MM-01, month of the pension payment) and `paid_in` (yen that came to the account)."""

    name = "take-pension-payments"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Compare the lines with what was to be taken, and their sum with the money. A file that is wrong is kept as refused."""
        raw = await driver(uow.connection)
        paid_month, paid_in = _month(parameters), _yen(parameters)
        found = await exchange_files.read(uow, parameters, {Notice.COLLECTION_RESULT})
        if await exchange.known(raw, found.sha256):
            return Plan([], {"sha256": found.sha256, "already": True, "lines": found.lines.height})
        compared = [] if found.faults else await _compare(raw, found, paid_month)
        taken = sum(one.deducted for one in compared)
        if not found.faults and taken != paid_in:
            found.faults.append(f"KOKI-C058 納入された{paid_in:,}円が、徴収結果の合計{taken:,}円と違います。年金保険者に確かめてください。")
        if not found.faults and len(pensions := [one.pension for one in compared]) != len(set(pensions)):
            found.faults.append("KOKI-C059 同じ年金の行が二つあります。年金保険者に作り直しを依頼してください。")
        preview: dict[str, Any] = {"sha256": found.sha256, "municipality": found.municipality_code, "lines": found.lines.height}
        if found.faults:
            file = found.as_file(paid_month, Notice.COLLECTION_RESULT, state=exchange.REFUSED)
            await exchange.keep_file(raw, file, run_id=run_id, today=uow.today)
            return Plan([], preview | {"refused": found.faults[: exchange_files.MOST_SHOWN]})
        differences = Counter(one.difference for one in compared if one.difference)
        preview |= {"expected": sum(one.expected for one in compared), "taken": taken, "differences": dict(sorted(differences.items()))}
        return Plan([Chunk(1, found.sha256, found.sha256, len(compared))], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Enter what was taken as receipts of the payment's instalment, and keep every line with its difference."""
        raw = await driver(uow.connection)
        paid_month = _month(parameters)
        found = await exchange_files.read(uow, parameters, {Notice.COLLECTION_RESULT})
        compared = await _compare(raw, found, paid_month)
        paid_on = max(found.lines["dated_on"].drop_nulls().to_list(), default=uow.today)
        year, number = FiscalYear.of(paid_month).year, payment_number(paid_month.month)
        receipts = [
            Receipt(
                "pension", f"{'-'.join(one.pension)}-{paid_month:%Y%m}", found.municipality_code, one.deducted, paid_on, one.insured_id,
                year if one.insured_id else None, number if one.insured_id else None,
            )
            for one in compared if one.deducted
        ]  # fmt: skip
        stated = ReceiptFile("pension", found.municipality_code, paid_on, found.sha256, len(receipts), _yen(parameters))
        applied = await receipt_files.apply(raw, stated, receipts, today=uow.today)
        file = found.as_file(paid_month, Notice.COLLECTION_RESULT, state=exchange.TAKEN)
        file_id = await exchange.keep_file(raw, file, run_id=run_id, today=uow.today)
        await deductions.keep(raw, paid_month, found.municipality_code, file_id, compared)
        return {
            "lines": found.lines.height, "taken": sum(one.deducted for one in compared), "settled": applied.settled,
            "overpaid": applied.overpaid, "unidentified": applied.unidentified, "repeated": applied.repeated,
            "differences": sum(bool(one.difference) for one in compared),
        }  # fmt: skip

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Money = Σ lines = settled + overpaid + unidentified + what had come before; lines that are not as expected are named."""
        raw = await driver(uow.connection)
        differences: dict[str, Any] = {}
        if refusal := await raw.fetchval("SELECT refusal FROM exchange_file WHERE run_id = $1 AND state = 'refused'", run_id):
            differences["refused"] = refusal
        entered = sum(totals.get(name, 0) for name in ("settled", "overpaid", "unidentified", "repeated"))
        if totals and (totals["taken"], totals["taken"]) != (entered, _yen(parameters)):
            differences["yen"] = {"taken": totals["taken"], "entered": entered, "paid_in": _yen(parameters)}
        for row in await raw.fetch(_DIFFERENCES, run_id):
            differences[row["difference"]] = row["lines"]
        return differences


async def _compare(raw: Connection[Any], found: exchange_files.Read, paid_month: date) -> list[Deduction]:
    """Every line beside what was to be taken, and every pension of which nothing is said."""
    codes = site_codes()
    done, field = codes.code("outcome", "done"), codes.amounts["deducted"].role
    expected = await deductions.expected(raw, found.municipality_code, paid_month)
    lines = found.lines.to_dicts()
    keys = [(line["collector_code"], line["basic_pension_number"], line["pension_code"]) for line in lines]
    owners = await deductions.owners(raw, keys)
    compared = []
    for key, line in zip(keys, lines, strict=True):
        wanted, deducted, outcome = expected.get(key), line[field] or 0, line["outcome_code"] or ""
        amount = wanted.amount if wanted else 0
        difference = ""
        if outcome != done:
            difference = "not_deducted" if deducted == 0 else "outcome_and_money"
        elif wanted is None:
            difference = "not_expected"
        elif deducted != amount:
            difference = "other_amount"
        insured_id = wanted.insured_id if wanted and wanted.insured_id else owners.get(key)
        compared.append(Deduction(key, insured_id, amount, deducted, outcome, difference))
    said = set(keys)
    compared += [Deduction(key, one.insured_id, one.amount, 0, NO_LINE, NO_LINE) for key, one in expected.items() if key not in said]
    return compared


def _month(parameters: dict[str, Any]) -> date:
    text = str(parameters.get("paid_month", ""))
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if found.day != 1 or found.month not in MONTHS:
        raise Problem(422, "KOKI-C060", f"年金の支払月「{text}」を読めません。", "偶数月の1日(例: 2026-10-01)で指定してください。")
    return found


def _yen(parameters: dict[str, Any]) -> int:
    text = str(parameters.get("paid_in", ""))
    if not (text.isascii() and text.isdigit()):
        raise Problem(422, "KOKI-C061", f"納入額「{text}」を読めません。", "口座に入った額を、数字だけ(円)で入力してください。")
    return int(text)


_DIFFERENCES = """
SELECT d.difference, count(*) AS lines FROM pension_deduction d JOIN exchange_file f USING (file_id)
WHERE f.run_id = $1 AND d.difference <> '' GROUP BY 1 ORDER BY 1
"""
