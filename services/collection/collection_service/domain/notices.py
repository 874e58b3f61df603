"""納入通知: what one notice rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.events.municipal import ResidentStatus


@dataclass(frozen=True, slots=True)
class Addressee:
    """宛名: as in the last resident record. Under 支援措置 the address is withheld: no postal code, no lines."""

    status: ResidentStatus
    name: str
    postal_code: str | None
    lines: tuple[str, ...]

    @property
    def by_hand(self) -> bool:
        """The notice is handed over, not posted."""
        return self.postal_code is None


@dataclass(frozen=True, slots=True)
class Charged:
    """An instalment as charged. `method`: how it is paid on its due day (slip, account, pension)."""

    number: int
    month: int
    due_on: date
    amount: int
    method: str = "slip"


@dataclass(frozen=True, slots=True)
class Demand:
    """Everything that one notice rests on."""

    municipality_code: str
    fiscal_year: int
    annual_amount: int
    insured_number: str | None
    acquired_on: date | None
    addressee: Addressee | None
    instalments: Sequence[Charged]
    has_earlier_notice: bool
    provisional: bool
    """暫定: it rests on a number of the law that nobody has confirmed."""
