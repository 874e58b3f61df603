"""What is overdue on a day, with its late charge and the steps of it (C-11, P-11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction as Exact
from typing import Any

import pytest
from chassis.clock import derived_id
from collection_service.domain.arrears import Claim, counted, late_charges_on, overdue, years_in_arrears
from collection_service.domain.late_charge_steps import steps_of
from collection_service.law.late_charge import late_charge_law
from collection_service.rules.late_charge import Fraction
from collection_service.rules.unpaid_spans import Debt
from hypothesis import given
from hypothesis import strategies as st

CHIYODA = "131016"
CLAIM = Claim(
    insured_id=derived_id("insured", 1), fiscal_year=2024, number=1, municipality_code=CHIYODA, resident_number="1", month=7,
    due_on=date(2024, 7, 31), charged=30_500, written_off=0,
)  # fmt: skip


def owed(day: date, **changes: Any) -> Any:
    found = overdue([replace(CLAIM, **changes)], on=day)
    return found[0] if found else None


def test_an_instalment_is_overdue_from_the_day_after_its_due_day() -> None:
    assert owed(date(2024, 7, 31)) is None
    found = owed(date(2024, 8, 1))
    assert (found.unpaid, found.days, found.late_charge.amount) == (30_500, 1, 0)


def test_the_late_charge_of_an_overdue_instalment_is_that_of_the_published_figures() -> None:
    """C-11: the constructed example of the shared law, paid a year late."""
    found = owed(date(2025, 7, 31))
    assert (found.late_charge.exact, found.late_charge.amount, found.owed) == (2_449, 2_400, 32_900)


def test_deferred_days_bear_nothing_and_nothing_is_demanded_in_them() -> None:
    """P-11, C-11: deferred for all of the year but its last day."""
    found = owed(date(2025, 7, 31), deferred_until=date(2025, 7, 30))
    assert (found.late_charge.amount, found.is_deferred) == (0, False)
    assert [(span.is_deferred, (span.last - span.first).days + 1) for span in found.late_charge.spans] == [(True, 364), (False, 1)]
    assert owed(date(2025, 7, 30), deferred_until=date(2025, 7, 30)).is_deferred


def test_what_was_paid_late_is_owed_its_late_charge_until_that_is_paid_too() -> None:
    paid = ((date(2025, 7, 31), 30_500),)
    found = owed(date(2026, 7, 13), payments=paid)
    assert (found.unpaid, found.late_charge_left, found.owed) == (0, 2_400, 2_400)
    assert owed(date(2026, 7, 13), payments=paid, late_paid=2_400) is None


def test_a_payment_after_the_day_is_not_known_on_the_day() -> None:
    assert owed(date(2024, 9, 1), payments=((date(2024, 9, 2), 30_500),)).unpaid == 30_500


def test_what_was_written_off_is_owed_no_more() -> None:
    assert owed(date(2027, 1, 1), written_off=30_500) is None


def test_the_fee_of_a_demand_is_owed_until_it_is_paid() -> None:
    assert owed(date(2024, 9, 1), fee=100).owed == 30_600
    assert owed(date(2024, 9, 1), fee=100, fee_paid=100).owed == 30_500


def test_debts_of_different_due_days_keep_their_order_and_their_amounts() -> None:
    debts = [("131016", Debt(date(2024, month, 28), 50_000)) for month in (7, 5, 6, 5)]
    together = [charge.amount for charge in late_charges_on(debts, until=date(2025, 7, 31))]
    assert together == [late_charges_on([debt], until=date(2025, 7, 31))[0].amount for debt in debts]
    assert together[1] == together[3] > together[2] > together[0]


@pytest.mark.parametrize(
    ("due_on", "day", "years"),
    [
        (date(2024, 7, 31), date(2025, 7, 31), 0),
        (date(2024, 7, 31), date(2025, 8, 1), 1),
        (date(2024, 2, 29), date(2025, 2, 28), 0),
        (date(2024, 2, 29), date(2025, 3, 1), 1),
        (date(2024, 2, 29), date(2028, 2, 29), 3),
        (date(2024, 2, 29), date(2028, 3, 1), 4),
        (date(2024, 7, 31), date(2024, 7, 1), 0),
    ],
)
def test_a_year_of_arrears_is_over_on_the_day_after_its_anniversary(due_on: date, day: date, years: int) -> None:
    assert years_in_arrears(due_on, day) == years


def test_the_steps_say_in_both_languages_what_was_counted() -> None:
    charge = owed(date(2025, 7, 31)).late_charge
    japanese, english = steps_of(charge), steps_of(charge, "en")
    assert [step.value for step in japanese] == [30_000, "61.15", "2,388.32", 2_449, 2_400]
    assert japanese[1].formula == "令和6年8月1日から令和6年8月31日まで 30,000円 × (2.4% × 31日) ÷ 365"
    assert japanese[0].rounding == "1,000円未満切捨て。2,000円未満は0円"
    assert english[2].formula == "2024-09-01 to 2025-07-31: 30,000 yen × (8.7% × 334 days) ÷ 365"
    assert [step.value for step in english] == [step.value for step in japanese]
    assert all(step.law for step in japanese)
    assert japanese[3].provisional == ("late_charge_fraction",)


def test_a_municipalitys_own_setting_is_named_with_its_code_where_it_is_provisional() -> None:
    """Nakano has three months of the low rate; the settings of a municipality stand beside those that all share."""
    law = replace(
        late_charge_law(CHIYODA, due_on=CLAIM.due_on, until=date(2025, 7, 31)), low_months=3, provisional=("131016.late_charge_low_months",)
    )
    (charge,) = counted([CLAIM.debt], law, until=date(2025, 7, 31))
    steps = steps_of(charge)
    assert steps[1].formula == "令和6年8月1日から令和6年10月31日まで 30,000円 × (2.4% × 92日) ÷ 365"
    assert [step.provisional for step in steps[:3]] == [(), ("131016.late_charge_low_months",), ("131016.late_charge_low_months",)]


days = st.integers(-20, 1_200)


@given(
    amount=st.integers(0, 700_000),
    due_on=st.dates(date(2008, 7, 31), date(2023, 3, 31)),
    payments=st.lists(st.tuples(st.integers(1, 1_200), st.integers(1, 300_000)), max_size=4),
    deferral=st.none() | st.tuples(st.integers(1, 500), st.integers(0, 400)),
    fraction=st.sampled_from(Fraction),
)
def test_the_steps_of_a_sheet_add_up_to_the_late_charge(
    amount: int, due_on: date, payments: list[tuple[int, int]], deferral: tuple[int, int] | None, fraction: Fraction
) -> None:
    """C-11: whatever was paid and deferred, the parts of the sheet, added up by a reader, give the amount of the rules.

    Seen to fail with the low rate counted a day too long on the sheet.
    """
    paid = tuple((due_on + timedelta(days=after), yen) for after, yen in payments)
    deferrals = () if deferral is None else ((due_on + timedelta(days=deferral[0]), due_on + timedelta(days=sum(deferral))),)
    until = due_on + timedelta(days=1_000)
    law = late_charge_law(CHIYODA, due_on=due_on, until=until)
    law = replace(law, terms=replace(law.terms, fraction=fraction))
    (charge,) = counted([Debt(due_on, amount, paid, deferrals)], law, until=until)
    steps = steps_of(charge)
    parts = [Exact(str(step.value).replace(",", "")) for step in steps if step.name.endswith("_days")]
    missing = charge.exact - sum(parts)
    assert (missing == 0) if fraction is Fraction.EACH else (missing + 1 >= 0 and missing <= Exact(len(parts), 100))
    assert [step.value for step in steps[-2:]] == [charge.exact, charge.amount]
