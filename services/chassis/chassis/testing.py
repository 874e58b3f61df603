"""Fixtures for tests on real servers: a private PostgreSQL and RabbitMQ, a database per test, a broker world per test.

A database is a clone of the service's migrated one (milliseconds); a broker world is a virtual host of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from chassis.batches import open_store
from chassis.clock import Clock
from chassis.database import create_engine, migrate
from chassis.unit_of_work import Units
from infra.local.servers import PrivateServers

SAMPLE_DAY = date(2026, 7, 13)
HOME = Path(os.environ.get("KOKI_TEST_HOME", ".koki/test"))
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[PrivateServers]:
    """The private servers of the tests, started once a session; `KOKI_KEEP_TEST_SERVERS=1` leaves them for the next session."""
    found = PrivateServers(HOME, durable=False)
    found.start()
    yield found
    if os.environ.get("KOKI_KEEP_TEST_SERVERS") != "1":
        found.stop()


@dataclass(frozen=True)
class TestDatabase:
    """One test's own database of a service."""

    __test__ = False

    service: str
    url: str
    owner_url: str

    @asynccontextmanager
    async def units(self, *, today: date = SAMPLE_DAY, store: Path | None = None) -> AsyncIterator[Units]:
        """Units of work on this database, with the business day `today` and an object store of its own."""
        engine = create_engine(self.url)
        try:
            yield Units(engine, self.service, Clock(today), open_store(str(store or HOME / "objects")))
        finally:
            await engine.dispose()


Databases = Callable[[str, Path], Awaitable[TestDatabase]]


@pytest.fixture(scope="session")
def databases(servers: PrivateServers) -> Databases:
    """An async function (service, service root) → a fresh, migrated database; the migrations run once a session and service."""
    templates: dict[str, str] = {}

    async def make(service: str, root: Path) -> TestDatabase:
        if service not in templates:
            templates[service] = await _template(servers, service, root)
        name = f"{service}_test_{os.getpid()}_{next(_numbers)}"
        await _clone(servers.database_url(service, "superuser", database="postgres"), templates[service], name, service)
        return TestDatabase(
            service, servers.database_url(service, "app", database=name), servers.database_url(service, "owner", database=name)
        )

    return make


async def _template(servers: PrivateServers, service: str, root: Path) -> str:
    """A migrated database of a service, named after the code that migrated it: changed code gets a new one."""
    digest = hashlib.sha256()
    for folder in (Path(__file__).parent, root):
        for path in sorted(folder.rglob("*.py")):
            if "tests" not in path.parts:
                digest.update(path.read_bytes())
    name = f"{service}_template_{digest.hexdigest()[:12]}"
    superuser = servers.database_url(service, "superuser", database="postgres")
    connection = await asyncpg.connect(superuser)
    known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1 AND NOT datallowconn", name)
    await connection.close()
    if not known:
        await _clone(superuser, service, name, service)
        await migrate(servers.database_url(service, "owner", database=name), root)
        connection = await asyncpg.connect(superuser)
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await connection.close()
    return name


async def _clone(superuser_url: str, template: str, name: str, service: str) -> None:
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{service}_owner" STRATEGY FILE_COPY')
    finally:
        await connection.close()


@pytest.fixture
def broker(servers: PrivateServers) -> Iterator[str]:
    """The amqp:// URL of an administrator in a virtual host of the test's own, removed afterwards."""
    name = f"test-{os.getpid()}-{next(_numbers)}"
    management, account = _management(servers)
    path = quote(name, safe="")
    user = urlsplit(servers.broker_url("koki-administrator")).username
    with httpx.Client(base_url=management, auth=account, timeout=30) as client:
        client.put(f"/api/vhosts/{path}").raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        client.put(f"/api/permissions/{path}/{user}", json=everything).raise_for_status()
        yield urlunsplit(urlsplit(servers.broker_url("koki-administrator"))._replace(path=f"/{path}"))
        client.delete(f"/api/vhosts/{path}")


def _management(servers: PrivateServers) -> tuple[str, tuple[str, str]]:
    parts = urlsplit(servers.management_url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}", (parts.username or "", parts.password or "")


async def eventually(condition: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait until `condition()` (plain or awaitable) is true; fails naming it after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"This did not become true within {seconds} s: {condition}")
        await asyncio.sleep(0.05)
