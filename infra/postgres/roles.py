"""One database, one owner role and one application role for each service.

The owner migrates; the application role reads and writes rows of the owner's tables and cannot create, alter or drop anything but
temporary tables (bulk loads go through one). `btree_gist`, which the exclusion constraints on periods need, is created by the
superuser. Everything here may be run again: roles and databases that exist are kept, passwords and grants are set anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

EXTENSIONS: Final = ("btree_gist",)

_GRANTS: Final = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
)


@dataclass(frozen=True)
class ServiceDatabase:
    """The database of one service and the passwords of its two roles."""

    service: str
    owner_password: str = field(repr=False)
    app_password: str = field(repr=False)

    @property
    def owner(self) -> str:
        return owner_role(self.service)

    @property
    def app(self) -> str:
        return app_role(self.service)


def owner_role(service: str) -> str:
    """The role that owns the tables of a service and migrates them."""
    return f"{service}_owner"


def app_role(service: str) -> str:
    """The role that a running service uses."""
    return f"{service}_app"


def with_database(url: str, database: str) -> str:
    """The same server and account, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def provision(superuser_url: str, databases: Iterable[ServiceDatabase]) -> None:
    """Create what is missing and set passwords and grants; `superuser_url` names any database of the server.

    Raises asyncpg.PostgresError when the account of the URL may not do this.
    """
    wanted = tuple(databases)
    connection = await asyncpg.connect(superuser_url)
    try:
        existing_roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        existing_databases = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for database in wanted:
            for role, password in ((database.owner, database.owner_password), (database.app, database.app_password)):
                await _set_role(connection, role, password, exists=role in existing_roles)
        for database in wanted:
            if database.service not in existing_databases:
                await _execute(
                    connection, "CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING 'UTF8'", database.service, database.owner
                )
    finally:
        await connection.close()
    await asyncio.gather(*(_grant(superuser_url, database) for database in wanted))


async def _set_role(connection: asyncpg.Connection, role: str, password: str, *, exists: bool) -> None:
    verb = "ALTER" if exists else "CREATE"
    await _execute(
        connection, f"{verb} ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L", role, password
    )


async def _grant(superuser_url: str, database: ServiceDatabase) -> None:
    connection = await asyncpg.connect(with_database(superuser_url, database.service))
    try:
        for extension in EXTENSIONS:
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        names = {name: await connection.fetchval("SELECT quote_ident($1)", value) for name, value in _names(database).items()}
        for statement in _GRANTS:
            await connection.execute(statement.format(**names))
    finally:
        await connection.close()


def _names(database: ServiceDatabase) -> dict[str, str]:
    return {"database": database.service, "owner": database.owner, "app": database.app}


async def _execute(connection: asyncpg.Connection, template: str, *arguments: str) -> None:
    """Run a statement that takes no parameters, with identifiers (%I) and literals (%L) quoted by the server."""
    placeholders = ", ".join(f"${index}::text" for index in range(2, len(arguments) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1::text, {placeholders})", template, *arguments))
