"""時効 and 不納欠損 (C-19): the clock of each instalment, the list of what is soon lost, and the write-off by two officers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis.database import driver
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases, TestDatabase
from collection_service.store import money

from services.collection.tests.api.test_arrears import at_the_window, owing
from services.collection.tests.handlers.test_remissions import deferred
from services.collection.tests.jobs.test_issue_demands import run
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, rows
from services.collection.tests.store.test_money import PERSON as INSURED
from services.collection.tests.store.test_money import receipt

PERSON = f"/people/{CHIYODA}/1"
LATER = date(2028, 9, 1)
CHECK = """
SELECT sum(CASE WHEN debit = 'written_off' THEN amount ELSE 0 END)::bigint FROM money_entry
"""


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    """The first instalment was demanded on 17 August 2026, the second paid in part in March 2027, the third deferred to January 2027."""
    made = await databases("collection", ROOT)
    async with made.units(store=tmp_path) as units:
        await owing(units)
        await apply(units, deferred(1, 3))
    async with made.units(store=tmp_path, today=date(2026, 8, 17)) as units:
        await run(units)
        async with units.open() as uow:
            paid = [receipt(10_000, 2, paid_on=date(2027, 3, 1))]
            await money.enter(await driver(uow.connection), paid, today=date(2027, 3, 1))
    return made


async def test_the_clock_of_each_instalment_shows_what_moved_it(database: TestDatabase, tmp_path: Path) -> None:
    """C-19: a demand and a part payment begin the two years anew, a deferral lengthens them by its days, and nothing else does."""
    async with at_the_window(database, tmp_path, today=LATER) as client:
        found = {one["number"]: one for one in (await client.get(f"{PERSON}/limitations")).json()}
    assert {number: (one["completes_on"], one["is_extinct"]) for number, one in found.items() if number < 5} == {
        1: ("2028-08-18", True),
        2: ("2029-03-02", False),
        3: ("2029-01-30", False),
        4: ("2028-11-03", False),
    }
    assert [(step["term"], step["effect"]) for step in found[1]["steps"]] == [("督促", "更新")]
    assert [(step["term"], step["effect"]) for step in found[3]["steps"]] == [("徴収猶予", "停止")]


async def test_the_list_names_what_is_lost_in_the_next_six_months(database: TestDatabase, tmp_path: Path) -> None:
    """C-19, I-25: as screen, PDF and CSV; only of the own municipality. Half a year before the first is lost it is not there yet."""
    async with at_the_window(database, tmp_path, today=LATER) as client:
        found = (await client.get(f"/limitations/{CHIYODA}")).json()
        pdf = await client.get(f"/limitations/{CHIYODA}?form=pdf&place=千代田区")
        csv = await client.get(f"/limitations/{CHIYODA}?form=csv")
    async with at_the_window(database, tmp_path, today=date(2028, 2, 17)) as client:
        early = (await client.get(f"/limitations/{CHIYODA}")).json()
    async with at_the_window(database, tmp_path, today=date(2028, 2, 18)) as client:
        in_time = (await client.get(f"/limitations/{CHIYODA}")).json()
    async with at_the_window(database, tmp_path, today=LATER, of=HACHIOJI) as client:
        assert (await client.get(f"/limitations/{CHIYODA}")).status_code == 403
    assert [(one["number"], one["state"]) for one in found] == [
        (1, "時効完成"),
        (4, "完成予定"),
        (5, "完成予定"),
        (6, "完成予定"),
        (3, "完成予定"),
        (7, "完成予定"),
    ]
    assert ([one["number"] for one in early], [one["number"] for one in in_time]) == ([], [1])
    text = "".join(PageTexts(pdf.content))
    printed = ("時効完成予定一覧", "00000001", "令和8年度第1期", "73,000", "督促R8.8.17", "合計6件")
    assert [words for words in printed if words not in text] == []
    assert csv.text.splitlines()[1].startswith('"00000001","架空 花子","令和8年度第1期","2026-07-31","73000","2028-08-18"')


async def asked(client: Any, *numbers: int, key: str = "write-off-1") -> Any:
    chosen = [{"insured_id": str(INSURED), "fiscal_year": 2026, "number": number} for number in numbers]
    return await client.post(
        f"{PERSON}/write-offs", json={"instalments": chosen, "reason": "時効が完成した"}, headers={"Idempotency-Key": key}
    )


async def test_what_is_extinct_is_written_off_by_a_second_officer_and_leaves_the_receivables(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-19: asked, refused for what is not extinct and for the one who asked, approved, in the ledger to the yen, and on the list."""
    monkeypatch.setattr("collection_service.api.write_off_acts.confirmed_on", lambda *_, **__: frozenset(CONFIRMED))
    async with at_the_window(database, tmp_path, today=LATER) as client:
        too_early = await asked(client, 1, 2)
        made = await asked(client, 1, key="write-off-2")
    assert (too_early.json()["code"], "時効は令和11年3月2日に完成します" in too_early.json()["detail"]) == ("KOKI-C123", True)
    assert made.status_code == 201, made.text
    decision = f"/approvals/{made.json()['approval_id']}/decision"
    async with at_the_window(database, tmp_path, today=LATER, role="municipal_manager") as client:
        own = await client.post(decision, json={"approved": True})
    async with at_the_window(database, tmp_path, today=LATER, role="municipal_manager", user="manager") as client:
        (waiting,) = (await client.get("/approvals")).json()
        done = await client.post(decision, json={"approved": True})
        listed = (await client.get(f"/write-offs/{CHIYODA}?first_day=2028-09-01&last_day=2028-09-30")).json()
        paper = await client.get(f"/write-offs/{CHIYODA}?first_day=2028-09-01&last_day=2028-09-30&form=pdf&place=千代田区")
        left = {one["number"]: one["unpaid"] for one in (await client.get(f"{PERSON}/arrears")).json()["instalments"]}
    assert own.json()["code"] == "KOKI-E011"
    assert waiting["shown"]["不納欠損とする額"] == "73,000円"
    assert (done.status_code, done.json()["outcome"]) == (200, {"written_off": 73_000})
    ((one,)) = listed
    assert (one["amount"], one["extinct_on"], one["asked_by"], one["decided_by"]) == (73_000, "2028-08-18", "clerk", "manager")
    assert "不納欠損一覧" in "".join(PageTexts(paper.content))
    assert 1 not in left
    async with database.units() as units:
        assert await rows(units, CHECK) == [(73_000,)]
        assert await rows(units, "SELECT charged, settled, written_off, unpaid FROM instalment_state WHERE number = 1") == [
            (73_000, 73_000, 73_000, 0)
        ]


CONFIRMED = ("limitation_years", "limitation_renewals", "limitation_effects")


async def test_what_was_paid_after_the_request_is_not_written_off(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-19: the second officer approves what the first one saw, or nothing."""
    monkeypatch.setattr("collection_service.api.write_off_acts.confirmed_on", lambda *_, **__: frozenset(CONFIRMED))
    async with at_the_window(database, tmp_path, today=LATER) as client:
        made = await asked(client, 1)
    async with database.units(today=LATER) as units, units.open() as uow:
        await money.enter(await driver(uow.connection), [receipt(3_000, paid_on=LATER)], today=LATER)
    async with at_the_window(database, tmp_path, today=LATER, role="union_staff", user="manager") as client:
        answer = await client.post(f"/approvals/{made.json()['approval_id']}/decision", json={"approved": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-C123")
    async with database.units() as units:
        assert await rows(units, CHECK) == [(0,)]


async def test_nothing_is_written_off_on_numbers_that_nobody_has_confirmed(database: TestDatabase, tmp_path: Path) -> None:
    """C-19: the sample union has confirmed the year 2026 alone."""
    async with at_the_window(database, tmp_path, today=LATER) as client:
        answer = await asked(client, 1)
    assert answer.status_code == 409
    assert "担当者が確認していないもの" in answer.json()["detail"]
