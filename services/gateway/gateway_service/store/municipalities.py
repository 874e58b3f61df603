"""The municipalities of the union and their secrets for the municipal API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Municipality:
    """市区町村: six-digit code, name, argon2 hash of its secret (None: it may not use the municipal API)."""

    code: str
    name: str
    secret_hash: str | None
    locked_until: datetime | None


async def find(connection: AsyncConnection, code: str) -> Municipality | None:
    query = text("SELECT code, name, secret_hash, locked_until FROM municipality WHERE code = :code")
    row = (await connection.execute(query, {"code": code})).one_or_none()
    return Municipality(*row) if row else None


async def names(connection: AsyncConnection) -> dict[str, str]:
    """Code → name of every municipality, by code."""
    rows = await connection.execute(text("SELECT code, name FROM municipality ORDER BY code"))
    return {row.code: row.name for row in rows}


async def put(connection: AsyncConnection, code: str, name: str, secret_hash: str | None) -> None:
    """Add a municipality, or give it a new name and secret."""
    await connection.execute(
        text(
            "INSERT INTO municipality (code, name, secret_hash) VALUES (:code, :name, :hash) "
            "ON CONFLICT (code) DO UPDATE SET name = excluded.name, secret_hash = coalesce(excluded.secret_hash, municipality.secret_hash)"
        ),
        {"code": code, "name": name, "hash": secret_hash},
    )


async def all_municipalities(connection: AsyncConnection) -> list[Municipality]:
    """Every municipality, by code."""
    query = text("SELECT code, name, secret_hash, locked_until FROM municipality ORDER BY code")
    return [Municipality(*row) for row in await connection.execute(query)]
