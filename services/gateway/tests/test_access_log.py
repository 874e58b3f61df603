"""The access log: written before anything is shown, chained, and not to be changed by the service itself."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from chassis.database import create_engine
from chassis.testing import Databases, TestDatabase
from gateway_service.domain.access_chain import Access, Entry, Verdict, hash_of, verify
from gateway_service.store import access_log
from gateway_service.store.access_log import AccessLog
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.tests.world import ROOT

AT = datetime(2026, 7, 13, 1, 2, 3, 456789, tzinfo=UTC)


def access(number: int, **more: object) -> Access:
    known = {"at": AT, "user": f"clerk-{number}", "action": "see_person:qualification", "result": "shown"}
    return Access(**{**known, "about": (f"131016:{number}",), "terminal": "千代田区 端末1", **more})  # type: ignore[arg-type]


async def written(database: TestDatabase, *accesses: Access) -> None:
    engine = create_engine(database.url)
    await AccessLog(engine).write(*accesses)
    await engine.dispose()


async def verdict_of(database: TestDatabase) -> Verdict:
    engine = create_engine(database.url)
    async with engine.connect() as connection:
        found = await access_log.verified(connection)
    await engine.dispose()
    return found


async def as_owner(database: TestDatabase, statement: str) -> None:
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(statement)
    await owner.close()


async def test_the_database_writes_the_chain_that_the_verification_recomputes(databases: Databases) -> None:
    database = await databases("gateway", Path(ROOT))
    await written(database, *(access(n, detail="条件 カナ", about=("131016:1", "131016:2")) for n in range(50)))
    await written(database, access(50, about=(), terminal=""))

    found = await verdict_of(database)
    assert (found.entries, found.broken_at) == (51, None)
    assert len(found.last_hash) == 32


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE access_log SET user_name = 'somebody' WHERE number = 7", 7),
        ("UPDATE access_log SET about = '{131016:999}' WHERE number = 3", 3),
        ("UPDATE access_log SET at = at + interval '1 second' WHERE number = 5", 5),
        ("DELETE FROM access_log WHERE number = 4", 4),
        ("UPDATE access_log SET hash = sha256('x') WHERE number = 9", 9),
    ],
    ids=["who", "about whom", "when", "deleted", "hash"],
)
async def test_tampering_by_the_owner_of_the_table_is_found(databases: Databases, tampering: str, broken_at: int) -> None:
    database = await databases("gateway", Path(ROOT))
    await written(database, *(access(n) for n in range(10)))
    await as_owner(database, tampering)

    assert (await verdict_of(database)).broken_at == broken_at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_log SET user_name = 'x'",
        "DELETE FROM access_log",
        "TRUNCATE access_log",
        "INSERT INTO access_log SELECT 99, now(), '', '', '', '{}', '', '', '', '', ''",
        "DROP FUNCTION append_access_log",
    ],
)
async def test_the_service_itself_can_neither_change_nor_forge_an_entry(databases: Databases, statement: str) -> None:
    database = await databases("gateway", Path(ROOT))
    await written(database, access(1))
    application = await asyncpg.connect(database.url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute(statement)
    await application.close()


async def test_many_writers_make_one_chain_with_a_commit_for_many(databases: Databases) -> None:
    database = await databases("gateway", Path(ROOT))
    engine = create_engine(database.url)
    first, second = AccessLog(engine), AccessLog(engine)
    await asyncio.gather(*(log.write(access(n)) for n in range(150) for log in (first, second)))
    await engine.dispose()

    assert (await verdict_of(database)).entries == 300
    owner = await asyncpg.connect(database.owner_url)
    commits = await owner.fetchval("SELECT count(DISTINCT xmin::text) FROM access_log")
    await owner.close()
    assert commits < 60, "whoever waits shares the next commit"


async def test_who_waits_hears_that_an_entry_could_not_be_kept(databases: Databases) -> None:
    database = await databases("gateway", Path(ROOT))
    await as_owner(database, "ALTER TABLE access_log ADD CONSTRAINT none CHECK (user_name <> 'clerk-1')")
    engine = create_engine(database.url)
    log = AccessLog(engine)
    with pytest.raises(Exception, match="none"):
        await log.write(access(1))
    await log.write(access(2))
    await engine.dispose()
    assert (await verdict_of(database)).entries == 1


async def test_who_looked_at_a_person_is_a_query(databases: Databases) -> None:
    database = await databases("gateway", Path(ROOT))
    await written(database, access(1), access(2), access(1, user="other", action="search", about=("131016:2", "131016:1")))
    engine = create_engine(database.url)
    async with engine.connect() as connection:
        found = await access_log.entries_about(connection, "131016:1")
    await engine.dispose()
    assert [(entry.number, entry.access.user) for entry in found] == [(3, "other"), (1, "clerk-1")]


def chain(accesses: list[Access]) -> list[Entry]:
    entries: list[Entry] = []
    previous = b""
    for number, made in enumerate(accesses, 1):
        entries.append(Entry(number, made, previous, hash_of(number, made, previous)))
        previous = entries[-1].hash
    return entries


@given(st.integers(0, 19), st.sampled_from(["user", "action", "result", "terminal", "detail", "trace_id"]), st.text(min_size=1, max_size=5))
def test_a_change_of_any_field_of_any_entry_is_found(index: int, name: str, put: str) -> None:
    entries = chain([access(n) for n in range(20)])
    assert verify(entries).broken_at is None
    old = entries[index]
    values = {field: getattr(old.access, field) for field in Access.__slots__}
    if values[name] == put:
        return
    entries[index] = Entry(old.number, Access(**{**values, name: put}), old.previous, old.hash)
    assert verify(entries).broken_at == index + 1


def test_a_part_of_the_chain_can_be_verified_on_from_an_earlier_verdict() -> None:
    entries = chain([access(n) for n in range(20)])
    assert verify(entries[10:], verify(entries[:10])) == verify(entries)
