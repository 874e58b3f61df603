"""The steps of one person's premium: chassis.law.steps over an assessment."""

from __future__ import annotations

from chassis.law import NEVER, day_of, steps
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

    def day(self, column: str, row: int) -> str | None:
        """A day of a column (2026-06-10); None where there is none."""
        number = self.value(column, row)
        return None if number == NEVER else str(day_of(number))

    def area(self, row: int) -> list[tuple[str, str]]:
        """不均一保険料率の区域 as an input of what depends on it; nothing where the union's even rates hold."""
        number = self.value("rate_area", row)
        return [("rate_area", self.assessments.parameters.rate_areas[number])] if number > 0 else []

    def _of_column(self, column: str, row: int) -> int:
        if column in self.assessments.columns:
            return int(self.assessments[column][row])
        return int(getattr(self.assessments.households, column)[row])
