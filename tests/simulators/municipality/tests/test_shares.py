"""Shares of the invented union look like those of a real one (wide bounds: they guard the shape, not a figure)."""

from __future__ import annotations

from datetime import date

import polars as pl

from tests.simulators.municipality.population import Population
from tests.simulators.municipality.summary import summary_of
from tests.simulators.municipality.tests.conftest import ON

AMOUNTS = ["public_pension_receipts", "salary_receipts", "business_income", "other_income", "capital_gains"]


def test_two_thirds_are_insured_and_three_in_five_of_them_are_women(town: Population, insured: pl.DataFrame) -> None:
    assert 0.60 < insured.height / town.residents.height < 0.72
    assert 0.56 < (insured["sex"] == "2").mean() < 0.63  # type: ignore[operator]


def test_women_are_more_the_older_people_are(insured: pl.DataFrame) -> None:
    year = pl.col("born_on").dt.year()
    bands = [insured.filter(year.is_between(*years)) for years in ((1945, 1951), (1935, 1940), (1921, 1928))]
    young, middle, old = ((band["sex"] == "2").mean() for band in bands)
    assert young < middle < old  # type: ignore[operator]


def test_the_birth_years_without_peace_are_few_and_those_after_are_many(insured: pl.DataFrame) -> None:
    years = dict(insured.group_by(pl.col("born_on").dt.year().alias("year")).len().iter_rows())
    assert years[1946] < 0.75 * years[1948]
    assert years[1930] < 0.6 * years[1940]
    assert sum(number for year, number in years.items() if year <= 1926) > 0


def test_a_third_of_the_households_is_one_person(town: Population) -> None:
    living = town.residents.filter(pl.col("status") == "1").group_by("municipality_code", "household_number").len()
    assert 0.25 < (living["len"] == 1).mean() < 0.40  # type: ignore[operator]
    assert living["len"].max() == 5


def test_pensions_are_small_for_many_and_middling_for_men(insured: pl.DataFrame) -> None:
    declared = insured.filter(pl.col("status_of_income") == "1")
    women, men = (declared.filter(pl.col("sex") == sex)["public_pension_receipts"] for sex in ("2", "1"))
    assert 0.40 < (women <= 800_000).mean() < 0.60  # type: ignore[operator]
    assert 0.12 < (men <= 800_000).mean() < 0.30  # type: ignore[operator]
    assert 0.40 < men.is_between(1_500_000, 3_500_000).mean() < 0.70  # type: ignore[operator]


def test_a_few_incomes_reach_the_cap_and_most_of_those_in_chiyoda(insured: pl.DataFrame) -> None:
    total = pl.sum_horizontal(*AMOUNTS).fill_null(0)
    rich = insured.group_by("municipality_code").agg((total > 10_000_000).mean().alias("share")).sort("municipality_code")
    chiyoda, hachioji, okutama = rich["share"].to_list()
    assert 0.01 < chiyoda < 0.10
    assert okutama <= hachioji < chiyoda


def test_unknown_incomes_have_no_amounts_and_known_ones_have_all(town: Population) -> None:
    unknown = town.incomes.filter(pl.col("status") != "1").select(*AMOUNTS, "total_income", "taxable_income")
    assert unknown.height > 100
    assert unknown.null_count().row(0) == (unknown.height,) * unknown.width
    assert sum(town.incomes.filter(pl.col("status") == "1").select(AMOUNTS).null_count().row(0)) == 0


def test_undeclared_and_inquiring_shares_are_small(town: Population, insured: pl.DataFrame) -> None:
    status = town.incomes["status"]
    assert 0.010 < (status == "2").mean() < 0.020  # type: ignore[operator]
    assert 0.003 < (status == "3").mean() < 0.010  # type: ignore[operator]
    missing = insured["status_of_income"].is_null().mean()
    assert 0.0005 < missing < 0.005  # type: ignore[operator]


def test_incomes_of_every_kind_occur(town: Population) -> None:
    incomes = town.incomes
    assert (incomes["income_year"] == 2025).all()
    assert (incomes["business_income"] < 0).any()
    assert (incomes["other_income"] < 0).any()
    assert (incomes["capital_gains_special_deduction"] > 0).any()
    assert (incomes["capital_gains_special_deduction"] <= incomes["capital_gains"]).all()
    assert (incomes["loss_carried_forward"] > 0).any()
    assert 0.01 < incomes["total_income"].is_not_null().mean() < 0.06  # type: ignore[operator]
    assert (incomes["taxable_income"].drop_nulls() % 1_000 == 0).all()


def test_what_one_pays_to_the_family_another_of_the_household_receives(town: Population) -> None:
    person, household = ["municipality_code", "resident_number"], ["municipality_code", "household_number"]
    incomes = town.incomes.join(town.residents.select(*person, "household_number"), on=person)
    known = incomes.filter((pl.col("status") == "1").all().over(household))
    paid = known.group_by(household).agg(pl.col("family_employee_deduction", "family_employee_salary_received").sum())
    assert (paid["family_employee_deduction"] == paid["family_employee_salary_received"]).all()
    assert (paid["family_employee_deduction"] > 0).sum() > 20


def test_the_figures_of_the_console_are_those_of_the_frames(town: Population) -> None:
    for register in town.registers:
        figures, residents = summary_of(register, ON), register.residents
        assert figures.residents == residents.height
        assert figures.of_75 == residents.filter((pl.col("status") == "1") & (pl.col("born_on") <= date(1951, 7, 13))).height
        assert (
            figures.soon_75
            == residents.filter((pl.col("status") == "1") & pl.col("born_on").is_between(date(1951, 7, 14), date(1951, 10, 13))).height
        )
        assert figures.declared + figures.undeclared + figures.inquiring + figures.without_income == residents.height
