"""異動の記載: what people declare, decide and correct about a person's qualification. The log only grows; a wrong entry is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

from contracts.events.eligibility import AcquisitionGround, LossReason
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

Text = Annotated[str, Field(min_length=1, max_length=200)]


class Source(StrEnum):
    """届出の経路: who brought it about."""

    NOTICE = "notice"
    UNION = "union"
    AUTHORITY = "authority"

    @property
    def term(self) -> str:
        return {"notice": "届出", "union": "広域連合の決定", "authority": "職権"}[self.value]


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


class PreviousInsurer(Content):
    """前保険: what insured the person on the day before the acquisition, and what the records of 老人保健 said.

    `dependant_since_confirmed`: an officer has seen the evidence where the records contradict each other.
    """

    kind: Literal["previous_insurer"] = "previous_insurer"
    insurer: Literal["national", "national_society", "employee", "employee_dependant", "none"]
    elderly_record: Literal["national", "national_society", "employee", "employee_dependant", "none"] = "none"
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


Any_ = (
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
AnyContent = Annotated[Any_, Field(discriminator="kind")]
CONTENT: Final[TypeAdapter[Any_]] = TypeAdapter(AnyContent)

TERMS: Final[dict[str, str]] = {
    "acquisition_notified": "資格取得届",
    "loss_notified": "資格喪失届",
    "change_notified": "変更届",
    "disability_applied": "障害認定の申請",
    "disability_certified": "障害認定",
    "disability_refused": "障害認定の却下",
    "disability_withdrawn": "障害認定の撤回",
    "disability_ended": "障害の状態の終了",
    "exclusion_begun": "適用除外の開始",
    "exclusion_ended": "適用除外の終了",
    "domicile_exception_begun": "住所地特例の該当",
    "domicile_exception_moved": "住所地特例の施設の変更",
    "domicile_exception_ended": "住所地特例の非該当",
    "other_union_begun": "他の広域連合の住所地特例の該当",
    "other_union_ended": "他の広域連合の住所地特例の終了",
    "previous_insurer": "前保険の確認",
    "corrected": "訂正",
    "amended": "履歴修正",
    "cancelled": "資格の取消",
    "renumbered": "被保険者番号の変更",
    "taken_back": "記載の取消",
}
_ACT: Final = "高齢者の医療の確保に関する法律"
BASIS: Final[dict[str, str]] = {
    "acquisition_notified": f"{_ACT} 第54条",
    "loss_notified": f"{_ACT} 第53条・第54条",
    "change_notified": f"{_ACT} 第54条",
    "disability_applied": f"{_ACT} 第50条第2号",
    "disability_certified": f"{_ACT} 第50条第2号・第52条",
    "disability_refused": f"{_ACT} 第50条第2号",
    "disability_withdrawn": f"{_ACT} 第50条第2号・第53条",
    "disability_ended": f"{_ACT} 第53条",
    "exclusion_begun": f"{_ACT} 第51条・第53条",
    "exclusion_ended": f"{_ACT} 第51条・第52条",
    "domicile_exception_begun": f"{_ACT} 第55条",
    "domicile_exception_moved": f"{_ACT} 第55条",
    "domicile_exception_ended": f"{_ACT} 第53条・第55条",
    "other_union_begun": f"{_ACT} 第55条",
    "other_union_ended": f"{_ACT} 第52条・第55条",
    "previous_insurer": f"{_ACT} 第52条",
    "corrected": f"{_ACT} 第52条・第53条",
    "amended": f"{_ACT} 第52条・第53条",
    "cancelled": f"{_ACT} 第50条",
    "renumbered": f"{_ACT} 第54条",
    "taken_back": f"{_ACT} 第54条",
}
"""The articles that each kind rests on."""


class Entry(BaseModel):
    """One entry of the log. `effective_on`: the day the law counts; `notified_on`: when it was declared; `position`: its place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: UUID
    municipality_code: str
    resident_number: str
    content: AnyContent
    effective_on: date
    notified_on: date | None = None
    late_reason: str | None = None
    legal_basis: str
    source: Source
    reason: str
    recorded_by: str
    recorded_at: datetime
    approval_id: UUID | None = None
    position: int = 0

    @property
    def term(self) -> str:
        return TERMS[self.content.kind]


def last_day_of_notice(effective_on: date, *, days: int) -> date:
    """届出期限: the last of the days in which a notice is in time, counted from the day after the event."""
    return effective_on + timedelta(days=days)


def is_late(effective_on: date, notified_on: date, *, days: int) -> bool:
    """Whether a notice came after its last day (施行規則第10条); it still counts, with the reason for the lateness."""
    return notified_on > last_day_of_notice(effective_on, days=days)


def standing(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that count, in the order of the log: all but those that a standing later one takes back, and the takings back."""
    taken_back: set[UUID] = set()
    for entry in sorted(entries, key=lambda one: one.position, reverse=True):
        if entry.entry_id not in taken_back and isinstance(entry.content, TakenBack):
            taken_back.add(entry.content.entry_id)
    counting = (entry for entry in entries if entry.entry_id not in taken_back and not isinstance(entry.content, TakenBack))
    return sorted(counting, key=lambda one: one.position)
