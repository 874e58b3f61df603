"""過誤納 (C-18): the last payments are given back first, the oldest debts are paid first, and no yen comes from nowhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from chassis.law import RULES, calendar_faults, day_number
from collection_service.law.refunds import refund_law
from collection_service.rules.overpayments import (
    DebtKind,
    RefundLimitStart,
    appropriated_as_of,
    debts_appropriated,
    payments_given_back,
)
from hypothesis import given
from hypothesis import strategies as st

DAY = date(2026, 4, 1)
CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("overpayments.yaml").read_text(encoding="utf-8"))
ORDER = refund_law("131016", "13", DAY).order
PAYMENTS = [case for case in CASES if "payments" in case]
DEBTS = [case for case in CASES if "debts" in case]


def days(values: list[date]) -> Any:
    return np.array([day_number(day) for day in values], np.int32)


def given_back(payments: list[tuple[date, int]], overpaid: int) -> list[int]:
    left = np.array([yen for _, yen in payments], np.int64)
    found: list[int] = payments_given_back.on(DAY)(left=left, paid_on=days([day for day, _ in payments]), overpaid=overpaid).tolist()
    return found


def used(debts: list[tuple[date, int, DebtKind]], amount: int) -> list[int]:
    found: list[int] = debts_appropriated.on(DAY)(
        unpaid=np.array([yen for _, yen, _ in debts], np.int64),
        due_on=days([day for day, _, _ in debts]),
        kind=np.array([kind for _, _, kind in debts], np.int8),
        kinds_in_order=ORDER,
        amount=amount,
    ).tolist()
    return found


@pytest.mark.parametrize("case", PAYMENTS, ids=[case["case"] for case in PAYMENTS])
def test_the_payments_of_the_case_are_given_back(case: dict[str, Any]) -> None:
    assert given_back([(each["paid_on"], each["left"]) for each in case["payments"]], case["overpaid"]) == case["given_back"]


@pytest.mark.parametrize("case", DEBTS, ids=[case["case"] for case in DEBTS])
def test_the_debts_of_the_case_are_paid(case: dict[str, Any]) -> None:
    debts = [(each["due_on"], each["unpaid"], DebtKind[each.get("kind", "premium").upper()]) for each in case["debts"]]
    assert used(debts, case["amount"]) == case["used"]


amounts = st.integers(0, 850_000)
some_days = st.dates(date(2024, 4, 1), date(2026, 3, 31))


@given(st.lists(st.tuples(some_days, amounts), min_size=1, max_size=12), st.integers(0, 5_000_000))
def test_what_is_given_back_is_the_overpayment_and_no_older_payment_while_a_newer_has_something_left(
    payments: list[tuple[date, int]], overpaid: int
) -> None:
    found = given_back(payments, overpaid)
    assert sum(found) == min(overpaid, sum(yen for _, yen in payments))
    assert all(0 <= yen <= left for yen, (_, left) in zip(found, payments, strict=True))
    for yen, (day, left) in zip(found, payments, strict=True):
        if yen < left:
            assert all(other == 0 for other, (earlier, _) in zip(found, payments, strict=True) if earlier < day)


@given(st.lists(st.tuples(some_days, amounts, st.sampled_from(DebtKind)), max_size=12), st.integers(0, 5_000_000))
def test_no_younger_debt_is_paid_while_an_older_one_is_left(debts: list[tuple[date, int, DebtKind]], amount: int) -> None:
    found = used(debts, amount)
    assert sum(found) == min(amount, sum(yen for _, yen, _ in debts))
    for yen, (day, unpaid, _) in zip(found, debts, strict=True):
        if yen < unpaid:
            assert all(other == 0 for other, (later, _, _) in zip(found, debts, strict=True) if later > day)


def test_a_kind_of_debt_that_the_order_does_not_name_is_refused() -> None:
    with pytest.raises(ValueError, match="says nothing of debts"):
        debts_appropriated.on(DAY)(
            unpaid=np.array([1]), due_on=days([DAY]), kind=np.array([1], np.int8), kinds_in_order=(DebtKind.PREMIUM,), amount=1
        )


def test_a_debt_counts_as_paid_on_the_later_of_its_due_day_and_the_day_of_the_overpayment() -> None:
    assert appropriated_as_of(due_on=date(2026, 7, 31), arose_on=date(2026, 7, 1)) == date(2026, 7, 31)
    assert appropriated_as_of(due_on=date(2026, 7, 31), arose_on=date(2026, 8, 5)) == date(2026, 8, 5)


def test_the_law_of_refunds_is_read_for_a_day_and_says_what_is_not_verified() -> None:
    """I-17: a union without a rule of its own has none, before and after the first rule that is known."""
    found = refund_law("131016", "13", DAY)
    assert found.order == (DebtKind.PREMIUM, DebtKind.FEE, DebtKind.LATE_CHARGE)
    assert found.limit_starts == (RefundLimitStart.FOUND, RefundLimitStart.FOUND, RefundLimitStart.PAID)
    assert found.provisional == ("appropriation_order", "refund_limitation_start")
    assert [refund_law("131016", union, day).special_basis is None for union in ("13", "40") for day in (date(2010, 4, 1), DAY)] == [
        True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["payments_given_back", "debts_appropriated"])
def test_the_rules_hold_without_gap_since_2008(name: str) -> None:
    assert calendar_faults(RULES[name], start=date(2008, 4, 1), end=date(2031, 4, 1)) == []
