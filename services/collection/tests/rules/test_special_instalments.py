"""特別徴収の期割 (C-17): published and worked cases, and what holds for every amount: all of the year, none negative, nothing lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml
from chassis.law import RULES, FiscalYear, calendar_faults
from collection_service.law import Calendar, closing_days
from collection_service.law.special_collection import special_collection_law
from collection_service.rules.special_instalments import (
    MONTHS,
    FinalPayments,
    Levelling,
    change_special,
    final_payments,
    level,
    pension_days,
    provisional_payments,
)
from hypothesis import given
from hypothesis import strategies as st

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("special_instalments.yaml").read_text(encoding="utf-8"))
YEARS, CHANGES = [case for case in CASES if "requested" not in case], [case for case in CASES if "requested" in case]
DAY = date(2026, 4, 1)
UNIT = special_collection_law("999999", DAY).rounding
Matrix = npt.NDArray[np.int64]


def column(values: list[Any]) -> Matrix:
    return np.array([int(value) for value in values], np.int64)


def open_from(months: list[int]) -> npt.NDArray[np.bool_]:
    return np.arange(6)[None, :] >= np.array([[MONTHS.index(month)] for month in months])


def collected(cases: list[dict[str, Any]]) -> tuple[Matrix, FinalPayments]:
    """The provisional payments and the final ones of cases that are levelled alike."""
    is_open = open_from([case.get("begins", 4) for case in cases])
    expected = column([case.get("expected_year", 0) for case in cases])
    provisional = provisional_payments.on(DAY)(
        february=column([case.get("february", 0) for case in cases]), expected_year=expected,
        was_special=np.array(["february" in case for case in cases]), is_open=is_open[:, :3], unit=UNIT,
    )  # fmt: skip
    levelled = level.on(DAY)(
        provisional=provisional, expected_year=expected, is_levelled=np.ones(len(cases), np.bool_),
        levelling=Levelling(cases[0].get("levelling", "none")), unit=UNIT,
    )  # fmt: skip
    before = levelled.sum(axis=1) + column([case.get("ordinary", 0) for case in cases])
    annual = column([case["annual_amount"] for case in cases])
    return levelled, final_payments.on(DAY)(annual_amount=annual, before=before, is_open=is_open[:, 3:], unit=UNIT)


@pytest.mark.parametrize("case", YEARS, ids=[case["case"] for case in YEARS])
def test_the_payments_of_a_year_are_exact_to_the_yen(case: dict[str, Any]) -> None:
    provisional, final = collected([case])
    assert [*provisional[0].tolist(), *final.payments[0].tolist()] == [int(amount) for amount in case["expect"]]
    assert final.overtaken.tolist() == [int(case.get("overtaken", 0))]


def test_the_cases_in_one_batch_are_the_cases_alone() -> None:
    for levelling in ("none", "august", "june_and_august"):
        alike = [case for case in YEARS if case.get("levelling", "none") == levelling]
        provisional, final = collected(alike)
        together = np.concatenate([provisional, final.payments], axis=1)
        assert together.tolist() == [[int(amount) for amount in case["expect"]] for case in alike]


@pytest.mark.parametrize("case", CHANGES, ids=[case["case"] for case in CHANGES])
def test_a_change_of_the_year_is_ordinary_or_stops_special_collection(case: dict[str, Any]) -> None:
    found = change_special.on(DAY)(
        annual_amount=column([case["annual_amount"]]), payments=column(case["requested"])[None, :],
        is_taken=np.arange(6)[None, :] < case["taken"], ordinary=column([0]),
    )  # fmt: skip
    assert found.payments.tolist() == [[int(amount) for amount in case["expect"]]]
    assert found.ordinary.tolist() == [int(case["ordinary"])]
    assert found.overtaken.tolist() == [int(case.get("overtaken", 0))]
    assert found.stops.tolist() == [case["stops"]]


yen = st.integers(0, 870_000)
cases = st.fixed_dictionaries(
    {"annual_amount": yen, "expected_year": yen, "ordinary": st.integers(0, 300_000), "begins": st.sampled_from(MONTHS)},
    optional={"february": st.integers(0, 1_500).map(lambda hundreds: hundreds * 100)},
)
batches = st.tuples(st.lists(cases, min_size=1, max_size=6), st.sampled_from(list(Levelling))).map(
    lambda drawn: [{**case, "levelling": drawn[1].value} for case in drawn[0]]
)


@given(batch=batches)
def test_the_payments_add_up_to_the_year_and_none_is_negative(batch: list[dict[str, Any]]) -> None:
    """Seen to fail for a levelling without a floor at zero, and for a remainder that is dropped."""
    provisional, final = collected(batch)
    before = provisional.sum(axis=1) + column([case["ordinary"] for case in batch])
    assert (before + final.payments.sum(axis=1) - final.overtaken).tolist() == [case["annual_amount"] for case in batch]
    assert (provisional >= 0).all()
    assert (final.payments >= 0).all()
    assert (final.overtaken[final.payments.any(axis=1)] == 0).all()
    closed = ~open_from([case["begins"] for case in batch])
    assert (np.concatenate([provisional, final.payments], axis=1)[closed] == 0).all()


@given(batch=batches)
def test_later_final_payments_are_alike_and_whole_hundreds_and_the_first_is_at_most_three_hundred_more(batch: list[dict[str, Any]]) -> None:
    _, final = collected(batch)
    for case, payments in zip(batch, final.payments.tolist(), strict=True):
        first, *later = payments[max(MONTHS.index(case["begins"]) - 3, 0) :]
        assert len(set(later)) <= 1
        assert all(amount % UNIT == 0 and amount <= first < amount + UNIT * (len(later) + 1) for amount in later)


@given(expected=yen, february=st.integers(1, 1_500), levelling=st.sampled_from([Levelling.AUGUST, Levelling.JUNE_AND_AUGUST]))
def test_levelling_takes_half_of_the_year_until_august_where_that_is_possible(expected: int, february: int, levelling: Levelling) -> None:
    case = {"annual_amount": expected, "expected_year": expected, "february": february * 100, "levelling": levelling.value}
    provisional, _ = collected([case])
    fixed = provisional[0, : 2 if levelling is Levelling.AUGUST else 1].sum()
    total = int(provisional.sum())
    if fixed <= expected // 2:
        assert expected // 2 - 2 * UNIT < total <= expected // 2
    else:
        assert total == fixed


@given(
    payments=st.lists(st.integers(0, 150_000), min_size=6, max_size=6),
    taken=st.integers(0, 6), ordinary=st.integers(0, 200_000), annual=yen,
)  # fmt: skip
def test_after_a_change_everything_is_taken_charged_or_given_back(payments: list[int], taken: int, ordinary: int, annual: int) -> None:
    """I-01: seen to fail for a raise that also stopped special collection, and for a stop that kept what was not taken yet."""
    is_taken = np.arange(6)[None, :] < taken
    found = change_special.on(DAY)(
        annual_amount=column([annual]), payments=column(payments)[None, :], is_taken=is_taken, ordinary=column([ordinary])
    )
    assert int(found.payments.sum() + found.ordinary[0] - found.overtaken[0]) == annual
    assert found.payments[is_taken].tolist() == payments[:taken]
    stops = annual < sum(payments) + ordinary
    assert found.stops.tolist() == [stops]
    assert found.payments[~is_taken].tolist() == ([0] * (6 - taken) if stops else payments[taken:])
    assert min(found.ordinary[0], found.overtaken[0]) == 0


def test_pensions_are_paid_on_the_days_that_makkari_printed() -> None:
    year = FiscalYear(2024)
    calendar = Calendar(year, (), rounding=100, notice_days=0, closing_days=closing_days(year))
    days = [
        f"{day.month}/{day.day}" for day in pension_days(year, special_collection_law("999999", year.start).pay_day, calendar.is_closed)
    ]
    assert days == ["4/15", "6/14", "8/15", "10/15", "12/13", "2/14"]


def test_the_rest_of_a_year_that_has_no_payment_to_stand_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no open instalment"):
        final_payments.on(DAY)(annual_amount=column([1_000]), before=column([0]), is_open=np.zeros((1, 3), np.bool_), unit=100)


@pytest.mark.parametrize(
    "name",
    ["special_provisional_payments", "special_levelling", "special_final_payments", "special_payments_after_a_change", "pension_day"],
)
def test_every_day_of_the_scheme_has_exactly_one_version_of_the_rule(name: str) -> None:
    assert calendar_faults(RULES[name], start=FiscalYear(2008).start, end=FiscalYear(2031).start) == []
