"""Words for every column and code of a judgement: Japanese as on the notices, and English."""

from __future__ import annotations

from typing import Final

from eligibility_service.rules.copay.columns import Exemption, LimitClass, Outcome, Reason

TERMS: Final[dict[str, tuple[str, str]]] = {
    "taxable_income": ("課税所得", "taxable income"),
    "pension_income": ("公的年金等に係る雑所得", "income from public pensions"),
    "other_total": ("その他の合計所得金額", "income other than public pensions"),
    "pension_receipts": ("年金収入", "pension receipts"),
    "income_after_deduction": ("基礎控除後の総所得金額等", "income after the basic deduction"),
    "receipts": ("収入額", "receipts"),
    "adjustment": ("調整控除", "adjustment for young members"),
    "dependants_under_16": ("16歳未満の世帯員", "members under 16"),
    "dependants_16_to_18": ("16歳から18歳までの世帯員", "members of 16 to 18"),
    "adjusted_taxable": ("調整控除後の課税所得", "taxable income after the adjustment"),
    "highest_taxable": ("世帯の被保険者の課税所得の最高額", "highest taxable income of the insured in the household"),
    "after_deduction_sum": ("基礎控除後の総所得金額等の合計", "incomes after the basic deduction, together"),
    "receipts_sum": ("被保険者の収入額の合計", "receipts of the insured, together"),
    "receipts_with_seventies": ("70歳から74歳までの世帯員を含む収入額の合計", "receipts with those of the members of 70 to 74"),
    "pension_and_other_sum": ("年金収入＋その他の合計所得金額", "pension receipts and other income"),
    "insured_count": ("世帯の被保険者数", "insured people in the household"),
    "rate_percent": ("負担割合", "copay rate"),
    "exemption": ("3割負担の適用除外", "exemption from three tenths"),
    "limit_class": ("限度額区分", "limit class"),
    "has_later_born": ("昭和20年1月2日以後に生まれた被保険者がいる", "somebody insured was born on or after 2 January 1945"),
    "household_untaxed": ("世帯全員が市町村民税非課税", "nobody in the household is taxed"),
    "household_without_income": ("世帯全員の所得が0円", "nobody in the household has an income"),
}
REASONS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.NONE: ("判定できません", "not judged"),
    Reason.WORKING_INCOME: ("課税所得が現役並みの基準以上で、適用除外に当たらない", "working income without exemption"),
    Reason.TAXABLE_BELOW_WORKING: ("課税所得が現役並みの基準未満", "taxable income below that of workers"),
    Reason.EXEMPT: ("現役並みの基準以上だが、適用除外に当たる", "working income, but exempted"),
    Reason.TWO_TENTHS: ("課税所得と年金収入等が2割負担の基準以上", "taxable income and receipts reach two tenths"),
    Reason.TAXABLE_BELOW_TWO_TENTHS: ("課税所得が2割負担の基準未満", "taxable income below that of two tenths"),
    Reason.INCOME_BELOW_TWO_TENTHS: ("年金収入とその他の合計所得金額が2割負担の基準未満", "receipts below those of two tenths"),
}
EXEMPTIONS: Final[dict[Exemption, tuple[str, str]]] = {
    Exemption.NONE: ("なし", "none"),
    Exemption.BORN_LATER_AND_SMALL_INCOME: ("昭和20年1月2日以後生まれ・所得210万円以下", "later born and small income"),
    Exemption.RECEIPTS_ALONE: ("基準収入額（被保険者1人）", "receipts of one insured person"),
    Exemption.RECEIPTS_TOGETHER: ("基準収入額（被保険者2人以上）", "receipts of two or more"),
    Exemption.RECEIPTS_WITH_SEVENTIES: ("基準収入額（70歳から74歳までの世帯員を含む）", "receipts with members of 70 to 74"),
}
CLASSES: Final[dict[LimitClass, tuple[str, str]]] = {
    LimitClass.UNDECIDED: ("判定できません", "not judged"),
    LimitClass.WORKING: ("現役並み所得者", "working"),
    LimitClass.WORKING_3: ("現役並みⅢ", "working III"),
    LimitClass.WORKING_2: ("現役並みⅡ", "working II"),
    LimitClass.WORKING_1: ("現役並みⅠ", "working I"),
    LimitClass.GENERAL: ("一般", "general"),
    LimitClass.GENERAL_2: ("一般Ⅱ", "general II"),
    LimitClass.GENERAL_1: ("一般Ⅰ", "general I"),
    LimitClass.LOW_2: ("低所得Ⅱ", "low II"),
    LimitClass.LOW_1: ("低所得Ⅰ", "low I"),
    LimitClass.WELFARE_PENSION: ("低所得Ⅰ（老齢福祉年金）", "low I, welfare pension"),
}
OUTCOMES: Final[dict[Outcome, tuple[str, str]]] = {
    Outcome.NOT_JUDGED: ("判定の対象外", "not judged"),
    Outcome.DECIDED: ("判定済み", "decided"),
    Outcome.INQUIRING: ("所得を照会中", "an income is being inquired"),
    Outcome.NO_RECORD: ("所得の記録が届いていない", "an income record has not come"),
    Outcome.TAXABLE_INCOME_MISSING: ("課税所得が渡されていない", "a taxable income was not given"),
    Outcome.DEPENDANTS_MISSING: ("調整控除の人数が渡されていない", "the number of young members was not given"),
    Outcome.INCOME_MISSING: ("所得の内訳が分からない", "an income is not known"),
    Outcome.TAX_STATUS_MISSING: ("世帯員の課税・非課税が渡されていない", "whether somebody is taxed was not given"),
    Outcome.LAW_GAP: ("法令の額が未登録", "a figure of the law has not been entered"),
}


def code_of(value: Reason | Exemption | LimitClass | Outcome) -> str:
    """A code as events and estimates write it: `working-3` for a limit class, `two_tenths` for the others."""
    name = value.name.lower()
    return name.replace("_", "-") if isinstance(value, LimitClass) else name
