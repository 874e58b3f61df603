"""Errors: which of them pass by waiting, and what may be written down about them."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from chassis.database import create_engine, driver
from chassis.faults import describe, is_transient
from chassis.testing import Databases
from contracts.envelope import read
from contracts.events.premium import PremiumAssessed
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

ROOT = Path("services/collection")
TRANSIENT = {
    "a statement that was cancelled": "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '57014'; END $$",
    "a deadlock": "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$",
    "a full disk": "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$",
    "a lock that is held": "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '55P03'; END $$",
    "an ended connection": "SELECT pg_terminate_backend(pg_backend_pid())",
}
PERMANENT = {
    "a division by zero": "SELECT 1 / 0",
    "a duplicate": "INSERT INTO inbox SELECT '00000000-0000-7000-8000-000000000000', 'x' FROM generate_series(1, 2)",
    "a table that does not exist": "SELECT * FROM nothing",
    "a text that is no number": "SELECT 'x'::int",
}


@pytest.mark.parametrize("by", ["SQLAlchemy", "the driver"])
@pytest.mark.parametrize(("statement", "transient"), [*((s, True) for s in TRANSIENT.values()), *((s, False) for s in PERMANENT.values())])
async def test_only_errors_that_waiting_can_mend_are_transient(databases: Databases, by: str, statement: str, transient: bool) -> None:
    database = await databases("collection", ROOT)
    engine = create_engine(database.url)
    try:
        with pytest.raises((asyncpg.PostgresError, DBAPIError)) as caught:
            await _execute(engine, by, statement)
        assert is_transient(caught.value) is transient
    finally:
        await engine.dispose()


async def _execute(engine: AsyncEngine, by: str, statement: str) -> None:
    async with engine.begin() as connection:
        if by == "SQLAlchemy":
            await connection.execute(text(statement))
        else:
            await (await driver(connection)).execute(statement)


async def test_a_server_that_is_not_there_is_transient() -> None:
    engine = create_engine("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(OSError, match=r".") as caught:
        async with engine.connect():
            pass
    assert is_transient(caught.value)
    await engine.dispose()


def test_a_mistake_in_our_own_code_is_permanent() -> None:
    assert not is_transient(ValueError("x"))
    assert not is_transient(AssertionError())
    assert is_transient(TimeoutError())
    assert is_transient(asyncpg.InterfaceError("connection is closed"))


def test_a_server_killed_in_the_middle_of_an_exchange_is_transient() -> None:
    words = asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")
    as_adapted = Exception("adapted")
    as_adapted.__cause__ = words
    assert is_transient(words)
    assert is_transient(DBAPIError("SELECT 1", {}, as_adapted))
    assert not is_transient(DBAPIError("SELECT 1", {}, Exception("adapted")))


def test_a_message_that_does_not_fit_is_described_by_field_and_rule_never_by_value() -> None:
    item = {"id": "00000000-0000-7000-8000-000000000000", "time": "2026-07-13T00:00:00Z", "effectiveon": "2026-04-01", "sequence": 1}
    with pytest.raises(ValidationError) as caught:
        read({**item, "data": {"resident_number": "佐藤花子", "annual_amount": "たくさん"}}, PremiumAssessed)
    described = describe(caught.value)
    assert "annual_amount: koki_yen" in described
    assert "佐藤" not in described
    assert "たくさん" not in described


async def test_an_error_of_the_database_is_described_by_its_state_never_by_the_row(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    engine = create_engine(database.url)
    with pytest.raises(DBAPIError, match="佐藤") as caught:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT CAST(:name AS int)"), {"name": "佐藤花子"})
    assert "佐藤" in str(caught.value)
    assert "佐藤" not in describe(caught.value)
    await engine.dispose()
