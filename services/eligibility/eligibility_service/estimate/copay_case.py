"""The line of a case of 負担割合, in and out. Unknown keys are refused, so that a typo never becomes a zero."""

from __future__ import annotations

from typing import Annotated, Literal

from chassis.json_cases import Amount, CaseName, Day, LineModel
from chassis.json_steps import ExplainedStep
from pydantic import Field, StrictBool, StrictInt, StrictStr

Heads = Annotated[StrictInt, Field(ge=0, le=99)]


class CopayMember(LineModel):
    """世帯員. What is not given is unknown; it is asked for only where a test of the law needs it."""

    id: StrictStr = Field(min_length=1)
    born: Day = Field(description="生年月日")
    insured: StrictBool = Field(description="後期高齢者医療の被保険者か")
    status: Literal["declared", "undeclared", "inquiring"] = Field(
        default="declared", description="declared 申告済, undeclared 未申告, inquiring 照会中"
    )
    taxable_income: Amount | None = Field(default=None, description="市町村民税の課税所得（課税標準額）")
    pension_receipts: Amount | None = Field(default=None, description="公的年金等収入")
    other_income: Amount | None = Field(
        default=None, description="その他の合計所得金額（合計所得金額から公的年金等に係る雑所得を引いた額）"
    )
    income_after_basic_deduction: Amount | None = Field(default=None, description="基礎控除後の総所得金額等（賦課のもととなる所得）")
    receipts_total: Amount | None = Field(
        default=None, description="収入額。基準収入額の判定に使う。分からないときは申請がないものとして判定する"
    )
    dependants_under_16: Heads | None = Field(default=None, description="調整控除の対象になる16歳未満の世帯員の数")
    dependants_16_18: Heads | None = Field(default=None, description="調整控除の対象になる16歳から18歳までの世帯員の数")
    is_head: StrictBool = Field(default=False, description="前年の12月31日に世帯主であったか")
    taxed: StrictBool | None = Field(default=None, description="市町村民税が課税されているか。限度額区分の判定に使う")
    welfare_pension: StrictBool = Field(default=False, description="老齢福祉年金の受給者か")


class CopayCase(LineModel):
    """負担割合の試算: one household on one day."""

    case: CaseName
    on: Day = Field(description="判定する日")
    members: tuple[CopayMember, ...] = Field(min_length=1, description="世帯の全員。被保険者でない世帯員も書く")


class CopayPerson(LineModel):
    """What holds for one insured member."""

    id: str
    rate: Literal[10, 20, 30]
    reason: str
    exemption: str | None = None
    limit_class: str | None = Field(default=None, description="限度額区分。世帯員の課税・非課税が分からないときは null")
    limit_class_missing: str | None = Field(default=None, description="限度額区分を判定できない理由")
    steps: tuple[ExplainedStep, ...] = ()


class CopayAnswer(LineModel):
    """The rate of the household's insured people, which is the same for all of them on one day."""

    case: CaseName
    rate: Literal[10, 20, 30]
    reason: str
    persons: list[CopayPerson]
    status: Literal["undeclared"] | None = Field(default=None, description="未申告者を課税所得なしとして判定した")
    provisional: bool = False
    provisional_parameters: tuple[str, ...] = ()
