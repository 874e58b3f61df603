"""Accounts, sessions and terminals in the database. Tokens are kept as SHA-256 only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.tokens import Principal
from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway_service.domain.lockout import locked_until


def digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Account:
    """A local account as sign-in needs it."""

    id: UUID
    user_name: str
    password_hash: str
    totp_secret: str | None
    totp_last_step: int
    failures: int
    locked_until: datetime | None
    roles: frozenset[str]
    municipalities: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in at a terminal."""

    key: bytes
    account_id: UUID
    user: str
    display_name: str
    roles: frozenset[str]
    municipalities: frozenset[str] | None
    terminal: str
    has_totp: bool

    @property
    def principal(self) -> Principal:
        """As whom the services see the session."""
        return Principal(self.user, self.roles, self.municipalities, self.terminal)


_ACCOUNT = text("""
SELECT id, user_name, password_hash, totp_secret, totp_last_step, failures, locked_until, roles, municipalities
FROM account WHERE user_name = :user_name AND closed_at IS NULL
""")
_SESSION = text("""
SELECT s.account_id, a.user_name, a.display_name, a.roles, a.municipalities, coalesce(t.name, '') AS terminal,
       a.totp_secret IS NOT NULL AS has_totp, s.seen_at
FROM session s JOIN account a ON a.id = s.account_id LEFT JOIN terminal t ON t.id = s.terminal_id
WHERE s.token_sha256 = :key AND s.ended_at IS NULL AND a.closed_at IS NULL AND t.revoked_at IS NULL
  AND s.seen_at > :idle_since AND s.begun_at > :begun_since
""")
_TOUCH = text("UPDATE session SET seen_at = :now WHERE token_sha256 = :key AND seen_at < :before")
_TERMINAL = text("""
SELECT t.id, t.name, t.municipality_code FROM terminal_binding b JOIN terminal t ON t.id = b.terminal_id
WHERE b.token_sha256 = :key AND t.revoked_at IS NULL
""")
_SAMPLE_TERMINAL = text("""
SELECT id, name FROM terminal
WHERE binds_itself AND revoked_at IS NULL AND municipality_code IS NOT DISTINCT FROM :code ORDER BY name LIMIT 1
""")
_REGISTRATION = text("""
UPDATE terminal SET registration_sha256 = NULL WHERE registration_sha256 = :key AND registration_until > :now AND revoked_at IS NULL
RETURNING id, name
""")


async def find_account(connection: AsyncConnection, user_name: str) -> Account | None:
    row = (await connection.execute(_ACCOUNT, {"user_name": user_name})).one_or_none()
    if row is None:
        return None
    scope = None if row.municipalities is None else frozenset(row.municipalities)
    return Account(**{**row._mapping, "roles": frozenset(row.roles), "municipalities": scope})


async def count_failure(connection: AsyncConnection, table: str, key: str, now: datetime) -> datetime | None:
    """One more wrong secret of an `account` (key: user name) or a `municipality` (key: code); returns until when it now waits."""
    column = {"account": "user_name", "municipality": "code"}[table]
    counted = text(f"UPDATE {table} SET failures = failures + 1 WHERE {column} = :key RETURNING failures")
    failures = (await connection.execute(counted, {"key": key})).scalar_one_or_none()
    until = locked_until(failures or 0, now)
    if until:
        await connection.execute(text(f"UPDATE {table} SET locked_until = :until WHERE {column} = :key"), {"until": until, "key": key})
    return until


async def clear_failures(connection: AsyncConnection, table: str, key: str) -> None:
    column = {"account": "user_name", "municipality": "code"}[table]
    await connection.execute(
        text(f"UPDATE {table} SET failures = 0, locked_until = NULL WHERE {column} = :key AND failures > 0"), {"key": key}
    )


async def begin_session(connection: AsyncConnection, token: str, account: UUID, terminal: UUID | None, now: datetime) -> None:
    values = {"key": digest(token), "account": account, "terminal": terminal, "now": now}
    await connection.execute(
        text(
            "INSERT INTO session (token_sha256, account_id, terminal_id, begun_at, seen_at) VALUES (:key, :account, :terminal, :now, :now)"
        ),
        values,
    )


async def end_session(connection: AsyncConnection, key: bytes, now: datetime) -> None:
    await connection.execute(
        text("UPDATE session SET ended_at = :now WHERE token_sha256 = :key AND ended_at IS NULL"), {"key": key, "now": now}
    )


async def find_session(connection: AsyncConnection, key: bytes, *, now: datetime, idle: timedelta, longest: timedelta) -> Session | None:
    """The live session of a token's digest, marked as seen now (to the minute)."""
    row = (await connection.execute(_SESSION, {"key": key, "idle_since": now - idle, "begun_since": now - longest})).one_or_none()
    if row is None:
        return None
    await connection.execute(_TOUCH, {"key": key, "now": now, "before": now - timedelta(minutes=1)})
    scope = None if row.municipalities is None else frozenset(row.municipalities)
    return Session(key, row.account_id, row.user_name, row.display_name, frozenset(row.roles), scope, row.terminal, row.has_totp)


async def use_totp_step(connection: AsyncConnection, account: UUID, step: int) -> bool:
    """Mark a time step of the one-time code as used; False when it, or a later one, was used before."""
    used = text("UPDATE account SET totp_last_step = :step WHERE id = :account AND totp_last_step < :step RETURNING id")
    return (await connection.execute(used, {"account": account, "step": step})).one_or_none() is not None


async def set_totp_secret(connection: AsyncConnection, account: UUID, secret: str | None) -> None:
    await connection.execute(
        text("UPDATE account SET totp_secret = :secret, totp_last_step = 0 WHERE id = :account"), {"account": account, "secret": secret}
    )


async def find_terminal(connection: AsyncConnection, token: str) -> Any | None:
    """(id, name, municipality_code) of the terminal that a browser's cookie is bound to."""
    return (await connection.execute(_TERMINAL, {"key": digest(token)})).one_or_none()


async def find_sample_terminal(connection: AsyncConnection, municipality_code: str | None) -> Any | None:
    """(id, name) of the terminal of the sample union that binds itself."""
    return (await connection.execute(_SAMPLE_TERMINAL, {"code": municipality_code})).one_or_none()


async def bind_terminal(connection: AsyncConnection, terminal: UUID, token: str) -> None:
    await connection.execute(
        text("INSERT INTO terminal_binding (token_sha256, terminal_id) VALUES (:key, :terminal)"),
        {"key": digest(token), "terminal": terminal},
    )


async def redeem_registration(connection: AsyncConnection, code: str, now: datetime) -> Any | None:
    """(id, name) of the terminal that a registration code was drawn for; the code works once and for a day."""
    return (await connection.execute(_REGISTRATION, {"key": digest(code), "now": now})).one_or_none()


async def remember_search(connection: AsyncConnection, key: bytes, search: dict[str, str]) -> None:
    """Keep the conditions of the last search with the session: they are personal data and have no place in an address."""
    statement = text("UPDATE session SET search = CAST(:search AS jsonb) WHERE token_sha256 = :key")
    await connection.execute(statement, {"key": key, "search": to_json(search).decode()})


async def last_search(connection: AsyncConnection, key: bytes) -> dict[str, str]:
    found = (await connection.execute(text("SELECT search FROM session WHERE token_sha256 = :key"), {"key": key})).scalar_one_or_none()
    return dict(found or {})


async def add_account(
    connection: AsyncConnection, identifier: UUID, user_name: str, display_name: str, hashed: str, roles: list[str], scope: list[str] | None
) -> None:
    """A new account; `scope` None is the whole union."""
    values = {"id": identifier, "name": user_name, "display": display_name, "hash": hashed, "roles": roles, "scope": scope}
    await connection.execute(
        text(
            "INSERT INTO account (id, user_name, display_name, password_hash, roles, municipalities) "
            "VALUES (:id, :name, :display, :hash, :roles, :scope)"
        ),
        values,
    )


async def reset_account(connection: AsyncConnection, user_name: str, hashed: str) -> None:
    """A new password, without one-time code and without waiting; every session of the account ends."""
    statement = text(
        "UPDATE account SET password_hash = :hash, totp_secret = NULL, totp_last_step = 0, failures = 0, locked_until = NULL "
        "WHERE user_name = :name"
    )
    await connection.execute(statement, {"name": user_name, "hash": hashed})
    await _end_sessions(connection, user_name)


async def close_account(connection: AsyncConnection, user_name: str, now: datetime) -> None:
    await connection.execute(text("UPDATE account SET closed_at = :now WHERE user_name = :name"), {"name": user_name, "now": now})
    await _end_sessions(connection, user_name)


async def _end_sessions(connection: AsyncConnection, user_name: str) -> None:
    statement = text(
        "UPDATE session s SET ended_at = now() FROM account a WHERE a.id = s.account_id AND a.user_name = :name AND s.ended_at IS NULL"
    )
    await connection.execute(statement, {"name": user_name})
