"""Never another municipality's people: every table that says of which municipality its rows are is behind row-level security."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from chassis.testing import Databases

from infra.rabbitmq.definitions import SERVICES

_OPEN = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'municipality_code' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND has_table_privilege($1, c.oid, 'SELECT')
ORDER BY 1
"""
_VIEWS_AROUND_THE_WALL = """
SELECT c.relname FROM pg_class c
WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
  AND has_table_privilege($1, c.oid, 'SELECT') AND NOT coalesce(c.reloptions::text LIKE '%security_invoker=true%', false)
"""
_NO_PEOPLE = {"gateway": {"municipality", "terminal", "intake_file"}}
"""Tables of municipalities, machines and files: they name a municipality, not its people."""


@pytest.mark.parametrize("service", SERVICES)
async def test_a_reader_sees_no_table_of_people_without_row_level_security(databases: Databases, service: str) -> None:
    database = await databases(service, Path("services") / service)
    connection = await asyncpg.connect(database.owner_url)
    try:
        found = {row["relname"] for row in await connection.fetch(_OPEN, f"{service}_window")}
    finally:
        await connection.close()
    assert found - _NO_PEOPLE.get(service, set()) == set()


@pytest.mark.parametrize("service", SERVICES)
async def test_no_view_leads_around_the_policies_of_its_tables(databases: Databases, service: str) -> None:
    """A view reads as its owner, who is not under the policies, unless it says `security_invoker = true`."""
    database = await databases(service, Path("services") / service)
    connection = await asyncpg.connect(database.owner_url)
    try:
        assert [row["relname"] for row in await connection.fetch(_VIEWS_AROUND_THE_WALL, f"{service}_window")] == []
    finally:
        await connection.close()
