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
from services.premium.tests.windows import CLERK, UNION, window

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

    assert (line["area"], line["valid_from"], line["recorded_by"], line["believed"]) == ("山間部", "2026-04-01", "union", True)
    assert areas["areas"] == [{"area": "山間部", "municipality_code": None, "within": "131016", "rates_known": True}]


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
