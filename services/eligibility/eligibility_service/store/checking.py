"""Replaying the ledger: what follows from records and entries against what is stored (E-01)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import ledger
from eligibility_service.domain.ledger import FACTS
from eligibility_service.domain.records import KEY, RECORD
from eligibility_service.store import entry_log, qualifications
from eligibility_service.store.bulk import frame_of, keys_of
from eligibility_service.store.ledger import wanted_of

PARTS: Final = """
SELECT min(key COLLATE "C") AS first, max(key COLLATE "C") AS last, count(*) AS records FROM (
    SELECT municipality_code || ':' || resident_number AS key,
           (row_number() OVER (ORDER BY municipality_code, resident_number) - 1) / $1 AS part
    FROM resident) AS numbered
GROUP BY part ORDER BY part
"""
"""Every resident, in parts of $1 people."""
NAMED: Final = 100
"""So many people that differ are named in the outcome of a run."""

_COLUMNS: Final = ", ".join(f"r.{name}" for name in RECORD)
DIFFERENCE: Final[dict[str, pl.DataType]] = {
    "municipality_code": pl.String(),
    "resident_number": pl.String(),
    "what": pl.String(),
}


async def people_between(uow: UnitOfWork, first: str, last: str) -> pl.DataFrame:
    """The present records (RECORD) from one key (code:number) to another."""
    (code, number), (last_code, last_number) = first.split(":"), last.split(":")
    rows = await (await driver(uow.connection)).fetch(
        f"""SELECT {_COLUMNS}, r.acquires_on FROM resident r
        WHERE (r.municipality_code, r.resident_number) BETWEEN ROW($1::text, $2::text) AND ROW($3::text, $4::text)""",
        code, number, last_code, last_number,
    )  # fmt: skip
    return frame_of(rows, {**RECORD, "acquires_on": pl.Date()})


async def differences(uow: UnitOfWork, people: pl.DataFrame) -> pl.DataFrame:
    """DIFFERENCE: `missing` (should be in the ledger), `unfounded` (follows from nothing), `differs` (a fact is another), `coming`
    (the day that is waited for is another), `number` (another 被保険者番号 than the last one given)."""
    wanted, by_entries, carried = await wanted_of(uow, people)
    held = await qualifications.held_by(uow, people)
    active = held.filter(ledger.holds_some_day())
    on = [*KEY, "residence_since"]
    now = wanted.filter(ledger.begun_by(uow.today))
    missing = now.join(active, on=on, how="anti").select(*KEY, what=pl.lit("missing"))
    unfounded = active.join(now, on=on, how="anti").select(*KEY, what=pl.lit("unfounded"))
    both = active.join(now, on=on, suffix="_now")
    facts = [name for name in FACTS if name != "residence_since"]
    differs = both.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in facts))
    return pl.concat(
        [
            missing,
            unfounded,
            differs.select(*KEY, what=pl.lit("differs")),
            _coming(uow, people, wanted, by_entries),
            await _numbers(uow, people, held),
            await _not_carried(uow, active, carried),
        ]
    )


def _coming(uow: UnitOfWork, people: pl.DataFrame, wanted: pl.DataFrame, by_entries: pl.DataFrame) -> pl.DataFrame:
    coming = wanted.filter(pl.col("acquired_on") > uow.today, ledger.holds_some_day()).group_by(KEY).agg(day=pl.col("acquired_on").min())
    if by_entries.height:
        entered = by_entries.select(*KEY, day="acquires_on")
        coming = pl.concat([coming.join(entered, on=KEY, how="anti"), entered])
    found = people.select(*KEY, "acquires_on").join(coming, on=KEY, how="left")
    return found.filter(pl.col("acquires_on").ne_missing(pl.col("day"))).select(*KEY, what=pl.lit("coming"))


async def _numbers(uow: UnitOfWork, people: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """A number that was changed is the one that the last entry about it gave."""
    given = entry_log.numbers_given(await entry_log.of_people(uow, people))
    wrong = held.filter(pl.col("insured_id").is_in(list(given))).filter(
        pl.col("insured_number") != pl.col("insured_id").replace_strict(given, default=None, return_dtype=pl.String)
    )
    return wrong.select(*KEY, what=pl.lit("number"))


async def _not_carried(uow: UnitOfWork, active: pl.DataFrame, carried: pl.DataFrame) -> pl.DataFrame:
    """Whoever moved within the union has the number of the municipality before, unless an officer has given another one."""
    if carried.height == 0:
        return pl.DataFrame(schema=DIFFERENCE)
    before = carried.select(municipality_code="from_code", resident_number="from_number", residence_since="from_since")
    earlier = (await qualifications.held_by(uow, before.select(KEY).unique())).filter(ledger.holds_some_day())
    on = [*KEY, "residence_since"]
    given = entry_log.numbers_given(await entry_log.of_people(uow, carried.select(KEY).unique()))
    numbers = before.with_row_index().join(earlier, on=on).select("index", before="insured_number")
    both = carried.with_row_index().join(active, on=on).join(numbers, on="index")
    return both.filter(pl.col("insured_number") != pl.col("before"), ~pl.col("insured_id").is_in(list(given))).select(
        *KEY, what=pl.lit("number")
    )


async def keep(uow: UnitOfWork, run_id: UUID, found: pl.DataFrame) -> None:
    """Keep who differs, for the outcome of the run."""
    await (await driver(uow.connection)).execute(
        "INSERT INTO ledger_difference SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])",
        run_id,
        *keys_of(found),
        found["what"].to_list(),
    )


async def kept(uow: UnitOfWork, run_id: UUID) -> list[str]:
    """The first people that differ in a run, as code:number and what differs."""
    rows = await (await driver(uow.connection)).fetch(
        """SELECT municipality_code || ':' || resident_number || ' ' || what AS line FROM ledger_difference WHERE run_id = $1
        ORDER BY municipality_code, resident_number, what LIMIT $2""",
        run_id,
        NAMED,
    )
    return [row["line"] for row in rows]
