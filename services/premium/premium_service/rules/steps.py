"""The steps of one person's premium: chassis.law.steps over an assessment."""

from __future__ import annotations

from chassis.law import steps
from chassis.law.steps import Language

from premium_service.rules.columns import Assessments
from premium_service.rules.terms import TERMS

ORDINANCE = "後期高齢者医療に関する条例"
DECREE = "高齢者の医療の確保に関する法律施行令 第18条"


def share_text(ten_thousandths: int) -> str:
    """7000 as `7/10`, 7200 as `72/100`, 7750 as `775/1000`: as tenths where it is tenths."""
    for denominator in (10, 100, 1000):
        if ten_thousandths * denominator % 10_000 == 0:
            return f"{ten_thousandths * denominator // 10_000}/{denominator}"
    return f"{ten_thousandths}/10000"


class Explanation(steps.Explanation):
    """Collects the steps of one person of an assessment."""

    def __init__(self, assessments: Assessments, language: Language) -> None:
        super().__init__(assessments.parameters, TERMS, DECREE, self._of_column, language)
        self.assessments = assessments

    def _of_column(self, column: str, row: int) -> int:
        if column in self.assessments.columns:
            return int(self.assessments[column][row])
        return int(getattr(self.assessments.households, column)[row])
