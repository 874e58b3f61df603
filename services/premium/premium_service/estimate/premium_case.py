"""The line of a premium case, in and out. Unknown keys are refused, so that a typo never becomes a zero."""

from __future__ import annotations

from typing import Annotated, Literal

from chassis.json_cases import Amount, CaseName, Day, LineModel, SignedAmount
from chassis.json_steps import ExplainedStep
from pydantic import Field, StrictBool, StrictInt, StrictStr


class InsuredSpan(LineModel):
    """被保険者期間: days of insurance, `until` not included."""

    from_: Day = Field(alias="from", description="資格取得日")
    until: Day | None = Field(default=None, description="資格喪失日（この日は含まない）。継続中は null")
    ground: Literal["age", "disability"] = Field(default="age", description="取得事由: age 75歳到達等, disability 障害認定")


class Income(LineModel):
    """前年の所得. What is not given is zero only when the person has declared."""

    status: Literal["declared", "undeclared", "inquiring"] | None = Field(
        default=None, description="申告の状態: declared 申告済, undeclared 未申告, inquiring 照会中。金額があれば省略時は declared"
    )
    public_pension_receipts: Amount | None = Field(default=None, description="公的年金等収入")
    salary_receipts: Amount | None = Field(default=None, description="給与収入（専従者給与収入を含む）")
    business_income: SignedAmount | None = Field(default=None, description="事業所得（専従者控除後。損失は負数）")
    other_income: SignedAmount | None = Field(default=None, description="その他の所得")
    capital_gains: Amount | None = Field(default=None, description="譲渡所得（特別控除前）")
    capital_gains_special_deduction: Amount | None = Field(default=None, description="譲渡所得の特別控除額")
    family_employee_deduction: Amount | None = Field(default=None, description="専従者控除額（青色専従者給与の支払額を含む）")
    family_employee_salary_received: Amount | None = Field(default=None, description="専従者給与収入（給与収入の内数）")
    loss_carried_forward: Amount | None = Field(default=None, description="純損失等の繰越控除額")
    total_income: Amount | None = Field(default=None, description="総所得金額等。指定すると所得割額の計算にこの額を使う")


class Member(LineModel):
    """世帯員: an insured person, or an uninsured head."""

    id: StrictStr = Field(min_length=1)
    born: Day = Field(description="生年月日")
    insured: tuple[InsuredSpan, ...] = Field(description="被保険者期間。被保険者でない世帯主は []")
    former_dependant_since: Day | None = Field(default=None, description="被用者保険の被扶養者であった者として資格を取得した日")
    income: Income | None = Field(default=None, description="前年の所得。未申告でも状態を指定する")


class Household(LineModel):
    head: StrictStr = Field(description="世帯主の id")
    members: tuple[Member, ...]


class LevyReductionRow(LineModel):
    up_to: Amount = Field(description="賦課のもととなる所得金額の上限")
    share: StrictStr = Field(description="所得割額から減じる割合（50% または 1/2）")


class CaseSettings(LineModel):
    """Settings that this case has differently from the union."""

    component_rounding: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(
        default=None, description="均等割額・所得割額の端数の単位"
    )
    component_rounding_mode: Literal["down", "half_up"] | None = Field(default=None, description="軽減後の均等割額の端数処理")
    annual_rounding: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(default=None, description="保険料額の端数の単位")
    month_order: Literal["split_then_floor", "floor_then_split"] | None = Field(default=None, description="月割と端数処理の順序")
    own_income_levy_reduction: tuple[LevyReductionRow, ...] | None = Field(default=None, description="広域連合独自の所得割額の軽減")
    special_reductions: StrictBool = Field(default=True, description="false は国の軽減特例を適用しない")
    municipality: Annotated[StrictStr, Field(pattern=r"^(\d{6})?$")] = Field(
        default="", description="市区町村コード 6桁。不均一保険料率の区域を市区町村から決めます"
    )
    rate_area: StrictStr = Field(
        default="",
        description="不均一保険料率の区域。省略し、市区町村も指定しないと均一の料率で計算し、不均一の料率がある年度は暫定とします",
    )


class PremiumCase(LineModel):
    """保険料の試算: one household, one union, one fiscal year."""

    case: CaseName
    union: Annotated[StrictStr, Field(pattern=r"^\d{2}$")] = Field(description="広域連合（都道府県）コード 2桁")
    fiscal_year: Annotated[StrictInt, Field(ge=2008, le=2099)] = Field(description="賦課年度（西暦）")
    household: Household
    settings: CaseSettings = CaseSettings()


class PremiumStep(ExplainedStep):
    part: Literal["medical", "child_support"] | None = None


class PartAmount(LineModel):
    part: Literal["medical", "child_support"]
    per_capita: int
    reduction: str | None
    per_capita_after_reduction: int
    income_levy: int
    capped: bool
    amount: int
    provisional: bool = False
    provisional_parameters: tuple[str, ...] = ()


class PersonAmount(LineModel):
    id: str
    annual_amount: int
    months: int
    parts: list[PartAmount]
    steps: tuple[PremiumStep, ...] = ()


class PremiumAnswer(LineModel):
    """The premium of everybody in the household who is insured in the year; a person who joined twice has the parts of each time."""

    case: CaseName
    persons: list[PersonAmount]
    household_total: int
    status: Literal["undeclared"] | None = Field(default=None, description="世帯に未申告者がいるため軽減なし")
    provisional: bool = False
    provisional_parameters: tuple[str, ...] = ()
