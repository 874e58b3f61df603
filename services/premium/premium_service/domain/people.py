"""Somebody as a clerk's command and a letter need him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.commands import Person

Addressee = tuple[str, str, str | None, tuple[str, ...]]
"""被保険者番号 (empty where not insured), name, postal code, address lines; no postal code and no lines where the address is withheld."""


@dataclass(frozen=True, slots=True)
class Known:
    """A resident, with the last qualification; `insured_id` is None where there was none."""

    number: int
    person: Person
    name: str
    born_on: date
    insured_id: UUID | None
    insured_number: str
    address_withheld: bool
    postal_code: str | None
    address: tuple[str, ...]

    @property
    def addressee(self) -> Addressee:
        return self.insured_number, self.name, self.postal_code, self.address


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a letter goes. `gone`: lives in no household of the union on the business day (died, moved out, removed)."""

    addressee: Addressee
    gone: bool

    @property
    def by_hand(self) -> bool:
        """The letter is handed over, not posted: its address is withheld (支援措置)."""
        return self.addressee[2] is None
