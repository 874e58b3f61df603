"""被保険者番号 kept on a move between two municipalities of the union, and given back when the two turn out to be two people."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.ledger import QUALIFICATION, Decision, Turn
from eligibility_service.domain.records import KEY
from eligibility_service.store import entry_log, qualifications, search
from eligibility_service.store.bulk import keys_of

Line = tuple[str, str, Any]
"""Municipality code, 宛名番号, and the day by which a qualification is recognised."""
_CARRYING: Final = """
SELECT c.municipality_code, c.resident_number, c.ordinal, c.insured_number FROM carried_number c
JOIN unnest($1::text[], $2::text[]) AS k(m, n) ON (c.municipality_code, c.resident_number) = (k.m, k.n)
"""
_OWN: Final = """
SELECT max(insured_number) FROM insured_number_search WHERE (municipality_code, resident_number, ordinal) = ($1, $2, $3)
"""
_CARRY: Final = "INSERT INTO carried_number VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
_GIVE_BACK: Final = "DELETE FROM carried_number WHERE (municipality_code, resident_number, ordinal) = ($1, $2, $3)"


async def as_carried(uow: UnitOfWork, decision: Decision, held: pl.DataFrame, carried: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The decision with the number of each qualification that carries one on, and without it where it does so no more.

    `carried`: CARRIED, in the order of the moves. Returns what is revised and what is new.
    """
    raw = await driver(uow.connection)
    carrying: dict[tuple[str, str, int], set[str]] = {}
    for code, number, ordinal, insured_number in await raw.fetch(_CARRYING, *keys_of(held.select(KEY).unique())):
        carrying.setdefault((code, number, ordinal), set()).add(insured_number)
    if carried.height == 0 and not carrying:
        return decision.revised, decision.new
    revised = {(row["municipality_code"], row["resident_number"], row["ordinal"]): row for row in decision.revised.iter_rows(named=True)}
    new = [dict(row) for row in decision.new.iter_rows(named=True)]
    lines = {
        (row["municipality_code"], row["resident_number"], row["ordinal"]): row for row in held.select(*QUALIFICATION).iter_rows(named=True)
    } | revised
    at: dict[Line, dict[str, Any]] = {
        (row["municipality_code"], row["resident_number"], row["residence_since"]): row
        for row in [*lines.values(), *new]
        if row["lost_on"] is None or row["lost_on"] > row["acquired_on"]
    }
    given = entry_log.numbers_given(await entry_log.of_people(uow, held.select(KEY).unique()))

    follows = {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in carried.iter_rows()}
    kept: set[tuple[str, str, int]] = set()
    for line, before in follows.items():
        if line not in at or before not in at:
            continue
        row, earlier = at[line], at[before]
        if earlier["insured_number"] is None:
            earlier["insured_number"] = await qualifications.take_number(uow)
        key = row["municipality_code"], row["resident_number"], row["ordinal"]
        kept.add(key)
        if row["insured_id"] in given:
            continue
        await raw.execute(_CARRY, earlier["insured_number"], *key)
        _number(row, earlier["insured_number"], revised)
    for key in carrying.keys() - kept:
        await raw.execute(_GIVE_BACK, *key)
        if key in lines and lines[key]["insured_number"] in carrying[key]:
            own = await raw.fetchval(_OWN, *key)
            _number(lines[key], own or await qualifications.take_number(uow), revised)
            if own is None:
                await search.follow_numbers(raw, pl.DataFrame([lines[key]], schema=QUALIFICATION))
    schema = {**QUALIFICATION, "turn": pl.String(), "begins": pl.Boolean()}
    return pl.DataFrame(list(revised.values()), schema=schema), pl.DataFrame(new, schema=decision.new.schema)


def _number(row: dict[str, Any], number: str, revised: dict[tuple[str, str, int], dict[str, Any]]) -> None:
    """Set a number; a qualification of the ledger that nothing else changes is changed by it."""
    key = row["municipality_code"], row["resident_number"], row["ordinal"]
    if row["insured_number"] not in (None, number) and key not in revised:
        row |= {"revision": row["revision"] + 1, "turn": Turn.CHANGED.value, "begins": False}
        revised[key] = row
    row["insured_number"] = number
