"""The stream of changes never contradicts itself or the register it starts from."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import islice
from typing import Any

import pytest

from contracts.layouts import load_layout
from tests.simulators.municipality.changes import Office, changes
from tests.simulators.municipality.files import frame_of
from tests.simulators.municipality.population import Population, populate
from tests.simulators.municipality.tests.conftest import ON

Key = tuple[str, str]


@pytest.fixture(scope="module")
def stream(village: Population) -> list[dict[str, Any]]:
    """Far more changes than the village has people, so that everything happens that can."""
    return list(changes(1, village, 6_000))


def key(row: dict[str, Any]) -> Key:
    return row["municipality_code"], row["resident_number"]


def records(population: Population) -> dict[Key, dict[str, Any]]:
    return {key(row): row for row in population.residents.iter_rows(named=True)}


def test_the_same_seed_tells_the_same_and_fewer_are_a_beginning_of_more(village: Population, stream: list[dict[str, Any]]) -> None:
    assert list(changes(1, village, 500)) == stream[:500]
    assert list(changes(2, village, 500)) != stream[:500]


def test_the_stream_does_not_change_the_population(village: Population) -> None:
    list(changes(5, village, 1_000))
    assert village.residents.equals(populate(50, 1, ON).residents)


def test_every_history_number_is_one_more_than_the_last_of_its_kind(village: Population, stream: list[dict[str, Any]]) -> None:
    last: dict[tuple[str, str, str], int] = {("resident", *k): row["history_number"] for k, row in records(village).items()}
    last |= {("income", *key(row)): row["history_number"] for row in village.incomes.iter_rows(named=True)}
    for row in stream:
        stream_key = (row["kind"], *key(row))
        assert row["history_number"] == last.get(stream_key, 0) + 1
        last[stream_key] = row["history_number"]


def test_nobody_changes_after_death_or_departure(village: Population, stream: list[dict[str, Any]]) -> None:
    gone = {k for k, row in records(village).items() if row["status"] != "1"}
    for row in stream:
        assert key(row) not in gone
        if row["kind"] == "resident" and row["status"] != "1":
            assert row["ended_on"] == row["changed_on"]
            gone.add(key(row))
    assert len(gone) > 200


def test_an_income_is_told_only_of_people_already_known(village: Population, stream: list[dict[str, Any]]) -> None:
    known = set(records(village))
    for row in stream:
        if row["kind"] == "income":
            assert key(row) in known
        known.add(key(row))


def test_days_never_go_back_for_a_person(village: Population, stream: list[dict[str, Any]]) -> None:
    last = {k: row["changed_on"].isoformat() for k, row in records(village).items()}
    for row in stream:
        if row["kind"] == "resident":
            assert last.get(key(row), "") <= row["changed_on"] <= row["notified_on"] <= ON.isoformat()
            assert row["born_on"] <= row["resident_since"] <= row["changed_on"]
            last[key(row)] = row["changed_on"]


def test_every_household_has_one_head_at_any_time_and_the_stream_tells_what_the_books_say(village: Population) -> None:
    told = {k: dict(row) for k, row in records(village).items()}
    office = Office(1, village)
    for row in islice(office.work(), 3_000):
        if row["kind"] == "resident":
            told[key(row)] = row
    heads: Counter[Key] = Counter()
    untold = 0
    for books in office.books:
        for record in (books.record(resident) for resident in range(books.people) if books.lives_here(resident)):
            heads[record["municipality_code"], record["household_number"]] += record["relationship"] == "02"
            untold += told.get(key(record), {}).get("history_number") != record["history_number"]
    assert len(heads) > 100
    assert set(heads.values()) == {1}
    assert untold <= 5  # the rest of the occasion at which we stopped listening


def test_all_occasions_occur(stream: list[dict[str, Any]]) -> None:
    reasons = Counter(row.get("change_reason", "income") for row in stream)
    assert reasons.keys() == {"income", "10", "20", "30", "40", "50", "51", "60"}
    assert min(reasons.values()) > 50
    statuses = Counter(row["status"] for row in stream if row["kind"] == "income")
    assert statuses.keys() == {"1", "2", "3"}


def test_people_who_are_told_of_for_the_first_time_are_near_75(stream: list[dict[str, Any]]) -> None:
    first_told = [row for row in stream if row["kind"] == "resident" and row["history_number"] == 1 and row["changed_on"] < "2026-06-01"]
    births = sorted({row["born_on"] for row in first_told if date(1951, 6, 23) <= date.fromisoformat(row["born_on"]) <= date(1951, 10, 11)})
    assert len(births) > 30
    assert any(born <= "1951-07-13" for born in births)
    assert any(born > "1951-07-13" for born in births)


def test_somebody_who_leaves_arrives_in_another_municipality(stream: list[dict[str, Any]]) -> None:
    left: dict[tuple[str, str, str], str] = {}
    arrived = 0
    for row in stream:
        person = (row.get("name", ""), row.get("born_on", ""), row.get("sex", ""))
        if row.get("change_reason") == "30":
            left[person] = row["municipality_code"]
        elif row.get("change_reason") == "10" and person in left:
            assert left.pop(person) != row["municipality_code"]
            arrived += 1
    assert arrived > 20


def test_each_change_has_the_columns_of_its_file(stream: list[dict[str, Any]]) -> None:
    for kind in ("resident", "income"):
        columns = load_layout(f"{kind}s").names
        assert all(set(row) == {"kind", *columns} for row in stream if row["kind"] == kind)
        assert frame_of([row for row in stream if row["kind"] == kind], f"{kind}s").columns == columns
