"""What the insured ledger says. Each insured event carries the whole current qualification: applying the last one is enough."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from contracts.batches import BatchSealed
from contracts.envelope import Event
from contracts.events.subjects import AboutResident
from contracts.primitives import HouseholdNumber, InsuredNumber, InsurerNumber, MunicipalityCode, ResidentNumber


class AcquisitionGround(StrEnum):
    """資格取得事由."""

    AGE = "age"
    MOVED_IN = "moved_in"
    DISABILITY = "disability"
    EXCLUSION_ENDED = "exclusion_ended"
    DOMICILE_EXCEPTION = "domicile_exception"
    OTHER_UNION_ENDED = "other_union_ended"
    MOVED_WITHIN_UNION = "moved_within_union"


class LossReason(StrEnum):
    """資格喪失事由."""

    DEATH = "death"
    MOVED_OUT = "moved_out"
    REMOVED = "removed"
    PUBLIC_ASSISTANCE = "public_assistance"
    EXCLUDED = "excluded"
    DISABILITY_ENDED = "disability_ended"
    DISABILITY_WITHDRAWN = "disability_withdrawn"
    DOMICILE_EXCEPTION_ENDED = "domicile_exception_ended"
    OTHER_UNION = "other_union"
    MOVED_WITHIN_UNION = "moved_within_union"


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


class LimitClass(StrEnum):
    """限度額区分, by the law of the day."""

    WORKING = "working"
    WORKING_3 = "working-3"
    WORKING_2 = "working-2"
    WORKING_1 = "working-1"
    GENERAL = "general"
    GENERAL_2 = "general-2"
    GENERAL_1 = "general-1"
    LOW_2 = "low-2"
    LOW_1 = "low-1"
    WELFARE_PENSION = "welfare-pension"


class CopayReason(StrEnum):
    """Why a copay rate is what it is: the last test that decided it."""

    WORKING_INCOME = "working_income"
    TAXABLE_BELOW_WORKING = "taxable_below_working"
    EXEMPT = "exempt"
    TWO_TENTHS = "two_tenths"
    TAXABLE_BELOW_TWO_TENTHS = "taxable_below_two_tenths"
    INCOME_BELOW_TWO_TENTHS = "income_below_two_tenths"


class CaseKind(StrEnum):
    """What a person must look at."""

    CERTIFICATE_UNPRINTABLE = "certificate_unprintable"
    CERTIFICATE_UNDELIVERED = "certificate_undelivered"
    CERTIFICATE_RETURNED = "certificate_returned"
    ARREARS_TO_DECIDE = "arrears_to_decide"
    CARD_NOT_COLLECTED = "card_not_collected"
    COPAY_RATE_UNDECIDED = "copay_rate_undecided"
    INCOME_RECORD_MISSING = "income_record_missing"
    PROTECTION_EXPIRING = "protection_expiring"
    PROTECTION_EXPIRED = "protection_expired"
    SURVEY_OVERDUE = "survey_overdue"
    PREVIOUS_INSURER_UNCLEAR = "previous_insurer_unclear"


class InsuredEvent(AboutResident, Event):
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
    def position(self) -> str:
        return str(self.insured_id)


class InsuredAcquired(InsuredEvent):
    """資格取得: a person became insured."""

    type: ClassVar[str] = "eligibility.insured_acquired.v1"


class InsuredChanged(InsuredEvent):
    """資格変更: household, sex, birth, ground, number or a day of an insured person changed or was corrected."""

    type: ClassVar[str] = "eligibility.insured_changed.v1"


class InsuredLost(InsuredEvent):
    """資格喪失: a person is insured no more, from `lost_on` on."""

    type: ClassVar[str] = "eligibility.insured_lost.v1"


class InsuredBatchSealed(BatchSealed):
    """資格一括: many insured at once, columns as InsuredAcquired with `sequence`."""

    type: ClassVar[str] = "eligibility.insured_batch_sealed.v1"
    owner: ClassVar[str] = "eligibility"


class FileForMunicipality(BatchSealed):
    """A file for a municipality lies ready, CSV in a layout of koki-1, with its control file beside it."""

    owner: ClassVar[str] = "eligibility"

    municipality_code: MunicipalityCode
    generation: int
    is_whole: bool
    """Everything, not only what changed since the generation before."""
    control_key: str
    control_sha256: str

    @property
    def subject(self) -> str:
        return self.municipality_code


class QualificationFileSealed(FileForMunicipality):
    """資格情報ファイル: a file for a municipality lies ready, CSV in layout koki-1/qualifications, with its control file beside it."""

    type: ClassVar[str] = "eligibility.qualification_file_sealed.v1"


class ExpectedInsuredFileSealed(FileForMunicipality):
    """75歳到達予定者ファイル: who of a municipality will be 75 within the next three months, CSV in layout koki-1/expected_insured."""

    type: ClassVar[str] = "eligibility.expected_insured_file_sealed.v1"


class CertificateIssued(AboutResident, Event):
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


class CopayRateDecided(AboutResident, Event):
    """負担割合決定: rate and limit class of one insured person from `valid_from` to `valid_until`, its last day.

    `limit_class` is empty while the tax of somebody in the household is not known. Within a copay year (August to July) the last
    decision that covers a day holds for it.
    """

    type: ClassVar[str] = "eligibility.copay_rate_decided.v1"
    owner: ClassVar[str] = "eligibility"
    stream: ClassVar[str | None] = "copay_rate"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    copay_year: int
    rate_percent: int
    limit_class: LimitClass | None = None
    valid_from: date
    valid_until: date
    reason: CopayReason
    provisional: bool

    @property
    def position(self) -> str:
        return f"{self.insured_id}:{self.copay_year}"


class CopayRatesBatchSealed(BatchSealed):
    """負担割合一括: many decisions at once, columns as CopayRateDecided with `sequence`."""

    type: ClassVar[str] = "eligibility.copay_rates_batch_sealed.v1"
    owner: ClassVar[str] = "eligibility"

    copay_year: int


class CaseEvent(AboutResident, Event):
    owner: ClassVar[str] = "eligibility"

    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    case_id: UUID
    kind: CaseKind


class CaseRaised(CaseEvent):
    """事案発生: something about a resident waits for a person; what it is in detail stays with this service."""

    type: ClassVar[str] = "eligibility.case_raised.v1"

    waiting_since: date


class CaseClosed(CaseEvent):
    """事案解消: what was waited for has come, or somebody has dealt with it."""

    type: ClassVar[str] = "eligibility.case_closed.v1"


class FormerDependantDetermined(AboutResident, Event):
    """被扶養者であった者の確認: whether somebody was a dependant in employees' insurance on the day before `joined_on`.

    `former_dependant` is empty where it is not known (any more): that is not no. `joined_on` is the day from which the person has been
    insured without a break; a move within the union does not begin it anew.
    """

    type: ClassVar[str] = "eligibility.former_dependant_determined.v1"
    owner: ClassVar[str] = "eligibility"
    stream: ClassVar[str | None] = "former_dependant"

    insured_id: UUID
    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    joined_on: date
    former_dependant: bool | None = None

    @property
    def position(self) -> str:
        return str(self.insured_id)


class AddressProtected(AboutResident, Event):
    """支援措置: from `valid_from` until an officer has ended it (`valid_until`), nobody shows or prints the address of this person.

    Of each person the last one counts. It carries no address, and whoever hears it withholds that of the household too.
    """

    type: ClassVar[str] = "eligibility.address_protected.v1"
    owner: ClassVar[str] = "eligibility"
    stream: ClassVar[str | None] = "address_protection"

    municipality_code: MunicipalityCode
    resident_number: ResidentNumber
    valid_from: date
    valid_until: date | None = None
