"""A file of receipts, applied: allocated, entered in the ledger and checked by it. `--receipts 300000 --runs 3`.

Against what a system without a ledger would do with the same file: a bare COPY of its rows, and one UPDATE of the instalments that
they pay. Each run pays another instalment of everybody.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
from chassis.batches import open_store
from chassis.clock import Clock
from chassis.database import create_engine, driver, migrate
from chassis.unit_of_work import Units
from collection_service.store import receipt_files
from collection_service.store.receipt_files import ReceiptFile
from collection_service.store.receipts import Receipt

from infra.local.servers import PrivateServers
from tests.load.measure import peak_mebibytes, ratio_of, report, seconds

ROOT = Path("services/collection")
DAY = date(2026, 8, 3)
CHIYODA: Final = "131016"
GOAL: Final = 4.0
INSTALMENTS: Final = 8
AMOUNT: Final = 7_200
# Everybody is charged before the clock starts, without the checks of the ledger, which charging is not measured here.
_PEOPLE = f"""
SET session_replication_role = replica;
INSERT INTO assessment (insured_id, fiscal_year, municipality_code, resident_number, assessment_id, annual_amount, provisional, sequence,
                        revision, calendar_hash, decided_on, assessed_amount)
    SELECT md5(n::text)::uuid, 2026, '{CHIYODA}', n::text, md5('a' || n)::uuid, {INSTALMENTS * AMOUNT}, false, 1, 1, '', '2026-07-13',
           {INSTALMENTS * AMOUNT} FROM generate_series(1, {{people}}) AS n;
INSERT INTO charge_entry SELECT md5(n::text)::uuid, 2026, i, 1, 0, '{CHIYODA}', 7, '2026-07-31', {AMOUNT}, '2026-07-13'
    FROM generate_series(1, {{people}}) AS n, generate_series(1, {INSTALMENTS}) AS i;
CREATE TABLE bare_instalment AS SELECT insured_id, number, amount, 0::bigint AS paid, NULL::date AS paid_on FROM charge_entry;
ALTER TABLE bare_instalment ADD PRIMARY KEY (insured_id, number);
CREATE TABLE bare_receipt (reference text PRIMARY KEY, insured_id uuid, fiscal_year smallint, number smallint, amount bigint, paid_on date);
SET session_replication_role = DEFAULT;
"""
_PAY = """
UPDATE bare_instalment i SET paid = i.paid + r.amount, paid_on = r.paid_on FROM bare_receipt r
WHERE (i.insured_id, i.number) = (r.insured_id, r.number) AND r.number = $1
"""


async def main(receipts: int, runs: int) -> None:
    assert runs <= INSTALMENTS, "each run pays another instalment"
    servers = PrivateServers(Path(".koki/load"))
    await asyncio.to_thread(servers.start)
    await migrate(servers.database_url("collection", "owner"), ROOT)
    administrator = await asyncpg.connect(servers.database_url("collection", "superuser", database="postgres"))
    name = "collection_receipts"
    await administrator.execute(f"DROP DATABASE IF EXISTS {name}")
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE collection OWNER collection_owner")
    owner = await asyncpg.connect(servers.database_url("collection", "superuser", database=name))
    await owner.execute(_PEOPLE.format(people=receipts))
    await owner.execute("VACUUM ANALYZE")
    engine = create_engine(servers.database_url("collection", "app", database=name))
    units = Units(engine, "collection", Clock(DAY), open_store(".koki/load/objects"))
    try:
        products, ceilings = [], []
        people = [row[0] for row in await owner.fetch("SELECT insured_id FROM assessment")]
        for number in range(1, runs + 1):
            paid = [_receipt(insured_id, number, place) for place, insured_id in enumerate(people)]
            ceilings.append(await seconds(lambda paid=paid, number=number: _bare(owner, paid, number)))  # type: ignore[misc]
            products.append(await seconds(lambda paid=paid, number=number: _apply(units, paid, number)))  # type: ignore[misc]
        settled = await owner.fetchval("SELECT sum(amount) FROM money_entry WHERE credit = 'receivable'")
        assert settled == receipts * runs * AMOUNT, "every receipt has settled its instalment"
    finally:
        await engine.dispose()
        await owner.close()
        await administrator.execute(f"DROP DATABASE {name}")
        await administrator.close()
        await asyncio.to_thread(servers.stop)
    more = f"{receipts:,} receipts, at most {peak_mebibytes():,.0f} MiB"
    reached = ratio_of(products, ceilings) <= GOAL
    report("receipts", product=products, ceiling=ceilings, goal=f"<= {GOAL:.0f} x", reached=reached, unit="s", more=more)


def _receipt(insured_id: UUID, number: int, place: int) -> Receipt:
    return Receipt("bank", f"{number}-{place}", CHIYODA, AMOUNT, date(2026, 7, 31), insured_id, 2026, number)


async def _bare(raw: asyncpg.Connection[Any], paid: list[Receipt], number: int) -> None:
    """COPY the rows, UPDATE what they pay."""
    columns = ("reference", "insured_id", "fiscal_year", "number", "amount", "paid_on")
    async with raw.transaction():
        rows = [tuple(getattr(one, column) for column in columns) for one in paid]
        await raw.copy_records_to_table("bare_receipt", records=rows, columns=columns)
        await raw.execute(_PAY, number)


async def _apply(units: Units, paid: list[Receipt], number: int) -> None:
    file = ReceiptFile("bank", CHIYODA, DAY, sha256(str(number).encode()).hexdigest(), len(paid), sum(one.amount for one in paid))
    async with units.open() as uow:
        await receipt_files.apply(await driver(uow.connection), file, paid, today=DAY)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.receipts, arguments.runs))
