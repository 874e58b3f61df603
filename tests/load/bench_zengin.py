"""Results of direct debits, from the file to receipts in the ledger, against a bare COPY and one UPDATE. `--debits 300000 --runs 3`."""

from __future__ import annotations

import argparse
import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import obstore
from chassis import jobs
from chassis.batches import open_store
from chassis.clock import Clock
from chassis.database import create_engine, migrate
from chassis.unit_of_work import Units
from collection_service.domain.debits import read_results
from collection_service.jobs.make_debit_file import MakeDebitFile
from collection_service.jobs.take_debit_results import TakeDebitResults
from collection_service.store import arrivals
from collection_service.store.debits import key_of

from infra.local.servers import PrivateServers
from tests.load.measure import peak_mebibytes, ratio_of, report, seconds
from tests.simulators.banks.bank import FUNDS, NO_ACCOUNT, Dials, answer

ROOT = Path("services/collection")
DAY, DUE = date(2026, 7, 13), date(2026, 7, 31)
_SEED = """
INSERT INTO insured SELECT md5(n::text)::uuid, lpad(n::text, 8, '0'), '132012', date '2019-05-01', NULL, 1
    FROM generate_series(1, $1::bigint) AS n;
INSERT INTO addressee SELECT '132012', n::text, 1, n::text, true, '1', '架空 花子', 'カクウ ハナコ', '1920001', '東京都', '八王子市',
    '元本郷町', n::text, NULL FROM generate_series(1, $1::bigint) AS n;
INSERT INTO bank_branch VALUES ('9901', '001', '架空銀行', 'ｶｸｳ', '本店', 'ﾎﾝﾃﾝ');
INSERT INTO bank_mandate (mandate_id, municipality_code, resident_number, bank_code, branch_code, account_kind, account_number, holder_kana,
                          valid_during, applied_on, origin, run_id)
    SELECT md5('m' || n)::uuid, '132012', n::text, '9901', '001', '1', lpad((n % 10000000)::text, 7, '0'), 'ｶｸｳ ﾊﾅｺ', '[2026-04-01,)',
           '2026-04-01', 'carried_over', md5('run')::uuid FROM generate_series(1, $1::bigint) AS n;
WITH charged AS (
    INSERT INTO charge_entry SELECT md5(n::text)::uuid, 2026, 1, 1, 0, '132012', 7, '2026-07-31', 7000 + n % 1000, '2026-07-13'
    FROM generate_series(1, $1::bigint) AS n
)
INSERT INTO assessment (insured_id, fiscal_year, municipality_code, resident_number, assessment_id, annual_amount, assessed_amount,
                        provisional, sequence, revision, calendar_hash, decided_on)
    SELECT md5(n::text)::uuid, 2026, '132012', n::text, md5('a' || n)::uuid, 7000 + n % 1000, 7000 + n % 1000, false, 1, 1, '', '2026-07-13'
    FROM generate_series(1, $1::bigint) AS n
"""
_BARE = """
CREATE TABLE bare_debit AS SELECT * FROM debit;
ALTER TABLE bare_debit ADD PRIMARY KEY (customer_number);
CREATE TABLE bare_result (customer_number text, amount bigint, code text)
"""
_UPDATE = """
UPDATE bare_debit d SET state = CASE WHEN r.code = '0' THEN 'paid' ELSE 'failed' END, result_code = r.code
FROM bare_result r WHERE r.customer_number = d.customer_number
"""


async def main(debits: int, runs: int) -> None:
    servers = PrivateServers(Path(".koki/load"))
    await asyncio.to_thread(servers.start)
    await migrate(servers.database_url("collection", "owner"), ROOT)
    administrator = await asyncpg.connect(servers.database_url("collection", "superuser", database="postgres"))
    products, floors, parts = [], [], []
    for _ in range(runs):
        await administrator.execute("DROP DATABASE IF EXISTS collection_zengin WITH (FORCE)")
        await administrator.execute("CREATE DATABASE collection_zengin TEMPLATE collection OWNER collection_owner")
        owner = await asyncpg.connect(servers.database_url("collection", "owner", database="collection_zengin"))
        await _seed(owner, debits)
        results = await _answered(servers.database_url("collection", database="collection_zengin"))
        await owner.execute(_BARE)
        floors.append(await _floor(owner, results))
        await owner.execute("DROP TABLE bare_debit; DROP TABLE bare_result; ANALYZE")
        await owner.close()
        taken, prepared = await _taken(servers.database_url("collection", database="collection_zengin"), results)
        products.append(taken)
        parts.append(prepared)
    more = f"{debits:,} debits; preview before it {sorted(parts)[len(parts) // 2]:.2f} s; peak {peak_mebibytes():,.0f} MiB"
    reached = ratio_of(products, floors) <= 4
    report("zengin", product=products, ceiling=floors, goal="at most 4 × COPY + UPDATE", reached=reached, unit="s", more=more)
    await administrator.execute("DROP DATABASE collection_zengin")
    await administrator.close()
    await asyncio.to_thread(servers.stop)


async def _seed(raw: asyncpg.Connection[Any], debits: int) -> None:
    for statement in _SEED.split(";\n"):
        await raw.execute(*((statement, debits) if "$1" in statement else (statement,)))
    await raw.execute("ANALYZE")


async def _answered(url: str) -> bytes:
    """The results of every debit, of which about a tenth fails, as the bank sends them."""
    engine = create_engine(url)
    units = Units(engine, "collection", Clock(DAY), open_store(".koki/load/objects"))
    run_id = await jobs.prepare(MakeDebitFile(), {"due_on": DUE.isoformat()}, units, by="benchmark")
    await jobs.approve(run_id, units, by="benchmark")
    outcome = await jobs.execute(MakeDebitFile(), run_id, units)
    assert outcome["differences"] == {}, outcome
    async with units.open() as uow:
        sha256 = (await uow.connection.exec_driver_sql("SELECT sha256 FROM debit_file")).scalar_one()
    request = bytes(await (await obstore.get_async(units.store, key_of(sha256))).bytes_async())
    await engine.dispose()
    return await asyncio.to_thread(answer, request, Dials({FUNDS: 0.08, NO_ACCOUNT: 0.02}))


async def _floor(raw: asyncpg.Connection[Any], results: bytes) -> float:
    """COPY of the rows, ready as text, and one UPDATE."""
    rows = read_results(results).debits.select("customer_number", "amount", "result_code").rows()

    async def bare() -> None:
        await raw.copy_records_to_table("bare_result", records=rows)
        await raw.execute(_UPDATE)

    return await seconds(bare)


async def _taken(url: str, results: bytes) -> tuple[float, float]:
    """Seconds of the run from the file in the store to the reconciled ledger, and of the preview before it."""
    engine = create_engine(url)
    units = Units(engine, "collection", Clock(DUE + timedelta(days=5)), open_store(".koki/load/objects"))
    async with units.open() as uow:
        sha256 = await arrivals.keep(uow, "debit_results", "132012", results, None, by="benchmark")
    ids = []

    async def prepare() -> None:
        ids.append(await jobs.prepare(TakeDebitResults(), {"file": sha256}, units, by="benchmark"))

    prepared = await seconds(prepare)
    await jobs.approve(ids[0], units, by="benchmark")
    outcomes = []

    async def execute() -> None:
        outcomes.append(await jobs.execute(TakeDebitResults(), ids[0], units))

    taken = await seconds(execute)
    assert outcomes[0]["differences"] == {}, outcomes
    await engine.dispose()
    return taken, prepared


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--debits", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.debits, arguments.runs))
