"""From which day to which a person is insured, after everything that was recorded and entered: to the day (E-02, E-03, E-14, E-26)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from eligibility_service.domain import periods
from eligibility_service.domain.contents import CONTENT
from eligibility_service.domain.entries import Entry, Source
from eligibility_service.domain.residence import Residence, replay

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "periods.yaml").read_text(encoding="utf-8"))


def entry(position: int, effective_on: date, **content: Any) -> Entry:
    """An entry at a place of the log; its identifier is the place."""
    for name in ("application_id", "entry_id"):
        if name in content:
            content[name] = str(UUID(int=content[name]))
    said = CONTENT.validate_python(content)
    return Entry(
        entry_id=UUID(int=position),
        municipality_code="131016",
        resident_number="1",
        content=said,
        effective_on=effective_on,
        legal_basis="法",
        source=Source.AUTHORITY,
        reason="試験",
        recorded_by="tester",
        recorded_at=datetime(2026, 7, 13, tzinfo=UTC),
        position=position,
    )


def _days(case: dict[str, Any]) -> list[tuple[Any, ...]]:
    residences = replay([Residence(one["since"], one.get("ended_on"), one.get("status", "1")) for one in case["residences"]])
    entries = [entry(position, one.pop("day"), **one) for position, one in enumerate(map(dict, case.get("entries", [])), start=1)]
    found = periods.decided(case["born_on"], residences, entries, today=case["today"]).periods
    return [(one.acquired_on, one.ground.value, one.lost_on, one.loss_reason and one.loss_reason.value) for one in found]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_periods_are_those_that_the_law_gives(case: dict[str, Any]) -> None:
    """Each condition of `apart`, the day rules of loss.py and the dates of 法55条の2 were taken out once; a case failed each time."""
    assert _days(case) == [(one["from"], one["ground"], one.get("lost_on"), one.get("reason")) for one in case["expect"]]


def test_two_periods_that_began_by_causes_of_one_day_are_told_apart() -> None:
    """E-01: certified on the day of moving in, withdrawn, then 75: without `_recognisable` both were recognised by the same day."""
    day = date(2021, 6, 1)
    certified = entry(1, day, kind="disability_certified", application_id=1, evidence="physical", grade="1級")
    found = periods.decided(
        date(1951, 5, 5), [Residence(day, None, "1")], [certified, entry(2, date(2022, 1, 1), kind="disability_withdrawn")],
        today=date(2026, 7, 13),
    ).periods  # fmt: skip

    assert [one.cause_on for one in found] == [day, date(2026, 5, 5)]
