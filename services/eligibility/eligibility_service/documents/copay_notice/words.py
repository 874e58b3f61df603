# SPDX-License-Identifier: Apache-2.0
"""Why a rate is what it is, in plain Japanese, with the amounts that decided it and the limits they were compared with."""

from collections.abc import Mapping
from typing import Any, Final

from eligibility_service.rules.copay.columns import Exemption, Reason
from eligibility_service.rules.copay.parameters import CopayLaw

TITLE: Final = "後期高齢者医療　負担割合判定通知書"
_HIGHEST: Final = "世帯の被保険者の課税所得のうち最も高い額"


def why(judged: Mapping[str, Any], law: CopayLaw) -> tuple[str, ...]:
    """One sentence for each test that decided. `judged`: the stored values (JUDGED_DTYPE); `law`: that of the first day of the span."""
    reason, exemption = Reason(judged["reason"]), Exemption(judged["exemption"])
    highest = judged["highest_taxable"]
    said = [f"{_HIGHEST}は{_yen(highest)}で、{_against(highest, law.working_taxable_income)}です。"]
    if exemption is not Exemption.NONE:
        said.append(_exempted(exemption, judged, law))
    elif reason is Reason.WORKING_INCOME:
        said.append(_not_exempted(judged, law))
    if law.two_tenths is not None and reason is not Reason.WORKING_INCOME:
        two = law.two_tenths
        if reason is Reason.TAXABLE_BELOW_TWO_TENTHS:
            said = [f"{_HIGHEST}は{_yen(highest)}で、2割負担の基準の{_yen(two.taxable)}未満です。"]
        else:
            total, alone = judged["pension_and_other_sum"], judged["insured_count"] == 1
            whose = "年金収入とその他の合計所得金額の合計" if alone else "世帯の被保険者全員の年金収入とその他の合計所得金額の合計"
            limit = two.alone if alone else two.together
            said.append(f"2割負担の基準では、課税所得が{_yen(two.taxable)}以上で、{whose}は{_yen(total)}で、{_against(total, limit)}です。")
    return (*said, f"このため、負担割合は{judged['rate_percent'] // 10}割です。")


def _exempted(exemption: Exemption, judged: Mapping[str, Any], law: CopayLaw) -> str:
    match exemption:
        case Exemption.BORN_LATER_AND_SMALL_INCOME:
            assert law.later_born
            total = judged["after_deduction_sum"]
            given = f"被保険者の基礎控除後の総所得金額等の合計が{_yen(total)}で、{_yen(law.later_born.limit)}以下"
            return f"昭和20年1月2日以後に生まれた被保険者がいる世帯で、{given}のため、3割負担になりません。"
        case Exemption.RECEIPTS_WITH_SEVENTIES:
            assert law.receipts_with_seventies
            total, limit, whose = judged["receipts_with_seventies"], law.receipts_with_seventies, "70歳から74歳までの方を含む収入額の合計"
        case Exemption.RECEIPTS_TOGETHER:
            total, limit, whose = judged["receipts_sum"], law.receipts.together, "世帯の被保険者全員の収入額の合計"
        case _:
            total, limit, whose = judged["receipts_sum"], law.receipts.alone, "収入額"
    return f"{whose}が{_yen(total)}で、{_yen(limit)}未満のため、3割負担になりません。"


def _not_exempted(judged: Mapping[str, Any], law: CopayLaw) -> str:
    if not judged["has_household_receipts"]:
        return "収入額を確認できる申請（基準収入額適用申請）がないため、3割負担の例外に当たりません。"
    alone = judged["insured_count"] == 1
    whose, limit = ("収入額", law.receipts.alone) if alone else ("世帯の被保険者全員の収入額の合計", law.receipts.together)
    return f"{whose}は{_yen(judged['receipts_sum'])}で、{_yen(limit)}以上のため、3割負担の例外に当たりません。"


def _against(amount: int, limit: int) -> str:
    return f"{_yen(limit)}{'以上' if amount >= limit else '未満'}"


def _yen(amount: int) -> str:
    return f"{amount:,}円"
