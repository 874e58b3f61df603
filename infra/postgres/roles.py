"""One database, one owner role and two application roles for each service.

The owner migrates; the application role reads and writes rows of the owner's tables and cannot create, alter or drop anything but
temporary tables (bulk loads go through one). A third role, `<service>_window`, cannot sign in: the application takes it on to
answer a reader, and row-level security lets it see the reader's municipalities alone. The application itself stands above row-level
security: it loads the rows of every municipality, and COPY does not work under it. `btree_gist`, which the exclusion constraints on
periods need, is created by the superuser. Everything here may be run again: roles and databases that exist are kept, passwords and
grants are set anew.
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
    "GRANT USAGE ON SCHEMA public TO {window}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {window}",
    "GRANT {window} TO {app}",
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


def window_role(service: str) -> str:
    """The role, without sign-in, in which a running service answers readers under row-level security."""
    return f"{service}_window"


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
                await _set_role(connection, role, password, exists=role in existing_roles, sees_all_rows=role == database.app)
            if window_role(database.service) not in existing_roles:
                await _execute(connection, "CREATE ROLE %I NOLOGIN NOBYPASSRLS", window_role(database.service))
        for database in wanted:
            if database.service not in existing_databases:
                await _execute(
                    connection, "CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING 'UTF8'", database.service, database.owner
                )
    finally:
        await connection.close()
    await asyncio.gather(*(_grant(superuser_url, database) for database in wanted))


async def applied_migrations(superuser_url: str, services: Iterable[str]) -> dict[str, str]:
    """What `mark_migrations` wrote about each database; empty where nothing was written. It lives and dies with the data."""
    connection = await asyncpg.connect(superuser_url)
    try:
        rows = await connection.fetch("SELECT datname, shobj_description(oid, 'pg_database') AS mark FROM pg_database")
    finally:
        await connection.close()
    marks = {row["datname"]: row["mark"] or "" for row in rows}
    return {service: marks.get(service, "") for service in services}


async def mark_migrations(superuser_url: str, service: str, mark: str) -> None:
    """Write a fingerprint of the migrations that were just applied to the database of a service."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await _execute(connection, "COMMENT ON DATABASE %I IS %L", service, mark)
    finally:
        await connection.close()


async def _set_role(connection: asyncpg.Connection, role: str, password: str, *, exists: bool, sees_all_rows: bool) -> None:
    verb, rows = "ALTER" if exists else "CREATE", "BYPASSRLS" if sees_all_rows else "NOBYPASSRLS"
    await _execute(connection, f"{verb} ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {rows} PASSWORD %L", role, password)


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
    return {"database": database.service, "owner": database.owner, "app": database.app, "window": window_role(database.service)}


async def _execute(connection: asyncpg.Connection, template: str, *arguments: str) -> None:
    """Run a statement that takes no parameters, with identifiers (%I) and literals (%L) quoted by the server."""
    placeholders = ", ".join(f"${index}::text" for index in range(2, len(arguments) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1::text, {placeholders})", template, *arguments))
