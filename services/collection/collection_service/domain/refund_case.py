"""過誤納の事案: whose, of which fiscal year, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from contracts.events.municipal import ResidentStatus

from collection_service.domain.notices import Addressee


@dataclass(frozen=True, slots=True)
class Case:
    """One person and fiscal year. `payable`: decided and not paid out yet; `resident_number` None: never assessed here."""

    case_id: UUID
    insured_id: UUID
    fiscal_year: int
    municipality_code: str
    found_on: date
    closed_on: date | None
    overpaid: int
    payable: int
    resident_number: str | None
    insured_number: str | None
    lost_on: date | None
    addressee: Addressee | None

    @property
    def has_died(self) -> bool:
        return self.addressee is not None and self.addressee.status is ResidentStatus.DIED
