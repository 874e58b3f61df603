"""滞納統計リスト (C-02): as of a day, by year and age of the debt, down to the people; on screen and on paper."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis.clock import derived_id
from chassis.database import driver
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases, TestDatabase
from collection_service.store import money

from services.collection.tests.api.test_arrears import at_the_window, owing
from services.collection.tests.handlers.test_remissions import deferred
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, resident
from services.collection.tests.store.test_money import receipt


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    """In Chiyoda 1 owes all, 2 has paid the first on 20 August, 3 is deferred for the first; 4 of Hachioji owes all."""
    made = await databases("collection", ROOT)
    async with made.units(store=tmp_path) as units:
        for number in (1, 2, 3):
            await owing(units, number, 58_050)
        await apply(units, deferred(3, 1))
        whose: dict[str, Any] = {"municipality_code": HACHIOJI}
        await apply(units, resident(4, **whose), insured(4, **whose), assessed(4, 58_050, **whose))
        async with units.open() as uow:
            paid = receipt(7_650, insured_id=derived_id("insured", 2), paid_on=date(2026, 8, 20))
            await money.enter(await driver(uow.connection), [paid], today=date(2026, 8, 20))
    return made


async def test_the_statistics_of_a_day_are_those_that_stood_on_that_day(database: TestDatabase, tmp_path: Path) -> None:
    """C-02: a payment counts from its day on, a deferral until it ends, and the age grows with the day that is asked for."""
    answers = []
    async with at_the_window(database, tmp_path) as client:
        for day in ("2026-07-31", "2026-08-19", "2026-08-20", "2026-11-01"):
            found = (await client.get(f"/arrears/{CHIYODA}/statistics?on={day}")).json()
            answers.append([(row["age"], row["people"], row["instalments"], row["unpaid"]) for row in found])
    assert answers == [
        [],
        [("under_3_months", 2, 2, 15_300)],
        [("under_3_months", 1, 1, 7_650)],
        [("under_3_months", 3, 6, 43_200), ("under_6_months", 1, 1, 7_650)],
    ]


async def test_a_figure_opens_to_the_people_behind_it(database: TestDatabase, tmp_path: Path) -> None:
    """C-02: the people of a row add up to the row, who owes most first."""
    async with at_the_window(database, tmp_path) as client:
        rows = (await client.get(f"/arrears/{CHIYODA}/statistics?on=2026-11-01")).json()
        for row in rows:
            people = (await client.get(f"/arrears/{CHIYODA}/people?on=2026-11-01&fiscal_year=2026&age={row['age']}")).json()
            assert (len(people), sum(one["instalments"] for one in people)) == (row["people"], row["instalments"])
            assert sum(one["unpaid"] for one in people) == row["unpaid"]
        everybody = (await client.get(f"/arrears/{CHIYODA}/people?on=2026-11-01")).json()
    assert [(one["resident_number"], one["unpaid"], one["last_paid_on"]) for one in everybody] == [
        ("1", 22_050, None),
        ("2", 14_400, "2026-08-20"),
        ("3", 14_400, None),
    ]


async def test_statistics_are_also_paper_and_a_spreadsheet(database: TestDatabase, tmp_path: Path) -> None:
    """C-02"""
    async with at_the_window(database, tmp_path) as client:
        paper = await client.get(f"/arrears/{CHIYODA}/statistics?on=2026-11-01&form=pdf&place=千代田区")
        people = await client.get(f"/arrears/{CHIYODA}/people?on=2026-11-01&form=pdf&place=千代田区")
        csv = await client.get(f"/arrears/{CHIYODA}/people?on=2026-11-01&form=csv_cp932")
    assert [
        words for words in ("滞納統計リスト", "50,850", "令和8年度", "3か月以内") if words not in "".join(PageTexts(paper.content))
    ] == []
    assert [words for words in ("滞納者一覧", "架空花子", "22,050") if words not in "".join(PageTexts(people.content))] == []
    assert len(csv.content.decode("cp932").splitlines()) == 4


async def test_a_clerk_gets_the_figures_of_the_own_municipality_alone(database: TestDatabase, tmp_path: Path) -> None:
    async with at_the_window(database, tmp_path, of=HACHIOJI) as client:
        other = await client.get(f"/arrears/{CHIYODA}/statistics?on=2026-11-01")
        whole = (await client.get("/arrears/*/statistics?on=2026-11-01")).json()
    assert other.status_code == 403
    assert {row["municipality_code"] for row in whole} == {HACHIOJI}
    assert sum(row["unpaid"] for row in whole) > 0
