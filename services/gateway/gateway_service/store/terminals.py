"""Registered terminals, for the operator."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway_service.store.sign_ins import digest

_ALL = """
SELECT t.id, t.name, t.municipality_code, m.name AS municipality, t.binds_itself, t.registered_by, t.registered_at, t.revoked_at,
       (SELECT max(bound_at) FROM terminal_binding b WHERE b.terminal_id = t.id) AS bound_at
FROM terminal t LEFT JOIN municipality m ON m.code = t.municipality_code ORDER BY t.revoked_at NULLS FIRST, t.name
"""
_ADD = """
INSERT INTO terminal (id, name, municipality_code, registration_sha256, registration_until, registered_by)
VALUES (:id, :name, :code, :digest, :until, :by) ON CONFLICT (name) DO NOTHING RETURNING id
"""


async def all_terminals(connection: AsyncConnection) -> list[Any]:
    return list(await connection.execute(text(_ALL)))


async def add(
    connection: AsyncConnection, identifier: UUID, name: str, municipality_code: str | None, code: str, until: datetime, by: str
) -> bool:
    """A terminal that waits for its registration `code`; False when the name is taken."""
    values = {"id": identifier, "name": name, "code": municipality_code, "digest": digest(code), "until": until, "by": by}
    return (await connection.execute(text(_ADD), values)).one_or_none() is not None


async def revoke(connection: AsyncConnection, identifier: UUID, now: datetime) -> str | None:
    """Its name; None when there is none in use."""
    statement = text("UPDATE terminal SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL RETURNING name")
    found: str | None = (await connection.execute(statement, {"id": identifier, "now": now})).scalar_one_or_none()
    return found
