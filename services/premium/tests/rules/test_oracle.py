"""The rules against a second derivation from the law, for random households of every year since 2008 (P-04, P-13, Z-02, I-45, I-12)."""

from __future__ import annotations

import numpy as np
import pytest

from services.premium.tests.rules.second_derivation import YEARS, batch, differences, oracle, places

PLACES = list(places())


@pytest.mark.parametrize(("year", "union", "area"), PLACES, ids=lambda given: str(given))
def test_every_figure_is_that_of_the_second_derivation(year: int, union: str, area: str) -> None:
    """I-45: the oracle is written from the ordinance and not from a specification.

    Seen to fail for each of the mutants of `test_mutants.py`.
    """
    assert differences(year, union, area) == []


def test_the_second_derivation_knows_every_year_and_several_unions() -> None:
    assert {year for year, *_ in PLACES} == set(YEARS)
    assert all(sum(1 for other, *_ in PLACES if other == year) >= 3 for year in YEARS)


def test_core_and_second_derivation_agree_about_more_than_ten_thousand_decisions() -> None:
    """T-03, I-03: oracle = engine to the yen on ten thousand synthetic persons and more."""
    decided = sum(int((oracle(year, union, area)["annual_amount"] >= 0).sum()) for year, union, area in PLACES)
    assert decided > 10_000
    assert not any(differences(*place) for place in PLACES)


@pytest.mark.parametrize("year", YEARS)
def test_the_random_households_of_a_year_reach_every_tier_the_cap_and_both_refusals(year: int) -> None:
    """An oracle that compares nothing proves nothing: what the year's households touch."""
    found, rows = oracle(year, "13"), batch(year).households
    decided = found["annual_amount"] >= 0
    assert set(found["tier"][decided]) == {0, 2, 5, 7}
    assert int((found["medical_year_amount"] == found["medical_year_amount"].max()).sum()) > 1  # the cap
    assert np.array_equal(np.unique(rows.income_status), [1, 2, 3])
    assert bool((found["months"][decided] < 12).any())
    assert int((rows.former_dependant_since < 2**31 - 1).sum()) > 5
    assert int(rows.by_disability.sum()) > 3
