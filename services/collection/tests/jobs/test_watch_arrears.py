"""滞納情報 (E-23) and promises (C-19): what is said of whom and when, and that eligibility's own handler understands it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis import jobs
from chassis.database import driver
from chassis.runtime import Runtime
from chassis.settings import Settings
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from collection_service.bootstrap import SERVICE
from collection_service.domain.arrears_reports import ArrearsState, is_news
from collection_service.jobs.following import watch_arrears_today
from collection_service.jobs.watch_arrears import WatchArrears
from collection_service.store import money
from contracts.envelope import decode
from contracts.events.collection import ArrearsReported

from services.collection.tests.api.test_arrears import at_the_window, owing
from services.collection.tests.handlers.test_remissions import deferred
from services.collection.tests.people import CHIYODA, ROOT, apply, rows
from services.collection.tests.store.test_money import PERSON as INSURED
from services.collection.tests.store.test_money import receipt

PERSON = f"/people/{CHIYODA}/1/promises"
SAID = "SELECT body FROM outbox WHERE routing_key = 'collection.arrears_reported.v1' ORDER BY message_id"


async def watched(database: TestDatabase, store: Path, today: date) -> dict[str, Any]:
    """One run on a day."""
    async with database.units(store=store, today=today) as units:
        run_id = await jobs.prepare(WatchArrears(), {}, units, by="calendar")
        await jobs.approve(run_id, units, by="calendar")
        outcome = await jobs.execute(WatchArrears(), run_id, units)
    assert outcome["differences"] == {}
    totals: dict[str, Any] = outcome["totals"]
    return totals


async def said(units: Units) -> list[ArrearsReported]:
    found: list[ArrearsReported] = []
    for (body,) in await rows(units, SAID):
        found += [ArrearsReported.model_validate(item["data"] | {"effective_on": item["effectiveon"]}) for item in decode(bytes(body))]
    return found


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    made = await databases("collection", ROOT)
    async with made.units(store=tmp_path) as units:
        await owing(units)
        await apply(units, deferred(1, 2))
    return made


async def pay(database: TestDatabase, amount: int, number: int, on: date) -> None:
    async with database.units(today=on) as units, units.open() as uow:
        await money.enter(await driver(uow.connection), [receipt(amount, number, paid_on=on)], today=on)


async def test_arrears_are_said_when_they_change_and_again_when_they_are_a_year_old(database: TestDatabase, tmp_path: Path) -> None:
    """E-23, P-11: the deferred second instalment does not count until its deferral is over; nothing is said twice."""
    reported = []
    for today in (
        date(2026, 7, 31), date(2026, 8, 1), date(2026, 8, 20), date(2026, 9, 1), date(2027, 3, 2), date(2027, 7, 31), date(2027, 8, 1),
    ):  # fmt: skip
        reported.append((await watched(database, tmp_path, today)).get("reported", 0))
    await pay(database, 1_000, 1, date(2027, 8, 5))
    reported.append((await watched(database, tmp_path, date(2027, 8, 6))).get("reported", 0))
    async with database.units() as units:
        events = await said(units)

    assert reported == [0, 1, 0, 0, 1, 0, 1, 1]
    assert [(event.effective_on, event.unpaid_amount, event.oldest_due_on, event.last_paid_on) for event in events] == [
        (date(2026, 8, 1), 73_000, date(2026, 7, 31), None),
        (date(2027, 3, 2), 580_500, date(2026, 7, 31), None),
        (date(2027, 8, 1), 580_500, date(2026, 7, 31), None),
        (date(2027, 8, 6), 579_500, date(2026, 7, 31), date(2027, 8, 5)),
    ]
    assert {event.insured_id for event in events} == {INSURED}


async def test_who_has_paid_everything_is_said_to_owe_nothing_once(database: TestDatabase, tmp_path: Path) -> None:
    """E-23"""
    await watched(database, tmp_path, date(2026, 8, 20))
    await pay(database, 73_000, 1, date(2026, 8, 20))
    for today in (date(2026, 8, 21), date(2026, 8, 22)):
        await watched(database, tmp_path, today)
    async with database.units() as units:
        assert [event.unpaid_amount for event in await said(units)] == [73_000, 0]


def test_what_was_paid_of_something_else_is_news_only_while_something_is_owed() -> None:
    last, paid = ArrearsState(0, None, None), ArrearsState(0, None, date(2026, 9, 1))
    assert not is_news(paid, last, on=date(2026, 9, 2), said_on=date(2026, 8, 1))
    assert not is_news(paid, None, on=date(2026, 9, 2), said_on=None)


def plan(*payments: tuple[str, int], numbers: tuple[int, ...] = (1,)) -> dict[str, Any]:
    return {
        "instalments": [{"insured_id": str(INSURED), "fiscal_year": 2026, "number": number} for number in numbers],
        "payments": [{"due_on": day, "amount": amount} for day, amount in payments],
        "promised_by": "本人",
    }


async def state(database: TestDatabase) -> list[str]:
    async with database.units() as units:
        return [row[0] for row in await rows(units, "SELECT state FROM promise ORDER BY promise_id")]


GOOD = plan(("2026-09-15", 40_000), ("2026-10-15", 33_000))


async def test_a_promise_is_broken_on_the_day_after_a_payment_did_not_come_and_kept_when_all_is_paid(
    database: TestDatabase, tmp_path: Path
) -> None:
    """C-19: paid in time, then too little; promised anew, and kept."""
    async with at_the_window(database, tmp_path, today=date(2026, 8, 20)) as client:
        made = await client.post(PERSON, json=GOOD, headers={"Idempotency-Key": "promise-1"})
        second = await client.post(PERSON, json=GOOD, headers={"Idempotency-Key": "promise-2"})
        paper = await client.get(f"{PERSON}/{made.json()['promise_id']}/document")
    assert made.status_code == 201, made.text
    assert (second.json()["code"], paper.headers["content-type"]) == ("KOKI-C125", "application/pdf")
    await pay(database, 40_000, 1, date(2026, 9, 15))
    for today, expected in ((date(2026, 9, 16), "running"), (date(2026, 10, 15), "running"), (date(2026, 10, 16), "broken")):
        await watched(database, tmp_path, today)
        assert await state(database) == [expected]
    async with at_the_window(database, tmp_path, today=date(2026, 10, 20)) as client:
        again = await client.post(PERSON, json=plan(("2026-11-16", 33_000)), headers={"Idempotency-Key": "promise-3"})
        worklist = (await client.get(f"/arrears/{CHIYODA}/worklist")).json()
    assert again.status_code == 201, again.text
    assert [(one["kind"], one["resident_number"]) for one in worklist] == []
    await pay(database, 33_000, 1, date(2026, 11, 10))
    assert (await watched(database, tmp_path, date(2026, 11, 11)))["kept"] == 1
    assert await state(database) == ["broken", "kept"]


async def test_a_broken_promise_stands_on_the_worklist_until_somebody_has_acted(database: TestDatabase, tmp_path: Path) -> None:
    """C-19"""
    async with at_the_window(database, tmp_path, today=date(2026, 8, 20)) as client:
        await client.post(PERSON, json=GOOD, headers={"Idempotency-Key": "promise-1"})
    await watched(database, tmp_path, date(2026, 9, 16))
    talk = {"on": "2026-09-18", "way": "telephone", "outcome": "will_consult"}
    async with at_the_window(database, tmp_path, today=date(2026, 9, 18)) as client:
        before = (await client.get(f"/arrears/{CHIYODA}/worklist")).json()
        await client.post(f"/people/{CHIYODA}/1/talks", json=talk, headers={"Idempotency-Key": "talk-1234"})
        after = (await client.get(f"/arrears/{CHIYODA}/worklist")).json()
    assert [(one["term"], one["since"], one["name"]) for one in before] == [("納付誓約の不履行", "2026-09-16", "架空 花子")]
    assert after == []


WRONG = {
    "less than is owed": (plan(("2026-09-15", 40_000)), "KOKI-C126"),
    "a day that has passed": (plan(("2026-08-19", 73_000)), "KOKI-C126"),
    "days out of order": (plan(("2026-10-15", 40_000), ("2026-09-15", 33_000)), "KOKI-C126"),
    "later than the right could be lost": (plan(("2028-08-15", 73_000)), "KOKI-C126"),
    "an instalment that is not due": (plan(("2026-09-15", 72_500), numbers=(5,)), "KOKI-C124"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_plan_pays_what_is_owed_in_time_or_is_no_promise(database: TestDatabase, tmp_path: Path, case: str) -> None:
    body, code = WRONG[case]
    async with at_the_window(database, tmp_path, today=date(2026, 8, 20)) as client:
        assert (await client.post(PERSON, json=body, headers={"Idempotency-Key": "promise-1"})).json()["code"] == code
    assert await state(database) == []


async def test_a_recognised_debt_begins_the_limitation_anew_without_a_plan(database: TestDatabase, tmp_path: Path) -> None:
    """C-19: 債務の承認."""
    async with at_the_window(database, tmp_path, today=date(2027, 8, 20)) as client:
        made = await client.post(PERSON, json=plan(), headers={"Idempotency-Key": "promise-1"})
        (first, *_) = (await client.get(f"/people/{CHIYODA}/1/limitations")).json()
    assert made.status_code == 201, made.text
    assert (first["completes_on"], first["steps"][0]["term"]) == ("2029-08-21", "納付誓約・債務の承認")
    assert await state(database) == ["recognised"]


async def test_each_day_is_begun_once_by_itself(database: TestDatabase, tmp_path: Path) -> None:
    """E-23: looked at twice, by two replicas or by one, a day has one run; the next day has its own."""
    for today in (date(2026, 8, 1), date(2026, 8, 2)):
        settings = Settings(service="collection", database_url=database.url, business_date=today, object_store=str(tmp_path))
        runtime = Runtime(SERVICE, settings)
        for _ in range(2):
            await watch_arrears_today(runtime)
        for run_id, _ in await jobs.approved_runs(runtime.units):
            await jobs.execute(WatchArrears(), run_id, runtime.units)
        await watch_arrears_today(runtime)
        await runtime.engine.dispose()
    async with database.units() as units:
        assert await rows(units, "SELECT parameters ->> 'on', state FROM job_run ORDER BY 1") == [
            ("2026-08-01", "reconciled"),
            ("2026-08-02", "reconciled"),
        ]
