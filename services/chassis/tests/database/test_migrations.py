"""Migrations: the tables of the chassis and those of the service, once, also when two replicas begin at the same time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from chassis.database import migrate
from chassis.tables import metadata
from chassis.testing import Databases

ROOT = Path("services/collection")


async def test_a_migrated_database_has_every_table_of_the_chassis_and_the_service_at_its_head(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    owner = await asyncpg.connect(database.owner_url)
    tables = {row["tablename"] for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    heads = {row["version_num"] for row in await owner.fetch("SELECT version_num FROM alembic_version")}
    await owner.close()
    assert set(metadata.tables) <= tables
    numbered = sorted(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert f"collection_{numbered[-1]}" in heads


async def test_migrating_again_and_at_the_same_time_changes_nothing(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("INSERT INTO inbox (message_id, handler) VALUES (gen_random_uuid(), 'x')")

    await asyncio.gather(*(migrate(database.owner_url, ROOT) for _ in range(3)))

    assert await owner.fetchval("SELECT count(*) FROM inbox") == 1
    await owner.close()


async def test_the_application_may_not_change_the_tables_it_works_on(databases: Databases) -> None:
    database = await databases("collection", ROOT)
    application = await asyncpg.connect(database.url)
    for statement in ("CREATE TABLE x (n int)", "DROP TABLE inbox", "ALTER TABLE inbox ADD COLUMN n int", "TRUNCATE inbox"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(statement)
    await application.close()
