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
    """期割決定: the ordinary instalments of one assessment; their sum is `annual_amount`: what is charged, less what is remitted."""

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


class ArrearsReported(Event):
    """滞納情報: what an insured person owes on `effective_on`; the whole state, so that the last report is enough.

    `oldest_due_on`: 納期限 of the oldest instalment that is not paid in full, None with an amount of 0. `last_paid_on`: the last
    day on which anything was paid, in part or in full.
    """

    type: ClassVar[str] = "collection.arrears_reported.v1"
    owner: ClassVar[str] = "collection"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    unpaid_amount: Yen
    oldest_due_on: date | None = None
    last_paid_on: date | None = None

    @property
    def subject(self) -> str:
        return f"{self.municipality_code}:{self.resident_number}"
