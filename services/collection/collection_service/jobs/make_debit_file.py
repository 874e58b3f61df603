"""口座振替の依頼: what is due on a day and paid from an account, one file of the banks for each municipality and bank."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from typing import Any
from uuid import UUID

import obstore
import polars as pl
from chassis.business_days import business_day_after
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from contracts.layouts.families import read_family

from collection_service.domain.debits import REQUEST, request
from collection_service.law.direct_debit import Contract, contracts_of, municipality_codes
from collection_service.store import bank_branches, debits, receipt_files


class MakeDebitFile:
    """Parameters `due_on` (YYYY-MM-DD, needed) and `municipality_code` (all of the union)."""

    name = "make-debit-file"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        """Plan the debits of the day; one chunk for each municipality and bank."""
        raw, due_on, contracts = await driver(uow.connection), _due_on(parameters, uow.today), _contracts(_due_on(parameters, uow.today))
        left_out = await debits.plan(raw, run_id, due_on, parameters.get("municipality_code"), ["".join(key) for key in contracts])
        rows = await raw.fetch(_FILES, run_id)
        chunks = [Chunk(number, str(row["first"]), str(row["last"]), row["debits"]) for number, row in enumerate(rows, start=1)]
        files = {f"{row['municipality_code']}:{row['bank_code']}": {"debits": row["debits"], "amount": row["amount"]} for row in rows}
        debited, amount = sum(row["debits"] for row in rows), sum(row["amount"] for row in rows)
        preview = {"due_on": due_on.isoformat(), "debits": debited, "amount": amount, "files": files, "left_out": left_out}
        return Plan(chunks, preview)

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        """Write one file, store it under its SHA-256, and note when its results are to come."""
        raw, due_on = await driver(uow.connection), _due_on(parameters, uow.today)
        planned = await debits.planned(raw, run_id, int(chunk.first_key), int(chunk.last_key))
        still_so = planned.filter(pl.col("still_so").fill_null(False))
        overtaken = planned.filter(~pl.col("still_so").fill_null(False))
        await debits.mark_overtaken(raw, overtaken["debit_id"].to_list())
        if still_so.height:
            municipality_code = await raw.fetchval("SELECT municipality_code FROM debit WHERE debit_id = $1", still_so["debit_id"][0])
            contract = _contracts(due_on)[municipality_code, still_so["bank_code"][0]]
            content = await asyncio.to_thread(request, contract, due_on, still_so, await bank_branches.kana_of(raw))
            sha256 = hashlib.sha256(content).hexdigest()
            await obstore.put_async(uow.store, debits.key_of(sha256), content)
            place = (municipality_code, contract.bank_code, contract.consignor_code)
            days = (due_on, uow.today, results_on(due_on, contract))
            kind = await debits.keep_sent(raw, run_id, sha256, still_so, place=place, days=days)
            await receipt_files.expect(raw, kind, municipality_code, days[-1])
        return {"sent": still_so.height, "overtaken": overtaken.height, "amount": int(still_so["amount"].sum())}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """planned = sent + overtaken; yen of the debits = yen of the files, each read back from the store to the yen."""
        raw = await driver(uow.connection)
        differences: dict[str, Any] = {}
        states = {row["state"]: (row["debits"], row["amount"]) for row in await raw.fetch(_BY_STATE, run_id)}
        if "planned" in states:
            differences["not_done"] = states["planned"][0]
        sent = states.get("sent", (0, 0))
        if sent != (totals.get("sent", 0), totals.get("amount", 0)):
            differences["sent"] = {"stored": sent, "done": (totals.get("sent", 0), totals.get("amount", 0))}
        written = (0, 0)
        for row in await raw.fetch("SELECT sha256, debits, amount FROM debit_file WHERE run_id = $1", run_id):
            content = bytes(await (await obstore.get_async(uow.store, debits.key_of(row["sha256"]))).bytes_async())
            found = read_family(content, REQUEST)
            in_file = (found.data.accepted_count, int(found.data.frame["amount"].sum()))
            if hashlib.sha256(content).hexdigest() != row["sha256"] or found.file_errors or in_file != (row["debits"], row["amount"]):
                differences[f"file {row['sha256']}"] = f"is not a file of {row['debits']} debits and {row['amount']} yen with this SHA-256"
            written = (written[0] + in_file[0], written[1] + in_file[1])
        if written != sent:
            differences["files"] = {"written": written, "sent": sent}
        return differences


def results_on(due_on: date, contract: Contract) -> date:
    """The business day on which the results of a due day are to come."""
    day = due_on
    for _ in range(contract.result_days):
        day = business_day_after(day)
    return day


def _contracts(due_on: date) -> dict[tuple[str, str], Contract]:
    """(municipality, bank) → contract, of every municipality on a day."""
    return {(code, bank): contract for code in municipality_codes() for bank, contract in contracts_of(code, due_on).items()}


def _due_on(parameters: dict[str, Any], today: date) -> date:
    try:
        due_on = date.fromisoformat(str(parameters.get("due_on", "")))
    except ValueError as error:
        raise Problem(
            422, "KOKI-C091", "引落日を読めません。", "納期限を、パラメーター due_on に 2026-07-31 の形で書いてください。"
        ) from error
    if due_on < today:
        raise Problem(422, "KOKI-C092", "引落日が過ぎています。", "過ぎた納期限の分は、納付書で納めてもらってください。")
    return due_on


_FILES = """
SELECT municipality_code, bank_code, count(*) AS debits, sum(amount)::bigint AS amount, min(position) AS first, max(position) AS last
FROM debit WHERE run_id = $1 GROUP BY 1, 2 ORDER BY 1, 2
"""
_BY_STATE = "SELECT state, count(*) AS debits, sum(amount)::bigint AS amount FROM debit WHERE run_id = $1 GROUP BY 1"
