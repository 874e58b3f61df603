"""期割 of a year that is collected from the pension in some months (C-16, C-17): whatever happens, everything adds up to the year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from chassis.clock import derived_id
from collection_service.domain.charging import ASSESSED, LIVE
from collection_service.domain.charging import decide as decide_ordinary
from collection_service.domain.special_charging import AMOUNTS, METHODS, UNDECIDED, WAYS, YearCharged, decide
from collection_service.law import Calendar, calendar_of
from collection_service.law.special_collection import payments_of
from collection_service.rules.collection_method import Method
from collection_service.rules.special_instalments import MONTHS
from hypothesis import given, settings
from hypothesis import strategies as st

from services.collection.tests.people import CHIYODA

YEAR = 2026
JANUARY, JULY = date(2026, 1, 10), date(2026, 7, 13)
SPECIAL, ORDINARY, AWAITED = Method.SPECIAL, Method.ORDINARY, Method.AWAITED


def calendar(municipality_code: str, year: int) -> Calendar:
    return calendar_of(municipality_code, year, sample=True)


PAYMENTS = payments_of(CHIYODA, calendar(CHIYODA, YEAR))


def is_open(due_on: date, today: date) -> bool:
    return (due_on - today).days >= calendar(CHIYODA, YEAR).notice_days


class Ledger:
    """One person, FY2026: what is charged after each decision, as the ledger would hold it."""

    def __init__(self) -> None:
        self.live: dict[int, tuple[int, date, int, int]] = {}
        self.revision = 0
        self.ways: dict[int, tuple[int, int]] = {}
        self.lost_on: date | None = None
        self.sequence = 0

    def charge(self, annual: int, today: date, **methods: tuple[int, int]) -> dict[int, int]:
        """Instalment number → yen, after a decision on `today`; `m10=(SPECIAL, 5_000)`: what is decided for a payment since."""
        self.ways |= {int(name[1:]): way for name, way in methods.items()}
        self.revision += 1
        (group,) = self.decided(annual, today).decided
        self.stopped = bool(self.found.stopped.height)
        for entry in group.entries.iter_rows(named=True):
            if entry["reverses"]:
                _, due_on, amount, _ = self.live.pop(entry["number"])
                assert (due_on, -amount) == (entry["due_on"], entry["amount"]), "a reversal undoes what was charged"
        for entry in group.entries.filter(reverses=0).iter_rows(named=True):
            self.live[entry["number"]] = (entry["month"], entry["due_on"], entry["amount"], self.revision)
        found = {number: amount for number, (_, _, amount, _) in sorted(self.live.items())}
        assert sum(found.values()) == group.people["annual_amount"][0] == int(group.instalments.sum())
        return found

    def decided(self, annual: int, today: date) -> YearCharged:
        key = str(derived_id("insured", 1))
        row = [(key, YEAR, CHIYODA, "1", key, annual, False, date(YEAR, 4, 1), self.sequence)]
        assessed = pl.DataFrame(row, schema=ASSESSED, orient="row").with_columns(
            revision=pl.lit(self.revision), assessed_amount=pl.col("annual_amount")
        )
        live = [(key, YEAR, number, *charge) for number, charge in self.live.items()]
        ways = [self.ways.get(month, (UNDECIDED, 0)) for month in MONTHS]
        has_way = any(method > ORDINARY for method, _ in ways)
        rows = [(key, YEAR, self.lost_on, *(way for way, _ in ways), *(amount for _, amount in ways))] if has_way else []
        assert list(WAYS)[3:] == [*METHODS, *AMOUNTS]
        self.found = decide(
            assessed, pl.DataFrame(live, schema=LIVE, orient="row"), pl.DataFrame(rows, schema=WAYS, orient="row"), calendar, today=today
        )
        return self.found


def april_to_august(amount: int = 16_000) -> Ledger:
    """仮徴収 decided in January: three payments, and no premium of the year yet."""
    ledger = Ledger()
    found = ledger.charge(0, JANUARY, m4=(SPECIAL, amount), m6=(SPECIAL, amount), m8=(SPECIAL, amount))
    assert found == {101: amount, 102: amount, 103: amount}
    ledger.sequence = 1
    return ledger


def test_the_year_takes_the_place_of_the_provisional_payments_and_its_rest_stands_in_october_to_february() -> None:
    """C-17: the example of Satosho: 16,000 three times, then 24,000 three times."""
    found = april_to_august().charge(120_000, JULY)
    assert found == {101: 16_000, 102: 16_000, 103: 16_000, 104: 24_000, 105: 24_000, 106: 24_000}


def test_who_begins_in_october_pays_the_instalments_before_it_and_the_rest_from_the_pension() -> None:
    ledger = Ledger()
    ledger.sequence = 1
    assert ledger.charge(58_050, JULY) == {1: 7_650, **dict.fromkeys(range(2, 9), 7_200)}
    found = ledger.charge(58_050, date(2026, 7, 28), m10=(SPECIAL, 0), m12=(SPECIAL, 0), m2=(SPECIAL, 0))
    assert found == {1: 7_650, 2: 7_200, 3: 7_200, 104: 12_000, 105: 12_000, 106: 12_000}
    again = ledger.charge(58_050, date(2026, 7, 29))
    assert again == found, "the same decision again changes nothing"
    ordinary = ledger.charge(58_050, date(2026, 7, 30), m10=(ORDINARY, 0), m12=(ORDINARY, 0), m2=(ORDINARY, 0))
    assert ordinary == {1: 7_650, **dict.fromkeys(range(2, 9), 7_200)}


def test_a_premium_raised_after_the_request_is_collected_ordinarily_by_the_difference() -> None:
    ledger = april_to_august()
    ledger.charge(120_000, JULY)
    found = ledger.charge(135_000, date(2026, 11, 2))
    assert [found[number] for number in range(101, 107)] == [16_000, 16_000, 16_000, 24_000, 24_000, 24_000]
    assert {number: amount for number, amount in found.items() if number < 100} == {5: 3_900, 6: 3_700, 7: 3_700, 8: 3_700}
    assert not ledger.stopped


def test_a_premium_lowered_after_the_request_stops_what_can_be_stopped_and_the_rest_is_ordinary() -> None:
    """I-01: from 1 November December cannot be stopped any more, and is taken as requested; only February falls away."""
    ledger = april_to_august()
    ledger.charge(120_000, JULY)
    found = ledger.charge(104_000, date(2026, 11, 2))
    assert found == {101: 16_000, 102: 16_000, 103: 16_000, 104: 24_000, 105: 24_000, 5: 2_000, 6: 2_000, 7: 2_000, 8: 2_000}
    assert ledger.stopped


def test_a_premium_lowered_before_the_request_only_lowers_what_is_not_requested_yet() -> None:
    ledger = april_to_august()
    ledger.charge(120_000, JULY)
    found = ledger.charge(60_100, date(2026, 7, 31))
    assert [found[number] for number in range(104, 107)] == [4_100, 4_000, 4_000]
    assert not ledger.stopped


def test_a_premium_below_what_was_taken_lowers_the_charges_the_latest_first() -> None:
    ledger = april_to_august()
    ledger.charge(120_000, JULY)
    assert ledger.charge(70_000, date(2026, 12, 20)) == {101: 16_000, 102: 16_000, 103: 16_000, 104: 22_000}
    assert ledger.stopped


def test_after_a_death_nothing_more_is_taken_than_what_cannot_be_stopped() -> None:
    """C-17, I-04: died on 3 May, before the year was assessed; the payment of June can no longer be stopped, that of August can."""
    ledger = april_to_august()
    ledger.sequence = 0
    ledger.lost_on = date(2026, 5, 4)
    assert ledger.charge(0, date(2026, 5, 10)) == {101: 16_000, 102: 16_000}
    ledger.sequence = 1
    assert ledger.charge(10_000, JULY) == {101: 10_000}, "the premium of one month; what was taken beyond it is given back"


def test_who_was_gone_before_the_year_owes_nothing_of_it() -> None:
    ledger = april_to_august()
    ledger.sequence, ledger.lost_on = 0, date(2026, 3, 20)
    assert ledger.charge(0, date(2026, 3, 25)) == {}


def test_who_waits_for_the_care_premium_goes_on_as_before() -> None:
    ledger = april_to_august()
    found = ledger.charge(120_000, JULY, m10=(AWAITED, 24_000), m12=(AWAITED, 24_000), m2=(AWAITED, 24_000))
    assert found[104] == 24_000
    newcomer = Ledger()
    newcomer.sequence = 1
    assert min(newcomer.charge(58_050, JULY, m10=(AWAITED, 12_000))) == 1
    assert max(newcomer.live) < 100


def test_who_is_decided_ordinary_for_october_pays_the_rest_of_the_year_ordinarily() -> None:
    ledger = april_to_august()
    ledger.charge(120_000, JULY)
    found = ledger.charge(120_000, date(2026, 7, 16), m10=(ORDINARY, 0), m12=(ORDINARY, 0), m2=(ORDINARY, 0))
    assert {number: amount for number, amount in found.items() if number > 100} == {101: 16_000, 102: 16_000, 103: 16_000}
    assert [found[number] for number in range(1, 9)] == [9_000] * 8


def test_everybody_else_is_charged_by_the_same_function_as_before() -> None:
    key = [str(derived_id("insured", number)) for number in range(40)]
    rows = [(one, YEAR, CHIYODA, "1", one, 1_000 * number, False, date(YEAR, 4, 1), 1) for number, one in enumerate(key)]
    assessed = pl.DataFrame(rows, schema=ASSESSED, orient="row").with_columns(revision=1, assessed_amount=pl.col("annual_amount"))
    none = pl.DataFrame(schema=LIVE)
    (found,) = decide(assessed, none, pl.DataFrame(schema=WAYS), calendar, today=JULY).decided
    (before,) = decide_ordinary(assessed, none, calendar, today=JULY)
    assert (found.instalments == before.instalments).all()


yen = st.integers(0, 870_000)
months = st.sampled_from([f"m{month}" for month in MONTHS])
ways = st.tuples(st.sampled_from([SPECIAL, ORDINARY, AWAITED]), st.integers(0, 1_500).map(lambda hundreds: hundreds * 100))
acts = st.lists(
    st.tuples(st.integers(0, 90), yen, st.dictionaries(months, ways, max_size=4), st.booleans()),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=100)
@given(acts=acts, lost_after=st.integers(0, 900))
def test_whatever_is_decided_in_whatever_order_the_instalments_add_up_to_the_year_and_what_was_taken_stays(
    acts: list[tuple[int, int, dict[str, tuple[int, int]], bool]], lost_after: int
) -> None:
    """C-16, C-17: Σ payments + ordinary = annual amount is asserted at every step by `Ledger.charge`.

    Seen to fail with the payments that cannot be stopped any more left out of `kept`.
    """
    ledger, today = Ledger(), JANUARY
    for days, annual, methods, is_lost in acts:
        today += timedelta(days=days)
        taken = {number: charge[2] for number, charge in ledger.live.items() if number > 100 and today >= PAYMENTS.taken_from[number - 101]}
        due = sum(charge[2] for number, charge in ledger.live.items() if number < 100 and not is_open(charge[1], today))
        if is_lost:
            ledger.lost_on = JANUARY + timedelta(days=lost_after)
        ledger.sequence += ledger.revision > 0
        found = ledger.charge(annual, today, **methods)
        if ledger.sequence and annual >= sum(taken.values()) + due:
            assert {number: found.get(number) for number in taken} == taken


def numbers_of(group: Any) -> dict[int, int]:
    return {slot.number: int(amount) for slot, amount in zip(group.slots, group.instalments[0], strict=True) if amount}


@settings(max_examples=20)
@given(annuals=st.lists(yen, min_size=1, max_size=8), provisional=st.integers(0, 400), today=st.dates(JANUARY, date(2027, 6, 1)))
def test_a_batch_is_charged_as_each_of_it_alone(annuals: list[int], provisional: int, today: date) -> None:
    keys = [str(derived_id("insured", number)) for number in range(len(annuals))]
    rows = [(key, YEAR, CHIYODA, "1", key, annual, False, date(YEAR, 4, 1), 1) for key, annual in zip(keys, annuals, strict=True)]
    assessed = pl.DataFrame(rows, schema=ASSESSED, orient="row").with_columns(revision=1, assessed_amount=pl.col("annual_amount"))
    of = [SPECIAL, SPECIAL, SPECIAL, SPECIAL, SPECIAL, SPECIAL]
    way = pl.DataFrame(
        [(key, YEAR, None, *np.roll(of, 0).tolist(), *[provisional * 100] * 6) for key in keys[::2]], schema=WAYS, orient="row"
    )
    none = pl.DataFrame(schema=LIVE)
    together = {
        key: numbers_of(type(group)(group.people, group.slots, group.instalments[[row]], group.entries))
        for group in decide(assessed, none, way, calendar, today=today).decided
        for row, key in enumerate(group.people["insured_id"])
    }
    for key in keys:
        (alone,) = decide(
            assessed.filter(pl.col("insured_id") == key), none, way.filter(pl.col("insured_id") == key), calendar, today=today
        ).decided
        assert numbers_of(alone) == together[key]
