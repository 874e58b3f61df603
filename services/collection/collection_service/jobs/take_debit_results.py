"""口座振替の結果: what a bank took and what it did not, applied whole when every total agrees, or not at all (I-29)."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from collection_service.domain.debits import PAID, REASONS, Results, ResultsFaulty, matched, read_results
from collection_service.store import debits, receipt_files
from collection_service.store.arrivals import Arrived, open_arrived
from collection_service.store.receipt_files import ReceiptFile

KIND: Final = "debit_results"
_FAULTY: Final = ("KOKI-C093", "口座振替の結果に誤りがあるため、何も取り込みません。")
_LOOKED_UP: Final = 100
"""Debits by which the file is found that asked for them; all are held against it then."""


class TakeDebitResults:
    """Parameter `file`: the SHA-256 of a file of results (zengin-120) that has arrived."""

    name = "take-debit-results"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Read the file, hold it against what was asked for, and count the results by reason. A file taken before has nothing to do."""
        arrived = await open_arrived(uow, parameters, KIND)
        file, answered, results = await _held_against(arrived, uow)
        if file["results_sha256"] == arrived.sha256:
            return Plan([], {"already_taken": True, "municipality_code": file["municipality_code"], "due_on": file["due_on"].isoformat()})
        if file["results_sha256"] is not None:
            raise Problem(409, *_FAULTY, detail="この依頼の結果は、別のファイルですでに取り込みました。金融機関に確かめてください。")
        by_reason = answered.group_by("result_code").agg(pl.len().alias("debits"), pl.col("amount").sum()).sort("result_code")
        preview = {
            "municipality_code": file["municipality_code"],
            "bank_code": file["bank_code"],
            "due_on": file["due_on"].isoformat(),
            "paid": {"debits": results.paid_count, "amount": results.paid_amount},
            "results": {f"{row[0]} {REASONS[row[0]]}": {"debits": row[1], "amount": row[2]} for row in by_reason.iter_rows()},
        }
        return Plan([Chunk(1, "1", str(answered.height), answered.height)], preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Enter what was paid and keep every answer, in one transaction."""
        raw, arrived = await driver(uow.connection), await open_arrived(uow, parameters, KIND)
        file, answered, results = await _held_against(arrived, uow)
        of_receipts = ReceiptFile(
            kind=file["results_kind"],
            municipality_code=file["municipality_code"],
            business_day=file["results_due_on"],
            sha256=arrived.sha256,
            stated_count=results.paid_count,
            stated_amount=results.paid_amount,
        )
        applied = await receipt_files.apply(raw, of_receipts, debits.receipts_of(file, answered), today=uow.today)
        await debits.answer(raw, file, arrived.sha256, answered, today=uow.today)
        failed = answered.filter(pl.col("result_code") != PAID)
        return {
            "debits": answered.height,
            "paid_amount": results.paid_amount,
            "settled": applied.settled,
            "overpaid": applied.overpaid,
            "unidentified": applied.unidentified,
            "repeated": applied.repeated,
            "failed": failed.height,
            "failed_amount": int(failed["amount"].sum()),
        }

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Yen of the file = settled + overpaid + unidentified + repeated; every debit asked for is paid or failed, none is left open."""
        if not totals:
            return {}
        raw, arrived = await driver(uow.connection), await open_arrived(uow, parameters, KIND)
        differences: dict[str, Any] = {}
        entered = sum(totals[name] for name in ("settled", "overpaid", "unidentified", "repeated"))
        if entered != totals["paid_amount"]:
            differences["yen"] = {"file": totals["paid_amount"], "entered": entered}
        row = await raw.fetchrow(_ANSWERED, arrived.sha256)
        answered = (row["debits"], row["paid_amount"], row["failed_amount"])
        if answered != (totals["debits"], totals["paid_amount"], totals["failed_amount"]) or row["open"]:
            differences["debits"] = {"answered": answered, "open": row["open"]}
        return differences


async def _held_against(arrived: Arrived, uow: UnitOfWork) -> tuple[dict[str, Any], pl.DataFrame, Results]:
    """The file that asked, each of its debits with the answer, and what the results state. A Problem where anything differs."""
    raw = await driver(uow.connection)
    try:
        results = await asyncio.to_thread(read_results, arrived.data)
        found = await debits.files_of(raw, results.debits["customer_number"].head(_LOOKED_UP).to_list())
        if len(found) != 1:
            raise ResultsFaulty("この結果にあたる依頼がないか、いくつもの依頼の結果が混ざっています。")
        file = found[0]
        told = (results.consignor_code, results.bank_code, results.debit_day)
        if told != (file["consignor_code"], file["bank_code"], file["due_on"].strftime("%m%d")):
            raise ResultsFaulty("委託者コード・取引銀行・引落日が、依頼と違います。")
        return file, matched(await debits.asked(raw, file["sha256"]), results), results
    except ResultsFaulty as error:
        raise Problem(422, *_FAULTY, detail=str(error)) from error


_ANSWERED = """
SELECT count(*) AS debits, count(*) FILTER (WHERE d.state NOT IN ('paid', 'failed')) AS open,
       coalesce(sum(d.amount) FILTER (WHERE d.state = 'paid'), 0)::bigint AS paid_amount,
       coalesce(sum(d.amount) FILTER (WHERE d.state = 'failed'), 0)::bigint AS failed_amount
FROM debit d JOIN debit_file f ON f.sha256 = d.file_sha256 WHERE f.results_sha256 = $1
"""
