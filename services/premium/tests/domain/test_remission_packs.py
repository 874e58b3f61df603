"""減免の基準 as dated data: what each pack gives, what is a gap, and what the files may not say (P-10, I-46)."""

from __future__ import annotations

from datetime import date

import pytest
from chassis.law import FiscalYear, Rate
from premium_service.domain.remission_packs import LAW, NotGranted, Pack, deferral_months, faults, grant_of, in_force, packs_of
from pydantic import ValidationError

YEAR = FiscalYear(2026)


def test_a_disaster_pack_of_later_counts_the_months_before_it_was_written() -> None:
    """I-46: the pack was written on 1 July and remits from June, the month of the disaster; before July nobody could apply under it."""
    pack = packs_of("13")["sample_disaster_2026_06"]

    grant = grant_of(pack, degree="half_destroyed", applied_on=date(2026, 7, 13), happened_on=date(2026, 6, 12), fiscal_year=YEAR)

    assert (grant.first, grant.end, grant.share) == (date(2026, 6, 1), date(2027, 4, 1), Rate(5, 10))
    assert "sample_disaster_2026_06" not in in_force("13", date(2026, 6, 30))
    assert "sample_disaster_2026_06" in in_force("13", date(2026, 7, 1))


def test_a_disaster_of_other_days_is_not_of_that_pack() -> None:
    """I-46, P-10"""
    pack = packs_of("13")["sample_disaster_2026_06"]
    days = {day: faults(pack, degree="destroyed", applied_on=date(2026, 7, 13), happened_on=date(2026, 6, day)) for day in (9, 10, 30)}
    assert [bool(found) for found in days.values()] == [True, False, False]


def test_twelve_months_from_the_month_of_the_cause_end_at_the_end_of_each_fiscal_year() -> None:
    pack = packs_of("13")["sample_disaster"]
    found = [
        grant_of(pack, degree="flooded", applied_on=date(2026, 5, 1), happened_on=date(2025, 11, 20), fiscal_year=FiscalYear(year))
        for year in (2025, 2026)
    ]
    assert [(grant.first, grant.end) for grant in found] == [
        (date(2025, 11, 1), date(2026, 4, 1)), (date(2026, 4, 1), date(2026, 11, 1)),
    ]  # fmt: skip


def test_an_application_is_late_after_the_months_that_the_pack_gives() -> None:
    """Osaka: a year from the first of the month after the loss."""
    (pack,) = packs_of("27").values()
    late = [
        faults(pack, degree="destroyed", applied_on=day, happened_on=date(2025, 5, 20)) for day in (date(2026, 5, 31), date(2026, 6, 1))
    ]
    assert [bool(found) for found in late] == [False, True]


def test_the_share_of_a_fall_is_the_rate_of_the_fall_and_below_the_limit_nothing_is_granted() -> None:
    pack = packs_of("13")["sample_income_fall"]

    def fall(before: int, expected: int) -> Rate:
        applied, happened = date(2026, 7, 13), date(2026, 5, 1)
        incomes = (before, expected)
        return grant_of(pack, degree="fallen", fiscal_year=YEAR, incomes=incomes, applied_on=applied, happened_on=happened).share

    assert fall(1_000_000, 700_000).fraction == Rate(3, 10).fraction
    assert fall(1_000_000, 0).fraction == 1
    with pytest.raises(NotGranted):
        fall(1_000_000, 700_001)


def test_a_figure_that_nobody_has_read_is_taken_in_and_never_granted() -> None:
    """Kochi's third row was cut off in the source; its rounding has not been read either."""
    pack = packs_of("39")["disaster"]
    applied, happened = date(2026, 7, 13), date(2026, 7, 1)
    stated = (date(2026, 7, 1), date(2026, 9, 1))

    assert faults(pack, degree="up_to_1000", applied_on=applied, happened_on=happened) == []
    for degree in ("up_to_1000", "up_to_500_most"):
        with pytest.raises(NotGranted):
            grant_of(pack, degree=degree, fiscal_year=YEAR, stated=stated, applied_on=applied, happened_on=happened)


def test_every_pack_of_every_union_can_be_read_and_says_where_it_comes_from() -> None:
    unions = {path.name[:2] for path in (LAW / "remissions").glob("*.yaml")}
    packs = [pack for union in sorted(unions) for pack in packs_of(union).values()]
    assert len(packs) >= 8
    assert {pack.union for pack in packs if pack.confidence == "invented"} == {"13"}, "only the sample union has invented packs"
    assert (deferral_months("27"), deferral_months("01")) == (6, None)


@pytest.mark.parametrize("degree", [{"share": "1/2", "gap": "not read"}, {}, {"share": "half"}])
def test_a_degree_says_a_share_a_fall_or_a_gap_and_only_one_of_them(degree: dict[str, str]) -> None:
    entry = packs_of("27")["disaster"].model_dump(by_alias=True)
    with pytest.raises(ValidationError):
        Pack.model_validate({**entry, "degrees": {"x": {"term": "全壊", "of": "whole", **degree}}})
