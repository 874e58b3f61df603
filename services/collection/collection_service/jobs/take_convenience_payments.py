"""コンビニ収納の取込: a file of an agent, whole or not at all: 速報 kept, 確報 entered, 取消 taken back, in this order."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.convenience import ADAPTERS, ANNOUNCED, CONFIRMED, TAKEN_BACK, amounts_differ
from collection_service.jobs.arrived_rows import rows_of
from collection_service.store import convenience, receipt_files
from collection_service.store.arrivals import Arrived, open_arrived
from collection_service.store.receipt_files import ReceiptFile

KIND: Final = "convenience_payments"
_FAULTY: Final = ("KOKI-C097", "コンビニ収納の知らせに誤りがあるため、何も取り込みません。")


class TakeConveniencePayments:
    """Parameters `file` (SHA-256 of a file that has arrived), `form` (that of the agent; koki-1) and `business_day` (of which day the file
    is; the business day)."""

    name = "take-convenience-payments"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Read the file, hold it against what was told before, and count what it tells. A file taken before has nothing to do."""
        arrived = await open_arrived(uow, parameters, KIND)
        _business_day(parameters, uow.today)
        code, rows = await _held_against(arrived, parameters, uow)
        if await (await driver(uow.connection)).fetchval("SELECT EXISTS (SELECT FROM receipt_file WHERE sha256 = $1)", arrived.sha256):
            return Plan([], {"already_taken": True, "municipality_code": code})
        preview: dict[str, Any] = {"municipality_code": code}
        for name, kind in (("announced", ANNOUNCED), ("confirmed", CONFIRMED), ("taken_back", TAKEN_BACK)):
            told = rows.filter(pl.col("convenience_notice") == kind)
            preview[name] = {"payments": told.height, "amount": int(told["amount"].sum())}
        return Plan([Chunk(1, "1", str(rows.height), rows.height)], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Apply the whole file in one transaction."""
        raw, arrived = await driver(uow.connection), await open_arrived(uow, parameters, KIND)
        code, rows = await _held_against(arrived, parameters, uow)
        told = {kind: rows.filter(pl.col("convenience_notice") == kind) for kind in (ANNOUNCED, CONFIRMED, TAKEN_BACK)}
        await convenience.announce(raw, code, told[ANNOUNCED], today=uow.today)
        receipts = await convenience.receipts_of(raw, code, told[CONFIRMED])
        amount = int(told[CONFIRMED]["amount"].sum())
        file = ReceiptFile(convenience.SOURCE, code, _business_day(parameters, uow.today), arrived.sha256, len(receipts), amount)
        applied = await receipt_files.apply(raw, file, receipts, today=uow.today)
        await convenience.confirm(raw, code, told[CONFIRMED], today=uow.today)
        reversed_receipts = await convenience.take_back(raw, code, told[TAKEN_BACK], today=uow.today)
        return {
            "announced": told[ANNOUNCED].height,
            "confirmed": told[CONFIRMED].height,
            "confirmed_amount": amount,
            "settled": applied.settled,
            "overpaid": applied.overpaid,
            "unidentified": applied.unidentified,
            "repeated": applied.repeated,
            "taken_back": told[TAKEN_BACK].height,
            "reversed": reversed_receipts,
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Yen of the 確報 = settled + overpaid + unidentified + repeated."""
        entered = sum(totals.get(name, 0) for name in ("settled", "overpaid", "unidentified", "repeated"))
        confirmed = totals.get("confirmed_amount", 0)
        return {} if entered == confirmed else {"yen": {"file": confirmed, "entered": entered}}


async def _held_against(arrived: Arrived, parameters: dict[str, Any], uow: UnitOfWork) -> tuple[str, pl.DataFrame]:
    """The municipality and the rows of the file. A Problem where it contradicts itself or what was told before."""
    form = str(parameters.get("form", "koki-1"))
    if form not in ADAPTERS:
        raise Problem(422, "KOKI-C099", f"収納代行会社の形「{form}」は登録されていません。", f"使えるのは{'、'.join(ADAPTERS)}です。")
    rows, control = rows_of(arrived, ADAPTERS[form])
    wrong = [f"収納番号{row['payment_number']}: 納付額がバーコードの金額と違います。" for row in amounts_differ(rows).iter_rows(named=True)]
    before = await convenience.known(await driver(uow.connection), control.municipality_code, rows["payment_number"].to_list())
    told_here = set(rows.filter(pl.col("convenience_notice") != TAKEN_BACK)["payment_number"])
    for row in rows.iter_rows(named=True):
        number, told = row["payment_number"], before.get(row["payment_number"])
        if told and (told["slip_code"], told["amount"]) != (row["slip_code"], row["amount"]):
            wrong.append(f"収納番号{number}: 前に知らされたバーコードか金額と違います。")
        elif row["convenience_notice"] == TAKEN_BACK and told is None and number not in told_here:
            wrong.append(f"収納番号{number}: 知らされていない納付の取消です。")
        elif row["convenience_notice"] != TAKEN_BACK and told and told["taken_back_on"] is not None:
            wrong.append(f"収納番号{number}: 取り消された納付です。")
    if wrong:
        raise Problem(422, *_FAULTY, detail=" ".join(wrong[:20]))
    return control.municipality_code, rows


def _business_day(parameters: dict[str, Any], today: date) -> date:
    try:
        return date.fromisoformat(str(parameters["business_day"])) if "business_day" in parameters else today
    except ValueError as error:
        raise Problem(
            422, "KOKI-C098", f"日付「{parameters['business_day']}」を読めません。", "2026-08-05 の形で書いてください。"
        ) from error
