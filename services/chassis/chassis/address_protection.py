"""支援措置 in a service that keeps copies of addresses: whose address is withheld, as eligibility says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contracts.events.eligibility import AddressProtected

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

TABLE: Final = """
CREATE TABLE protected_person (
    municipality_code text COLLATE "C" NOT NULL,
    resident_number text COLLATE "C" NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    PRIMARY KEY (municipality_code, resident_number)
)"""
"""For a migration. The address of a person without `valid_until` is withheld, and that of everybody in the same household."""
_KEEP: Final = """
INSERT INTO protected_person (municipality_code, resident_number, valid_from, valid_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (municipality_code, resident_number) DO UPDATE SET valid_from = excluded.valid_from, valid_until = excluded.valid_until
"""


async def keep(events: Iterable[AddressProtected], uow: UnitOfWork) -> None:
    """The address of a person is withheld from now on, or may be shown again: the last word counts."""
    rows = [(event.municipality_code, event.resident_number, event.valid_from, event.valid_until) for event in events]
    await (await driver(uow.connection)).executemany(_KEEP, rows)
