"""徴収依頼: every candidate is answered with a reason, and every disagreement with the ledgers is counted by kind (C-13, I-01, I-26)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from chassis.clock import derived_id
from collection_service.domain.requesting import Answerable, Difference, blocking, requested

SPECIAL = Answerable(
    "000", "1310100001", "1150", "identified", derived_id("insured", 1), True, "special", True, 1, 22, (7_200, 7_000), (7_200, 7_000), False
)
CASES: dict[str, tuple[dict[str, Any], tuple[str, str, int, int], set[Difference]]] = {
    "to be collected from": ({}, ("01", "method_22", 7_200, 7_000), set()),
    "of another municipality's facility": ({"request_kind": 2}, ("02", "method_22", 7_200, 7_000), set()),
    "a later start has one amount": ({"decided": (7_200,), "charged": (7_200,)}, ("01", "method_22", 7_200, 0), set()),
    "collected ordinarily": ({"method": "ordinary", "reason": 12}, ("03", "method_12", 0, 0), set()),
    "another pension counts": ({"is_chosen": False}, ("03", "other_pension", 0, 0), set()),
    "not insured": ({"state": "not_insured", "insured_id": None}, ("03", "not_insured", 0, 0), set()),
    "insured no more": ({"is_insured": False}, ("03", "not_insured", 0, 0), {Difference.NOT_INSURED}),
    "nobody known": ({"state": "unknown", "insured_id": None, "method": None}, ("03", "unknown", 0, 0), set()),
    "doubtful": ({"state": "doubtful", "insured_id": None, "method": None}, ("03", "doubtful", 0, 0), {Difference.DOUBTFUL}),
    "without a decision": ({"method": None}, ("03", "no_decision", 0, 0), {Difference.NO_DECISION}),
    "care has not said its amount": ({"method": "awaited", "reason": 11}, ("03", "method_11", 0, 0), {Difference.AWAITED}),
    "charged another amount": ({"charged": (7_200, 7_100)}, ("01", "method_22", 7_200, 7_000), {Difference.AMOUNT}),
    "asked for already": ({"waits": True}, ("01", "method_22", 7_200, 7_000), {Difference.STILL_OPEN}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_candidate_is_answered_with_its_reason_and_what_does_not_agree_is_named(case: str) -> None:
    changes, line, differences = CASES[case]
    found = requested([replace(SPECIAL, **changes)], missed=0)

    (made,) = found.lines
    assert (made.request_kind, made.reason, made.amount_1, made.amount_2) == line
    assert found.differences == dict.fromkeys(differences, 1)


def test_who_was_decided_and_is_in_no_list_holds_the_request_back() -> None:
    assert requested([], missed=3).differences == {Difference.MISSED: 3}


def test_an_explanation_covers_exactly_its_number_of_cases() -> None:
    found = {Difference.MISSED: 3, Difference.AMOUNT: 1}
    assert blocking(found, [("missed", 3)]) == {Difference.AMOUNT: 1}
    assert blocking(found, [("missed", 2), ("missed", 4), ("amount", 1)]) == {Difference.MISSED: 3}


def test_every_difference_has_words_for_people() -> None:
    assert all(kind.term for kind in Difference)
