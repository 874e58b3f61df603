"""The second derivation catches each wrong version of a rule, and each figure of the law that is one too large (P-04, Z-02, I-12, I-22).

The mutants that were tried are `mutants.MUTANTS`; none may pass for the law.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from chassis.law import FiscalYear, Rate
from premium_service.law import premium_parameters
from premium_service.rules import Parameters

from services.premium.tests.rules.mutants import MUTANTS, Mutant
from services.premium.tests.rules.second_derivation import YEARS, differences, places

PLACES = sorted(places(), key=lambda place: (-(place[0] % 4), place))
"""Every year and union, years of several laws first, so that most mutants are found soon."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_wrong_rule_differs_from_the_second_derivation(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-12 among them: 専従者給与 counted, 専従者控除 taken off, the 150,000 yen of the old not taken off.

    Seen to fail for a change of nothing.
    """
    monkeypatch.setattr(mutant.function, "__code__", mutant.code())
    assert any(differences(*place) for place in PLACES), f"Nobody notices {mutant}."


def _changed(value: Any) -> Iterator[tuple[str, Any]]:
    """Each figure within a value one larger: a yen, a basis point of a rate, a hundredth of a share, a day; with the path to it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        yield "", value + 1
    elif isinstance(value, Rate):
        step = 1 if value.denominator > 1000 else 100
        yield "", Rate(value.numerator * 10_000 // value.denominator + step, 10_000)
    elif isinstance(value, date):
        yield "", value + timedelta(days=1)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from ((f"[{place}]{path}", (*value[:place], new, *value[place + 1 :])) for path, new in _changed(item))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from ((f"[{name}]{path}", {**value, name: new}) for path, new in _changed(item))
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            if each.name not in SKIPPED:
                yield from (
                    (f".{each.name}{path}", replace(value, **{each.name: new})) for path, new in _changed(getattr(value, each.name))
                )


SKIPPED = {
    "fiscal_year", "citations", "hash", "confirmed",  # not figures
    "pension_from_65", "pension_under_65", "salary",  # every row of every table: test_income_tables.py
    "first", "end", "months",  # of the spans of former dependants: mutants of months.dependant_months
    "component_rounding",  # the rules know one and ten yen; mutants of per_capita and income_levy
    "disability_through",  # the last day of FY2024, which the rule of that year names itself
}  # fmt: skip


def _not_asked(year: int) -> set[str]:
    """Figures that the law of the year does not ask for."""
    found = set()
    if year < 2021:
        found |= {".salary_adjustment_limit", ".reduction_limits.per_extra_earner"}  # both are 0: nothing of the kind yet
    if year == 2008 or year >= 2021:
        found.add(".parts[medical].seven_low_pension")  # 7割 is the same for everybody
    if year >= 2026:
        found.add(".parts[child_support].seven_low_pension")
    return found


@pytest.mark.parametrize("year", YEARS)
def test_each_figure_of_the_law_that_is_one_too_large_is_noticed(year: int) -> None:
    """I-22: a limit off by one yen. Tokyo, every figure that the fiscal year asks for."""
    law: Parameters = premium_parameters("13", FiscalYear(year))
    unnoticed = {path for path, changed in _changed(law) if not differences(year, "13", law=changed)}
    assert unnoticed == _not_asked(year)
