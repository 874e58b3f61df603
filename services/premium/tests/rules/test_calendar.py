"""The law over the whole calendar: no gap, no overlap, no rule that is never reached, and every gap of the data named."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from datetime import date
from pathlib import Path
from typing import Any

import premium_service.rules as rules_package
import pytest
from chassis.law import RULES, FiscalYear, NotInForce, Rule, UnknownToUs, calendar_faults, dates_of
from premium_service.law import national_law, premium_parameters, union_codes, union_law

# The rules of income go by the income year, which begins fifteen months before the first fiscal year.
_BEGIN = {"salary_adjustment": date(2007, 1, 1)}
_EXPECTED = {"household_limits", "earner", "takes_lower_rate", "levy_cap", "salary_adjustment"}
for _module in pkgutil.iter_modules(rules_package.__path__, "premium_service.rules."):
    importlib.import_module(_module.name)
_WHERE = ("premium_service.rules.", "chassis.law.tax.")
_OURS = sorted(name for name, rule in RULES.items() if rule.versions[0].__module__.startswith(_WHERE))


def test_the_rules_with_dates_are_the_ones_that_changed() -> None:
    assert set(_OURS) >= _EXPECTED


@pytest.mark.parametrize("name", _OURS)
def test_every_rule_has_exactly_one_version_on_every_day_since_the_scheme_began(name: str) -> None:
    assert calendar_faults(RULES[name], start=_BEGIN.get(name, date(2008, 4, 1)), end=date(2028, 4, 1)) == []


def _dated_functions() -> set[str]:
    folder = Path(rules_package.__file__).parent
    found = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "in_force" for mark in node.decorator_list
            ):
                found.add(node.name)
    return found


def test_every_dated_function_belongs_to_a_rule() -> None:
    bound: set[str] = {version.__name__ for rule in RULES.values() for version in rule.versions}
    assert _dated_functions() <= bound


def test_a_version_that_is_hidden_by_another_is_found() -> None:
    first: Rule[..., Any] = RULES["levy_cap"]
    twice: Rule[..., Any] = Rule("levy_cap", (*first.versions, first.versions[0]))
    assert dates_of(first.versions[0]).law
    assert any("overlap" in fault for fault in calendar_faults(twice, start=date(2008, 4, 1), end=date(2009, 4, 1)))


@pytest.mark.parametrize("year", range(2008, 2028))
def test_parameters_of_tokyo_resolve_in_every_fiscal_year(year: int) -> None:
    law = premium_parameters("13", FiscalYear(year))
    assert ("child_support" in law.parts) == (year >= 2026)
    assert len(law.hash) == 64


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_all_47_unions_are_covered_in_fy2024_to_fy2026(year: int) -> None:
    for union in union_codes():
        law = premium_parameters(union, FiscalYear(year))
        assert not law.parts["medical"].low_income_rate_is_gap
        assert (law.parts["medical"].low_income_rate is not None) == (year == 2024)


def test_every_union_period_is_a_value_or_a_gap_that_says_so() -> None:
    known: list[str] = []
    gaps: list[UnknownToUs] = []
    for union in union_codes():
        for year in range(2008, 2028, 2):
            try:
                known.append(premium_parameters(union, FiscalYear(year)).hash)
            except UnknownToUs as gap:
                gaps.append(gap)
    assert (len(known), len(gaps)) == (310, 160)
    assert all("medical_rates" in str(gap) and "登録されていません" in gap.message_ja for gap in gaps)


def test_before_the_scheme_began_there_is_no_law() -> None:
    with pytest.raises(NotInForce, match="2007-04-01"):
        premium_parameters("13", FiscalYear(2007))


def test_every_number_has_a_source_and_an_article() -> None:
    books = [national_law(), *(union_law(union) for union in union_codes())]
    for book in books:
        for name in book:
            for entry in book[name].entries:
                assert entry.gap or entry.source, f"{name} {entry.start}"
                assert entry.law, f"{name} {entry.start}"


def test_fy2026_rates_are_provisional_until_an_officer_confirms_them() -> None:
    law = premium_parameters("13", FiscalYear(2026))
    assert law.provisional("medical_rates")
    confirmed = premium_parameters("13", FiscalYear(2026), confirmed=frozenset({"union_13.medical_rates"}))
    assert not confirmed.provisional("medical_rates")
    assert confirmed.hash == law.hash


def test_a_year_that_nobody_has_reviewed_is_provisional() -> None:
    assert premium_parameters("13", FiscalYear(2027)).provisional("child_support_rates")
    assert not premium_parameters("13", FiscalYear(2023)).provisional("medical_rates")


def test_rules_import_nothing_but_numpy_and_the_law() -> None:
    allowed = ("numpy", "chassis.law", "premium_service.rules")
    standard = {"__future__", "collections", "dataclasses", "datetime", "enum", "itertools", "typing"}
    for path in Path(rules_package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.startswith(allowed) or name.split(".")[0] in standard, f"{path.name} imports {name}"
