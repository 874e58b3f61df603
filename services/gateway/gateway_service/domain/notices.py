"""届出・申請・決定の様式: which fields each form of the ledger has, and what was typed into it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from contracts.eras import UnreadableDay, parse_day

from gateway_service.domain.roles import Right


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `options` (value → word) make it a choice; `where` is content, or the notice itself."""

    name: str
    label: str
    kind: str = "text"
    options: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    optional: bool = False
    where: str = "content"


@dataclass(frozen=True, slots=True)
class Form:
    """One notice, application or decision: its kind for the service, its title, what it is for, the label of its day, its fields."""

    kind: str
    title: str
    purpose: str
    day: str
    fields: tuple[Field, ...] = ()
    right: Right = Right.TAKE_NOTICES
    group: str = "届出"

    @property
    def in_days(self) -> bool:
        """Whether the notice may be late: not an application, a withdrawal or a decision."""
        return not self.kind.startswith("disability_") and self.kind != "previous_insurer"


_CAUSES: Final = {"public_assistance": "生活保護", "returnee_support": "中国残留邦人等支援給付", "other": "その他の適用除外"}
_LOSSES: Final = {"death": "死亡", "moved_to_other_union": "他の広域連合への転出", "other": "その他"}
_INSURERS: Final = {
    "national": "国民健康保険",
    "national_society": "国民健康保険組合",
    "employee": "被用者保険（本人）",
    "employee_dependant": "被用者保険（被扶養者）",
    "none": "加入なし",
    "unknown": "わからない",
}
_EVIDENCE: Final = {
    "pension": "障害年金証書（1級・2級）",
    "physical": "身体障害者手帳（1級から3級、4級の一部）",
    "mental": "精神障害者保健福祉手帳（1級・2級）",
    "intellectual": "療育手帳（A）",
}
_FACILITY: Final = (Field("facility", "病院・施設の名称"), Field("facility_address", "病院・施設の所在地"))
_DISABILITY: Final = (
    Field("evidence", "確かめた書類", "choice", _EVIDENCE),
    Field("grade", "障害の程度", hint="例: 2級、4級 音声・言語機能"),
    Field("document_ends_on", "書類の有効期限", "day", hint="期限のある手帳のとき", optional=True),
)
_CAUSE: Final = Field("cause", "事由", "choice", _CAUSES)

FORMS: Final[tuple[Form, ...]] = (
    Form(
        "acquisition_notified", "資格取得届", "転入などの届出を受け付けます。資格は住民情報によって取得します。", "取得の事由のあった日",
        (Field("cause", "取得の事由"),),
    ),
    Form(
        "loss_notified", "資格喪失届", "死亡、または他の広域連合への転出を受け付けます。", "死亡した日・転出先に住所を定めた日",
        (
            Field("cause", "事由", "choice", _LOSSES),
            Field("remark", "備考", optional=True),
        ),
    ),
    Form("change_notified", "変更届", "氏名・住所・世帯の変更の届出を受け付けます。", "変更のあった日", (Field("what", "変更の内容"),)),
    Form(
        "exclusion_begun", "適用除外の開始", "生活保護は開始の日に、その他は翌日に資格を喪失します。", "開始の日", (_CAUSE,)
    ),
    Form("exclusion_ended", "適用除外の終了", "生活保護の廃止・停止など。その日に資格を取得します。", "終了の日", (_CAUSE,)),
    Form(
        "previous_insurer", "前保険の確認", "資格取得日の前日の医療保険を記録します。", "資格取得日の前日",
        (
            Field("insurer", "前日の医療保険", "choice", _INSURERS),
            Field("elderly_record", "老人保健の記録にある保険", "choice", {"": "記録なし", **_INSURERS}, optional=True),
            Field("confirmed", "証拠書類で確かめた", "check", hint="記録と違うときは、確かめるまで扱いを決めません。", optional=True),
        ),
    ),
    Form(
        "disability_applied", "障害認定の申請", "65歳から74歳の方の申請を受け付け、広域連合の決定を待ちます。", "申請日", _DISABILITY,
        group="障害認定",
    ),
    Form(
        "disability_withdrawn", "障害認定の撤回届", "将来に向かって撤回します。さかのぼることはできません。", "喪失を希望する日",
        group="障害認定",
    ),
    Form(
        "disability_ended", "障害の状態の終了", "広域連合の決定として記録します。翌日に資格を喪失します。", "障害の状態でなくなった日",
        right=Right.UNION_WORK, group="障害認定",
    ),
    Form(
        "disability_certified", "障害認定の決定", "申請を認定し、認定通知書を作ります。認定日から被保険者となります。", "認定日",
        (Field("application_id", "申請", "hidden"), *_DISABILITY), right=Right.UNION_WORK, group="",
    ),
    Form(
        "disability_refused", "障害認定の却下", "申請を却下し、却下通知書を作ります。", "決定日",
        (Field("application_id", "申請", "hidden"), Field("reason", "却下の理由", hint="通知書にこのまま記載します。", where="notice")),
        right=Right.UNION_WORK, group="",
    ),
    Form(
        "domicile_exception_begun", "住所地特例の該当", "区域外の病院・施設に住所を移した方。引き続き当広域連合の被保険者です。",
        "施設に住所を移した日",
        (*_FACILITY, Field("under_national_insurance", "国民健康保険の住所地特例を受けていた", "check", optional=True)), group="住所地特例",
    ),
    Form(
        "domicile_exception_moved", "施設の変更", "区域外の別の施設へ続けて移った方。当広域連合のままです。", "次の施設に住所を移した日",
        _FACILITY, group="住所地特例",
    ),
    Form(
        "domicile_exception_ended", "住所地特例の非該当", "施設を出て、施設でない住所を定めた方。", "施設でない住所を定めた日",
        (Field("remark", "備考", optional=True),), group="住所地特例",
    ),
    Form(
        "other_union_begun", "他の広域連合の住所地特例の該当", "当区域の施設に住み、前の広域連合の被保険者のままの方。",
        "施設に住所を定めた日",
        (Field("other_union", "被保険者である広域連合"), Field("facility", "病院・施設の名称")), group="住所地特例",
    ),
    Form(
        "other_union_ended", "他の広域連合の住所地特例の終了", "施設を出て、当区域に住所を定めた方。その日に資格を取得します。",
        "施設でない住所を定めた日", group="住所地特例",
    ),
)  # fmt: skip
BY_KIND: Final = {form.kind: form for form in FORMS}
GROUPS: Final = ("届出", "障害認定", "住所地特例")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: the body for the service, how it reads (label → text), and what is wrong (field → why)."""

    body: dict[str, Any]
    shown: dict[str, str]
    wrong: dict[str, str]


def read(form: Form, typed: Mapping[str, str]) -> Typed:
    """Read a form; days may be typed in any usual way."""
    wrong: dict[str, str] = {}
    shown: dict[str, str] = {}
    days = {name: _day(name, typed, wrong) for name in ("effective_on", "notified_on")}
    content: dict[str, Any] = {"kind": form.kind}
    notice: dict[str, Any] = {"late_reason": typed.get("late_reason", "").strip()}
    for one in form.fields:
        value = _value(one, typed, wrong)
        if value is not None:
            (content if one.where == "content" else notice)[one.name] = value.isoformat() if isinstance(value, date) else value
            if one.kind != "hidden":
                shown[one.label] = one.options.get(str(value), "はい" if value is True else str(value))
    body = {**notice, "content": content, **{name: day.isoformat() if day else "" for name, day in days.items()}}
    return Typed(body, shown, wrong)


def _day(name: str, typed: Mapping[str, str], wrong: dict[str, str]) -> date | None:
    try:
        return parse_day(typed.get(name, "").strip())
    except UnreadableDay as error:
        wrong[name] = str(error)
        return None


def _value(one: Field, typed: Mapping[str, str], wrong: dict[str, str]) -> Any:
    text = typed.get(one.name, "").strip()
    if one.kind == "check":
        return text == "yes"
    if not text:
        if not one.optional:
            wrong[one.name] = f"「{one.label}」を入れてください。"
        return None
    if one.options and text not in one.options:
        wrong[one.name] = f"「{one.label}」を選び直してください。"
    return _day(one.name, typed, wrong) if one.kind == "day" else text
