"""時効 (C-19): when the right to collect is lost, what renews, holds and pauses it, and that nothing revives it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.law import RULES, calendar_faults
from collection_service.law.limitation import limitation_law
from collection_service.rules.limitation import Effect, Happened, Limitation, LimitationEvent, limitation
from hypothesis import given
from hypothesis import strategies as st

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("limitation.yaml").read_text(encoding="utf-8"))
DAY = timedelta(days=1)
LAW = limitation_law(date(2026, 4, 1))
INSTANT = [event for event, terms in LAW.effects.items() if terms.effect is Effect.RENEWS] + [LimitationEvent.REMINDER]


def limited(due_on: date, happened: list[Happened]) -> Limitation:
    return limitation.on(due_on)(due_on=due_on, happened=happened, effects=LAW.effects, years=LAW.years)


def happened_in(case: dict[str, Any]) -> list[Happened]:
    return [Happened(LimitationEvent(each["event"]), each["day"], each.get("until", each["day"])) for each in case["happened"]]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_right_is_lost_on_the_day_of_the_case(case: dict[str, Any]) -> None:
    """C-19: whatever the order in which the events are told. Seen to fail for an event that counts on the day of the loss."""
    for order in permutations(happened_in(case)):
        found = limited(case["due_on"], list(order))
        assert found.completes_on == case["completes_on"]
        assert [step.effect for step in found.steps] == [each["effect"] and Effect(each["effect"]) for each in case["happened"]]


def test_every_event_stands_in_a_case() -> None:
    told = {each["event"] for case in CASES for each in case["happened"]}
    assert told == set(LimitationEvent) - {"notice"}  # the notice comes before the due day; after it, it does what a demand does
    assert LAW.effects[LimitationEvent.NOTICE] == LAW.effects[LimitationEvent.DEMAND]


def test_a_claim_is_written_off_from_the_day_on_which_the_right_is_lost_and_not_before() -> None:
    found = limited(date(2024, 7, 31), [])
    assert not found.is_complete(date(2026, 7, 31))
    assert found.is_complete(date(2026, 8, 1))
    held = limited(date(2024, 7, 31), [Happened(LimitationEvent.SEIZURE, date(2026, 7, 1), None)])
    assert not held.is_complete(date(2060, 1, 1))


due_days = st.dates(date(2008, 7, 31), date(2026, 3, 31))


@st.composite
def stories(draw: st.DrawFn) -> tuple[date, list[Happened]]:
    """A due day and up to six events in the eight years after it, some of them lasting."""
    due_on = draw(due_days)
    happened = []
    for event in draw(st.lists(st.sampled_from(list(LimitationEvent)), max_size=6)):
        first = due_on + timedelta(days=draw(st.integers(-20, 2_900)))
        length = 0 if event in INSTANT else draw(st.integers(0, 400))
        happened.append(Happened(event, first, first + timedelta(days=length)))
    return due_on, happened


@given(story=stories())
def test_what_happens_never_brings_the_loss_forward_and_nothing_revives_a_right_that_is_lost(story: tuple[date, list[Happened]]) -> None:
    due_on, happened = story
    plain = limited(due_on, []).completes_on
    found = limited(due_on, happened)
    assert plain is not None
    assert found.completes_on is not None
    assert found.completes_on >= plain
    before = plain
    for step in found.steps:
        assert step.completes_on is not None
        assert step.completes_on >= before
        if step.happened.first >= before:
            assert (step.effect, step.completes_on) == (None, before)
        before = step.completes_on


@given(due_on=due_days, days=st.lists(st.integers(1, 1_500), max_size=5))
def test_promises_alone_move_the_loss_to_two_years_after_the_last_one_in_time(due_on: date, days: list[int]) -> None:
    promises = sorted(due_on + timedelta(days=number) for number in days)
    last = due_on
    for day in promises:
        if day < two_years_after(last):
            last = day
    found = limited(due_on, [Happened(LimitationEvent.PROMISE, day, day) for day in promises])
    assert found.completes_on == two_years_after(last)


def two_years_after(day: date) -> date:
    begin = day + DAY
    return date(begin.year + 2, 3, 1) if (begin.month, begin.day) == (2, 29) else begin.replace(year=begin.year + 2)


@given(due_on=due_days, after=st.integers(1, 700), length=st.integers(0, 400))
def test_a_deferral_moves_the_loss_by_its_days(due_on: date, after: int, length: int) -> None:
    first = due_on + timedelta(days=after)
    found = limited(due_on, [Happened(LimitationEvent.DEFERRAL, first, first + timedelta(days=length))])
    assert found.completes_on == two_years_after(due_on) + timedelta(days=length + 1)


def test_an_event_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="begins on"):
        limited(date(2024, 7, 31), [Happened(LimitationEvent.SEIZURE, date(2025, 7, 1), date(2025, 6, 30))])


def test_effects_from_memory_are_provisional_and_the_years_are_not() -> None:
    assert LAW.provisional == ("limitation_effects", "limitation_renewals")


def test_every_day_of_the_scheme_has_exactly_one_version_of_the_rule() -> None:
    assert calendar_faults(RULES["limitation_of_a_claim"], start=date(2008, 4, 1), end=date(2031, 4, 1)) == []
