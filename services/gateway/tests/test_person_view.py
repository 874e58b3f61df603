"""What the screens show of a person follows from what the services answered."""

from datetime import date
from typing import Any

import pytest
from gateway_service.domain.person_view import age_on, as_of, grouped_steps, next_instalment, shown_value, standing

TODAY = date(2026, 7, 13)


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        (date(1951, 7, 13), TODAY, 75),
        (date(1951, 7, 14), TODAY, 74),
        (date(1948, 2, 29), date(2026, 2, 28), 77),
        (date(1948, 2, 29), date(2026, 3, 1), 78),
    ],
)
def test_an_age_is_reached_on_the_birthday(born_on: date, day: date, age: int) -> None:
    assert age_on(born_on, day) == age


@pytest.mark.parametrize(
    ("spells", "word"),
    [
        ([], "被保険者ではない"),
        ([("2020-06-01", None)], "資格あり"),
        ([("2020-06-01", "2026-07-14")], "資格あり"),
        ([("2020-06-01", "2026-07-13")], "資格喪失"),
        ([("2026-07-14", None)], "資格取得前"),
        ([("2020-06-01", "2023-04-01"), ("2024-01-01", None)], "資格あり"),
    ],
)
def test_the_standing_of_a_person_is_that_of_the_day(spells: list[tuple[str, str | None]], word: str) -> None:
    assert standing([{"acquired_on": first, "lost_on": lost} for first, lost in spells], TODAY).word == word


def test_steps_stand_under_the_heading_of_what_they_compute() -> None:
    steps: list[dict[str, Any]] = [
        {"name": "pension_income", "part": None},
        {"name": "judging_income", "part": None},
        {"name": "limit_seven", "part": None},
        {"name": "per_capita", "part": "medical"},
        {"name": "amount", "part": "child_support"},
        {"name": "annual_amount", "part": None},
    ]
    assert [(group.title, len(group.steps)) for group in grouped_steps(steps)] == [
        ("所得", 1),
        ("世帯の軽減判定", 2),
        ("医療分", 1),
        ("子ども・子育て支援納付金分", 1),
        ("年間保険料額", 1),
    ]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(1_234_567, "yen", "1,234,567円"), (5, "tenths", "5割"), (True, "", "該当"), ("7/10", "", "7/10"), (2, "persons", "2人")],
)
def test_a_value_is_shown_with_its_unit(value: object, unit: str, shown: str) -> None:
    assert shown_value({"value": value, "unit": unit}) == shown


def test_the_next_instalment_is_the_first_that_is_due_and_not_empty() -> None:
    rows = [("2026-06-30", 100), ("2026-07-31", 0), ("2026-08-31", 100)]
    years = [{"instalments": [{"due_on": day, "amount": amount} for day, amount in rows]}]
    found = next_instalment(years, TODAY)
    assert found is not None
    assert found["due_on"] == "2026-08-31"
    assert next_instalment([], TODAY) is None


def test_a_history_is_cut_by_what_was_valid_and_by_what_was_known() -> None:
    first = {"valid_from": "1988-04-01", "valid_until": "2024-05-11", "recorded_from": "2026-07-10T00:00:00+09:00"}
    versions: list[dict[str, Any]] = [
        {"what": "wrong", **first, "recorded_until": "2026-07-13T09:00:00+09:00"},
        {"what": "right", **first, "valid_until": "2024-05-10", "recorded_from": "2026-07-13T09:00:00+09:00", "recorded_until": None},
        {
            "what": "new",
            "valid_from": "2024-05-10",
            "valid_until": None,
            "recorded_from": "2026-07-13T09:00:00+09:00",
            "recorded_until": None,
        },
    ]

    def seen(valid_on: date | None, known_on: date | None) -> list[str]:
        return [version["what"] for version in as_of(versions, valid_on, known_on) if version["what"]]

    assert seen(None, None) == ["wrong", "right", "new"]
    assert seen(date(2024, 5, 10), date(2026, 7, 12)) == ["wrong"]
    assert seen(date(2024, 5, 10), date(2026, 7, 14)) == ["new"]
    assert seen(date(2008, 1, 1), date(2026, 7, 14)) == ["right"]
