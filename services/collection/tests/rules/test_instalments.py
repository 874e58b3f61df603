"""期割: yen-exact cases, and what holds for every amount: nothing is lost, nothing is negative, what is due is left alone."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml
from collection_service.rules.instalments import Changed, divide, redistribute
from hypothesis import given
from hypothesis import strategies as st

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("instalments.yaml").read_text(encoding="utf-8"))
DAY = date(2026, 4, 1)
Matrix = npt.NDArray[np.int64]


def whole(value: Any) -> Any:
    """YAML 1.1 reads 7_200 as a number, and leaves nothing else to do."""
    return [int(found) for found in value] if isinstance(value, list) else int(value)


def change_of(case: dict[str, Any]) -> tuple[Matrix, Matrix, npt.NDArray[np.bool_]]:
    charged = np.array([whole(case["charged"]) if "charged" in case else [0] * case["instalments"]], np.int64)
    is_open = np.arange(charged.shape[1])[None, :] >= case.get("due", 0)
    return np.array([whole(case["annual_amount"])]), charged, is_open


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_instalments_of_a_case_are_exact_to_the_yen(case: dict[str, Any]) -> None:
    annual, charged, is_open = change_of(case)
    found = redistribute.on(DAY)(annual_amount=annual, charged=charged, is_open=is_open, unit=whole(case["rounding"]))
    assert found.instalments.tolist() == [whole(case["expect"])]
    assert found.taken_back.tolist() == [whole(case.get("taken_back", 0))]
    if "charged" not in case:
        alone = divide.on(DAY)(amount=annual, is_open=is_open, unit=whole(case["rounding"]))
        assert alone.tolist() == [whole(case["expect"])]


def test_a_case_in_a_batch_of_a_thousand_is_the_case_alone() -> None:
    cases = [case for case in CASES if len(case["expect"]) == 8 and whole(case["rounding"]) == 100] * 125
    random.Random(8).shuffle(cases)
    parts = [change_of(case) for case in cases]
    annual, charged, is_open = (np.concatenate([part[index] for part in parts]) for index in range(3))
    found = redistribute.on(DAY)(annual_amount=annual, charged=charged, is_open=is_open, unit=100)
    assert found.instalments.tolist() == [whole(case["expect"]) for case in cases]


units = st.sampled_from([1, 10, 100, 1_000])
yen = st.integers(0, 2_000_000)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Matrix, Matrix, npt.NDArray[np.bool_], int]:
    """Annual amounts, charges of up to twelve instalments for up to five people, and which of them are open (at least one)."""
    people, slots = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    charged = draw(st.lists(st.lists(yen, min_size=slots, max_size=slots), min_size=people, max_size=people))
    flags = draw(st.lists(st.lists(st.booleans(), min_size=slots, max_size=slots).filter(any), min_size=people, max_size=people))
    annual = draw(st.lists(yen, min_size=people, max_size=people))
    return np.array(annual), np.array(charged, np.int64), np.array(flags), draw(units)


def changed(drawn: tuple[Matrix, Matrix, npt.NDArray[np.bool_], int]) -> Changed:
    annual, charged, is_open, unit = drawn
    return redistribute.on(DAY)(annual_amount=annual, charged=charged, is_open=is_open, unit=unit)


@given(drawn=changes())
def test_the_instalments_always_add_up_to_the_year_and_none_is_negative(drawn: Any) -> None:
    found = changed(drawn)
    assert found.instalments.sum(axis=1).tolist() == drawn[0].tolist()
    assert (found.instalments >= 0).all()


@given(drawn=changes())
def test_what_is_due_is_left_alone_unless_it_is_more_than_the_year(drawn: Any) -> None:
    annual, charged, is_open, _ = drawn
    found = changed(drawn)
    due = np.where(is_open, 0, charged)
    enough = annual >= due.sum(axis=1)
    assert (np.where(is_open, 0, found.instalments) == due)[enough].all()
    assert (found.taken_back[enough] == 0).all()
    assert (np.where(is_open, 0, found.instalments) <= due).all()
    assert (due.sum(axis=1) - np.where(is_open, 0, found.instalments).sum(axis=1) == found.taken_back).all()
    assert (np.where(is_open, found.instalments, 0)[~enough] == 0).all()


@given(drawn=changes())
def test_open_instalments_but_the_first_are_alike_and_multiples_of_the_unit(drawn: Any) -> None:
    _, _, is_open, unit = drawn
    found = changed(drawn)
    for amounts, open_ones in zip(found.instalments, is_open, strict=True):
        first, *later = amounts[open_ones].tolist()
        assert len(set(later)) <= 1
        assert all(amount % unit == 0 and amount <= first for amount in later)


@given(drawn=changes())
def test_deciding_the_same_again_changes_nothing(drawn: Any) -> None:
    once = changed(drawn)
    annual, _, is_open, unit = drawn
    twice = redistribute.on(DAY)(annual_amount=annual, charged=once.instalments, is_open=is_open, unit=unit)
    assert (twice.instalments == once.instalments).all()
    assert (twice.taken_back == 0).all()


@given(drawn=changes())
def test_many_people_at_once_get_what_each_would_get_alone(drawn: Any) -> None:
    annual, charged, is_open, unit = drawn
    together = changed(drawn).instalments
    for row in range(len(annual)):
        part = slice(row, row + 1)
        alone = redistribute.on(DAY)(annual_amount=annual[part], charged=charged[part], is_open=is_open[part], unit=unit)
        assert (alone.instalments == together[part]).all()


def test_an_amount_that_has_nowhere_to_stand_is_refused() -> None:
    with pytest.raises(ValueError, match="no open instalment"):
        divide.on(DAY)(amount=np.array([100]), is_open=np.array([[False, False]]), unit=100)
