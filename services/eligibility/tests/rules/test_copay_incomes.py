"""What the tests of 負担割合 ask of a person, made from the records, under the tax law of the right year (E-27)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chassis.law import day_number
from eligibility_service.law import copay_law_on
from eligibility_service.rules.copay.columns import DECLARED, INQUIRING, NO_RECORD, UNDECLARED, Members, Outcome
from eligibility_service.rules.copay.incomes import facts_of, is_minor_without_record, is_under_65, might_be_dependant

OLD = date(1940, 1, 1)


def facts(on: date, *, born: date = OLD, **given: Any) -> dict[str, int]:
    law = copay_law_on(on, frozenset())
    members = Members.of({"household": [1], "judged_on": day_number(on), "born_on": day_number(born), "is_insured": True, **given})
    return {name: int(column[0]) for name, column in facts_of(members, law).items()}


@pytest.mark.parametrize(
    ("on", "deduction"),
    [
        (date(2008, 4, 1), 330_000), (date(2020, 8, 1), 330_000), (date(2021, 7, 31), 330_000),
        (date(2021, 8, 1), 430_000), (date(2022, 7, 31), 430_000), (date(2026, 8, 1), 430_000),
    ],
)  # fmt: skip
def test_the_basic_deduction_is_that_of_the_tax_year_after_the_income_year(on: date, deduction: int) -> None:
    """基礎控除: 33万円, and 43万円 from income year 2020 on, that is from the copay year that begins in August 2021."""
    assert facts(on, business_income=2_530_000)["income_after_deduction"] == 2_530_000 - deduction


@pytest.mark.parametrize(("on", "deduction"), [(date(2021, 7, 31), 1_200_000), (date(2021, 8, 1), 1_100_000)])
def test_the_pension_deduction_is_that_of_the_income_year(on: date, deduction: int) -> None:
    found = facts(on, public_pension_receipts=2_500_000)
    assert found["pension_income"] == 2_500_000 - deduction
    assert (found["pension_receipts"], found["other_total"], found["receipts"]) == (
        2_500_000,
        0,
        2_500_000 if on.year > 2021 else found["receipts"],
    )


def test_who_is_under_65_on_31_december_of_the_income_year_gets_the_smaller_deduction() -> None:
    """An age is reached the day before the birthday: born on 1 January is 65 on 31 December."""
    on = date(2026, 8, 1)  # income year 2025
    law = copay_law_on(on, frozenset())
    births = [date(1961, 1, 1), date(1961, 1, 2)]
    members = Members.of({"household": [1, 1], "judged_on": day_number(on), "born_on": [day_number(born) for born in births]})
    assert is_under_65(members, law).tolist() == [False, True]
    receipts = {"public_pension_receipts": 1_200_000}
    assert [facts(on, born=born, **receipts)["pension_income"] for born in births] == [100_000, 600_000]


def test_an_income_that_was_not_declared_or_not_told_is_never_known_as_zero() -> None:
    """I-15."""
    on = date(2026, 8, 1)
    found = [facts(on, income_status=status)["taxable_missing"] for status in (DECLARED, INQUIRING, NO_RECORD, UNDECLARED)]
    assert found == [Outcome.TAXABLE_INCOME_MISSING, Outcome.INQUIRING, Outcome.NO_RECORD, Outcome.DECIDED]
    assert facts(on, has_taxable_income=True, taxable_income=1)["taxable_missing"] == Outcome.DECIDED


@pytest.mark.parametrize(("on", "known"), [(date(2021, 12, 31), False), (date(2022, 1, 1), True)])
def test_receipts_of_records_count_without_an_application_from_2022_on(on: date, *, known: bool) -> None:
    found = facts(on, public_pension_receipts=1_000_000, salary_receipts=500_000)
    assert (found["receipts"], bool(found["has_receipts"])) == ((1_500_000, True) if known else (0, False))
    assert not facts(on, public_pension_receipts=1_000_000, business_income=1)["has_receipts"]
    applied = facts(on, business_income=1, has_applied_receipts=True, applied_receipts=3_000_000)
    assert (applied["receipts"], bool(applied["has_receipts"])) == (3_000_000, True)


def test_a_young_member_is_a_minor_or_a_dependant_to_the_day() -> None:
    """Under 18 on 1 January after the income year is not taxed; under 19 on 31 December of the income year may be counted."""
    on = date(2026, 8, 1)
    law = copay_law_on(on, frozenset())

    def column(births: list[date]) -> Members:
        numbers = [day_number(born) for born in births]
        return Members.of({"household": [1] * len(births), "judged_on": day_number(on), "born_on": numbers, "income_status": NO_RECORD})

    minors = is_minor_without_record(column([date(2008, 1, 2), date(2008, 1, 3)]), law)
    dependants = might_be_dependant(column([date(2007, 1, 1), date(2007, 1, 2)]), law)
    assert (minors.tolist(), dependants.tolist()) == ([False, True], [False, True])
