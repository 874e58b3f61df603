"""相手方: whom a letter about arrears reaches, and under which number the person is insured."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.commands import Person

from collection_service.domain.notices import Addressee


@dataclass(frozen=True, slots=True)
class Recipient:
    """A resident: to whom letters go (None: no resident record has come), and the number (None: not come)."""

    person: Person
    addressee: Addressee | None
    insured_number: str | None

    @property
    def by_hand(self) -> bool:
        """Under 支援措置: what goes to the person is handed over, not posted."""
        return self.addressee is not None and self.addressee.by_hand
