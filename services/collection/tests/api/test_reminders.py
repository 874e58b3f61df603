"""催告と督励 (C-06): one letter with all that was demanded in vain, peace after a payment, and a record of what was said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import asyncpg
import pytest
from chassis.database import driver
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases, TestDatabase
from collection_service.store import money

from services.collection.tests.api.test_arrears import at_the_window, owing
from services.collection.tests.jobs.test_issue_demands import run
from services.collection.tests.people import CHIYODA, ROOT
from services.collection.tests.store.test_money import receipt

PERSON = f"/people/{CHIYODA}/1"
KEY = {"Idempotency-Key": "reminder-1"}


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    """Person 1 owes everything; the first and the second instalment were demanded by the middle of September."""
    made = await databases("collection", ROOT)
    async with made.units(store=tmp_path) as units:
        await owing(units)
    async with made.units(store=tmp_path, today=date(2026, 9, 18)) as units:
        await run(units)
    return made


async def test_a_reminder_names_all_that_was_demanded_in_vain_with_its_late_charge(database: TestDatabase, tmp_path: Path) -> None:
    """C-06, C-11: sent once for a key; the third instalment was never demanded and does not stand on it."""
    async with at_the_window(database, tmp_path, today=date(2026, 9, 25)) as client:
        early = await client.post(f"{PERSON}/reminders", json={}, headers={"Idempotency-Key": "before-its-day"})
    async with at_the_window(database, tmp_path, today=date(2026, 12, 15)) as client:
        first = await client.post(f"{PERSON}/reminders", json={}, headers=KEY)
        second = await client.post(f"{PERSON}/reminders", json={}, headers=KEY)
        shown = (await client.get(f"{PERSON}/reminders")).json()["reminders"]
        owed = (await client.get(f"{PERSON}/arrears")).json()["instalments"][:2]
        document = await client.get(f"{PERSON}/reminders/{first.json()['reminder_id']}/document")
    assert early.json()["code"] == "KOKI-C119"
    assert first.status_code == 201, first.text
    assert second.json() == first.json()
    assert [(one["instalments"], one["unpaid"], one["pay_by"]) for one in shown] == [(2, 145_500, "2026-12-29")]
    assert first.json()["owed"] == sum(each["unpaid"] + each["late_charge"] for each in owed) > 145_500
    text = "".join(PageTexts(document.content))
    printed = ("催告書", "第1期", "第2期", "令和8年12月29日までに納めて", *(f"{each['late_charge']:,}円" for each in owed))
    assert [words for words in printed if words not in text] == []
    assert "第3期" not in text


async def test_after_a_payment_nobody_is_reminded_for_the_quiet_days(database: TestDatabase, tmp_path: Path) -> None:
    """C-06: paid on 10 December, left in peace until the 24th."""
    async with database.units(today=date(2026, 12, 10)) as units, units.open() as uow:
        await money.enter(await driver(uow.connection), [receipt(1_000, paid_on=date(2026, 12, 10))], today=uow.today)
    for today, status in ((date(2026, 12, 24), 409), (date(2026, 12, 25), 201)):
        async with at_the_window(database, tmp_path, today=today) as client:
            answer = await client.post(f"{PERSON}/reminders", json={}, headers={"Idempotency-Key": f"on-{today}"})
            assert answer.status_code == status, answer.text
            if status == 409:
                assert (answer.json()["code"], (await client.get(f"{PERSON}/reminders")).json()["quiet_until"]) == (
                    "KOKI-C118",
                    "2026-12-24",
                )


async def test_what_was_said_is_written_once_and_stays(database: TestDatabase, tmp_path: Path) -> None:
    """C-06: the record of talks, kept against changes by the database itself."""
    said = {"on": "2026-09-20", "way": "telephone", "outcome": "will_pay", "remark": "年金の支給日に納めるとのこと"}
    async with at_the_window(database, tmp_path, today=date(2026, 9, 25)) as client:
        assert (await client.post(f"{PERSON}/talks", json=said, headers=KEY)).status_code == 201
        assert (await client.post(f"{PERSON}/talks", json=said, headers=KEY)).status_code == 201
        future = await client.post(f"{PERSON}/talks", json=said | {"on": "2026-09-26"}, headers={"Idempotency-Key": "of-tomorrow"})
        (talk,) = (await client.get(f"{PERSON}/reminders")).json()["talks"]
    assert future.json()["code"] == "KOKI-C121"
    assert (talk["way_term"], talk["outcome_term"], talk["remark"], talk["written_by"]) == ("電話", "納付の約束", said["remark"], "clerk")
    connection = await asyncpg.connect(database.owner_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("UPDATE talk SET remark = ''")
    finally:
        await connection.close()
