"""The second wall: every table that says of which municipality a row is lets a reader see the own ones alone."""

from __future__ import annotations

import asyncpg
import pytest
from chassis.runtime import Service
from chassis.testing import Databases

from tests.architecture.repository import services

OPEN = {
    ("gateway", "terminal"): "the windows' machines: says nothing about a person",
    ("eligibility", "search_due"): "numbers that wait to be found by name: no more than a municipality and a number, gone within seconds",
}
"""Tables with a municipality_code but without a policy, and why."""

_UNPROTECTED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE a.attname = 'municipality_code' AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  AND NOT (c.relrowsecurity AND EXISTS (
    SELECT 1 FROM pg_policies p WHERE p.tablename = c.relname AND $1 = ANY (p.roles) AND p.cmd IN ('SELECT', 'ALL')))
"""
_VIEWS_AROUND_THE_WALL = """
SELECT c.relname FROM pg_class c
WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
  AND has_table_privilege($1, c.oid, 'SELECT') AND NOT coalesce(c.reloptions::text LIKE '%security_invoker=true%', false)
"""


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
async def test_every_table_about_people_of_a_municipality_has_its_policy(service: Service, databases: Databases) -> None:
    database = await databases(service.name, service.root)
    owner = await asyncpg.connect(database.owner_url)
    try:
        unprotected = {row["relname"] for row in await owner.fetch(_UNPROTECTED, f"{service.name}_window")}
    finally:
        await owner.close()
    assert unprotected <= {table for name, table in OPEN if name == service.name}


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
async def test_no_view_leads_around_the_policies_of_its_tables(service: Service, databases: Databases) -> None:
    """A view reads as its owner, who is not under the policies, unless it says `security_invoker = true`."""
    database = await databases(service.name, service.root)
    owner = await asyncpg.connect(database.owner_url)
    try:
        assert [row["relname"] for row in await owner.fetch(_VIEWS_AROUND_THE_WALL, f"{service.name}_window")] == []
    finally:
        await owner.close()
