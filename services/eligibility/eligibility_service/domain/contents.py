"""記載の内容: what an entry about a person can say, one class for each kind."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from contracts.events.eligibility import AcquisitionGround, LossReason
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

Text = Annotated[str, Field(min_length=1, max_length=200)]


class Content(BaseModel):
    """What an entry says, by its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AcquisitionNotified(Content):
    """資格取得届. The qualification itself follows from the municipality's record; this keeps that, and when, it was declared."""

    kind: Literal["acquisition_notified"] = "acquisition_notified"
    cause: Text


class LossNotified(Content):
    """資格喪失届. `moved_to_other_union`: the day of effect is that on which an address in the other union began (法53条1項)."""

    kind: Literal["loss_notified"] = "loss_notified"
    cause: Literal["death", "moved_to_other_union", "other"]
    remark: str = Field(default="", max_length=200)


class ChangeNotified(Content):
    """変更届: name, address or household; the record of the municipality says the new fact."""

    kind: Literal["change_notified"] = "change_notified"
    what: Text


class DisabilityApplied(Content):
    """障害認定の申請: the handbook or pension certificate that was shown, and its grade; `document_ends_on` where it has an end."""

    kind: Literal["disability_applied"] = "disability_applied"
    evidence: Literal["pension", "physical", "mental", "intellectual"]
    grade: Text
    document_ends_on: date | None = None


class DisabilityCertified(Content):
    """障害認定: effective on the day of certification (認定日). It answers the application; the certificate may end with the handbook."""

    kind: Literal["disability_certified"] = "disability_certified"
    application_id: UUID
    evidence: Literal["pension", "physical", "mental", "intellectual"]
    grade: Text
    document_ends_on: date | None = None


class DisabilityRefused(Content):
    """障害認定の却下, with the reason that its letter tells."""

    kind: Literal["disability_refused"] = "disability_refused"
    application_id: UUID


class DisabilityWithdrawn(Content):
    """障害認定の撤回: effective on the day from which the person is insured no more, never before it was declared."""

    kind: Literal["disability_withdrawn"] = "disability_withdrawn"


class DisabilityEnded(Content):
    """障害の状態でなくなった: effective on that day; the loss is the day after."""

    kind: Literal["disability_ended"] = "disability_ended"


class ExclusionBegun(Content):
    """適用除外の開始: public assistance (生活保護), support for returnees (中国残留邦人等支援給付), or another cause (法51条)."""

    kind: Literal["exclusion_begun"] = "exclusion_begun"
    cause: Literal["public_assistance", "returnee_support", "other"]


class ExclusionEnded(Content):
    """適用除外の終了 (生活保護の廃止・停止 …): insured from that day."""

    kind: Literal["exclusion_ended"] = "exclusion_ended"
    cause: Literal["public_assistance", "returnee_support", "other"]


class DomicileExceptionBegun(Content):
    """住所地特例 該当: the day on which the address became that of a hospital or facility in another union's area (法55条).

    `under_national_insurance`: the person was under the exception of 国民健康保険 (法55条の2).
    """

    kind: Literal["domicile_exception_begun"] = "domicile_exception_begun"
    facility: Text
    facility_address: Text
    under_national_insurance: bool = False


class DomicileExceptionMoved(Content):
    """住所地特例 変更: from one facility straight into the next; the first union stays (法55条)."""

    kind: Literal["domicile_exception_moved"] = "domicile_exception_moved"
    facility: Text
    facility_address: Text


class DomicileExceptionEnded(Content):
    """住所地特例 非該当: the day on which the address became one that is no facility; there another union insures from that day."""

    kind: Literal["domicile_exception_ended"] = "domicile_exception_ended"
    remark: str = Field(default="", max_length=200)


class OtherUnionBegun(Content):
    """他の広域連合の住所地特例: lives in a facility of our area, and stays insured with the union that came before."""

    kind: Literal["other_union_begun"] = "other_union_begun"
    other_union: Text
    facility: Text


class OtherUnionEnded(Content):
    """他の広域連合の住所地特例の終了: insured here from that day, while a resident."""

    kind: Literal["other_union_ended"] = "other_union_ended"


Insurer = Literal["national", "national_society", "employee", "employee_dependant", "none", "unknown"]


class PreviousInsurer(Content):
    """前保険: what insured the person on the day before the acquisition, and what the record of 老人保健 says, where there is one.

    `confirmed`: an officer has seen the evidence, so that a contradiction between the two is settled by `insurer`.
    """

    kind: Literal["previous_insurer"] = "previous_insurer"
    insurer: Insurer
    elderly_record: Insurer | None = None
    confirmed: bool = False


class Corrected(Content):
    """訂正: one wrong fact of the qualification that was acquired on `acquired_on`, from the old value to the new one."""

    kind: Literal["corrected"] = "corrected"
    acquired_on: date
    fact: Literal["acquisition_ground", "loss_reason"]
    old: str
    new: str

    @model_validator(mode="after")
    def _values_are_known(self) -> Corrected:
        known = AcquisitionGround if self.fact == "acquisition_ground" else LossReason
        known(self.old), known(self.new)
        if self.old == self.new:
            raise ValueError("A correction says another value.")
        return self


class Amended(Content):
    """履歴修正: the span of the qualification acquired on `acquired_on`, before and after. `lost_on` None: still insured."""

    kind: Literal["amended"] = "amended"
    acquired_on: date
    lost_on: date | None
    new_acquired_on: date
    new_lost_on: date | None
    new_loss_reason: LossReason | None

    @model_validator(mode="after")
    def _spans_differ_and_hold(self) -> Amended:
        if (self.acquired_on, self.lost_on) == (self.new_acquired_on, self.new_lost_on):
            raise ValueError("An amendment says another span.")
        if self.new_lost_on is not None and self.new_lost_on <= self.new_acquired_on:
            raise ValueError("The amended span is empty; cancel the qualification instead.")
        if (self.new_lost_on is None) != (self.new_loss_reason is None):
            raise ValueError("A loss has a reason, and a reason a loss.")
        return self


class Cancelled(Content):
    """取消: the qualification acquired on `acquired_on` should not exist."""

    kind: Literal["cancelled"] = "cancelled"
    acquired_on: date


class Renumbered(Content):
    """被保険者番号の変更: the qualification goes on under another number; the old one is nobody else's ever."""

    kind: Literal["renumbered"] = "renumbered"
    insured_id: UUID
    old_number: str
    new_number: str


class TakenBack(Content):
    """記載の取消: another entry was wrong, and counts no more."""

    kind: Literal["taken_back"] = "taken_back"
    entry_id: UUID


AnyContent = (
    AcquisitionNotified
    | LossNotified
    | ChangeNotified
    | DisabilityApplied
    | DisabilityCertified
    | DisabilityRefused
    | DisabilityWithdrawn
    | DisabilityEnded
    | ExclusionBegun
    | ExclusionEnded
    | DomicileExceptionBegun
    | DomicileExceptionMoved
    | DomicileExceptionEnded
    | OtherUnionBegun
    | OtherUnionEnded
    | PreviousInsurer
    | Corrected
    | Amended
    | Cancelled
    | Renumbered
    | TakenBack
)
Said = Annotated[AnyContent, Field(discriminator="kind")]
CONTENT: Final[TypeAdapter[AnyContent]] = TypeAdapter(Said)
