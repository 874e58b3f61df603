"""徴収方法の決定 (C-12, C-13): every candidate gets a decision and a reason, and the reason is the first that holds."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from chassis.law import RULES, FiscalYear, calendar_faults, day_number
from collection_service.law.special_collection import special_collection_law
from collection_service.rules.collection_method import Candidates, Method, Methods, Reason, RequestKind, decide_method, released
from collection_service.rules.pensions import PensionKind, Pensions, StartWindow, choose_pension, first_collected
from hypothesis import given
from hypothesis import strategies as st

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("collection_method.yaml").read_text(encoding="utf-8"))
DAY = date(2026, 4, 1)
LAW = special_collection_law("999999", DAY)
USUAL: dict[str, Any] = {
    "is_insured": True, "premium_payment": 30_000, "has_pension": True, "pension_is_paid": True, "pension_year_amount": 600_000,
    "pension_payment": 100_000, "care_is_ours": True, "care_is_special": True, "care_is_known": True, "care_payment": 20_000,
    "is_asked_for_transfer": False, "may_ask_for_transfer": False, "is_lowered": False, "was_special": False, "was_stopped": False,
    "is_domicile_exception": False, "since_on": date(2025, 5, 1),
}  # fmt: skip


def month_of(text: str) -> int:
    year, month = map(int, text.split("-"))
    return year * 12 + month - 1


def candidates(people: list[dict[str, Any]]) -> Candidates:
    columns: dict[str, Any] = {}
    for name, usual in USUAL.items():
        values = [person.get(name, usual) for person in people]
        if isinstance(usual, date):
            columns[name] = np.array([day_number(value) for value in values], np.int32)
        else:
            columns[name] = np.array(values, np.bool_ if isinstance(usual, bool) else np.int64)
    return Candidates(**columns)


def decided(people: Candidates, month: int) -> Methods:
    day = date(month // 12, month % 12 + 1, 1)
    out = released.on(day)(asked=people.is_asked_for_transfer, in_group=people.may_ask_for_transfer)
    return decide_method.on(day)(candidates=people, is_released=out, month=month, terms=LAW.terms)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_method_of_a_case_and_its_reason_are_those_of_the_law(case: dict[str, Any]) -> None:
    """C-12, C-13, C-17, I-04: alone, and behind all the others in one batch."""
    month = month_of(case["month"])
    others = [other["candidate"] for other in CASES]
    for found, row in (
        (decided(candidates([case["candidate"]]), month), 0),
        (decided(candidates([*others, case["candidate"]]), month), -1),
    ):
        for column, expected in case["expect"].items():
            value = getattr(found, column)[row]
            match column:
                case "method":
                    assert Method(value).name.lower() == expected
                case "reason":
                    assert Reason(value).name.lower() == expected
                case "starts":
                    assert value == month_of(expected)
                case _:
                    assert value == expected, column


def test_every_reason_is_reached_by_a_case_and_has_a_term_and_an_article() -> None:
    assert {case["expect"]["reason"] for case in CASES} == {reason.name.lower() for reason in Reason}
    assert all(reason.term and reason.law for reason in Reason)
    assert len({reason.term for reason in Reason}) == len(Reason)


people = st.builds(
    lambda flags, amounts, since: {
        **{name: usual ^ (name in flags) for name, usual in USUAL.items() if isinstance(usual, bool)},
        **dict(zip(["premium_payment", "pension_payment", "care_payment"], amounts, strict=True)),
        "pension_year_amount": amounts[1] * 6,
        "since_on": since,
    },
    st.sets(st.sampled_from([name for name, usual in USUAL.items() if isinstance(usual, bool)]), max_size=3),
    # A pension near twice of what is taken from it, or near the least one: where the decision turns.
    st.tuples(st.integers(0, 60_000), st.integers(0, 30_000), st.integers(-2, 2), st.booleans()).map(
        lambda drawn: (drawn[0], max((30_000 if drawn[3] else 2 * (drawn[0] + drawn[1])) + drawn[2], 0), drawn[1])
    ),
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
)


def alone(person: dict[str, Any], month: int) -> tuple[Method, Reason]:
    """The decision in plain words, question by question, for one person from 2009 on."""
    questions = [
        (not person["is_insured"], Reason.NOT_INSURED),
        (person["premium_payment"] == 0, Reason.NOTHING_TO_COLLECT),
        (not person["has_pension"], Reason.NO_PENSION),
        (not person["pension_is_paid"], Reason.PENSION_STOPPED),
        (person["pension_year_amount"] < 180_000, Reason.PENSION_TOO_LOW),
        (not person["care_is_ours"], Reason.CARE_ELSEWHERE),
        (not person["care_is_special"], Reason.CARE_NOT_SPECIAL),
        (person["is_asked_for_transfer"], Reason.BANK_TRANSFER),
        (person["is_lowered"], Reason.AMOUNT_LOWERED),
        (not person["was_special"] and start_of(person["since_on"]) > month, Reason.BEFORE_START),
    ]
    for holds, reason in questions:
        if holds:
            return Method.ORDINARY, reason
    if not person["care_is_known"]:
        return Method.AWAITED, Reason.CARE_AMOUNT_AWAITED
    if person["care_payment"] + person["premium_payment"] > person["pension_payment"] / 2:
        return Method.ORDINARY, Reason.OVER_HALF
    going_on = Reason.CONTINUED if person["was_special"] else Reason.RESUMED if person["was_stopped"] else Reason.STARTED
    return Method.SPECIAL, going_on


def start_of(since: date) -> int:
    """The first month of collection, by hand for the windows that every municipality shares."""
    day, year = (since.month, since.day), since.year
    if day <= (2, 2):
        return month_of(f"{year}-8")
    if day <= (4, 2):
        return month_of(f"{year}-10")
    if day <= (10, 2):
        return month_of(f"{year + 1}-4")
    return month_of(f"{year + 1}-6") if day <= (12, 2) else month_of(f"{year + 1}-8")


@given(batch=st.lists(people, min_size=1, max_size=30), month=st.sampled_from(["2026-04", "2026-06", "2026-08", "2026-10", "2027-02"]))
def test_many_candidates_at_once_are_decided_as_each_would_be_by_the_words_of_the_law(batch: list[dict[str, Any]], month: str) -> None:
    """I-26: every candidate has a decision and a reason. Seen to fail for a half test with ≥, and for two questions in another order."""
    found = decided(candidates(batch), month_of(month))
    expected = [alone(person, month_of(month)) for person in batch]
    assert list(zip(map(Method, found.method), map(Reason, found.reason), strict=True)) == expected
    special = found.method == Method.SPECIAL
    assert (found.taken[special] <= found.most[special]).all()
    assert (np.isin(found.request_kind, [RequestKind.SPECIAL, RequestKind.SPECIAL_DOMICILE_EXCEPTION]) == special).all()
    assert ((found.request_kind == RequestKind.UNANSWERED) == (found.method == Method.AWAITED)).all()


@given(since=st.dates(date(2008, 4, 1), date(2030, 12, 31)))
def test_the_start_is_the_first_month_of_the_window_and_never_before_the_conditions_hold(since: date) -> None:
    (found,) = first_collected.on(since)(since_on=np.array([day_number(since)], np.int32), windows=LAW.terms.windows).tolist()
    assert found == start_of(since)
    assert found > since.year * 12 + since.month - 1


@pytest.mark.parametrize(
    ("since", "start"), [("2026-04-01", "2026-10"), ("2026-05-20", "2026-12"), ("2026-07-31", "2027-02"), ("2026-12-02", "2027-08")]
)
def test_a_municipality_may_start_every_two_months_from_the_capture_of_candidates(since: str, start: str) -> None:
    """F-06: candidates are captured on the first of each even month, and collected from six months later."""
    windows = [StartWindow(month, 1, (month + 5) % 12 + 1) for month in (2, 4, 6, 8, 10, 12)]
    day = date.fromisoformat(since)
    found = first_collected.on(day)(since_on=np.array([day_number(day)], np.int32), windows=windows)
    assert found.tolist() == [month_of(start)]


def test_windows_out_of_order_are_refused() -> None:
    windows = [StartWindow(10, 2, 4), StartWindow(4, 2, 10)]
    with pytest.raises(ValueError, match="order of the year"):
        first_collected.on(DAY)(since_on=np.array([0], np.int32), windows=windows)


def pensions(rows: list[tuple[int, PensionKind, int, bool, bool]]) -> Pensions:
    person, kind, year_amount, is_paid, bears_care = zip(*rows, strict=True) if rows else ((),) * 5
    return Pensions(
        np.array(person, np.int64), np.array(kind, np.int8), np.array(year_amount, np.int64), np.array(is_paid, np.bool_),
        np.array(bears_care, np.bool_),
    )  # fmt: skip


OLD, NATIONAL, SURVIVOR = PensionKind.OLD_AGE_BASIC, PensionKind.OLD_NATIONAL, PensionKind.SURVIVOR


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([(0, SURVIVOR, 900_000, True, False), (0, OLD, 300_000, True, False)], 1),
        ([(0, SURVIVOR, 900_000, True, True), (0, OLD, 300_000, True, False)], 0),
        ([(0, OLD, 179_999, True, False), (0, SURVIVOR, 900_000, True, False)], 1),
        ([(0, OLD, 600_000, False, False), (0, NATIONAL, 200_000, True, False)], 1),
        ([(0, NATIONAL, 200_000, True, False), (0, NATIONAL, 300_000, True, False)], 1),
        ([(0, OLD, 100_000, True, False), (0, NATIONAL, 300_000, False, False)], 0),
        ([], -1),
    ],
    ids=["by order", "the one that bears care", "one that is enough", "one that is paid", "the larger", "too low before stopped", "none"],
)
def test_one_pension_of_a_person_counts(rows: list[Any], chosen: int) -> None:
    """C-12: seen to fail for an order without the pension that bears the care premium."""
    found = choose_pension.on(DAY)(pensions=pensions(rows), people=1, smallest_pension=180_000, ranks=LAW.ranks)
    assert found.tolist() == [chosen]


def test_pensions_of_many_people_in_any_order_are_each_chosen_for_their_own() -> None:
    rows = [
        (2, OLD, 700_000, True, False),
        (0, SURVIVOR, 400_000, True, False),
        (2, NATIONAL, 900_000, True, False),
        (0, OLD, 200_000, True, False),
    ]
    found = choose_pension.on(DAY)(pensions=pensions(rows), people=4, smallest_pension=180_000, ranks=LAW.ranks)
    assert found.tolist() == [3, -1, 0, -1]


def test_what_was_not_read_in_the_law_itself_is_provisional_and_the_figures_of_the_law_are_not() -> None:
    assert LAW.provisional == (
        "pension_priority",
        "special_collection_needs_own_care",
        "special_levelling",
        "special_payment_due_day",
        "special_request_due",
        "special_start_windows",
        "special_stop_months",
        "usual_first_due_day",
    )


def test_a_municipality_that_does_not_ask_who_insures_the_care_collects_from_the_pension() -> None:
    found = decide_method.on(DAY)(
        candidates=candidates([{"care_is_ours": False}]), is_released=np.array([False]), month=month_of("2026-04"),
        terms=replace(LAW.terms, needs_own_care=False),
    )  # fmt: skip
    assert found.reason.tolist() == [Reason.STARTED]


def test_every_column_of_a_candidate_is_named_by_the_cases() -> None:
    assert [field.name for field in fields(Candidates)] == list(USUAL)


@pytest.mark.parametrize(
    "name", ["collection_method", "bank_transfer_release", "pension_for_special_collection", "special_collection_start"]
)
def test_every_day_of_the_scheme_has_exactly_one_version_of_the_rule(name: str) -> None:
    assert calendar_faults(RULES[name], start=FiscalYear(2008).start, end=FiscalYear(2031).start) == []
