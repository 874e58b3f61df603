"""The register of who lives in an area of uneven rates, over HTTP: by whom, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from chassis.law import FiscalYear
from chassis.testing import Databases, TestDatabase
from premium_service.law import premium_parameters
from premium_service.rules.parameters import Parameters, RateArea

from services.premium.tests.facts import OLD, ROOT, apply, resident
from services.premium.tests.windows import CLERK, NEIGHBOUR, UNION, window

PATH = "/people/131016/1/rate-area"
LIVES = {"valid_from": "2026-04-01", "area": "山間部", "reason": "地番で確かめた"}


@pytest.fixture
async def database(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> TestDatabase:
    """One resident, and an invented area within the municipality."""

    def invented(union: str, year: int, *, sample: bool) -> Parameters:
        return replace(premium_parameters(union, FiscalYear(year)), areas=(RateArea("山間部", None, "131016", is_known=True),))

    monkeypatch.setattr("premium_service.api.rate_areas.parameters_of", invented)
    found = await databases("premium", ROOT)
    async with found.units() as units:
        await apply(units, resident("1", born=OLD))
    return found


async def test_union_staff_record_where_a_person_lives_and_everybody_with_a_right_reads_it(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        assert (await client.put(PATH, json=LIVES)).status_code == 204
    async with window(database, CLERK, tmp_path) as client:
        assert (await client.put(PATH, json=LIVES)).status_code == 403
        (line,) = (await client.get(PATH)).raise_for_status().json()
        areas = (await client.get("/rate-areas", params={"fiscal_year": 2026})).raise_for_status().json()
        (registered,) = (await client.get("/rate-areas/residents")).raise_for_status().json()
    async with window(database, NEIGHBOUR, tmp_path) as client:
        assert (await client.get("/rate-areas/residents")).json() == []

    assert (registered["resident_number"], registered["area"], registered["valid_from"]) == ("1", "山間部", "2026-04-01")
    assert (line["area"], line["valid_from"], line["recorded_by"], line["believed"]) == ("山間部", "2026-04-01", "union", True)
    assert areas["areas"] == [{"area": "山間部", "municipality_code": None, "within": "131016", "rates_known": True}]


async def test_the_rate_table_shows_each_figure_of_a_year_with_its_source_and_what_nobody_has_confirmed(
    databases: Databases, tmp_path: Path
) -> None:
    """P-14, I-31: 料率マスタ表: the figures that are shown are those that the premiums are computed with."""
    async with window(await databases("premium", ROOT), CLERK, tmp_path) as client:
        table = (await client.get("/rate-table", params={"fiscal_year": 2024})).raise_for_status().json()
        before = await client.get("/rate-table", params={"fiscal_year": 2008})

    law = premium_parameters("13", FiscalYear(2024))
    figures = {figure["name"]: figure for figure in table["figures"]}
    assert len(figures) == len(law.citations)
    assert table["law_hash"] == law.hash
    assert figures["union_13.medical_rates"]["value"] == {"per_capita": 47_300, "income_rate": "9.67%"}
    assert figures["union_13.transitional_income_rate"]["value"] == "8.78%"
    assert figures["levy_cap_transition"]["value"] == {
        "cap": 730_000, "born_through": "1949-03-31", "disability_through": "2025-03-31",
    }  # fmt: skip
    assert figures["month_order"]["provisional"]
    assert not figures["levy_cap"]["provisional"]
    assert all(figure["source"] and figure["law"] for figure in figures.values())
    assert before.status_code == 200


async def test_an_area_that_the_law_does_not_know_there_and_a_person_whom_nobody_knows_are_refused(
    database: TestDatabase, tmp_path: Path
) -> None:
    async with window(database, UNION, tmp_path) as client:
        unknown = await client.put(PATH, json={**LIVES, "area": "島しょ部"})
        elsewhere = await client.put("/people/132012/1/rate-area", json=LIVES)
        nobody = await client.put("/people/131016/9/rate-area", json=LIVES)

    assert (unknown.status_code, unknown.json()["code"]) == (422, "KOKI-P010")
    assert "山間部" in unknown.text
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "KOKI-P010")
    assert nobody.status_code == 404


async def test_a_year_whose_rates_are_a_gap_says_so_by_name(databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("premium_service.api.rate_areas.parameters_of", lambda *_, **__: premium_parameters("01", FiscalYear(2008)))
    async with window(await databases("premium", ROOT), CLERK, tmp_path) as client:
        refused = await client.get("/rate-table", params={"fiscal_year": 2008})

    assert (refused.status_code, refused.json()["code"]) == (404, "KOKI-P011")
    assert "union_01.medical_rates" in refused.text
