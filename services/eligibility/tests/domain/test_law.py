"""The settings of the union."""

from __future__ import annotations

from datetime import date

import pytest
from eligibility_service.law import NoSettings, settings_of


def test_the_sample_union_has_its_name_and_uses_no_check_digit() -> None:
    found = settings_of("13", on=date(2026, 7, 13))

    assert (found.insurer_name, found.insured_number_has_check_digit) == ("東京都後期高齢者医療広域連合", False)


def test_a_union_without_settings_is_refused_by_name() -> None:
    with pytest.raises(NoSettings, match="99"):
        settings_of("99", on=date(2026, 7, 13))
