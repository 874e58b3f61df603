"""Time and identifiers: the one place that reads the clock, ids in order of time, ids that follow from what they name."""

from __future__ import annotations

import time
from datetime import UTC, date
from uuid import UUID

from chassis.clock import JAPAN, Clock, derived_id, uuid7
from hypothesis import given
from hypothesis import strategies as st


def test_a_business_day_that_is_set_is_today() -> None:
    assert Clock(date(2026, 7, 13)).today() == date(2026, 7, 13)


def test_without_one_today_is_the_day_in_japan_and_now_is_utc() -> None:
    clock = Clock()
    before = clock.now()
    today = clock.today()
    after = clock.now()
    assert before.tzinfo is UTC
    assert before.astimezone(JAPAN).date() <= today <= after.astimezone(JAPAN).date()


def test_a_set_business_day_does_not_touch_the_time_of_record() -> None:
    assert abs((Clock(date(2030, 1, 1)).now() - Clock().now()).total_seconds()) < 60


def test_time_ordered_ids_are_of_version_7_unique_and_in_order_of_their_millisecond() -> None:
    ids: list[UUID] = []
    for _ in range(3):
        ids += [uuid7() for _ in range(1_000)]
        time.sleep(0.002)
    assert {(found.version, found.variant) for found in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == 3_000
    milliseconds = [found.int >> 80 for found in ids]
    assert milliseconds == sorted(milliseconds)
    assert ids[0] < ids[1_000] < ids[2_000]


def test_a_derived_id_never_changes_since_it_is_stored_in_every_service() -> None:
    assert derived_id("resident", "131016", "1") == UUID("82ec086e-7d83-5bc5-bffd-3d7c188b2089")
    assert derived_id("insured", "131016", "1", date(2026, 7, 13)) == UUID("ed19d31d-23c5-5783-827f-72fc65c79ce2")


@given(st.lists(st.text("ab1:\u5343"), min_size=1, max_size=4), st.lists(st.text("ab1:\u5343"), min_size=1, max_size=4))
def test_different_parts_give_different_ids(one: list[str], other: list[str]) -> None:
    assert (derived_id(*one) == derived_id(*other)) == (one == other)
    assert derived_id(*one).version == 5
