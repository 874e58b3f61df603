"""What the municipalities report, checked and announced by the gateway. The only events that carry names and addresses."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar

from contracts.batches import BatchSealed
from contracts.envelope import Event
from contracts.events.subjects import AboutResident
from contracts.primitives import HouseholdNumber, MunicipalityCode, PostalCode, ResidentNumber, Yen


class ResidentStatus(StrEnum):
    """住民状態: whether the person is on the resident register of the municipality."""

    RESIDENT = "1"
    MOVED_OUT = "2"
    DIED = "3"
    REMOVED = "4"


class IncomeStatus(StrEnum):
    """所得の状態: unknown is not zero."""

    DECLARED = "1"
    UNDECLARED = "2"
    INQUIRING = "3"


class ResidentTaxStatus(StrEnum):
    """市町村民税の課税区分, of the fiscal year after the income year."""

    TAXED = "1"
    NOT_TAXED = "2"


class MunicipalEvent(AboutResident, Event):
    owner: ClassVar[str] = "gateway"

    municipality_code: MunicipalityCode
    resident_number: ResidentNumber


class ResidentChanged(MunicipalEvent):
    """住民異動: the whole current record of one resident; `sequence` is the 個人履歴番号 of the municipality."""

    type: ClassVar[str] = "municipal.resident_changed.v1"
    stream: ClassVar[str | None] = "resident"

    household_number: HouseholdNumber
    relationship: str
    status: ResidentStatus
    change_reason: str
    changed_on: date
    notified_on: date | None = None
    name: str
    name_kana: str
    sex: str
    born_on: date
    born_on_unknown_text: str | None = None
    postal_code: PostalCode
    address_prefecture: str
    address_municipality: str
    address_town: str
    address_number: str
    address_building: str | None = None
    resident_since: date
    ended_on: date | None = None


class IncomeDetermined(MunicipalEvent):
    """所得確定: the incomes of one resident for one calendar year (yen); with another status than declared they are not known."""

    type: ClassVar[str] = "municipal.income_determined.v1"
    stream: ClassVar[str | None] = "income"

    income_year: int
    status: IncomeStatus
    public_pension_receipts: Yen = 0
    salary_receipts: Yen = 0
    business_income: Yen = 0
    other_income: Yen = 0
    capital_gains: Yen = 0
    capital_gains_special_deduction: Yen = 0
    family_employee_deduction: Yen = 0
    family_employee_salary_received: Yen = 0
    loss_carried_forward: Yen = 0
    total_income: Yen | None = None
    taxable_income: Yen | None = None
    gross_income: Yen | None = None
    resident_tax_status: ResidentTaxStatus | None = None
    dependants_under_16: int | None = None
    dependants_16_to_18: int | None = None
    receives_welfare_pension: bool | None = None

    @property
    def position(self) -> str:
        return f"{self.subject}:{self.income_year}"


class MunicipalBatchSealed(BatchSealed):
    """`sent` rows of the municipality's file = the rows sealed here + `rejected` + `parked`. `complete_as_of` (完全性の印): the file holds
    everybody there was on that day; without it the file holds what has changed."""

    owner: ClassVar[str] = "gateway"

    municipality_code: MunicipalityCode
    generation: int
    complete_as_of: date | None = None
    sent: int | None = None
    rejected: int | None = None
    parked: int | None = None


class ResidentsBatchSealed(MunicipalBatchSealed):
    """住民情報一括: the accepted rows of a residents file, columns as ResidentChanged with `sequence`."""

    type: ClassVar[str] = "municipal.residents_batch_sealed.v1"


class IncomesBatchSealed(MunicipalBatchSealed):
    """所得情報一括: the accepted rows of an incomes file, columns as IncomeDetermined with `sequence`."""

    type: ClassVar[str] = "municipal.incomes_batch_sealed.v1"


class CardHoldingsBatchSealed(MunicipalBatchSealed):
    """マイナ保険証保有情報: the accepted rows of a file of holders, columns of the layout; the union hands it in, under its own code."""

    type: ClassVar[str] = "municipal.card_holdings_batch_sealed.v1"
