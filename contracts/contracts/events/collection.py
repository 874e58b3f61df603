"""What collection decides."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.primitives import FiscalYear, MunicipalityCode, ResidentNumber, Yen


class Instalment(BaseModel):
    """期別: one instalment (number within the year, calendar month of the period, due day, yen)."""

    model_config = ConfigDict(frozen=True)

    number: int
    month: int
    due_on: date
    amount: Yen


class InstalmentsSet(Event):
    """期割決定: the ordinary instalments of one assessment; their sum is its annual amount."""

    type: ClassVar[str] = "collection.instalments_set.v1"
    owner: ClassVar[str] = "collection"
    stream: ClassVar[str | None] = "instalments"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    assessment_id: UUID
    fiscal_year: FiscalYear
    annual_amount: Yen
    instalments: tuple[Instalment, ...]

    @property
    def subject(self) -> str:
        return f"{self.municipality_code}:{self.resident_number}"

    @property
    def position(self) -> str:
        return f"{self.insured_id}:{self.fiscal_year}"
