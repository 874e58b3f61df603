"""The municipalities of the union and their secrets for the municipal API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Municipality:
    """市区町村, or the union itself: six-digit code, name, argon2 hash of its secret (None: it may not use the municipal API)."""

    code: str
    name: str
    secret_hash: str | None
    locked_until: datetime | None
    is_union: bool


async def find(connection: AsyncConnection, code: str) -> Municipality | None:
    query = text("SELECT code, name, secret_hash, locked_until, is_union FROM municipality WHERE code = :code")
    row = (await connection.execute(query, {"code": code})).one_or_none()
    return Municipality(*row) if row else None


async def names(connection: AsyncConnection) -> dict[str, str]:
    """Code → name of every municipality, by code; without the union."""
    rows = await connection.execute(text("SELECT code, name FROM municipality WHERE NOT is_union ORDER BY code"))
    return {row.code: row.name for row in rows}


async def put(connection: AsyncConnection, code: str, name: str, secret_hash: str | None, *, is_union: bool = False) -> None:
    """Add a municipality (or the union), or give it a new name and secret."""
    await connection.execute(
        text(
            "INSERT INTO municipality (code, name, secret_hash, is_union) VALUES (:code, :name, :hash, :is_union) "
            "ON CONFLICT (code) DO UPDATE SET name = excluded.name, secret_hash = coalesce(excluded.secret_hash, municipality.secret_hash)"
        ),
        {"code": code, "name": name, "hash": secret_hash, "is_union": is_union},
    )


async def all_municipalities(connection: AsyncConnection) -> list[Municipality]:
    """Every municipality, by code."""
    query = text("SELECT code, name, secret_hash, locked_until, is_union FROM municipality ORDER BY code")
    return [Municipality(*row) for row in await connection.execute(query)]
