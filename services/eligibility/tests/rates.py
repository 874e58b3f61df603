"""Copay rates for tests that only read them, written as if they had been decided."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from chassis.database import driver
from eligibility_service.rules.copay.columns import LimitClass

from services.eligibility.tests.world import World

_NOTHING = {
    "smallint": "0",
    "integer": "0",
    "bigint": "0",
    "boolean": "false",
    "uuid": "gen_random_uuid()",
    "text": "''",
    "character": "''",
    "character varying": "''",
    "date": "DATE '2025-08-01'",
}


async def decided(world: World, insured_id: UUID, percent: int, limit_class: LimitClass, first: date, last: date) -> None:
    """The rate of one person from a first to a last day; what a judgement rests on is left at nothing."""
    columns = await world.rows(
        """SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type FROM pg_attribute a
        WHERE a.attrelid = 'copay_rate'::regclass AND a.attnum > 0 AND NOT a.attisdropped"""
    )
    code = await world.value("SELECT municipality_code FROM qualification WHERE insured_id = $1", insured_id)
    known: dict[str, str | int | date | UUID] = {
        "insured_id": insured_id, "copay_year": first.year if first.month >= 8 else first.year - 1, "municipality_code": code,
        "valid_from": first, "valid_until": last, "as_of": first, "rate_percent": percent, "limit_class": limit_class.value, "reason": 1,
    }  # fmt: skip
    others = {column["name"]: _NOTHING[column["type"]] for column in columns if column["name"] not in (*known, "recorded_from")}
    marks = [f"${number}" for number in range(1, len(known) + 1)]
    anew = ", ".join(f"{name} = excluded.{name}" for name in known)
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute(
            f"INSERT INTO copay_rate ({', '.join([*known, *others])}, recorded_from) "
            f"VALUES ({', '.join([*marks, *others.values()])}, now()) ON CONFLICT (insured_id, copay_year) DO UPDATE SET {anew}",
            *known.values(),
        )


async def decide(world: World, resident_number: str, percent: int, limit_class: LimitClass, *, of: date = date(2025, 8, 1)) -> None:
    """A rate of one person for the copay year that begins on `of`."""
    insured_id = await world.value(
        "SELECT insured_id FROM qualification WHERE resident_number = $1 ORDER BY ordinal DESC LIMIT 1", resident_number
    )
    await decided(world, insured_id, percent, limit_class, of, date(of.year + 1, 7, 31))


async def decide_all(world: World) -> None:
    """Everybody pays one tenth and is 一般Ⅰ."""
    for row in await world.rows("SELECT DISTINCT resident_number FROM qualification"):
        await decide(world, row["resident_number"], 10, LimitClass.GENERAL_1)
