"""What a clerk sees of somebody's arrears, and the sheet that shows how a late charge came about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest
from chassis.database import driver
from chassis.documents.glyphs import PageTexts
from chassis.settings import Settings
from chassis.testing import Databases, TestDatabase
from chassis.tokens import Principal
from chassis.unit_of_work import Units
from chassis.web import create_app, principal
from collection_service.bootstrap import SERVICE
from collection_service.store import money

from services.collection.tests.handlers.test_remissions import deferred
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, resident
from services.collection.tests.store.test_money import receipt

LATE = date(2027, 3, 31)
PERSON = f"/people/{CHIYODA}/1"


@asynccontextmanager
async def at_the_window(
    database: TestDatabase, store: Path, *, today: date = LATE, of: str = CHIYODA, user: str = "clerk", role: str = "window_clerk"
) -> AsyncIterator[httpx.AsyncClient]:
    """A clerk of a municipality on a day."""
    settings = Settings(service="collection", database_url=database.url, business_date=today, object_store=str(store), sample_data=True)
    app = create_app(SERVICE, settings, worker=False)
    app.dependency_overrides[principal] = lambda: Principal(user, frozenset({role}), frozenset({of}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://collection") as client:
        yield client
    await app.state.runtime.engine.dispose()


async def owing(units: Units, number: int = 1, annual_amount: int = 580_500) -> None:
    """A person of Chiyoda who has a number, an address and a premium, and has paid nothing."""
    await apply(units, resident(number), insured(number), assessed(number, annual_amount))


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    """Person 1 has paid half of the first instalment on time and all of the second late; the third is deferred until January."""
    made = await databases("collection", ROOT)
    async with made.units(store=tmp_path) as units:
        await owing(units)
        await apply(units, deferred(1, 3))
        async with units.open() as uow:
            paid = [receipt(36_000), receipt(72_500, 2, paid_on=date(2027, 3, 1))]
            await money.enter(await driver(uow.connection), paid, today=LATE)
    return made


async def test_what_a_person_owes_is_shown_with_every_step(database: TestDatabase, tmp_path: Path) -> None:
    """C-11, P-11: the deferred days bear nothing; what was paid late still owes its late charge."""
    async with at_the_window(database, tmp_path) as client:
        found = (await client.get(f"{PERSON}/arrears")).json()
        earlier = (await client.get(f"{PERSON}/arrears?on=2026-08-01")).json()
    # 37,000 × (2.8% × 31 + 9.1% × 212); 72,000 × (2.8% × 30 + 9.1% × 152); 72,000 × 9.1% × 61 after the deferral; each ÷ 365
    shown = {each["number"]: (each["unpaid"], each["late_charge"]) for each in found["instalments"]}
    assert shown[1] == (37_000, 2_000)
    assert shown[2] == (0, 2_800)
    assert shown[3] == (72_500, 1_000)
    assert found["owed"] == found["unpaid"] + found["late_charge"] == sum(map(sum, shown.values()))
    assert found["instalments"][0]["steps"][-1]["value"] == 2_000
    assert found["instalments"][0]["provisional"] == ["late_charge_rates"]
    assert [(each["number"], each["unpaid"]) for each in earlier["instalments"]] == [(1, 37_000)]


async def test_the_sheet_shows_on_paper_what_the_screen_shows(database: TestDatabase, tmp_path: Path) -> None:
    """C-11: 延滞金計算書, read back; a sheet for each instalment that bears something."""
    async with at_the_window(database, tmp_path) as client:
        shown = (await client.get(f"{PERSON}/arrears")).json()["instalments"]
        answer = await client.get(f"{PERSON}/arrears/late-charge-sheet")
        none = await client.get(f"{PERSON}/arrears/late-charge-sheet?on=2026-08-02")
    assert answer.status_code == 200, answer.text
    pages = PageTexts(answer.content)
    text = "".join(pages)
    for each in (one for one in shown if one["late_charge"]):
        assert f"{each['late_charge']:,}円" in text
        assert f"令和8年度{each['label']}の延滞金" in text
    assert "徴収猶予の期間" in text
    assert "【暫定】" in text
    assert none.status_code == 404


async def test_nobody_sees_the_arrears_of_another_municipality(database: TestDatabase, tmp_path: Path) -> None:
    async with at_the_window(database, tmp_path, of=HACHIOJI) as client:
        assert (await client.get(f"{PERSON}/arrears")).json()["owed"] == 0
        assert (await client.get(f"{PERSON}/arrears/late-charge-sheet")).status_code == 403
