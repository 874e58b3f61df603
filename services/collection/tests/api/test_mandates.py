"""口座振替の登録: two officers for each account, one account a day, numbers masked, nothing lost at a change."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from chassis.testing import Databases, TestDatabase

from services.collection.tests.accounts import asking, branches, mandate, person
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, rows

PATH = f"/people/{CHIYODA}/1/mandates"
FORM: dict[str, Any] = {
    "bank_code": "9901", "branch_code": "102", "account_kind": "1", "account_number": "1234567", "holder": "かくう　はなこ",
    "applied_on": "2026-07-10", "since": "2026-07-20",
}  # fmt: skip


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """Person 1 of Chiyoda with a premium; the banks of the sample union."""
    made = await databases("collection", ROOT)
    async with made.units() as units:
        await person(units, 1)
        await branches(units)
    return made


async def proposed(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post(PATH, json=FORM | changes, headers={"Idempotency-Key": str(uuid4())})


async def decided(client: httpx.AsyncClient, approval_id: str) -> httpx.Response:
    return await client.post(f"/approvals/{approval_id}/decision", json={"approved": True})


async def given(database: TestDatabase, store: Path, *, today: date = date(2026, 7, 13), **changes: Any) -> None:
    async with asking(database, store, "first", today=today) as client:
        asked = (await proposed(client, **changes)).json()["approval_id"]
    async with asking(database, store, "second", today=today) as client:
        assert (await decided(client, asked)).status_code == 200


async def test_an_account_is_used_only_after_a_second_officer_has_read_every_digit(database: TestDatabase, tmp_path: Path) -> None:
    """C-05; the rule for accounts of I-35."""
    async with asking(database, tmp_path, "first") as client:
        asked = (await proposed(client)).json()["approval_id"]
        assert (await client.get(PATH)).json() == []
        refused = await decided(client, asked)
        assert (refused.status_code, refused.json()["code"]) == (409, "KOKI-E011")
    async with asking(database, tmp_path, "second") as client:
        (waiting,) = (await client.get("/approvals")).json()
        assert waiting["shown"] == {
            "被保険者": "架空 花子", "金融機関": "架空銀行（9901）", "店舗": "北支店（102）", "口座": "普通 1234567",
            "口座名義人": "ｶｸｳ ﾊﾅｺ", "申込日": "令和8年7月10日", "開始日": "令和8年7月20日", "いまの口座": "なし",
        }  # fmt: skip
        assert (await decided(client, asked)).status_code == 200
        (shown,) = (await client.get(PATH)).json()
    assert (shown["account_number"], shown["bank"], shown["since"], shown["until"]) == ("****567", "架空銀行", "2026-07-20", None)
    assert (shown["asked_by"], shown["confirmed_by"]) == ("first", "second")


async def test_another_account_ends_the_one_before_it_the_day_before(database: TestDatabase, tmp_path: Path) -> None:
    await given(database, tmp_path)
    await given(database, tmp_path, account_number="7654321", since="2026-08-03")
    async with asking(database, tmp_path) as client:
        new, old = (await client.get(PATH)).json()
    assert (old["account_number"], old["since"], old["until"]) == ("****567", "2026-07-20", "2026-08-02")
    assert (new["account_number"], new["since"], new["until"]) == ("****321", "2026-08-03", None)


async def test_an_account_is_ended_with_a_reason_by_two_officers(database: TestDatabase, tmp_path: Path) -> None:
    await given(database, tmp_path)
    async with asking(database, tmp_path, "first", today=date(2026, 8, 3)) as client:
        body = {"last_day": "2026-08-31", "reason": "本人の申出"}
        asked = (await client.post(f"{PATH}/end", json=body, headers={"Idempotency-Key": "end-0001"})).json()["approval_id"]
    async with asking(database, tmp_path, "second", today=date(2026, 8, 3)) as client:
        assert (await decided(client, asked)).status_code == 200
        (shown,) = (await client.get(PATH)).json()
    assert (shown["until"], shown["ended_because"]) == ("2026-08-31", "本人の申出")


WRONG = {
    "a branch that does not exist": ({"branch_code": "999"}, "KOKI-C081"),
    "a first day in the past": ({"since": "2026-07-01"}, "KOKI-C080"),
    "an application of tomorrow": ({"applied_on": "2026-07-14"}, "KOKI-C080"),
    "a holder in characters that the banks have not": ({"holder": "架空花子"}, "KOKI-C082"),
    "a holder without room": ({"holder": "カ" * 31}, "KOKI-C082"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_the_banks_would_refuse_is_refused_at_the_window(database: TestDatabase, tmp_path: Path, what: str) -> None:
    changes, code = WRONG[what]
    async with asking(database, tmp_path) as client:
        refused = await proposed(client, **changes)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_clerk_of_another_municipality_neither_sees_nor_gives_an_account(database: TestDatabase, tmp_path: Path) -> None:
    await given(database, tmp_path)
    async with asking(database, tmp_path, municipalities=frozenset({HACHIOJI})) as client:
        assert (await client.get(PATH)).json() == []
        assert (await proposed(client)).status_code == 403


async def test_a_new_number_or_qualification_does_not_lose_the_account(database: TestDatabase, tmp_path: Path) -> None:
    """I-09: the mandate hangs on the resident. Somebody who was renumbered, and another qualification, are still paid from it."""
    await given(database, tmp_path)
    async with database.units(today=date(2026, 8, 3)) as units:
        await apply(units, insured(1, sequence=2, insured_number="99999999"))
        await apply(units, insured(50, resident_number="1"), assessed(50, 9_000, resident_number="1"))
        found = await rows(units, "SELECT insured_id, method FROM instalment_method WHERE due_on = '2026-08-31' ORDER BY 1")
    assert [method for _, method in found] == ["account", "account"]


ATTACKS = [
    "UPDATE bank_mandate SET account_number = '0000000'",
    "UPDATE bank_mandate SET resident_number = '2'",
    "DELETE FROM bank_mandate",
]


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_account_that_two_officers_have_confirmed_is_never_changed(database: TestDatabase, attack: str) -> None:
    """Seen to fail without the two triggers of migration 0008."""
    async with database.units() as units:
        await mandate(units, 1)
    connection = await asyncpg.connect(database.owner_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(attack)
    finally:
        await connection.close()


async def test_two_accounts_on_one_day_are_refused_by_the_database(database: TestDatabase) -> None:
    """Seen to fail without the exclusion constraint."""
    async with database.units() as units:
        await mandate(units, 1)
    connection = await asyncpg.connect(database.owner_url)
    try:
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute(
                "INSERT INTO bank_mandate SELECT gen_random_uuid(), municipality_code, resident_number, bank_code, branch_code,"
                " account_kind, '7777777', holder_kana, daterange('2027-01-01', NULL), applied_on, origin, approval_id, run_id, NULL"
                " FROM bank_mandate"
            )
    finally:
        await connection.close()
