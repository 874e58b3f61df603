"""The second wall behind the gateway: a reader's transaction sees the reader's municipalities, whatever the query asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from chassis.testing import Databases
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork, Units
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

TABLE = """
CREATE TABLE person (municipality_code text NOT NULL, resident_number text NOT NULL);
INSERT INTO person VALUES ('131016', '1'), ('131016', '2'), ('132012', '1'), ('133086', '1');
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON person TO collection_window USING (
    current_setting('koki.scope', true) = '*'
    OR municipality_code = ANY (string_to_array(current_setting('koki.scope', true), ',')));
"""


def _reader(*municipalities: str, whole_union: bool = False) -> Principal:
    return Principal("clerk", frozenset({"window_clerk"}), None if whole_union else frozenset(municipalities))


@asynccontextmanager
async def _people(databases: Databases) -> AsyncIterator[Units]:
    database = await databases("collection", Path("services/collection"))
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(TABLE)
    await owner.close()
    async with database.units() as units:
        yield units


async def _seen(uow: UnitOfWork, condition: str = "true") -> list[str]:
    query = text(f"SELECT municipality_code || ':' || resident_number FROM person WHERE {condition} ORDER BY 1")
    return list((await uow.connection.execute(query)).scalars())


async def test_a_reader_sees_the_people_of_the_own_municipalities_alone(databases: Databases) -> None:
    async with _people(databases) as units:
        async with units.open(seen_by=_reader("131016")) as uow:
            assert await _seen(uow) == ["131016:1", "131016:2"]
            assert await _seen(uow, "municipality_code = '132012'") == [], "asking for it does not help"
        async with units.open(seen_by=_reader("131016", "133086")) as uow:
            assert await _seen(uow) == ["131016:1", "131016:2", "133086:1"]


async def test_the_union_sees_everybody_and_a_reader_without_a_municipality_nobody(databases: Databases) -> None:
    async with _people(databases) as units:
        async with units.open(seen_by=_reader(whole_union=True)) as uow:
            assert len(await _seen(uow)) == 4
        async with units.open(seen_by=_reader()) as uow:
            assert await _seen(uow) == []


async def test_a_municipality_called_like_the_sign_for_everything_sees_nothing_more(databases: Databases) -> None:
    async with _people(databases) as units, units.open(seen_by=_reader("131016", "*")) as uow:
        assert await _seen(uow) == ["131016:1", "131016:2"], "the list is '*,131016', which is not '*'"


async def test_the_scope_ends_with_the_transaction_and_the_application_sees_all_again(databases: Databases) -> None:
    async with _people(databases) as units:
        for _ in range(3):
            async with units.open(seen_by=_reader("131016")) as uow:
                assert len(await _seen(uow)) == 2
            async with units.open() as uow:
                assert len(await _seen(uow)) == 4
                assert (await uow.connection.execute(text("SELECT current_user"))).scalar_one() == "collection_app"


async def test_a_reader_cannot_write_not_even_what_it_sees(databases: Databases) -> None:
    async with _people(databases) as units:
        for statement in ("DELETE FROM person", "UPDATE person SET resident_number = '9'", "INSERT INTO person VALUES ('131016', '9')"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                async with units.open(seen_by=_reader("131016")) as uow:
                    await uow.connection.execute(text(statement))


async def test_a_role_without_a_scope_sees_nothing_in_a_protected_table(databases: Databases) -> None:
    async with _people(databases) as units, units.open() as uow:
        await uow.connection.execute(text("SET LOCAL ROLE collection_window"))
        assert await _seen(uow) == []
