"""居所不明者の調査: which act fits which step."""

from __future__ import annotations

import pytest
from eligibility_service.domain.residence_survey import CLOSED, LOOKED, Act, OutOfTurn, Step, after
from hypothesis import given
from hypothesis import strategies as st


def test_a_survey_ends_with_the_address_found_or_with_the_removal_that_was_asked_for() -> None:
    """E-17"""
    assert after(Step.SURVEYING, Act.VISIT, looked=False) is Step.SURVEYING
    assert after(Step.SURVEYING, Act.FOUND, looked=False) is Step.FOUND
    assert after(Step.SURVEYING, Act.REMOVAL_ASKED, looked=True) is Step.REMOVAL_ASKED
    assert after(Step.REMOVAL_ASKED, Act.REMOVED, looked=True) is Step.REMOVED
    assert after(Step.REMOVAL_ASKED, Act.FOUND, looked=True) is Step.FOUND


def test_nobody_is_struck_out_without_a_search() -> None:
    """E-17."""
    with pytest.raises(OutOfTurn, match="記録がありません"):
        after(Step.SURVEYING, Act.REMOVAL_ASKED, looked=False)


@given(step=st.sampled_from(sorted(CLOSED)), act=st.sampled_from(list(Act)), looked=st.booleans())
def test_nothing_happens_in_a_survey_that_is_closed(step: Step, act: Act, looked: bool) -> None:
    with pytest.raises(OutOfTurn, match="終わって"):
        after(step, act, looked=looked)


@given(act=st.sampled_from(sorted(LOOKED | {Act.REMOVAL_ASKED})))
def test_after_the_removal_was_asked_for_nothing_is_added(act: Act) -> None:
    with pytest.raises(OutOfTurn):
        after(Step.REMOVAL_ASKED, act, looked=True)
