"""The insured ledger: the present knowledge in `qualification`, everything known before in `qualification_history`."""

from __future__ import annotations

from typing import Any

import asyncpg
import numpy as np
import numpy.typing as npt
import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.identity import insured_numbers
from eligibility_service.domain.ledger import QUALIFICATION
from eligibility_service.domain.records import KEY
from eligibility_service.store import search
from eligibility_service.store.bulk import copy_frame, frame_of, keys_of

_HELD = ", ".join("q.insured_id::text" if name == "insured_id" else f"q.{name}" for name in QUALIFICATION)
_COLUMNS = ", ".join(QUALIFICATION)
_ANEW = [name for name in QUALIFICATION if name not in (*KEY, "ordinal", "insured_id")]
_REVISED = """
CREATE TEMPORARY TABLE IF NOT EXISTS revised_qualification ON COMMIT DELETE ROWS AS SELECT * FROM qualification WITH NO DATA
"""
_SUPERSEDE = f"""
INSERT INTO qualification_history ({_COLUMNS}, valid_during, recorded_during)
SELECT {", ".join(f"q.{name}" for name in QUALIFICATION)}, daterange(q.acquired_on, q.lost_on), tstzrange(q.recorded_from, n.recorded_from)
FROM qualification q JOIN revised_qualification n USING (municipality_code, resident_number, ordinal)
"""
_REPLACE = f"""
UPDATE qualification q SET {", ".join(f"{name} = n.{name}" for name in _ANEW)}, recorded_from = n.recorded_from
FROM revised_qualification n
WHERE (q.municipality_code, q.resident_number, q.ordinal) = (n.municipality_code, n.resident_number, n.ordinal)
"""
_TAKE_NUMBERS = "SELECT take_insured_numbers($1), insured_number_has_check_digit FROM union_setting"


async def held_by(uow: UnitOfWork, people: pl.DataFrame) -> pl.DataFrame:
    """Every qualification of `people` (KEY) in the ledger, cancelled ones too, with `known_since`."""
    schema = {**QUALIFICATION, "known_since": pl.Datetime("us", "UTC")}
    if people.height == 0:
        return pl.DataFrame(schema=schema)
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        f"""SELECT {_HELD}, q.recorded_from FROM qualification q JOIN unnest($1::text[], $2::text[]) AS k(m, n)
        ON (q.municipality_code, q.resident_number) = (k.m, k.n)""",
        *keys_of(people),
    )
    return frame_of(rows, schema)


async def add(uow: UnitOfWork, new: pl.DataFrame) -> pl.DataFrame:
    """New qualifications get their 被保険者番号 from the sequence, which gives none twice; returns them with it.

    One that carries on a number has it already.

    Known since `recorded_from`, or since this transaction where there is no such column.
    """
    if new.height == 0:
        return new
    raw = await driver(uow.connection)
    numbered = new
    if count := new["insured_number"].null_count():
        values, has_check_digit = await _take_numbers(raw, count)
        given = insured_numbers(values, has_check_digit=has_check_digit)
        numbered = new.with_columns(given) if count == new.height else _numbered(new, given)
    known = ["recorded_from"] if "recorded_from" in numbered.columns else []
    await copy_frame(raw, "qualification", numbered, [*QUALIFICATION, *known])
    await search.follow_numbers(raw, numbered)
    return numbered


def _numbered(new: pl.DataFrame, given: pl.Series) -> pl.DataFrame:
    """Numbers for those that carry none on."""
    without = new["insured_number"].is_null()
    return pl.concat([new.filter(without).with_columns(given), new.filter(~without)])


async def _take_numbers(raw: asyncpg.Connection[Any], count: int) -> tuple[npt.NDArray[np.int64], bool]:
    first, has_check_digit = await raw.fetchrow(_TAKE_NUMBERS, count)
    return np.arange(first, first + count, dtype=np.int64), has_check_digit


async def take_number(uow: UnitOfWork) -> str:
    """One 被保険者番号 from the sequence; it is nobody else's, even if it is not used."""
    values, has_check_digit = await _take_numbers(await driver(uow.connection), 1)
    return str(insured_numbers(values, has_check_digit=has_check_digit)[0])


async def replace(uow: UnitOfWork, revised: pl.DataFrame) -> None:
    """Newer knowledge of qualifications; the old one is closed in `recorded_during` and kept."""
    if revised.height == 0:
        return
    raw = await driver(uow.connection)
    await raw.execute(_REVISED)
    await raw.execute("TRUNCATE revised_qualification")
    await copy_frame(raw, "revised_qualification", revised, [*QUALIFICATION, "recorded_from"])
    await raw.execute(_SUPERSEDE)
    await raw.execute(_REPLACE)
