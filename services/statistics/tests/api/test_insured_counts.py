"""GET /insured-counts: by municipality, sex and age; a clerk sees the own municipality alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from chassis.settings import Settings
from chassis.testing import Databases, TestDatabase
from chassis.tokens import Principal
from chassis.web import create_app, principal
from statistics_service.bootstrap import SERVICE

from services.statistics.tests.people import HACHIOJI, ROOT, acquired, apply, lost


async def asked(database: TestDatabase, municipalities: frozenset[str] | None, query: str) -> httpx.Response:
    settings = Settings(service="statistics", database_url=database.url, business_date=date(2026, 7, 13), object_store=".koki/test/objects")
    app = create_app(SERVICE, settings, worker=False)
    app.dependency_overrides[principal] = lambda: Principal("clerk", frozenset({"window"}), municipalities)
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://statistics") as client:
            return await client.get(f"/insured-counts{query}")
    finally:
        await app.state.runtime.engine.dispose()


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    made = await databases("statistics", ROOT)
    gone = acquired(1)
    async with made.units() as units:
        elsewhere = [acquired(number, municipality_code=HACHIOJI, sex="1", born=date(1930, 1, 1)) for number in (3, 4)]
        await apply(units, gone, lost(gone, on=date(2026, 7, 10)), acquired(2), *elsewhere)
    return made


def row(municipality_code: str, sex: str, age_band: str, count: int) -> dict[str, Any]:
    return {"municipality_code": municipality_code, "sex": sex, "age_band": age_band, "count": count}


async def test_the_insured_of_a_day_are_counted_by_municipality_sex_and_age(database: TestDatabase) -> None:
    found = (await asked(database, None, "")).json()
    assert found == {"on": "2026-07-13", "rows": [row("131016", "2", "80-84", 1), row("132012", "1", "95-99", 2)], "total": 3}


async def test_on_an_earlier_day_others_were_insured(database: TestDatabase) -> None:
    assert (await asked(database, None, "?on=2026-07-09")).json()["total"] == 4
    assert (await asked(database, None, "?on=2026-07-10")).json()["total"] == 3, "insured no more on the day of loss"
    assert (await asked(database, None, "?on=2004-12-31")).json() == {"on": "2004-12-31", "rows": [], "total": 0}


async def test_a_clerk_counts_the_own_municipality_alone(database: TestDatabase) -> None:
    assert (await asked(database, frozenset({HACHIOJI}), "")).json()["total"] == 2
    assert (await asked(database, frozenset(), "")).json()["total"] == 0


async def test_a_day_that_is_none_is_refused(database: TestDatabase) -> None:
    response = await asked(database, None, "?on=2026-02-30")
    assert response.status_code == 422
    assert response.json()["code"] == "KOKI-422"
