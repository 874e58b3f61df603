"""減免額 to the yen, and what no remission ever does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from premium_service.rules.remission import remitted_amount


def remitted(annual: int, months: int, of: int, share: tuple[int, int], *, levy: int | None = None, unit: int = 100) -> int:
    def yen(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([value], np.int64)

    found = remitted_amount(
        annual_amount=yen(annual), income_levy=yen(levy or 0), months=np.array([months], np.int16),
        remitted_months=np.array([of], np.int16), numerator=yen(share[0]), denominator=yen(share[1]),
        of_income_levy=np.array([levy is not None]), unit=yen(unit),
    )  # fmt: skip
    return int(found[0])


@pytest.mark.parametrize(
    ("annual", "months", "of", "share", "levy", "expected"),
    [
        (249_100, 12, 12, (1, 1), None, 249_100),  # everything
        (249_100, 12, 9, (1, 2), None, 93_500),  # 249,100 x 9/12 x 1/2 = 93,412.5; left 155,687.5 -> 155,600
        (249_100, 12, 0, (1, 1), None, 0),
        (100_000, 9, 9, (7, 10), None, 70_000),
        (249_100, 12, 6, (2, 5), 189_696, 38_000),  # 189,696 x 6/12 x 2/5 = 37,939.2; left 211,160.8 -> 211,100
        (50_000, 12, 12, (1, 1), 80_000, 50_000),  # the levy before the cap is more than what is charged
    ],
)
def test_amounts_to_the_yen(annual: int, months: int, of: int, share: tuple[int, int], levy: int | None, expected: int) -> None:
    """P-10"""
    assert remitted(annual, months, of, share, levy=levy) == expected


@given(
    st.integers(0, 900_000), st.integers(1, 12), st.integers(0, 12), st.integers(1, 10_000_000), st.integers(0, 10_000_000),
    st.none() | st.integers(0, 900_000),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_a_remission_takes_off_what_is_due_to_the_person_and_never_more_than_the_premium(
    annual: int, months: int, of: int, numerator: int, more: int, levy: int | None
) -> None:
    """P-10: rounded in favour of the person, by less than a hundred yen beyond the exact share; more months never take off less."""
    of, denominator = min(of, months), numerator + more
    found = remitted(annual, months, of, (numerator, denominator), levy=levy)
    exact = annual * of * numerator / (months * denominator) if levy is None else levy * of * numerator / (12 * denominator)
    assert 0 <= found <= annual
    if of:
        assert found >= min(exact, annual) - 1e-6
        assert found < exact + 100
    if of < months:
        assert remitted(annual, months, of + 1, (numerator, denominator), levy=levy) >= found
