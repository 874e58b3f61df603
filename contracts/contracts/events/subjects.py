"""Whom an event is about, said once. The fields stand in each event, in its own order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.primitives import FiscalYear, MunicipalityCode, ResidentNumber

if TYPE_CHECKING:
    from uuid import UUID


class AboutResident:
    """An event about one resident: what is said of a person stays in order."""

    if TYPE_CHECKING:
        municipality_code: MunicipalityCode
        resident_number: ResidentNumber

    @property
    def subject(self) -> str:
        return f"{self.municipality_code}:{self.resident_number}"


class AboutYear(AboutResident):
    """An event about one insured person's fiscal year: its sequence counts within that year."""

    if TYPE_CHECKING:
        insured_id: UUID
        fiscal_year: FiscalYear

    @property
    def position(self) -> str:
        return f"{self.insured_id}:{self.fiscal_year}"
