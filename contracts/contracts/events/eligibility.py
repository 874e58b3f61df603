"""What the insured ledger says. Each insured event carries the whole current qualification: applying the last one is enough."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from contracts.batches import BatchSealed
from contracts.envelope import Event
from contracts.primitives import HouseholdNumber, InsuredNumber, InsurerNumber, MunicipalityCode, ResidentNumber


class AcquisitionGround(StrEnum):
    """資格取得事由."""

    AGE = "age"
    MOVED_IN = "moved_in"
    DISABILITY = "disability"


class LossReason(StrEnum):
    """資格喪失事由."""

    DEATH = "death"
    MOVED_OUT = "moved_out"
    REMOVED = "removed"


class CertificateKind(StrEnum):
    """証の種類, by the law of the day of issue."""

    INSURANCE_CARD = "insurance_card"
    SHORT_TERM_CARD = "short_term_card"
    STATUS_CERTIFICATE = "status_certificate"
    ELIGIBILITY_CONFIRMATION = "eligibility_confirmation"
    ELIGIBILITY_NOTICE = "eligibility_notice"
    LIMIT_CERTIFICATE = "limit_certificate"
    REDUCTION_CERTIFICATE = "reduction_certificate"
    SPECIFIC_DISEASE_CERTIFICATE = "specific_disease_certificate"


class CaseKind(StrEnum):
    """What a person must look at."""

    CERTIFICATE_UNPRINTABLE = "certificate_unprintable"
    CERTIFICATE_UNDELIVERED = "certificate_undelivered"
    CERTIFICATE_RETURNED = "certificate_returned"
    ARREARS_TO_DECIDE = "arrears_to_decide"
    CARD_NOT_COLLECTED = "card_not_collected"


class InsuredEvent(Event):
    owner: ClassVar[str] = "eligibility"
    stream: ClassVar[str | None] = "insured"

    insured_id: UUID
    insured_number: InsuredNumber
    insurer_number: InsurerNumber
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    household_number: HouseholdNumber
    born_on: date
    sex: str
    acquired_on: date
    acquisition_ground: AcquisitionGround
    lost_on: date | None = None
    loss_reason: LossReason | None = None

    @property
    def subject(self) -> str:
        return f"{self.municipality_code}:{self.resident_number}"

    @property
    def position(self) -> str:
        return str(self.insured_id)


class InsuredAcquired(InsuredEvent):
    """資格取得: a person became insured."""

    type: ClassVar[str] = "eligibility.insured_acquired.v1"


class InsuredChanged(InsuredEvent):
    """資格変更: household, sex, birth or acquisition day of an insured person changed or was corrected."""

    type: ClassVar[str] = "eligibility.insured_changed.v1"


class InsuredLost(InsuredEvent):
    """資格喪失: a person is insured no more, from `lost_on` on."""

    type: ClassVar[str] = "eligibility.insured_lost.v1"


class InsuredBatchSealed(BatchSealed):
    """資格一括: many insured at once, columns as InsuredAcquired with `sequence`."""

    type: ClassVar[str] = "eligibility.insured_batch_sealed.v1"
    owner: ClassVar[str] = "eligibility"


class CertificateIssued(Event):
    """証の交付: a card was issued; the exact PDF can be found by `document_sha256`."""

    type: ClassVar[str] = "eligibility.certificate_issued.v1"
    owner: ClassVar[str] = "eligibility"

    certificate_id: UUID
    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    kind: CertificateKind
    valid_from: date
    valid_until: date
    document_sha256: str

    @property
    def subject(self) -> str:
        return f"{self.municipality_code}:{self.resident_number}"


class CaseEvent(Event):
    owner: ClassVar[str] = "eligibility"

    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    case_id: UUID
    kind: CaseKind

    @property
    def subject(self) -> str:
        return f"{self.municipality_code}:{self.resident_number}"


class CaseRaised(CaseEvent):
    """事案発生: something about a resident waits for a person; what it is in detail stays with this service."""

    type: ClassVar[str] = "eligibility.case_raised.v1"

    waiting_since: date


class CaseClosed(CaseEvent):
    """事案解消: what was waited for has come, or somebody has dealt with it."""

    type: ClassVar[str] = "eligibility.case_closed.v1"
