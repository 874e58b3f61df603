"""What assessment decides."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.batches import BatchSealed
from contracts.envelope import Event
from contracts.events.subjects import AboutResident, AboutYear
from contracts.primitives import FiscalYear, MunicipalityCode, ResidentNumber, Yen


class CaseKind(StrEnum):
    """事案の種類: what a person must look at."""

    INCOME_MISSING = "income_missing"
    INCOME_INQUIRING = "income_inquiring"
    RATE_MISSING = "rate_missing"
    RATE_AREA_MISSING = "rate_area_missing"


class IncomeReview(StrEnum):
    """所得の把握: what was done at the window about an income that was not known."""

    DECLARED = "declared"
    INQUIRED = "inquired"
    INQUIRY_ENDED = "inquiry_ended"
    OVERRIDDEN = "overridden"


class PremiumEvent(AboutResident, Event):
    owner: ClassVar[str] = "premium"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber


class PremiumAssessed(AboutYear, PremiumEvent):
    """賦課決定: the premium of one insured person for one fiscal year was decided (yen a year); `sequence` is the revision."""

    type: ClassVar[str] = "premium.assessed.v1"
    stream: ClassVar[str | None] = "assessment"

    assessment_id: UUID
    fiscal_year: FiscalYear
    annual_amount: Yen
    medical_amount: Yen
    child_support_amount: Yen
    months: int
    provisional: bool


class SpecialRefundDetermined(PremiumEvent):
    """特別返還金: what was charged too much for a fiscal year whose premium can no longer be decided lower (期間制限), in yen.

    The whole state, so that the last one about a person and year is enough; 0 takes an earlier one back. `annual_amount` stays in
    force; `legal_basis` is the rule under which the amount is given back, as far as it was paid. `sequence` is the entry of 期間制限一覧.
    """

    type: ClassVar[str] = "premium.special_refund_determined.v1"

    fiscal_year: FiscalYear
    amount: Yen
    annual_amount: Yen
    legal_basis: str


class AssessmentsBatchSealed(BatchSealed):
    """賦課一括: the assessments of a run, columns as PremiumAssessed with `sequence`."""

    type: ClassVar[str] = "premium.assessments_batch_sealed.v1"
    owner: ClassVar[str] = "premium"

    fiscal_year: FiscalYear


class CaseRaised(PremiumEvent):
    """事案発生: something has waited past its deadline and needs a person."""

    type: ClassVar[str] = "premium.case_raised.v1"

    case_id: UUID
    kind: CaseKind
    fiscal_year: FiscalYear
    waiting_since: date


class CaseClosed(PremiumEvent):
    """事案解消: what was missing has come."""

    type: ClassVar[str] = "premium.case_closed.v1"

    case_id: UUID
    kind: CaseKind


class IncomeReviewed(AboutResident, Event):
    """所得把握: what is known of the income of a resident has changed at the window; the premiums that rest on it are decided again.

    The resident need not be insured: the incomes of everybody in the household count.
    """

    type: ClassVar[str] = "premium.income_reviewed.v1"
    owner: ClassVar[str] = "premium"

    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    income_year: int
    review: IncomeReview


class RemissionDecided(AboutYear, PremiumEvent):
    """減免決定: what is remitted of the premium of a fiscal year (yen), after a decision or because the premium has changed.

    `remitted_amount` is the whole of it, 0 where nothing is remitted any more; `annual_amount` is the assessment it was taken from.
    """

    type: ClassVar[str] = "premium.remission_decided.v1"
    stream: ClassVar[str | None] = "remission"

    fiscal_year: FiscalYear
    assessment_id: UUID
    annual_amount: Yen
    remitted_amount: Yen


class DeferredInstalment(BaseModel):
    """猶予した期別: the number of an instalment within the year, and the day until which it is deferred."""

    model_config = ConfigDict(frozen=True)

    number: int
    deferred_until: date


class DeferralDecided(AboutYear, PremiumEvent):
    """徴収猶予決定: the instalments of a fiscal year that are deferred, each until a day; the whole state, so that the last one counts."""

    type: ClassVar[str] = "premium.deferral_decided.v1"
    stream: ClassVar[str | None] = "deferral"

    fiscal_year: FiscalYear
    deferred: tuple[DeferredInstalment, ...]
