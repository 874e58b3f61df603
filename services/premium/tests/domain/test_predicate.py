"""A condition is an expression over named columns and nothing else: what could run, loop or read is refused in Japanese."""

from __future__ import annotations

import numpy as np
import pytest
from premium_service.domain.predicate import MOST, Unreadable, columns_of_finder, read_predicate, term_of

COLUMNS = {
    "tier": np.array([7, 5, 2, 0], np.int16),
    "should_tier": np.array([7, 2, 2, 5], np.int16),
    "salary_receipts": np.array([0, 1_000_000, 650_000, 0]),
    "is_former_dependant": np.array([False, True, False, True]),
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tier == 7", [True, False, False, False]),
        ("tier != should_tier", [False, True, False, True]),
        ("tier - should_tier >= 3", [False, True, False, False]),
        ("2 <= tier <= 5 and salary_receipts > 650_000", [False, True, False, False]),
        ("not is_former_dependant or tier == 0", [True, False, True, True]),
        ("salary_receipts * 2 + 1 > 1_300_000", [False, True, True, False]),
        ("is_former_dependant", [False, True, False, True]),
        ("1 == 1 and tier == 0", [False, False, False, True]),
        ("-tier < -5", [True, False, False, False]),
    ],
)
def test_a_condition_holds_for_the_rows_that_it_says(text: str, found: list[bool]) -> None:
    assert read_predicate(text).holds(COLUMNS).tolist() == found


@pytest.mark.parametrize(
    "text",
    [
        "", "tier =", "__import__('os').system('x')", "tier.__class__", "[tier for tier in tier]", "lambda: tier", "tier[0]",
        "unknown == 1", "tier ** 99999", "tier == 'seven'", "tier == 7.5", "open", "10_000_000_000_000 > tier", "1 == 1",
        "tier if tier else tier", "tier in (1, 2)", "(" * 300 + "tier" + ")" * 300, "tier" + " + tier" * MOST, "household == 3",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_words(text: str) -> None:
    with pytest.raises(Unreadable, match=r"[ぁ-ん]"):
        read_predicate(text)


def test_a_small_column_does_not_wrap_around() -> None:
    assert read_predicate("tier * 10_000 == 70_000").holds(COLUMNS).tolist() == [True, False, False, False]


def test_every_column_has_a_japanese_term() -> None:
    known = columns_of_finder()
    assert known["tier"] == "均等割額の軽減区分（割）"
    assert term_of("medical_per_capita") == "均等割額（医療分）"
    assert all(term for term in known.values())
    assert "household" not in known
