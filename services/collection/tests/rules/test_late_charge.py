"""延滞金 and 還付加算金: exact to the yen, held against a second derivation that counts day by day, and against the law's own formula."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction as Exact
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from chassis.law import RULES, Rate, calendar_faults, day_number, day_of
from collection_service.law.late_charge import late_charge_law, refund_addition_law
from collection_service.rules.late_charge import Fraction, LateCharges, late_charges
from collection_service.rules.refund_addition import RefundGround, refund_additions
from collection_service.rules.unpaid_spans import Debt, spans_of
from hypothesis import given
from hypothesis import strategies as st

CASES, REFUNDS = (
    yaml.safe_load(Path(__file__).with_name("cases").joinpath(name).read_text(encoding="utf-8"))
    for name in ("late_charge.yaml", "refund_addition.yaml")
)
UNKNOWN_TOWN = "999999"
SPECIAL_BASE = {
    **dict.fromkeys(range(2010, 2014), "4.3"), 2008: "4.7", 2009: "4.5", 2014: "1.9", 2015: "1.8", 2016: "1.8", 2017: "1.7", 2018: "1.6",
    2019: "1.6", 2020: "1.6", 2021: "1.5", **dict.fromkeys(range(2022, 2026), "1.4"), 2026: "1.8",
}  # fmt: skip
"""特例基準割合 typed once more, in percent by calendar year."""


def lawful_rates(year: int) -> tuple[Exact, Exact, Exact]:
    """First, after and refund rate of a year from its 特例基準割合, by the words of the law, in percent."""
    special, low, high = Exact(SPECIAL_BASE[year]), Exact("7.3"), Exact("14.6")
    if year < 2014:
        return min(low, special), high, min(low, special)
    first, after = min(low, special + 1), min(high, special + Exact("7.3"))
    return first, after, special if year < 2021 else special - Exact("0.5")


@pytest.mark.parametrize("year", sorted(SPECIAL_BASE))
def test_the_published_rates_of_each_year_are_those_of_the_formula_of_the_law(year: int) -> None:
    """C-11: 7.3% and 14.6%, from 2014 the special base and 1 or 7.3 points, from 2021 for refunds half a point less."""
    day = date(year, 7, 1)
    terms = late_charge_law(UNKNOWN_TOWN, due_on=day, until=day).terms
    refund = refund_addition_law(UNKNOWN_TOWN, paid_on=day, decided_on=day).terms.rate
    number = np.array([day_number(day)], np.int32)
    found = [Exact(int(rate.weights(number, number)[0]), rate.denominator) * 100 for rate in (terms.first, terms.after, refund)]
    assert found == list(lawful_rates(year))


def debt_of(case: dict[str, Any]) -> Debt:
    return Debt(
        case["due_on"],
        int(case["amount"]),
        tuple((paid["paid_on"], int(paid["amount"])) for paid in case.get("payments", [])),
        tuple((span["from"], span["to"]) for span in case.get("deferrals", [])),
    )


def charged(case: dict[str, Any]) -> LateCharges:
    debt = debt_of(case)
    until = case.get("until") or max(paid_on for paid_on, _ in debt.payments)
    law = late_charge_law(UNKNOWN_TOWN, due_on=debt.due_on, until=until)
    share = Rate.parse(str(case.get("deferral_share", 1)))
    terms = replace(law.terms, fraction=Fraction(case.get("fraction", "once")), deferral_share=share)
    spans = spans_of([debt], until=until, low_months=case.get("low_months", law.low_months))
    return late_charges.on(until)(spans=spans, terms=terms)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_late_charge_of_a_case_is_exact_to_the_yen(case: dict[str, Any]) -> None:
    found = charged(case)
    for column, expected in case["expect"].items():
        values = getattr(found, column).tolist()
        assert values == [int(value) for value in expected] if isinstance(expected, list) else set(values) == {int(expected)}, column


def day_by_day(debt: Debt, until: date, low_last: date, share: Exact) -> int:
    """The amount counted by going through the days, one by one, with fractions: nothing is shared with the rule but the inputs."""
    total, day = Exact(0), debt.due_on + timedelta(days=1)
    while day <= until:
        unpaid = debt.amount - sum(amount for paid_on, amount in debt.payments if paid_on < day)
        base = 0 if unpaid < 2_000 else unpaid - unpaid % 1_000
        first, after, _ = lawful_rates(day.year)
        deferred = any(begin <= day <= end for begin, end in debt.deferrals)
        total += base * (first if day <= low_last else after) / 100 / 365 * (1 - share if deferred else 1)
        day += timedelta(days=1)
    return 0 if total < 1_000 else int(total) // 100 * 100


days = st.dates(date(2008, 4, 1), date(2026, 12, 31))


@st.composite
def debts(draw: st.DrawFn) -> tuple[Debt, date]:
    """An instalment with up to three payments and two deferrals, and the day until which it is counted (within four years)."""
    due_on = draw(st.dates(date(2008, 4, 1), date(2026, 6, 30)))
    until = min(due_on + timedelta(days=draw(st.integers(0, 1_500))), date(2026, 12, 31))
    within = st.dates(due_on - timedelta(days=40), until)
    payments = draw(st.lists(st.tuples(within, st.integers(1, 60_000)), max_size=3))
    deferrals = draw(st.lists(st.tuples(within, within).map(lambda pair: (min(pair), max(pair))), max_size=2))
    return Debt(due_on, draw(st.integers(0, 200_000)), tuple(payments), tuple(deferrals)), until


@given(drawn=debts(), low_months=st.sampled_from([1, 3]), share=st.sampled_from(["0", "1/2", "1"]))
def test_the_rule_agrees_with_counting_every_day_by_itself(drawn: tuple[Debt, date], low_months: int, share: str) -> None:
    """C-11: seen to fail for a day of payment that does not count, and for a low rate that is not that of its year."""
    debt, until = drawn
    law = late_charge_law(UNKNOWN_TOWN, due_on=debt.due_on, until=until)
    spans = spans_of([debt], until=until, low_months=low_months)
    found = late_charges.on(until)(spans=spans, terms=replace(law.terms, deferral_share=Rate.parse(share)))
    low_last = day_of(int(spans.low_last[0]))
    assert low_last is not None
    assert set(found.amount.tolist()) == {day_by_day(debt, until, low_last, Rate.parse(share).fraction)}


@given(drawn=st.lists(debts(), min_size=1, max_size=5))
def test_many_instalments_at_once_owe_what_each_would_owe_alone(drawn: list[tuple[Debt, date]]) -> None:
    until = max(day for _, day in drawn)
    law = late_charge_law(UNKNOWN_TOWN, due_on=drawn[0][0].due_on, until=until)
    together = spans_of([debt for debt, _ in drawn], until=until, low_months=1)
    found = late_charges.on(until)(spans=together, terms=law.terms).amount
    for number, (debt, _) in enumerate(drawn):
        alone = late_charges.on(until)(spans=spans_of([debt], until=until, low_months=1), terms=law.terms).amount
        assert set(found[together.debt == number].tolist()) == set(alone.tolist())


@given(drawn=debts(), more=st.integers(1, 400))
def test_waiting_longer_never_lowers_a_late_charge_and_a_part_payment_never_raises_it(drawn: tuple[Debt, date], more: int) -> None:
    debt, until = drawn
    later = min(until + timedelta(days=more), date(2026, 12, 31))
    terms = late_charge_law(UNKNOWN_TOWN, due_on=debt.due_on, until=later).terms

    def amount(of: Debt, day: date) -> int:
        return int(late_charges.on(day)(spans=spans_of([of], until=day, low_months=1), terms=terms).amount[0])

    assert amount(debt, later) >= amount(debt, until)
    assert amount(debt, until) <= amount(replace(debt, payments=()), until)


@given(due_on=days, months=st.sampled_from([1, 3]))
def test_the_low_rate_ends_before_the_day_that_corresponds_to_the_day_after_the_due_day(due_on: date, months: int) -> None:
    last = day_of(int(spans_of([Debt(due_on, 0)], until=due_on, low_months=months).low_last[0]))
    assert last is not None
    begin = due_on + timedelta(days=1)
    year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    end = last + timedelta(days=1)
    assert (end.year, end.month, end.day) == (year, month + 1, begin.day) or (end.day == 1 and last.day < begin.day)


def test_a_payment_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        spans_of([Debt(date(2026, 7, 31), 10_000, ((date(2026, 8, 1), 0),))], until=date(2026, 9, 1), low_months=1)


def test_a_day_before_the_first_rate_is_refused() -> None:
    terms = late_charge_law(UNKNOWN_TOWN, due_on=date(2008, 7, 31), until=date(2009, 1, 1)).terms
    with pytest.raises(ValueError, match="before the first yearly rate"):
        late_charges.on(date(2009, 1, 1))(
            spans=spans_of([Debt(date(2007, 7, 31), 10_000)], until=date(2009, 1, 1), low_months=1), terms=terms
        )


def test_rates_that_nobody_has_reviewed_and_settings_from_memory_are_provisional() -> None:
    reviewed = late_charge_law(UNKNOWN_TOWN, due_on=date(2024, 7, 31), until=date(2026, 12, 31))
    assert reviewed.provisional == ("late_charge_deferral_share", "late_charge_fraction")
    assert "late_charge_rates" in late_charge_law(UNKNOWN_TOWN, due_on=date(2026, 7, 31), until=date(2027, 1, 1)).provisional
    refund = refund_addition_law(UNKNOWN_TOWN, paid_on=date(2026, 7, 31), decided_on=date(2026, 11, 30))
    assert refund.provisional == ("refund_addition_months",)


def refunded(cases: list[dict[str, Any]]) -> Any:
    first, last = min(case["paid_on"] for case in cases), max(case["decided_on"] for case in cases)
    return refund_additions.on(last)(
        overpaid=np.array([int(case["overpaid"]) for case in cases]),
        ground=np.array([RefundGround[case["ground"].upper()] for case in cases], np.int8),
        paid_on=np.array([day_number(case["paid_on"]) for case in cases], np.int32),
        corrected_on=np.array([day_number(case.get("corrected_on", case["paid_on"])) for case in cases], np.int32),
        decided_on=np.array([day_number(case["decided_on"]) for case in cases], np.int32),
        terms=refund_addition_law(UNKNOWN_TOWN, paid_on=first, decided_on=last).terms,
    )


@pytest.mark.parametrize("case", REFUNDS, ids=[case["case"] for case in REFUNDS])
def test_the_addition_to_a_refund_is_exact_to_the_yen(case: dict[str, Any]) -> None:
    """C-18: alone, and in one batch with all the others."""
    row = REFUNDS.index(case)
    for found, at in ((refunded([case]), 0), (refunded(REFUNDS), row)):
        for column, expected in case["expect"].items():
            value = int(getattr(found, column)[at])
            assert (day_of(value) if column == "first" else value) == (expected if column == "first" else int(expected)), column


@given(paid_on=days, waits=st.integers(0, 900), overpaid=st.integers(0, 500_000), ground=st.sampled_from(RefundGround))
def test_an_addition_counted_day_by_day_is_the_same(paid_on: date, waits: int, overpaid: int, ground: RefundGround) -> None:
    decided_on = min(paid_on + timedelta(days=waits), date(2026, 12, 31))
    case = {"ground": ground.name, "overpaid": overpaid, "paid_on": paid_on, "decided_on": decided_on}
    found = refunded([case])
    base = 0 if overpaid < 2_000 else overpaid // 1_000 * 1_000
    first = day_of(int(found.first[0])) or date.max
    counted = [first + timedelta(days=number) for number in range((decided_on - first).days + 1)]
    exact = sum((base * lawful_rates(day.year)[2] / 100 / 365 for day in counted), Exact(0))
    assert int(found.amount[0]) == (0 if exact < 1_000 else int(exact) // 100 * 100)
    assert first > paid_on


@pytest.mark.parametrize("name", ["late_charges", "late_charge_low_rate_until", "refund_additions"])
def test_every_day_of_the_scheme_has_exactly_one_version_of_the_rule(name: str) -> None:
    assert calendar_faults(RULES[name], start=date(2008, 4, 1), end=date(2031, 4, 1)) == []
