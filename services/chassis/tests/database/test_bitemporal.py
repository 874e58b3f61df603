"""Two times: overlaps cannot be stored, and "what did we know on day X about day Y" is one query."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from asyncpg import Range
from chassis.bitemporal import as_of, holding, known, never_both, two_times
from chassis.database import create_engine
from chassis.testing import Databases
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

ADDRESS = Table(
    "address",
    MetaData(),
    Column("person", Integer, nullable=False),
    Column("town", Text, nullable=False),
    *two_times(),
    never_both("person"),
)


def _day(month: int, day: int) -> date:
    return date(2026, month, day)


def _time(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 3, tzinfo=UTC)


def _row(person: int, town: str, holds: tuple[date, date | None], known_: tuple[datetime, datetime | None]) -> dict[str, Any]:
    return {"person": person, "town": town, "valid_during": Range(*holds), "recorded_during": Range(*known_)}


@asynccontextmanager
async def _table(databases: Databases) -> AsyncIterator[AsyncConnection]:
    database = await databases("collection", Path("services/collection"))
    engine = create_engine(database.owner_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(ADDRESS.metadata.create_all)
            await connection.commit()
            yield connection
    finally:
        await engine.dispose()


async def _towns(connection: AsyncConnection, condition: Any) -> list[str]:
    return list((await connection.execute(select(ADDRESS.c.town).where(condition).order_by(ADDRESS.c.town))).scalars())


LATER = [
    ("the same days and the same knowledge", (_day(1, 1), None), (_time(1, 5), None)),
    ("a day at the end", (_day(6, 30), _day(8, 1)), (_time(2, 1), None)),
    ("a day inside", (_day(3, 1), _day(3, 2)), (_time(6, 1), None)),
]


@pytest.mark.parametrize(("what", "holds", "known_"), LATER, ids=[what for what, _, _ in LATER])
async def test_two_rows_that_hold_on_one_day_in_one_knowledge_are_refused_by_the_database(
    databases: Databases, what: str, holds: tuple[date, date | None], known_: tuple[datetime, datetime | None]
) -> None:
    async with _table(databases) as connection:
        await connection.execute(insert(ADDRESS), _row(1, "千代田", (_day(1, 1), _day(7, 1)), (_time(1, 5), None)))
        with pytest.raises(IntegrityError, match="exclusion constraint"):
            await connection.execute(insert(ADDRESS), _row(1, "神田", holds, known_))


async def test_neighbours_in_either_time_and_other_people_may_stand_beside(databases: Databases) -> None:
    async with _table(databases) as connection:
        rows = [
            _row(1, "a", (_day(1, 1), _day(7, 1)), (_time(1, 5), _time(3, 1))),
            _row(1, "b", (_day(7, 1), None), (_time(1, 5), _time(3, 1))),
            _row(1, "c", (_day(1, 1), None), (_time(3, 1), None)),
            _row(2, "d", (_day(1, 1), None), (_time(1, 5), None)),
        ]
        await connection.execute(insert(ADDRESS), rows)
        assert await _towns(connection, ADDRESS.c.person == 1) == ["a", "b", "c"]


async def test_what_was_known_on_a_day_about_a_day_is_one_query(databases: Databases) -> None:
    """On 5 January we knew: a until July, then b. On 1 March we learned that the move was in May already."""
    async with _table(databases) as connection:
        first, corrected = (_time(1, 5), _time(3, 1)), (_time(3, 1), None)
        rows = [
            _row(1, "a", (_day(1, 1), _day(7, 1)), first),
            _row(1, "b", (_day(7, 1), None), first),
            _row(1, "a, corrected", (_day(1, 1), _day(5, 1)), corrected),
            _row(1, "b, corrected", (_day(5, 1), None), corrected),
        ]
        await connection.execute(insert(ADDRESS), rows)

        june = _day(6, 1)
        assert await _towns(connection, as_of(ADDRESS, on=june, at=_time(2, 1))) == ["a"]
        assert await _towns(connection, as_of(ADDRESS, on=june)) == ["b, corrected"]
        assert await _towns(connection, as_of(ADDRESS, on=june, at=_time(1, 4))) == [], "before we knew anything"
        assert await _towns(connection, as_of(ADDRESS, on=date(2025, 12, 31))) == [], "before anything held"
        assert await _towns(connection, holding(ADDRESS, on=june)) == ["a", "b, corrected"]
        assert await _towns(connection, known(ADDRESS)) == ["a, corrected", "b, corrected"]


async def test_both_times_are_half_open_at_their_bounds(databases: Databases) -> None:
    async with _table(databases) as connection:
        await connection.execute(insert(ADDRESS), _row(1, "a", (_day(1, 1), _day(7, 1)), (_time(1, 5), _time(3, 1))))

        async def found(on: date, at: datetime) -> int:
            return len(await _towns(connection, as_of(ADDRESS, on=on, at=at)))

        assert await found(_day(1, 1), _time(1, 5)) == 1
        assert await found(_day(7, 1), _time(1, 5)) == 0
        assert await found(_day(1, 1), _time(3, 1)) == 0


async def test_neither_time_may_be_left_out(databases: Databases) -> None:
    async with _table(databases) as connection:
        with pytest.raises(IntegrityError, match="valid_during"):
            await connection.execute(text("INSERT INTO address (person, town, recorded_during) VALUES (1, 'a', '[2026-01-01,)')"))
