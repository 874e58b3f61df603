"""支援措置: the gateway's own copy of whose address is withheld, a second wall behind eligibility's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_ADDRESS: Final = ("postal_code", "address_prefecture", "address_municipality", "address_town", "address_number", "address_building")
_IS_PROTECTED: Final = text(
    "SELECT EXISTS (SELECT FROM protected_person WHERE municipality_code = :code AND resident_number = :number AND valid_until IS NULL)"
)


async def is_protected(connection: AsyncConnection, municipality_code: str, resident_number: str) -> bool:
    """Whether eligibility has said that the person's address is withheld."""
    return bool((await connection.execute(_IS_PROTECTED, {"code": municipality_code, "number": resident_number})).scalar_one())


def without_address(person: Mapping[str, Any]) -> dict[str, Any]:
    """A resident's record, whatever came with it, with nothing of an address."""
    return {**person, **dict.fromkeys(_ADDRESS), "address_withheld": True}
