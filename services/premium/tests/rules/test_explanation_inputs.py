"""Every input stands in the explanation (Z-01, P-16): what moves an amount is listed among the inputs of a step, and goes when it goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from chassis.law import NEVER, FiscalYear, day_of
from premium_service.domain.predicate import columns_of_finder
from premium_service.domain.trace import missing_facts
from premium_service.law import premium_parameters
from premium_service.rules import ASSESSMENT_DTYPE, MEMBER_DTYPE, Assessments, Households, assess, explain
from premium_service.rules.columns import UNDECLARED
from premium_service.rules.explanation import counted_rows

from services.premium.tests.rules.random_members import random_members

COUNTED = {"household", "member", "judged_on", "is_head", "is_insured", "is_assessed"}
"""Who belongs to the household is shown by its counts and by the steps of each member, not as an input of its own."""
DEFAULTS = {"lost_on": NEVER, "former_dependant_since": NEVER, "income_status": 1, "acquired_on": -10_000, "born_on": -25_000}
SHOWN_AS = {"has_total_income": "total_income"}
DAYS = {"born_on", "acquired_on", "lost_on", "former_dependant_since"}


def result_of(records: np.ndarray[Any, Any], year: int) -> Assessments:
    return assess(Households.from_records(records), premium_parameters("13", FiscalYear(year)))


def shown_inputs(result: Assessments, row: int) -> set[tuple[str, Any]]:
    return {(shown.name, shown.value) for step in explain(result, row) for shown in step.inputs}


@pytest.mark.parametrize("year", [2012, 2024, 2026])
def test_whatever_moves_an_amount_when_it_is_removed_was_listed_and_is_listed_no_more(year: int) -> None:
    """Seen to fail when `explain_judging_income` leaves `total_income` out of its inputs, or a step its `born_on`."""
    records = random_members(year, 150)
    whole = result_of(records, year)
    tried: dict[str, int] = {}
    for row in np.flatnonzero(whole.households.is_assessed).tolist():
        before = shown_inputs(whole, row)
        for other in counted_rows(whole, row):
            for column in set(MEMBER_DTYPE.names or ()) - COUNTED:
                value = int(records[column][other])
                if value == DEFAULTS.get(column, 0):
                    continue
                without = records.copy()
                without[column][other] = DEFAULTS.get(column, 0)
                changed = result_of(without, year)
                if changed["annual_amount"][row] == whole["annual_amount"][row] or int(whole["outcome"][row]) >= 3:
                    continue
                if int(changed["outcome"][row]) >= 3:
                    continue
                tried[column] = tried.get(column, 0) + 1
                name = SHOWN_AS.get(column, column)
                shown = {"income_status": "未申告", "by_disability": True}.get(column, int(records[name][other]))
                item = (name, str(day_of(value)) if column in DAYS else shown)
                assert item in before, (row, other, column)
                # Where another member shows the same value it is still listed, but something beside it has changed.
                after = shown_inputs(changed, row)
                assert item not in after or before != after, (row, other, column)
    assert {"public_pension_receipts", "salary_receipts", "lost_on", "income_status", "total_income"} <= tried.keys(), tried


def test_an_income_that_was_not_declared_or_has_not_come_and_a_dependant_that_nobody_knows_of_are_said() -> None:
    records = random_members(2026, 60)
    records["income_status"] = 1
    records["has_total_income"] = False
    whole = result_of(records, 2026)
    row = next(row for row in range(60) if whole.households.is_assessed[row] and len(counted_rows(whole, row)) > 1)
    other = next(found for found in counted_rows(whole, row) if found != row)

    def missing(status: int, *, known: bool | None) -> tuple[str, ...]:
        changed = records.copy()
        changed["income_status"][other] = status
        result = result_of(changed, 2026)
        return missing_facts(result, row, counted_rows(result, row), former_dependant=known)

    whose = "世帯主" if records["is_head"][other] else "世帯員"
    assert missing(1, known=False) == ()
    assert missing(UNDECLARED, known=False) == (f"{whose}の所得が申告されていません。均等割額の軽減は判定できないため、適用していません。",)
    assert missing(3, known=False) == (f"{whose}の所得が届いていません（照会中を含みます）。届くまで保険料を決定できません。",)
    assert missing(1, known=None) == (
        "被用者保険の被扶養者であったかどうかが確認されていません。被扶養者でなかったものとして計算しています。",
    )


def test_every_column_of_a_decision_has_a_japanese_term() -> None:
    known = columns_of_finder()
    assert set(known) >= set(ASSESSMENT_DTYPE.names or ())
    assert known["medical_amount"] == "医療分の保険料額"
    assert known["child_support_income_levy"] == "所得割額（子ども・子育て支援納付金分）"
