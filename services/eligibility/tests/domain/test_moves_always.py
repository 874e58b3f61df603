"""Whatever the registers of several municipalities say of one person: never insured twice on a day, and as alone where one says it."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from datetime import date, timedelta

from contracts.events.eligibility import AcquisitionGround, LossReason
from eligibility_service.domain import moves, periods
from eligibility_service.domain.entries import Entry
from eligibility_service.domain.moves import Life, Person
from eligibility_service.domain.residence import Residence
from hypothesis import given, settings
from hypothesis import strategies as st

from services.eligibility.tests.domain.test_periods_always import BIRTHS, TODAY, lives, residences

PEOPLE: list[Person] = [("131016", "1"), ("132012", "9"), ("132098", "5")]


@st.composite
def linked(draw: st.DrawFn) -> dict[Person, Life]:
    born_on, lived, log = draw(lives())
    found = {PEOPLE[0]: Life(born_on, lived, log)}
    for person in PEOPLE[1 : draw(st.integers(2, 3))]:
        found[person] = Life(draw(st.sampled_from([born_on, draw(BIRTHS)])), draw(residences()), [])
    return found


@given(linked())
@settings(max_examples=400, deadline=None)
def test_linked_people_never_hold_two_periods_at_once_and_a_move_leaves_no_gap(together: dict[Person, Life]) -> None:
    """E-04. Where the old part did not end at the move, the periods overlapped."""
    parts = moves.decided_together(together, today=TODAY).parts

    for one, following in itertools.pairwise(parts):
        assert one.end <= following.acquired_on
    for one in parts:
        assert one.acquired_on < one.end
    for one, following in itertools.pairwise(parts):
        if following.continues and one.loss_reason is LossReason.MOVED_WITHIN_UNION:
            assert following.person != one.person
    for person in together:
        causes = [part.cause_on for part in parts if part.person == person]
        assert len(causes) == len(set(causes))


@given(lives())
@settings(max_examples=200, deadline=None)
def test_whoever_is_linked_with_nobody_is_decided_as_before(life: tuple[date, list[Residence], list[Entry]]) -> None:
    born_on, lived, log = life
    alone = periods.decided(born_on, lived, log, today=TODAY)
    together = moves.decided_together({PEOPLE[0]: Life(born_on, lived, log)}, today=TODAY)

    facts = [tuple(asdict(one).values()) for one in alone.periods]
    assert [tuple(asdict(one).values())[: len(facts[0])] for one in together.parts] == facts if facts else not together.parts


MOVES = st.lists(st.tuples(st.integers(1, 900), st.sampled_from(PEOPLE)), min_size=1, max_size=6)


@given(MOVES, st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_life_of_moves_within_the_union_is_one_qualification_divided_at_each_move(
    said: list[tuple[int, Person]], closed_at_once: bool
) -> None:
    """A6: from 75 on to today, whether or not the municipality before has closed its record yet."""
    day, here = date(2010, 4, 1), PEOPLE[0]
    lived: dict[Person, list[Residence]] = {person: [] for person in PEOPLE}
    came: list[tuple[date, Person]] = [(day, here)]
    for days, person in said:
        if person != here and not lived[person]:
            moved_on = came[-1][0] + timedelta(days=days)
            lived[here].append(Residence(came[-1][0], moved_on if closed_at_once else None, "2" if closed_at_once else "1"))
            came.append((moved_on, person))
            here = person
    lived[here].append(Residence(came[-1][0], None, "1"))
    together = {person: Life(date(1930, 1, 1), residences, []) for person, residences in lived.items() if residences}

    parts = moves.decided_together(together, today=date(2030, 1, 1)).parts

    assert [(part.acquired_on, part.person) for part in parts] == came
    assert [part.ground for part in parts[1:]] == [AcquisitionGround.MOVED_WITHIN_UNION] * (len(parts) - 1)
    assert [part.lost_on for part in parts] == [day for day, _ in came[1:]] + [None]
    assert [part.continues for part in parts] == [False] + [True] * (len(parts) - 1)
