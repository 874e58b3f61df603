"""Whatever was recorded and entered: periods are apart and never empty, and without entries they are those of the many."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import polars as pl
from eligibility_service.domain import ledger, periods
from eligibility_service.domain.entries import Entry
from eligibility_service.domain.residence import Residence, replay
from hypothesis import given, settings
from hypothesis import strategies as st

from services.eligibility.tests.domain.test_periods import entry

TODAY = date(2026, 7, 13)
DAYS = st.integers(0, 40).map(lambda month: date(2023, 3, 1) + timedelta(days=30 * month))
BIRTHS = st.sampled_from([date(1930, 2, 1), date(1940, 5, 5), date(1949, 2, 15), date(1951, 7, 13), date(1956, 2, 29), date(1958, 4, 1)])


@st.composite
def residences(draw: st.DrawFn) -> list[Residence]:
    said = []
    for _ in range(draw(st.integers(1, 4))):
        since = draw(st.one_of(st.just(date(1990, 4, 1)), DAYS))
        ended_on = draw(st.one_of(st.none(), DAYS))
        status = draw(st.sampled_from(["2", "2", "3", "4"])) if ended_on and ended_on >= since else "1"
        said.append(Residence(since, ended_on if status != "1" else None, status))
    return replay(said)


def _content(kind: str, draw: st.DrawFn, place: int) -> dict[str, Any]:
    if kind == "disability_certified":
        return {"application_id": place, "evidence": "physical", "grade": "1級"}
    if kind in ("exclusion_begun", "exclusion_ended"):
        return {"cause": draw(st.sampled_from(["public_assistance", "other"]))}
    if kind == "domicile_exception_begun":
        return {"facility": "園", "facility_address": "県", "under_national_insurance": draw(st.booleans())}
    if kind == "other_union_begun":
        return {"other_union": "県", "facility": "園"}
    if kind == "loss_notified":
        return {"cause": draw(st.sampled_from(["death", "moved_to_other_union"]))}
    if kind == "taken_back":
        return {"entry_id": draw(st.integers(1, max(1, place - 1)))}
    return {}


KINDS = st.sampled_from(
    [
        "disability_certified", "disability_withdrawn", "disability_ended", "exclusion_begun", "exclusion_ended",
        "domicile_exception_begun", "domicile_exception_ended", "other_union_begun", "other_union_ended", "loss_notified", "taken_back",
        "cancelled", "amended",
    ]
)  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> tuple[date, list[Residence], list[Entry]]:
    """A life with its log; corrections speak about what the ledger shows when they are made."""
    born_on, lived = draw(BIRTHS), draw(residences())
    log: list[Entry] = []
    for place in range(1, draw(st.integers(0, 7)) + 1):
        kind = draw(KINDS)
        if kind not in ("cancelled", "amended"):
            log.append(entry(place, draw(DAYS), kind=kind, **_content(kind, draw, place)))
            continue
        held = periods.decided(born_on, lived, log, today=TODAY).periods
        if not held:
            continue
        one = draw(st.sampled_from(held))
        if kind == "cancelled":
            log.append(entry(place, one.acquired_on, kind=kind, acquired_on=one.acquired_on))
            continue
        begins = one.acquired_on + timedelta(days=draw(st.integers(-400, 400)))
        lasts = draw(st.one_of(st.none(), st.integers(1, 900)))
        ends = begins + timedelta(days=lasts) if lasts else None
        if (begins, ends) != (one.acquired_on, one.lost_on):
            reason = (one.loss_reason or "moved_out") if ends else None
            log.append(
                entry(
                    place,
                    begins,
                    kind=kind,
                    acquired_on=one.acquired_on,
                    lost_on=one.lost_on,
                    new_acquired_on=begins,
                    new_lost_on=ends,
                    new_loss_reason=reason,
                )
            )
    return born_on, lived, log


@settings(max_examples=600, deadline=None)
@given(life=lives())
def test_periods_are_apart_sorted_never_empty_and_each_end_has_its_reason(life: tuple[date, list[Residence], list[Entry]]) -> None:
    """E-02, E-07: one active period at most, and no gap without a reason."""
    born_on, lived, log = life
    found = periods.decided(born_on, lived, log, today=TODAY).periods

    for one in found:
        assert one.acquired_on >= date(2008, 4, 1)
        assert one.acquired_on < one.end
        assert (one.lost_on is None) == (one.loss_reason is None)
    for one, other in itertools.pairwise(found):
        assert one.end <= other.acquired_on
    assert len({one.cause_on for one in found}) == len(found)


@settings(max_examples=300, deadline=None)
@given(life=lives(), day=DAYS)
def test_the_coming_day_is_the_first_on_which_anything_changes(life: tuple[date, list[Residence], list[Entry]], day: date) -> None:
    """E-02: nobody is forgotten on a birthday; between today and the day that is waited for the ledger shows the same."""
    born_on, lived, log = life

    def shown(today: date) -> list[Any]:
        return [one for one in periods.decided(born_on, lived, log, today=today).periods if one.acquired_on <= today]

    coming = periods.next_turn(born_on, periods.decided(born_on, lived, log, today=day).periods, today=day)
    if coming is None:
        assert shown(day) == shown(date(2060, 1, 1))
    else:
        assert coming > day
        assert shown(day) == shown(coming - timedelta(days=1))


@settings(max_examples=300, deadline=None)
@given(born_on=BIRTHS, lived=residences())
def test_without_entries_one_person_is_decided_as_the_many_are(born_on: date, lived: list[Residence]) -> None:
    """E-01: one rule, two ways to ask it. With the day of acquisition of one way changed, this failed."""
    rows = [("131016", "1", born_on, *one) for one in lived]
    names = ["municipality_code", "resident_number", "born_on", "since", "ended_on", "status"]
    types = [pl.String, pl.String, pl.Date, pl.Date, pl.Date, pl.String]
    frame = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
    many = ledger.qualifications_of(frame).filter(ledger.holds_some_day()).sort("acquired_on").drop("municipality_code", "resident_number")
    alone = periods.decided(born_on, lived, [], today=TODAY).periods

    assert many.rows() == [
        (one.cause_on, one.acquired_on, one.ground.value, one.lost_on, one.loss_reason and one.loss_reason.value) for one in alone
    ]
