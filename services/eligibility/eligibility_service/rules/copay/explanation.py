"""判定の過程: why a person's rate and limit class are what they are, step by step, with every figure and article."""

from __future__ import annotations

from typing import Final

from chassis.law.steps import Explanation, Language, Step

from eligibility_service.rules.copay import rate
from eligibility_service.rules.copay.columns import Exemption, LimitClass, Outcome, Reason
from eligibility_service.rules.copay.incomes import known_receipts
from eligibility_service.rules.copay.judging import Judgements
from eligibility_service.rules.copay.limit_class import limit_class
from eligibility_service.rules.copay.resting import ADJUSTMENT, CLASS, EXEMPTION, RATE, resting_on
from eligibility_service.rules.copay.terms import CLASSES, EXEMPTIONS, OUTCOMES, REASONS, TERMS

DECREE: Final = "高齢者の医療の確保に関する法律施行令 第7条"
LIMITS_DECREE: Final = "高齢者の医療の確保に関する法律施行令 第15条"
_TAX: Final = ("salary_income", "salary_adjustment_limit", "pension_income_from_65", "pension_income_under_65")


def explain(judged: Judgements, index: int, language: Language = "ja") -> list[Step]:
    """The steps of the person in row `index`, in the order of the flow. It looks up, it does not judge again."""
    made = _Explaining(judged, index, language)
    for row in made.insured:
        made.taxable(row)
    made.highest()
    if made.at("outcome") == Outcome.DECIDED:
        if Reason(made.at("reason")) in (Reason.WORKING_INCOME, Reason.EXEMPT):
            made.exemption()
        if Reason(made.at("reason")) in (Reason.TWO_TENTHS, Reason.INCOME_BELOW_TWO_TENTHS):
            made.pension_and_other()
    made.rate()
    made.limit_class()
    return made.steps


class _Explaining(Explanation):
    """The steps of one person."""

    def __init__(self, judged: Judgements, index: int, language: Language) -> None:
        super().__init__(judged.law, TERMS, DECREE, lambda column, row: int(judged[column][row]), language)
        self.judged, self.index, self.law = judged, index, judged.law
        members = judged.members
        self.insured = [row for row in _household(judged, index) if members.is_insured[row]]
        self.rests_on = {name for name, rows in resting_on(judged).items() if rows[index]}

    def at(self, column: str) -> int:
        """A value of the person explained."""
        return self.value(column, self.index)

    def used(self, *names: str) -> list[str]:
        """Of these parameters, those that the result rests on."""
        return [name for name in names if name in self.rests_on]

    def sum_of(self, column: str, rows: list[int], total: int) -> str:
        return self.result(" + ".join(self.yen(self.value(column, row)) for row in rows), total)

    def compared(self, left: str, sign: str, limit: int) -> str:
        """A sum against its limit: in words, which nobody misreads, in Japanese."""
        words = {"≥": "以上", "<": "未満", "≤": "以下", ">": "を超える"}
        return self.say(f"{left}（{self.yen(limit)}{words[sign]}）", f"{left} {sign} {self.yen(limit)}")

    def taxable(self, row: int) -> None:
        """課税所得 of one insured member, and 調整控除 where there is any."""
        missing = Outcome(self.value("taxable_missing", row))
        taxable, adjustment = self.value("taxable_income", row), self.value("adjustment", row)
        known = missing is Outcome.DECIDED
        undeclared = known and bool(self.judged.members.income_status[row] == 2)
        formula = self.yen(taxable) if known else self.say(*OUTCOMES[missing])
        if undeclared:
            formula = self.say("未申告のため課税所得なしとして判定", "not declared: judged as no taxable income")
        self.add(
            "taxable_income",
            taxable if known else None,
            row=row,
            formula=formula,
            parameters=self.used("undeclared_has_no_taxable_income") if undeclared else (),
        )
        if adjustment:
            under_16, from_16 = (int(self.judged.members.dependants_under_16[row]), int(self.judged.members.dependants_16_to_18[row]))
            assert self.law.dependant_adjustment is not None
            each = self.law.dependant_adjustment
            less = f"{self.yen(each.under_16)} × {under_16} + {self.yen(each.from_16_to_18)} × {from_16}"
            adjusted = self.value("adjusted_taxable", row)
            below_zero = self.say("（0円未満は0円）", " (not below zero)") if adjusted == 0 else ""
            self.add(
                "adjusted_taxable",
                adjusted,
                row=row,
                inputs=[("taxable_income", taxable), ("dependants_under_16", under_16), ("dependants_16_to_18", from_16)],
                formula=f"{self.yen(taxable)} − ({less}) = {self.yen(adjusted)}{below_zero}",
                law=rate.dependant_adjustment.article_on(self.law.on),
                parameters=self.used(*ADJUSTMENT),
            )

    def highest(self) -> None:
        """課税所得の最高額 against 145万円."""
        highest, limit = self.at("highest_taxable"), self.law.working_taxable_income
        reached = highest >= limit
        self.add(
            "highest_taxable",
            highest,
            row=self.index,
            inputs=[("working_taxable_income", limit), ("insured_count", self.at("insured_count"))],
            formula=self.compared(self.yen(highest), "≥" if reached else "<", limit),
            parameters=self.used("working_taxable_income"),
        )

    def exemption(self) -> None:
        """210万円 and 基準収入額, for a household with a working income."""
        law, exemption = self.law, Exemption(self.at("exemption"))
        if self.at("has_later_born") and law.later_born is not None:
            total, limit = self.at("after_deduction_sum"), law.later_born.limit
            self.add(
                "after_deduction_sum",
                total,
                row=self.index,
                inputs=[("later_born", limit), ("has_later_born", True)],
                formula=self.compared(self.sum_of("income_after_deduction", self.insured, total), "≤" if total <= limit else ">", limit),
                law=rate.later_born.article_on(law.on),
                parameters=self.used("later_born", "basic_deduction", *_TAX),
            )
        if exemption is not Exemption.BORN_LATER_AND_SMALL_INCOME:
            self._receipts(exemption)
        self.add(
            "exemption",
            self.say(*EXEMPTIONS[exemption]),
            row=self.index,
            unit="word",
            formula=self.say(*EXEMPTIONS[exemption]),
            law=rate.receipts_exemption.article_on(law.on) if exemption > Exemption.BORN_LATER_AND_SMALL_INCOME else None,
            parameters=self.used(*EXEMPTION.get(exemption, ())),
        )

    def _receipts(self, exemption: Exemption) -> None:
        law = self.law
        limit = law.receipts.together if self.at("insured_count") > 1 else law.receipts.alone
        known, total = bool(self.at("has_household_receipts")), self.at("receipts_sum")
        sign = "<" if total < limit else "≥"
        unknown = self.say("収入額が確認できない（申請がない）", "the receipts are not known: nobody has applied")
        self.add(
            "receipts_sum",
            total if known else None,
            row=self.index,
            inputs=[("receipts_limits", limit)],
            formula=self.compared(self.sum_of("receipts", self.insured, total), sign, limit) if known else unknown,
            law=known_receipts.article_on(law.on),
            parameters=self.used("receipts_limits", "receipts_from_public_records"),
        )
        if "receipts_limit_with_seventies" in self.rests_on and law.receipts_with_seventies is not None and known:
            together = self.at("receipts_with_seventies")
            exempted = exemption is Exemption.RECEIPTS_WITH_SEVENTIES
            self.add(
                "receipts_with_seventies",
                together,
                row=self.index,
                inputs=[("receipts_limit_with_seventies", law.receipts_with_seventies)],
                formula=self.compared(self.yen(together), "<" if exempted else "≥", law.receipts_with_seventies),
                law=rate.receipts_exemption.article_on(law.on),
                parameters=self.used("receipts_limit_with_seventies"),
            )

    def pension_and_other(self) -> None:
        """年金収入 + その他の合計所得金額 against 200万円 or 320万円."""
        assert self.law.two_tenths is not None
        limit = self.law.two_tenths.together if self.at("insured_count") > 1 else self.law.two_tenths.alone
        total = self.at("pension_and_other_sum")
        parts = " + ".join(
            f"({self.yen(self.value('pension_receipts', r))} + {self.yen(self.value('other_total', r))})" for r in self.insured
        )
        self.add(
            "pension_and_other_sum",
            total,
            row=self.index,
            inputs=[("two_tenths", limit)],
            formula=self.compared(self.result(parts, total), "≥" if total >= limit else "<", limit),
            law=rate.rate.article_on(self.law.on),
            parameters=self.used("two_tenths", *_TAX),
        )

    def rate(self) -> None:
        """負担割合."""
        outcome, reason, percent = Outcome(self.at("outcome")), Reason(self.at("reason")), self.at("rate_percent")
        decided = outcome is Outcome.DECIDED
        self.add(
            "rate_percent",
            percent if decided else None,
            row=self.index,
            unit="percent",
            formula=self.say(f"{REASONS[reason][0]} → {percent // 10}割", f"{REASONS[reason][1]}: {percent} percent")
            if decided
            else self.say(f"判定できません: {OUTCOMES[outcome][0]}", f"not judged: {OUTCOMES[outcome][1]}"),
            law=rate.rate.article_on(self.law.on),
            parameters=self.used(*RATE.get(reason, ()), "undeclared_has_no_taxable_income"),
        )

    def limit_class(self) -> None:
        """限度額区分, with the taxes and incomes of the household where they decide."""
        outcome, found = Outcome(self.at("class_outcome")), LimitClass(self.at("limit_class"))
        decided = found is not LimitClass.UNDECIDED
        article = limit_class.article_on(self.law.on)
        if decided and self.at("rate_percent") == 10:
            untaxed = bool(self.at("household_untaxed"))
            words = (
                ("世帯員の全員が非課税", "nobody is taxed")
                if untaxed
                else ("課税または未申告の世帯員がいる", "somebody is taxed or has not declared")
            )
            self.add("household_untaxed", untaxed, row=self.index, unit="flag", formula=self.say(*words), law=article)
            if untaxed and found is not LimitClass.WELFARE_PENSION:
                none = bool(self.at("household_without_income"))
                less = self.yen(self.law.low_1_pension_deduction or 0)
                words = (f"年金収入から{less}を引いた額とその他の所得が全員0円", f"pensions less {less} and other incomes are all zero")
                other = (
                    "年金収入から" + less + "を引いた額またはその他の所得のある人がいる",
                    f"somebody has more than {less} of pension, or another income",
                )
                self.add(
                    "household_without_income",
                    none,
                    row=self.index,
                    unit="flag",
                    formula=self.say(*(words if none else other)),
                    law=LIMITS_DECREE,
                    parameters=self.used("low_1_pension_deduction", *_TAX),
                )
        self.add(
            "limit_class",
            self.say(*CLASSES[found]) if decided else None,
            row=self.index,
            unit="word",
            formula=self.say(*CLASSES[found])
            if decided
            else self.say(f"判定できません: {OUTCOMES[outcome][0]}", f"not judged: {OUTCOMES[outcome][1]}"),
            law=article,
            parameters=self.used(*CLASS.get(found, ())),
        )


def _household(judged: Judgements, index: int) -> range:
    """The rows of the same household."""
    household = judged.members.household
    first = last = index
    while first > 0 and household[first - 1] == household[index]:
        first -= 1
    while last + 1 < len(household) and household[last + 1] == household[index]:
        last += 1
    return range(first, last + 1)
