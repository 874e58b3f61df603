"""窓口収納 and its cancel, 消込エラー and what is done with them: over HTTP, as the gateway asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.testing import Databases, TestDatabase
from contracts.events.eligibility import InsuredLost, LossReason
from contracts.events.municipal import ResidentStatus

from services.collection.tests.api.asking import asking
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, resident, rows
from services.collection.tests.receipts import PAID_ON, balances, of_nobody, paid, take

RECEIPTS = f"/people/{CHIYODA}/1/receipts"
SLIP = {"fiscal_year": 2026, "number": 1, "amount": 7_650, "paid_on": "2026-07-10", "slip_number": "A-1"}


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """Two people of Chiyoda, charged 7,650 yen for the first instalment."""
    made = await databases("collection", ROOT)
    async with made.units() as units:
        for number in (1, 2):
            await apply(units, resident(number), insured(number), assessed(number, 58_050))
    return made


async def post(client: httpx.AsyncClient, path: str, key: str, body: dict[str, Any]) -> tuple[int, Any]:
    reply = await client.post(path, json=body, headers={"Idempotency-Key": f"key-{key:>05}"})
    return reply.status_code, reply.json()


async def test_a_counter_receipt_is_entered_once_for_its_key_and_once_for_its_slip(database: TestDatabase, tmp_path: Path) -> None:
    """C-04"""
    async with asking(database, tmp_path, frozenset({CHIYODA})) as client, database.units() as units:
        first = await post(client, RECEIPTS, "1", SLIP)
        assert first == (201, {"reference": f"{CHIYODA}:A-1", "settled": 7_650, "repeated": False})
        assert await post(client, RECEIPTS, "1", SLIP) == first, "the same key again gives the same answer"
        assert (await post(client, RECEIPTS, "2", SLIP))[1]["repeated"] is True
        changed = await post(client, RECEIPTS, "3", SLIP | {"amount": 7_000})

        assert (changed[0], changed[1]["code"]) == (409, "KOKI-C011")
        assert await balances(units) == {"cash": 7_650, "receivable": -7_650}
        (shown,) = (await client.get(RECEIPTS)).json()
        assert (shown["source"], shown["amount"], shown["number"], shown["cancelled_on"]) == ("counter", 7_650, 1, None)


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "more than is unpaid": ({"amount": 7_651}, 409, "KOKI-C012"),
    "an instalment that is not charged": ({"number": 9}, 409, "KOKI-C012"),
    "a day to come": ({"paid_on": "2026-07-14"}, 422, "KOKI-C010"),
    "a year that is not charged": ({"fiscal_year": 2025}, 404, "KOKI-C016"),
}


async def test_what_a_counter_must_not_take_is_refused_in_japanese_and_leaves_nothing(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, frozenset({CHIYODA})) as client, database.units() as units:
        for key, (changes, status, code) in enumerate(REFUSED.values()):
            answered, problem = await post(client, RECEIPTS, str(key), SLIP | changes)
            assert (answered, problem["code"]) == (status, code)
        _, problem = await post(client, RECEIPTS, "x", SLIP | {"amount": 8_000})
        assert problem["detail"] == "この期別の未納額は7,650円です。"
        assert await rows(units, "SELECT 1 FROM receipt") == []


async def test_a_clerk_of_another_municipality_neither_takes_nor_sees(database: TestDatabase, tmp_path: Path) -> None:
    async with database.units() as units:
        await take(units, paid(1, 7_650), of_nobody(900))
    async with asking(database, tmp_path, frozenset({HACHIOJI})) as client:
        assert (await post(client, RECEIPTS, "1", SLIP))[0] == 403
        assert (await client.get(RECEIPTS)).json() == []
        assert (await client.get("/receipt-exceptions")).json() == []
        assert (await client.get(f"/people/{CHIYODA}/1/payments")).json() == []
        assert (await client.get("/collection-status", params={"fiscal_year": 2026})).json() == []


async def test_a_counter_receipt_is_cancelled_by_a_second_officer_only(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, frozenset({CHIYODA})) as client, database.units() as units:
        await post(client, RECEIPTS, "1", SLIP)
        (receipt,) = (await client.get(RECEIPTS)).json()
        cancel = f"{RECEIPTS}/{receipt['receipt_id']}/cancellation"
        status, asked = await post(client, cancel, "2", {"reason": "別の方の納付でした。"})
        assert (status, await balances(units)) == (202, {"cash": 7_650, "receivable": -7_650})
        assert (await post(client, cancel, "3", {"reason": "もう一度"}))[1]["code"] == "KOKI-C014"
        decision = f"/approvals/{asked['approval_id']}/decision"
        assert (await client.post(decision, json={"approved": True})).json()["code"] == "KOKI-E011"

        async with asking(database, tmp_path, frozenset({CHIYODA}), user="second") as other:
            (waiting,) = (await other.get("/approvals")).json()
            assert waiting["shown"] == {
                "被保険者": "架空 花子（被保険者番号 00000001）",
                "年度・期別": "令和8年度 第1期",
                "領収日": "令和8年7月10日",
                "金額": "7,650円",
                "領収証書番号": "A-1",
                "取消しの理由": "別の方の納付でした。",
            }
            assert (await other.post(decision, json={"approved": True})).json()["outcome"]["cancelled"] is True

        assert await balances(units) == {}
        (receipt,) = (await client.get(RECEIPTS)).json()
        assert (receipt["cancelled_on"], receipt["reason"]) == ("2026-07-13", "別の方の納付でした。")
        assert (await post(client, cancel, "4", {"reason": "もう一度"}))[1]["code"] == "KOKI-C014"


async def test_what_a_bank_told_is_not_cancelled_at_the_counter(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, None) as client, database.units() as units:
        await take(units, paid(1, 7_650))
        (receipt,) = (await client.get(RECEIPTS)).json()
        assert (await post(client, f"{RECEIPTS}/{receipt['receipt_id']}/cancellation", "1", {"reason": "誤り"}))[1]["code"] == "KOKI-C013"


async def test_unidentified_money_is_given_to_whom_it_belongs_once(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, frozenset({CHIYODA})) as client, database.units() as units:
        await take(units, of_nobody(8_000), replace(of_nobody(500, "elsewhere"), municipality_code=HACHIOJI))
        (found,) = (await client.get("/receipt-exceptions")).json()
        assert (found["kind"], found["amount"], found["days"], found["reference"]) == ("unidentified", 8_000, 3, "nobody")

        resolution = {"receipt_id": found["receipt_id"], "fiscal_year": 2026, "number": 1}
        path = f"/people/{CHIYODA}/1/identified-receipts"
        assert await post(client, path, "1", resolution) == (201, {"reference": "nobody", "settled": 7_650, "overpaid": 350})
        assert (await post(client, path, "2", resolution))[1]["code"] == "KOKI-C017"
        ((elsewhere,),) = await rows(units, "SELECT receipt_id::text FROM receipt WHERE reference = 'elsewhere'")
        assert (await post(client, path, "3", resolution | {"receipt_id": elsewhere}))[1]["code"] == "KOKI-C018"

        assert [one["kind"] for one in (await client.get("/receipt-exceptions")).json()] == ["overpaid"]
        assert await balances(units) == {"cash": 8_500, "receivable": -7_650, "overpaid": -350, "unidentified": -500}
        (receipt,) = (await client.get(RECEIPTS)).json()
        assert (receipt["reference"], receipt["fiscal_year"], receipt["number"]) == ("nobody", 2026, 1)


async def test_money_that_came_by_itself_after_a_death_waits_for_somebody_to_look_at_it(database: TestDatabase, tmp_path: Path) -> None:
    """I-04: the bank and the pension payer did not know; what heirs pay at a counter is no error."""
    lost = {"sequence": 2, "lost_on": date(2026, 7, 5), "loss_reason": LossReason.DEATH}
    async with asking(database, tmp_path, frozenset({CHIYODA})) as client, database.units() as units:
        await apply(units, InsuredLost(**{**dict(insured(1)), **lost}), resident(1, sequence=2, status=ResidentStatus.DIED))
        await take(units, paid(1, 7_650), paid(1, 7_200, 2, source="counter"), paid(1, 7_200, 3, paid_on=date(2026, 7, 4)), paid(2, 7_650))
        (found,) = (await client.get("/receipt-exceptions")).json()
        assert (found["kind"], found["amount"], found["paid_on"], found["name"]) == ("deceased", 7_650, PAID_ON.isoformat(), "架空 花子")

        reviewed = await post(client, f"/receipt-exceptions/{found['receipt_id']}/review", "1", {"remark": "相続人に確認済み"})
        assert reviewed == (201, {"receipt_id": found["receipt_id"], "reviewed": True})
        assert (await client.get("/receipt-exceptions")).json() == []
        assert await rows(units, "SELECT receipt_id, reviewed_by FROM receipt_review") == [(UUID(found["receipt_id"]), "clerk")]
