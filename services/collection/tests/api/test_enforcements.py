"""滞納処分 (C-10): only an appointed officer acts, only after a demand in vain, and what is distributed stands in the ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from chassis.testing import Databases, TestDatabase
from collection_service.domain.enforcements import NEXT, OutOfTurn, State, Step, after

from services.collection.tests.api.test_arrears import at_the_window, owing
from services.collection.tests.jobs.test_issue_demands import run
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, rows
from services.collection.tests.store.test_money import PERSON as INSURED

PERSON = f"/people/{CHIYODA}/1"
CASES = f"{PERSON}/enforcements"
TODAY = date(2026, 10, 1)
APPOINTED = {"user_name": "clerk", "name": "徴収 一郎", "certificate_number": "第12号", "valid_from": "2026-04-01"}


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    """Person 1 owes everything; the first instalment was demanded in vain."""
    made = await databases("collection", ROOT)
    async with made.units(store=tmp_path) as units:
        await owing(units)
    async with made.units(store=tmp_path, today=date(2026, 8, 17)) as units:
        await run(units)
    return made


async def appointed(database: TestDatabase, store: Path, **changes: Any) -> httpx.Response:
    async with at_the_window(database, store, today=TODAY, role="municipal_manager", user="manager") as client:
        return await client.post(f"/collection-officers/{CHIYODA}", json=APPOINTED | changes)


def acting(**changes: Any) -> dict[str, Any]:
    usual = {"on": TODAY.isoformat(), "what": "預金の調査", "document_title": "調査記録", "document_reference": "徴-2026-001"}
    return usual | changes


def opening(*numbers: int) -> dict[str, Any]:
    return acting(instalments=[{"insured_id": str(INSURED), "fiscal_year": 2026, "number": number} for number in numbers])


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": f"enforce-{key}"})


async def test_only_an_appointed_officer_acts_and_only_while_the_appointment_holds(database: TestDatabase, tmp_path: Path) -> None:
    """C-10: seen to fail without the question for the appointment."""
    async with at_the_window(database, tmp_path, today=TODAY) as client:
        nobody = await post(client, CASES, opening(1), "nobody")
        own = await client.post(f"/collection-officers/{CHIYODA}", json=APPOINTED)
    assert (nobody.status_code, nobody.json()["code"], own.status_code) == (403, "KOKI-C130", 403)
    assert (await appointed(database, tmp_path, valid_until="2026-09-30")).status_code == 201
    assert (await appointed(database, tmp_path, user_name="manager")).json()["code"] == "KOKI-C128"
    async with at_the_window(database, tmp_path, today=TODAY) as client:
        expired = await post(client, CASES, opening(1), "expired")
        in_time = await post(client, CASES, opening(1) | {"on": "2026-09-30"}, "in-its-time")
    assert (expired.json()["code"], in_time.json()["code"]) == ("KOKI-C130", "KOKI-C130")
    await appointed(database, tmp_path)
    async with at_the_window(database, tmp_path, today=TODAY) as client:
        assert (await post(client, CASES, opening(1), "at-last")).status_code == 201
    async with at_the_window(database, tmp_path, today=TODAY, of=HACHIOJI) as client:
        assert (await post(client, CASES, opening(1), "stranger")).status_code == 403


async def test_nothing_is_seized_for_what_was_not_demanded_or_is_promised(database: TestDatabase, tmp_path: Path) -> None:
    """C-10: the second instalment is overdue and was never demanded; the first is promised afterwards."""
    await appointed(database, tmp_path)
    plan = {"instalments": opening(1)["instalments"], "payments": [{"due_on": "2026-11-16", "amount": 73_000}], "promised_by": "本人"}
    async with at_the_window(database, tmp_path, today=TODAY) as client:
        undemanded = await post(client, CASES, opening(1, 2), "undemanded")
        case = (await post(client, CASES, opening(1), "first")).json()["enforcement_id"]
        await post(client, f"{PERSON}/promises", plan, "promise")
        promised = await post(client, f"{CASES}/{case}/steps", acting(step="seize"), "seize")
    assert "督促していません" in undemanded.json()["detail"]
    assert "納付誓約を履行中" in promised.json()["detail"]


async def test_from_the_search_to_the_distribution_each_step_has_its_officer_its_paper_and_its_yen(
    database: TestDatabase, tmp_path: Path
) -> None:
    """C-10, C-19: what was distributed settles the instalment; the seizure holds the limitation, and begins it anew when it is over."""
    await appointed(database, tmp_path)
    share = {"insured_id": str(INSURED), "fiscal_year": 2026, "number": 1, "premium": 73_000, "late_charge": 1_000}
    async with at_the_window(database, tmp_path, today=TODAY) as client:
        case = (await post(client, CASES, opening(1), "open")).json()["enforcement_id"]
        steps = f"{CASES}/{case}/steps"
        too_soon = await post(client, steps, acting(step="distribute", shares=[share]), "too-soon")
        await post(client, steps, acting(step="investigate"), "investigate")
        seized = await post(client, steps, acting(step="seize", what="普通預金の差押え", document_title="差押調書"), "seize")
        held = (await client.get(f"{PERSON}/limitations")).json()[0]
        earlier = await post(client, steps, acting(step="convert", amount=80_000, on="2026-09-30"), "earlier")
        await post(client, steps, acting(step="convert", amount=80_000, document_title="領収証書"), "convert")
        wrong = await post(client, steps, acting(step="distribute", shares=[share], surplus=5_000), "wrong")
        more = await post(client, steps, acting(step="distribute", shares=[share | {"premium": 79_000}]), "more")
        paper = {"document_title": "配当計算書", "what": "配当"}
        for _ in range(2):
            done = await post(client, steps, acting(step="distribute", shares=[share], surplus=6_000, **paper), "distribute")
        (listed,) = (await client.get(CASES)).json()
        owed = (await client.get(f"{PERSON}/arrears")).json()["instalments"]
    assert (too_soon.status_code, "「財産調査中」のときに「配当」はできません" in too_soon.json()["detail"]) == (409, True)
    assert (seized.json()["term"], held["completes_on"]) == ("差押中", None)
    assert "より前の日" in earlier.json()["detail"]
    assert "換価・取立の額80,000円と違います" in wrong.json()["detail"]
    assert "未納は73,000円です" in more.json()["detail"]
    assert done.json()["term"] == "配当済"
    assert [step["step"] for step in listed["steps"]] == ["open", "investigate", "seize", "convert", "distribute"]
    assert {(step["officer_name"], step["certificate_number"]) for step in listed["steps"]} == {("徴収 一郎", "第12号")}
    assert listed["steps"][-1]["what"] == "配当（残余金 6,000円を交付）"
    assert [each["number"] for each in owed] == [2, 3]
    async with database.units() as units:
        found = await rows(units, "SELECT debit, credit, amount, source FROM money_entry ORDER BY amount")
        assert found == [("cash", "late_charge", 1_000, "enforcement"), ("cash", "receivable", 73_000, "enforcement")]


@pytest.mark.parametrize("step", [Step.RELEASE, Step.WITHDRAW])
async def test_a_seizure_that_is_given_up_moves_the_limitation_by_how_it_ended(database: TestDatabase, tmp_path: Path, step: Step) -> None:
    """C-10, C-19: released after payment it begins anew; withdrawn, it only holds for six months."""
    await appointed(database, tmp_path)
    async with at_the_window(database, tmp_path, today=TODAY) as client:
        case = (await post(client, CASES, opening(1), "open")).json()["enforcement_id"]
        for name in (Step.SEIZE, step):
            answer = await post(client, f"{CASES}/{case}/steps", acting(step=name.value), name.value)
            assert answer.status_code == 201, answer.text
        first = (await client.get(f"{PERSON}/limitations")).json()[0]
    expected = {Step.RELEASE: ("2028-10-02", "完成猶予のち更新"), Step.WITHDRAW: ("2028-08-18", "完成猶予")}
    assert (first["completes_on"], first["steps"][-1]["effect"]) == expected[step]


async def test_a_step_that_was_taken_stays_as_it_was_written(database: TestDatabase, tmp_path: Path) -> None:
    """C-10"""
    await appointed(database, tmp_path)
    async with at_the_window(database, tmp_path, today=TODAY) as client:
        await post(client, CASES, opening(1), "open")
    connection = await asyncpg.connect(database.owner_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("UPDATE enforcement_step SET officer_name = '別人'")
    finally:
        await connection.close()


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_a_step_follows_where_the_table_says_and_nowhere_else(state: State, step: Step) -> None:
    if (state, step) in NEXT:
        assert after(state, step) is NEXT[state, step]
    else:
        with pytest.raises(OutOfTurn):
            after(state, step)
