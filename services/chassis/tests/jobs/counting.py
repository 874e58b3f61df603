"""A small job for the tests: it counts numbers from 1 up, in chunks of ten, into a table that refuses a number twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from chassis.database import driver
from chassis.jobs import Chunk, Plan
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import UnitOfWork, Units
from sqlalchemy import text

ROOT = Path("services/collection")


@dataclass
class Counting:
    """`upto` numbers; a chunk takes `seconds`; `dies_at` and `fails_at` name chunks that kill the process or cannot be done."""

    upto: int = 50
    seconds: float = 0.0
    dies_at: int = 0
    fails_at: int = 0
    forgets: bool = False
    name: str = "count"
    approved_by_another: bool = False
    done: list[int] = field(default_factory=list)

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        counted = (await uow.connection.execute(text("SELECT count(*) FROM counted"))).scalar_one()
        chunks = [Chunk(first // 10 + 1, str(first + 1), str(first + 10), 10) for first in range(0, self.upto, 10)]
        return Plan(chunks, {"numbers": self.upto, "counted_before": counted})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        raw = await driver(uow.connection)
        numbers = range(int(chunk.first_key), int(chunk.last_key) + 1)
        await raw.execute("INSERT INTO counted SELECT * FROM unnest($1::int[])", list(numbers))
        await asyncio.sleep(self.seconds)
        if chunk.number == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if chunk.number == self.fails_at:
            raise ValueError("this chunk cannot be done")
        self.done.append(chunk.number)
        return {"counted": len(numbers), "sum": sum(numbers)}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        query = text("SELECT count(*) AS numbers, coalesce(sum(number), 0) AS total FROM counted")
        stored = (await uow.connection.execute(query)).one()
        counted = stored.numbers - 1 if self.forgets else stored.numbers
        return {} if (counted, stored.total) == (totals["counted"], totals["sum"]) else {"stored": counted, "counted": totals["counted"]}


async def a_database(databases: Databases) -> TestDatabase:
    """A database with the table of counted numbers."""
    database = await databases("collection", ROOT)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("CREATE TABLE counted (number int PRIMARY KEY)")
    await owner.close()
    return database


@asynccontextmanager
async def a_counter(databases: Databases) -> AsyncIterator[Units]:
    """Units of work on such a database."""
    database = await a_database(databases)
    async with database.units() as units:
        yield units


async def counted(units: Units) -> list[int]:
    async with units.open() as uow:
        return list((await uow.connection.execute(text("SELECT number FROM counted ORDER BY 1"))).scalars())
