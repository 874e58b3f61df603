"""支援措置: the gateway's own copy of whose address is withheld, a second wall behind eligibility's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chassis.database import borrowed
from sqlalchemy.ext.asyncio import AsyncEngine

_ADDRESS: Final = ("postal_code", "address_prefecture", "address_municipality", "address_town", "address_number", "address_building")
_IS_PROTECTED: Final = (
    "SELECT EXISTS (SELECT FROM protected_person WHERE municipality_code = $1 AND resident_number = $2 AND valid_until IS NULL)"
)


async def is_protected(engine: AsyncEngine, municipality_code: str, resident_number: str) -> bool:
    """Whether eligibility has said that the person's address is withheld; to be asked after the record was fetched."""
    async with borrowed(engine) as connection:
        return bool(await connection.fetchval(_IS_PROTECTED, municipality_code, resident_number))


def without_address(person: Mapping[str, Any]) -> dict[str, Any]:
    """A resident's record, whatever came with it, with nothing of an address."""
    return {**person, **dict.fromkeys(_ADDRESS), "address_withheld": True}
