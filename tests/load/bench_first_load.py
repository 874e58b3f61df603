"""The first load of a whole union (移行): complete extracts of its municipalities, sealed, into the initial ledger of a cut-off day.

    python -m tests.load.bench_first_load [insured=100000] [residents=123000] [municipalities=10] [result_table=yes] [copay=yes] [keep=no]

Loaded means, for every municipality: seals verified, residents in the mirror, the ledger of the cut-off day decided with numbers and
identifiers, the batch remembered, and the sealed batch of insured in the outbox, committed; then the sealed incomes of every resident, and
`judge-copay-rates` whole: inputs frozen, preview, approval, every chunk, reconciliation, so that everybody insured has a rate or a wait.
The ceiling is one COPY of the same ready bytes (residents, incomes) into tables without any index, in the same run. The parts, each
against the bare COPY of its own rows, are told beside it. What search needs, and 創設結果表, follow and are not in the ratio.
`copay=no` measures residents and ledger alone, and says so. `keep=yes` leaves the database for `bench_person_screen`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import date
from pathlib import Path
from uuid import uuid4

import asyncpg
import numpy as np
import polars as pl
from chassis import batches, jobs
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.database import create_engine, migrate
from chassis.unit_of_work import Units
from contracts.envelope import Message
from contracts.events.municipal import IncomeDetermined, IncomesBatchSealed, ResidentChanged, ResidentsBatchSealed
from contracts.primitives import municipality_code
from eligibility_service.domain.incomes import INCOME, of_batch
from eligibility_service.domain.phases import Phase
from eligibility_service.handlers.routing import ROUTES
from eligibility_service.jobs.judge_copay_rates import JudgeCopayRates
from eligibility_service.jobs.make_result_table import MakeResultTable
from eligibility_service.rules.copay.columns import AMOUNTS
from eligibility_service.store import migration, phases

from infra.local.servers import PrivateServers
from tests.load.bench_eligibility_load import as_csv, bare_copy, make_searchable, residents
from tests.load.measure import ratio_of, report

HOME = Path(".koki/load")
DATABASE = "eligibility_first_load"
LARGEST = 2_500_000
TODAY, CUT_OFF, YOUNG = date(2026, 7, 13), date(2027, 4, 1), date(1960, 1, 1)
COPAY_YEAR = 2026
GOAL = 4.0


def union(insured: int, people: int, municipalities: int) -> list[tuple[str, pl.DataFrame]]:
    """(code, extract) of each municipality; exactly `insured` of the `people` are 75 or over on the cut-off day."""
    frame = residents(people)
    old = pl.int_range(pl.len()) < insured
    births = pl.when(old).then(pl.date(1930, 1, 1) + pl.duration(days=pl.int_range(pl.len()) % 7_000)).otherwise(pl.lit(YOUNG))
    frame = frame.with_columns(born_on=births.cast(pl.Date)).sample(fraction=1.0, shuffle=True, seed=13)
    size = -(-people // municipalities)
    codes = [municipality_code(f"13{number:03d}") for number in range(101, 101 + municipalities)]
    return [
        (code, frame.slice(start, size).with_columns(municipality_code=pl.lit(code)).sort("resident_number"))
        for code, start in zip(codes, range(0, people, size), strict=False)
    ]


def incomes(people: pl.DataFrame) -> pl.DataFrame:
    """A declared income of each resident for the year that the copay year rests on, invented; one in three has a taxable one."""
    random = np.random.default_rng(13)
    rows = people.height
    taxable = np.where(random.random(rows) < 0.3, random.integers(0, 3_000_000, rows), 0)
    nothing = people.select("municipality_code", "resident_number", sequence=pl.lit(1)).with_columns(pl.lit(0).alias(n) for n in AMOUNTS)
    return nothing.with_columns(
        income_year=pl.lit(COPAY_YEAR - 1),
        status=pl.lit("1"),
        public_pension_receipts=pl.Series(random.integers(600_000, 3_200_000, rows)),
        taxable_income=pl.Series(taxable),
        resident_tax_status=pl.when(pl.Series(taxable > 0)).then(pl.lit("1")).otherwise(pl.lit("2")),
        dependants_under_16=pl.lit(0),
        dependants_16_to_18=pl.lit(0),
    )


Sealed = ResidentsBatchSealed | IncomesBatchSealed


async def announced(units: Units, code: str, frame: pl.DataFrame, kind: type[Sealed]) -> Message[Sealed]:
    """A sealed file of one municipality, as the gateway announces it: its complete extract, or its incomes."""
    batch_id = uuid4()
    of_residents = kind is ResidentsBatchSealed
    key = f"bench/{code}-{kind.__name__}.parquet"
    schema = ResidentChanged.type if of_residents else IncomeDetermined.type
    seal = await batches.seal(units.store, key, frame, schema_name=schema, totals=("sequence",))
    event = kind(
        effective_on=TODAY, batch_id=batch_id, key=key, seal=seal, municipality_code=code, generation=1,
        complete_as_of=TODAY if of_residents else None, sent=frame.height, rejected=0, parked=0,
    )  # fmt: skip
    return Message(id=batch_id, source="gateway", time=units.clock.now(), event=event, correlation_id=batch_id)


async def load(units: Units, handler: str, messages: list[Message[Sealed]]) -> float:
    """Seconds from the delivered announcements to what they changed, committed, one municipality after the other."""
    consumer = Consumer(units=units, routes=ROUTES, broker_url="amqp://nobody")
    started = time.perf_counter()
    for message in messages:
        await consumer.apply([(handler, message)])
    return time.perf_counter() - started


async def judge(units: Units, insured: int) -> float:
    """Seconds of `judge-copay-rates` for everybody, from freezing to reconciliation; refuses a figure where somebody is left out."""
    started = time.perf_counter()
    run_id = await jobs.prepare(JudgeCopayRates(), {"year": COPAY_YEAR}, units, by="bench")
    await jobs.approve(run_id, units, by="bench")
    outcome = await jobs.execute(JudgeCopayRates(), run_id, units)
    taken = time.perf_counter() - started
    if outcome["differences"] or outcome["totals"]["judged"] != insured:
        raise SystemExit(f"Not everybody was judged: {outcome}. The figure would not be that of a first load.")
    return taken


async def result_table(units: Units) -> tuple[float, dict[str, object]]:
    """Seconds for 創設結果表 of every municipality, and its outcome."""
    started = time.perf_counter()
    run_id = await jobs.prepare(MakeResultTable(), {}, units, by="bench")
    await jobs.approve(run_id, units, by="bench")
    outcome = await jobs.execute(MakeResultTable(), run_id, units)
    return time.perf_counter() - started, outcome


async def measure(
    servers: PrivateServers, insured: int, people: int, municipalities: int, *, with_copay: bool, with_table: bool, keep: bool
) -> None:
    """One first load against a bare COPY of the same rows before and after it; prints and keeps the result."""
    extracts = union(insured, people, municipalities)
    everybody = pl.concat([frame for _, frame in extracts])
    declared = incomes(everybody) if with_copay else None
    superuser = await asyncpg.connect(servers.database_url("eligibility", "superuser", database="postgres"))
    await superuser.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
    await superuser.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE eligibility OWNER eligibility_owner STRATEGY FILE_COPY')
    engine = create_engine(servers.database_url("eligibility", "app", database=DATABASE))
    try:
        units = Units(engine, "eligibility", Clock(TODAY), batches.open_store(str(HOME / "objects")))
        async with units.open() as uow:
            await phases.begin(uow, Phase.MIGRATION, reason="bench", asked_by="bench")
            await migration.set_plan(uow, cut_off_on=CUT_OFF, municipalities=[code for code, _ in extracts], by="bench")
        messages = [await announced(units, code, frame, ResidentsBatchSealed) for code, frame in extracts]
        owner_url = servers.database_url("eligibility", "owner", database=DATABASE)
        ready = as_csv(everybody)
        before = await bare_copy(owner_url, ready)
        ledger = loaded = await load(units, "on_residents_sealed", messages)
        after = await bare_copy(owner_url, ready)
        ceiling = [before, after]
        more = f"{people:,} residents, {insured:,} insured, {municipalities} municipalities"
        if declared is None:
            more += ", without 負担割合"
        else:
            messages = [
                await announced(units, code, part, IncomesBatchSealed)
                for (code,), part in declared.group_by("municipality_code", maintain_order=True)
            ]
            ready = as_csv(of_batch(declared))
            names = tuple(INCOME)
            bare = [await bare_copy(owner_url, ready, table="income", columns=names)]
            taken = await load(units, "on_incomes_sealed", messages)
            judged = await judge(units, insured)
            bare.append(await bare_copy(owner_url, ready, table="income", columns=names))
            parts = {"residents and ledger": ratio_of([ledger, ledger], ceiling), "incomes": ratio_of([taken, taken], bare)}
            ceiling = [one + other for one, other in zip(ceiling, bare, strict=True)]
            loaded += taken + judged
            more += f"; {', '.join(f'{name} {ratio:.2f} x their own COPY' for name, ratio in parts.items())}, 負担割合 {judged:.1f} s"
        more += f"; searchable {await make_searchable(units):.1f} s later"
        async with units.open() as uow:
            held = (await uow.connection.exec_driver_sql("SELECT count(*) FROM qualification")).scalar_one()
        if held != insured:
            raise SystemExit(f"{held:,} are in the ledger, {insured:,} should be: the figure would not be that of a first load.")
        if with_table:
            seconds, outcome = await result_table(units)
            more += f"; 創設結果表 {seconds:.1f} s, differences {outcome['differences'] or 'none'}"
        reached = with_copay and ratio_of([loaded, loaded], ceiling) <= GOAL
        report("bench_first_load", product=[loaded, loaded], ceiling=ceiling, goal=f"≤ {GOAL} ×", reached=reached, unit="s", more=more)
    finally:
        await engine.dispose()
        if not keep:
            await superuser.execute(f'DROP DATABASE "{DATABASE}" WITH (FORCE)')
        await superuser.close()


def main(arguments: list[str]) -> int:
    options = dict(argument.split("=", 1) for argument in arguments)
    insured = min(int(options.get("insured", 100_000)), LARGEST)
    people = min(int(options.get("residents", insured * 21 // 17)), LARGEST)
    servers = PrivateServers(HOME)
    servers.start()
    try:
        asyncio.run(migrate(servers.database_url("eligibility", "owner"), Path("services/eligibility")))
        wanted = {name: options.get(name, "yes") == "yes" for name in ("copay", "result_table")}
        municipalities, keep = int(options.get("municipalities", 10)), options.get("keep") == "yes"
        asyncio.run(
            measure(servers, insured, people, municipalities, with_copay=wanted["copay"], with_table=wanted["result_table"], keep=keep)
        )
    finally:
        servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
