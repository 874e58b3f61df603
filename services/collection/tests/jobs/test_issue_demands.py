"""督促状 (C-09): who gets one, who does not, that nobody who has paid ever does (I-29), and what happens to one that comes back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis import jobs
from chassis.clock import derived_id
from chassis.database import driver
from chassis.documents.glyphs import PageTexts
from chassis.documents.print_files import key_of
from chassis.problems import Problem
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from collection_service.jobs.issue_demands import IssueDemands
from collection_service.store import demands, money, receipt_files
from collection_service.store.receipt_files import ReceiptFile
from contracts.events.municipal import ResidentStatus

from services.collection.tests.api.test_arrears import at_the_window, owing
from services.collection.tests.handlers.test_remissions import deferred
from services.collection.tests.jobs.test_protected_notices import protected
from services.collection.tests.people import CHIYODA, ROOT, apply, resident, rows
from services.collection.tests.store.test_money import receipt

DUE = date(2026, 7, 31)
DAY = date(2026, 8, 17)
STATES = "SELECT resident_number, number, state, refusal FROM demand ORDER BY resident_number::int, demand_id"


async def run(units: Units, **parameters: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Prepare, approve and execute: the preview and the outcome."""
    run_id = await jobs.prepare(IssueDemands(), parameters, units, by="tester")
    async with units.open() as uow:
        (found,) = await jobs.runs(uow, run_id=run_id)
    await jobs.approve(run_id, units, by="tester")
    return found["preview"], await jobs.execute(IssueDemands(), run_id, units)


async def paid(units: Units, amount: int, person: int, *, on: date = DUE) -> None:
    async with units.open() as uow:
        entry = receipt(amount, insured_id=derived_id("insured", person), paid_on=on)
        await money.enter(await driver(uow.connection), [entry], today=on)


async def promised(units: Units, person: int) -> None:
    """A running promise for the first instalment, as the store keeps one."""
    async with units.open() as uow:
        raw = await driver(uow.connection)
        await raw.execute(
            """WITH made AS (
                INSERT INTO promise VALUES (gen_random_uuid(), $1, $2, '2026-08-05', '本人', 'running', NULL, '', repeat('0', 64), 'clerk')
                RETURNING promise_id
            )
            INSERT INTO promise_instalment SELECT promise_id, a.insured_id, 2026, 1, $1, 1000 FROM made, assessment a
            WHERE a.resident_number = $2""",
            CHIYODA,
            str(person),
        )


@pytest.fixture
async def made(databases: Databases, tmp_path: Path) -> TestDatabase:
    """1 owes; 2 has paid; 3 is deferred; 4 has promised; 5 is dead; 6 paid a part last week; 7 has paid a part on the due day."""
    database = await databases("collection", ROOT)
    async with database.units(store=tmp_path) as units:
        for number in range(1, 8):
            await owing(units, number, 58_050)
        await paid(units, 7_650, 2)
        await apply(units, deferred(3, 1))
        await promised(units, 4)
        await apply(units, resident(5, sequence=2, status=ResidentStatus.DIED))
        await paid(units, 1_000, 6, on=date(2026, 8, 10))
        await paid(units, 1_000, 7)
    return database


async def test_demands_go_to_those_alone_who_owe_and_are_neither_deferred_nor_promised(made: TestDatabase, tmp_path: Path) -> None:
    """C-09, P-11, C-19: of seven one gets a demand of all, one of what is left; the dead person's is refused with its reason."""
    async with made.units(store=tmp_path, today=DAY) as units:
        preview, outcome = await run(units)
        states = {row[0]: row[1:] for row in await rows(units, STATES)}
        ((sha256,),) = await rows(units, "SELECT DISTINCT document_sha256 FROM demand WHERE state = 'issued'")
        pages = list(PageTexts((tmp_path / key_of(demands.FOLDER, sha256)).read_bytes()))
        again, _ = await run(units)

    found = {"demands": 3, "deferred": 1, "promised": 1, "quiet": 1}
    assert preview["municipalities"] == {CHIYODA: found}
    assert outcome == {"totals": {"issued": 2, "refused": 1, "overtaken": 0, "unpaid": 14_300, "fee": 0}, "differences": {}}
    assert {number: state[1] for number, state in states.items()} == {"1": "issued", "5": "refused", "7": "issued"}
    assert "亡くなった方です" in states["5"][2]
    assert len(pages) == 2
    printed = ("督促状", "7,650円", "令和8年度第1期", "令和8年7月31日", "令和8年8月27日までに納めて", "東京都後期高齢者医療審査会")
    assert [words for words in printed if words not in pages[0]] == []
    assert "6,650円" in pages[1]
    assert again["demands"] == 1


async def test_who_has_paid_a_part_is_left_in_peace_until_the_last_day_of_the_law(made: TestDatabase, tmp_path: Path) -> None:
    """C-09: the quiet days of person 6 end where the twenty days of the law do."""
    for today, demanded in ((date(2026, 8, 19), False), (date(2026, 8, 20), True)):
        async with made.units(store=tmp_path, today=today) as units:
            await run(units)
            assert (await rows(units, "SELECT count(*) FROM demand WHERE resident_number = '6'") == [(1,)]) is demanded


async def test_no_demand_is_sent_in_the_first_days_after_the_due_day(made: TestDatabase, tmp_path: Path) -> None:
    for today, planned in ((DUE, 0), (date(2026, 8, 10), 0), (date(2026, 8, 11), 3)):
        async with made.units(store=tmp_path, today=today) as units:
            run_id = await jobs.prepare(IssueDemands(), {}, units, by="tester")
            assert await rows(units, f"SELECT count(*) FROM demand WHERE run_id = '{run_id}'") == [(planned,)]


FILE = ReceiptFile("bank", CHIYODA, DUE, "a" * 64, 0, 0)


async def test_demands_are_locked_until_the_receipt_files_of_the_day_are_here_and_balanced(made: TestDatabase, tmp_path: Path) -> None:
    """I-29, C-09: a file that was expected and has not come, or came and did not add up, stops the demands of its municipality by name.

    Seen to fail without the question to `receipt_files.missing`.
    """
    async with made.units(store=tmp_path, today=DAY) as units:
        async with units.open() as uow:
            await receipt_files.expect(await driver(uow.connection), "bank", CHIYODA, DUE)
        with pytest.raises(Problem) as locked:
            await run(units, municipality_code=CHIYODA)
        whole, _ = await run(units)
        async with units.open() as uow:
            await receipt_files.refuse(await driver(uow.connection), FILE, "件数が違います", today=DAY)
        with pytest.raises(Problem) as refused:
            await run(units, municipality_code=CHIYODA)
        async with units.open() as uow:
            await receipt_files.apply(await driver(uow.connection), FILE, [], today=DAY)
        after, _ = await run(units, municipality_code=CHIYODA)

    assert locked.value.code == "KOKI-C114"
    assert "bank 2026-07-31" in locked.value.detail
    assert "件数が違います" in refused.value.detail
    assert (whole["demands"], whole["locked"]) == (0, {CHIYODA: ["bank 2026-07-31"]})
    assert after["demands"] == 3


async def test_a_file_that_is_found_missing_after_the_approval_stops_the_run(made: TestDatabase, tmp_path: Path) -> None:
    """I-29: the run was prepared when nothing was expected."""
    async with made.units(store=tmp_path, today=DAY) as units:
        run_id = await jobs.prepare(IssueDemands(), {}, units, by="tester")
        await jobs.approve(run_id, units, by="tester")
        async with units.open() as uow:
            await receipt_files.expect(await driver(uow.connection), "convenience", CHIYODA, DAY)
        with pytest.raises(Problem, match="KOKI-C114"):
            await jobs.execute(IssueDemands(), run_id, units)
        assert await rows(units, "SELECT count(*) FROM demand WHERE state = 'issued'") == [(0,)]


async def test_who_pays_between_the_plan_and_the_print_gets_none(made: TestDatabase, tmp_path: Path) -> None:
    """C-09, I-29."""
    async with made.units(store=tmp_path, today=DAY) as units:
        run_id = await jobs.prepare(IssueDemands(), {}, units, by="tester")
        await jobs.approve(run_id, units, by="tester")
        await paid(units, 7_650, 1, on=DAY)
        outcome = await jobs.execute(IssueDemands(), run_id, units)
        states = {row[0]: row[2] for row in await rows(units, STATES)}

    assert outcome["totals"]["overtaken"] == 1
    assert outcome["differences"] == {}
    assert states["1"] == "overtaken"


async def test_a_demand_that_came_back_is_sent_again_once_to_the_address_of_the_day(made: TestDatabase, tmp_path: Path) -> None:
    """C-09: 返戻 and 再発送."""
    async with made.units(store=tmp_path, today=DAY) as units:
        await run(units)
        await apply(units, resident(1, sequence=2, address_number="9番9号"))
    path = f"/people/{CHIYODA}/1/demands"
    async with at_the_window(made, tmp_path, today=date(2026, 8, 24)) as client:
        (first,) = (await client.get(path)).json()
        at = f"{path}/{first['demand_id']}"
        early = await client.post(f"{at}/again", json={}, headers={"Idempotency-Key": "too-early"})
        for _ in range(2):
            back = await client.post(
                f"{at}/return", json={"on": "2026-08-21", "reason": "あて所に尋ねあたりません"}, headers={"Idempotency-Key": "came-back"}
            )
            assert back.status_code == 200, back.text
        twice = await client.post(f"{at}/return", json={"on": "2026-08-22", "reason": "転居"}, headers={"Idempotency-Key": "came-back-2"})
        again = await client.post(f"{at}/again", json={}, headers={"Idempotency-Key": "once-more"})
        third = await client.post(f"{at}/again", json={}, headers={"Idempotency-Key": "and-again"})
        before = "".join(PageTexts((await client.get(f"{at}/document")).content))
        after = "".join(PageTexts((await client.get(f"{path}/{again.json()['demand_id']}/document")).content))
        listed = (await client.get(path)).json()

    assert (early.json()["code"], twice.json()["code"], third.json()["code"]) == ("KOKI-C117", "KOKI-C116", "KOKI-C117")
    assert "1番1号" in before
    assert "9番9号" in after
    assert "令和8年9月3日までに納めてください" in after
    assert [(one["number"], one["replaces"]) for one in listed] == [(1, first["demand_id"]), (1, None)]


async def test_the_demand_of_a_protected_person_is_apart_without_an_address_and_waits_to_be_handed_over(
    made: TestDatabase, tmp_path: Path
) -> None:
    """C-09, I-39: it stands on the worklist until somebody has met the person; a demand from before is not opened again."""
    async with made.units(store=tmp_path, today=DAY) as units:
        await apply(units, protected(1))
        await run(units)
        files = await rows(units, "SELECT resident_number, document_sha256, by_hand FROM demand WHERE state = 'issued' ORDER BY 1")
        await apply(units, protected(7))
        earlier = await rows(units, "SELECT demand_id::text FROM demand WHERE resident_number = '7' AND state = 'issued'")
    path = f"/arrears/{CHIYODA}/worklist"
    met = {"on": "2026-08-18", "way": "window", "outcome": "will_pay"}
    async with at_the_window(made, tmp_path, today=date(2026, 8, 18)) as client:
        waiting = [one for one in (await client.get(path)).json() if one["kind"] == "to_hand_over"]
        closed = await client.get(f"/people/{CHIYODA}/7/demands/{earlier[0][0]}/document")
        await client.post(f"/people/{CHIYODA}/1/talks", json=met, headers={"Idempotency-Key": "handed-over"})
        after = [one for one in (await client.get(path)).json() if one["kind"] == "to_hand_over"]
    assert [(number, by_hand) for number, _, by_hand in files] == [("1", True), ("7", False)]
    text = "".join(PageTexts((tmp_path / key_of(demands.FOLDER, files[0][1])).read_bytes()))
    assert ("（手渡し）" in text, "千代田1番1号" in text, "102-" in text or "100-0001" in text) == (True, False, False)
    assert [(one["resident_number"], one["detail"], one["since"]) for one in waiting] == [("1", "督促状", "2026-08-17")]
    assert (closed.json()["code"], after) == ("KOKI-C115", [])
