"""解除の一回: a second officer lets one person see a withheld address once, or print it on one certificate, for a short time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.store.cases import Person

GIVEN_FOR: Final = timedelta(minutes=30)
"""A setting of the house: long enough to walk to the printer, too short to be forgotten."""

_GIVE = """
INSERT INTO address_release (release_id, municipality_code, resident_number, approval_id, document, given_to, given_until)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_USE = """
UPDATE address_release SET used_at = $6, certificate_id = $7
WHERE release_id = $1 AND (municipality_code, resident_number, document, given_to) = ($2, $3, $4, $5)
  AND used_at IS NULL AND given_until > $6
RETURNING release_id
"""
_ADDRESS = """
SELECT postal_code, address_prefecture, address_municipality, address_town, address_number, address_building FROM resident
WHERE (municipality_code, resident_number) = ($1, $2)
"""
_OPEN = """
SELECT release_id, document, given_until FROM address_release
WHERE (municipality_code, resident_number, given_to) = ($1, $2, $3) AND used_at IS NULL AND given_until > $4 ORDER BY given_until
"""
_MAY_OPEN = "SELECT EXISTS (SELECT FROM address_release WHERE certificate_id = $1 AND given_to = $2 AND given_until > $3)"


class NotGiven(Exception):
    """There is no such release for this person, officer and paper; or it was used, or its time is over."""


async def give(uow: UnitOfWork, person: Person, *, approval_id: UUID, document: str, to: str) -> UUID:
    """What a second officer has approved."""
    release_id = uuid7()
    await (await driver(uow.connection)).execute(_GIVE, release_id, *person, approval_id, document, to, uow.now + GIVEN_FOR)
    return release_id


async def use(
    uow: UnitOfWork, release_id: UUID, person: Person, *, document: str, by: str, certificate_id: UUID | None = None
) -> dict[str, Any]:
    """The address columns, this once. Raises `NotGiven`."""
    raw = await driver(uow.connection)
    if await raw.fetchval(_USE, release_id, *person, document, by, uow.now, certificate_id) is None:
        raise NotGiven(f"{release_id} gives {by} no address of this person.")
    return dict(await raw.fetchrow(_ADDRESS, *person))


async def open_for(uow: UnitOfWork, person: Person, *, by: str) -> list[dict[str, Any]]:
    """What `by` may still use for a person."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_OPEN, *person, by, uow.now)]


async def may_open(uow: UnitOfWork, certificate_id: UUID, *, by: str) -> bool:
    """Whether the certificate was printed with a release of `by` whose time is not over."""
    return bool(await (await driver(uow.connection)).fetchval(_MAY_OPEN, certificate_id, by, uow.now))
