"""Copies of the services' databases on the same server: the loaded state that every run begins with, and backups to restore."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from infra.local.servers import PrivateServers
from infra.postgres import roles


class Copies:
    """Makes, marks and removes copies as the superuser of the server; nobody may use the database meanwhile."""

    def __init__(self, servers: PrivateServers) -> None:
        self._servers = servers

    async def make(self, source: str, target: str, service: str) -> None:
        """Copy a database of a service, its mark included, over whatever bears the name of the copy."""
        async with self._server() as connection:
            await connection.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", source
            )
            owner = roles.owner_role(service)
            await connection.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}" OWNER "{owner}" STRATEGY FILE_COPY')
        await self.mark(target, (await self.marks([source]))[source])

    async def drop(self, names: Iterable[str]) -> None:
        async with self._server() as connection:
            for name in names:
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def mark(self, name: str, mark: str) -> None:
        """Write down of which code and people a database is."""
        await roles.mark_migrations(self._servers.postgres.url, name, mark)

    async def marks(self, names: Iterable[str]) -> dict[str, str]:
        """What `mark` wrote; empty where there is no such database."""
        return await roles.applied_migrations(self._servers.postgres.url, names)

    async def execute(self, service: str, statements: Iterable[str]) -> None:
        """Run statements on the database of a service."""
        async with self._database(self._servers.database_url(service, "superuser")) as connection:
            for statement in statements:
                await connection.execute(statement)

    async def count(self, service: str, query: str) -> int:
        async with self._database(self._servers.database_url(service, "superuser")) as connection:
            return int(await connection.fetchval(query))

    def _server(self) -> Any:
        return self._database(self._servers.postgres.url)

    @asynccontextmanager
    async def _database(self, url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
        connection = await asyncpg.connect(url)
        try:
            yield connection
        finally:
            await connection.close()
