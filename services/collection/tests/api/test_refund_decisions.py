"""還付・充当 (C-18): what was paid too much is used for overdue debts and given back, by two officers, and never dropped in silence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis.settings import Settings
from chassis.testing import Databases, TestDatabase
from collection_service import settings
from contracts.events.municipal import ResidentStatus

from services.collection.tests.api.refund_window import Window, window
from services.collection.tests.people import HACHIOJI, ROOT, apply, assessed, insured, resident, rows
from services.collection.tests.refunds import entered, lowered, paid

JULY, AUGUST = date(2026, 7, 31), date(2026, 8, 31)
LATER = date(2026, 9, 15)


@pytest.fixture(scope="module")
async def database(databases: Databases) -> TestDatabase:
    """Ten people of Chiyoda, each charged 58,050 yen in eight instalments: 7,650 in July, then 7,200; the tenth owes of 2025 too."""
    made = await databases("collection", ROOT)
    async with made.units(today=date(2025, 7, 13)) as units:
        await apply(units, assessed(10, 8_000, fiscal_year=2025))
    async with made.units() as units:
        for person in range(1, 11):
            await apply(units, resident(person), insured(person), assessed(person, 58_050))
    return made


async def propose(there: Window, person: int, **changes: Any) -> dict[str, Any]:
    case = await there.case_of(person)
    return await there.approved(f"/refund-cases/{case['case_id']}/proposal", {"kind": "refund", "reason": "過誤納のため", **changes})


async def balances(there: Window, person: int) -> tuple[int, int]:
    case = await there.case_of(person)
    return case["overpaid"], case["payable"]


async def test_what_was_paid_twice_is_used_for_the_oldest_overdue_debt_and_the_rest_given_back(
    database: TestDatabase, tmp_path: Path
) -> None:
    """C-18: August is overdue on 15 September, the instalments after it are not; the entry of each yen stands in the ledger."""
    async with window(database, tmp_path, today=LATER) as there:
        await entered(there.units, paid(1, 7_650, number=1, on=JULY), paid(1, 10_000, on=JULY), today=LATER)
        case = await there.case_of(1)
        assert [(part["amount"], part["occasion"], part["paid_on"]) for part in case["parts"]] == [
            (10_000, "二重納付・納め過ぎ", "2026-07-31")
        ]
        assert [(debt["number"], debt["unpaid"]) for debt in case["debts"]] == [(2, 7_200)]

        outcome = await propose(there, 1)

        assert outcome["shown"]["充当先"] == "令和8年度第2期 7,200円（令和8年8月31日に納付したものとみなす）"
        assert (outcome["shown"]["充当する額"], outcome["shown"]["支払う額"]) == ("7,200円", "2,800円")
        after = await there.case_of(1)
        assert [(one["kind"], one["amount"], one["state"]) for one in after["decisions"]] == [
            ("appropriation", 7_200, "充当済"), ("refund", 2_800, "通知前"),
        ]  # fmt: skip
        assert (after["overpaid"], after["payable"], after["debts"]) == (0, 2_800, [])


async def test_of_a_lowered_premium_the_last_payments_are_given_back_first(database: TestDatabase, tmp_path: Path) -> None:
    """C-18: 地方税法 第17条の4第3項."""
    async with window(database, tmp_path) as there:
        days = (date(2026, 7, 1), date(2026, 7, 5), date(2026, 7, 9))
        await entered(there.units, *(paid(2, amount, number=n + 1, on=days[n]) for n, amount in enumerate((7_650, 7_200, 7_200))))
        await entered(there.units, lowered(2, 5_000, number=1), lowered(2, 4_000, number=2))

        case = await there.case_of(2)

        assert [(part["amount"], part["paid_on"]) for part in case["parts"]] == [(7_200, "2026-07-09"), (1_800, "2026-07-05")]
        assert {part["occasion"] for part in case["parts"]} == {"保険料の減額"}
        assert {part["limit_on"] for part in case["parts"]} == {"2028-07-14"}, "two years from the day after it was lowered"


async def test_nobody_decides_what_they_have_proposed_and_no_other_municipality_sees_it(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, tmp_path) as there:
        await entered(there.units, paid(3, 3_000))
        case = await there.case_of(3)
        path = f"/refund-cases/{case['case_id']}/proposal"
        asked = await there.send(path, {"kind": "refund", "reason": "過誤納のため"})
        own = await there.client.post(f"/approvals/{asked.json()['approval_id']}/decision", json={"approved": True})
        assert (own.status_code, own.json()["code"]) == (409, "KOKI-E011")
        again = await there.send(path, {"kind": "refund", "reason": "過誤納のため"})
        assert (again.status_code, again.json()["code"]) == (409, "KOKI-C144")

        there.sits("stranger", HACHIOJI)

        assert await there.get("/refund-cases") == []
        assert (await there.client.get(f"/refund-cases/{case['case_id']}")).status_code == 404
        assert (await there.send(path, {"kind": "refund", "reason": "過誤納のため"})).status_code == 403


async def test_a_proposal_that_the_ledger_has_overtaken_is_not_carried_out(database: TestDatabase, tmp_path: Path) -> None:
    """Seen to fail without the comparison in `carry_out`."""
    async with window(database, tmp_path) as there:
        await entered(there.units, paid(4, 3_000))
        case = await there.case_of(4)
        asked = await there.send(f"/refund-cases/{case['case_id']}/proposal", {"kind": "refund", "reason": "過誤納のため"})
        await entered(there.units, paid(4, 2_000))
        there.sits("second")

        answer = await there.client.post(f"/approvals/{asked.json()['approval_id']}/decision", json={"approved": True})

        assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-C141")
        assert await balances(there, 4) == (5_000, 0)


async def test_a_decision_that_is_taken_back_leaves_its_yen_undecided_again(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, tmp_path) as there:
        await entered(there.units, paid(5, 3_000))
        (decision,) = (await propose(there, 5))["decisions"]
        assert await balances(there, 5) == (0, 3_000)

        await there.approved(f"/refund-decisions/{decision}/taking-back", {"reason": "誤り"})

        assert await balances(there, 5) == (3_000, 0)
        case = await there.case_of(5)
        assert ([one["state"] for one in case["decisions"]], case["closed_on"]) == (["取消し"], None)
        assert [part["amount"] for part in case["parts"]] == [3_000]


async def test_what_can_be_claimed_no_more_waits_for_an_officer_and_goes_to_its_own_account(database: TestDatabase, tmp_path: Path) -> None:
    """I-17: the sample union has no rule for 特別返還金, so that two officers decide, and the case stays open until they have."""
    async with window(database, tmp_path) as there:
        await entered(there.units, paid(6, 3_000, on=date(2024, 7, 1)), paid(6, 500, on=date(2024, 7, 13)))
    async with window(database, tmp_path, today=date(2026, 7, 13)) as there:
        case = await there.case_of(6)
        assert [(part["amount"], part["kind"]) for part in case["parts"]] == [(500, "refund"), (3_000, "extinction")]
        assert case["next"] == ["還付・充当の決定", "時効を過ぎた過誤納の確認"]
        assert case["days_left"] < 0

        await propose(there, 6)
        assert await balances(there, 6) == (3_000, 500)
        outcome = await propose(there, 6, kind="extinction", reason="2年を過ぎて請求がないため")

        assert outcome["shown"]["時効により収入とする額"] == "3,000円"
        assert await balances(there, 6) == (0, 500)
        extinct = "SELECT amount FROM money_entry WHERE credit = 'extinct_refund'"
        assert await rows(there.units, extinct) == [(3_000,)]


async def test_a_union_with_a_rule_of_its_own_gives_back_what_is_extinct_under_that_rule(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-17: another legal basis, and no 還付加算金."""
    monkeypatch.setattr(settings, "current", lambda: Settings(service="collection", sample_data=True, union="40"))
    async with window(database, tmp_path) as there:
        await entered(there.units, paid(7, 400_000, on=date(2023, 7, 31)))
        case = await there.case_of(7)
        assert case["next"] == ["特別返還金の決定（還付の時効が過ぎています）"]
        refused = await there.send(f"/refund-cases/{case['case_id']}/proposal", {"kind": "refund", "reason": "過誤納のため"})
        assert (refused.status_code, refused.json()["code"]) == (409, "KOKI-C140")

        await propose(there, 7, kind="special_refund")

        (decision,) = (await there.case_of(7))["decisions"]
        assert (decision["kind_term"], decision["amount"], decision["refund_addition"]) == ("特別返還金", 400_000, 0)
        assert "特別返還金の定め" in decision["legal_basis"]


async def test_what_was_taken_from_a_pension_after_a_death_goes_back_to_the_pension_payer_and_the_rest_to_the_heirs(
    database: TestDatabase, tmp_path: Path
) -> None:
    """C-18: a case of its own kind, without 還付加算金."""
    async with window(database, tmp_path) as there:
        await apply(
            there.units,
            resident(8, sequence=2, status=ResidentStatus.DIED, changed_on=date(2026, 7, 2)),
            insured(8, sequence=2, lost_on=date(2026, 7, 3)),
        )
        await entered(
            there.units,
            paid(8, 7_650, number=1, on=date(2026, 6, 15), source="pension"),
            paid(8, 7_200, number=2, on=date(2026, 7, 10), source="pension"),
        )
        await entered(there.units, lowered(8, 7_200, number=2), lowered(8, 1_000, number=1))
        case = await there.case_of(8)
        assert sorted((part["amount"], part["kind"], part["occasion"]) for part in case["parts"]) == [
            (1_000, "refund", "死亡による減額"), (7_200, "pension_return", "死亡による減額"),
        ]  # fmt: skip

        path = f"/refund-cases/{case['case_id']}/proposal"
        asked = await there.send(path, {"kind": "refund", "reason": "未支給年金の分", "pension_to_heirs": True})
        assert asked.json()["shown"]["還付する額"] == "8,200円"
        declined = {"approved": False, "remark": "年金機構から返納の依頼あり"}
        there.sits("second")
        await there.client.post(f"/approvals/{asked.json()['approval_id']}/decision", json=declined)

        await propose(there, 8, kind="pension_return", payer_name="日本年金機構")
        await propose(there, 8)

        decisions = (await there.case_of(8))["decisions"]
        assert [(one["payee"], one["payer_name"], one["amount"]) for one in decisions] == [
            ("pension_payer", "日本年金機構", 7_200), ("heirs", None, 1_000),
        ]  # fmt: skip


async def test_the_worklist_tells_the_age_the_next_step_and_the_day_of_the_limitation(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, tmp_path) as there:
        await entered(there.units, paid(9, 3_000, on=date(2026, 7, 1)), today=date(2026, 7, 3))

        (line,) = [each for each in await there.get("/refund-cases") if each["resident_number"] == "9"]

    assert (line["age_days"], line["overpaid"], line["next"], line["limit_on"], line["days_left"]) == (
        10, 3_000, ["還付・充当の決定"], "2028-07-02", 720,
    )  # fmt: skip


async def test_a_debt_of_another_year_is_paid_through_the_account_of_transfers(database: TestDatabase, tmp_path: Path) -> None:
    """C-18: two fiscal years are accounts apart, and nothing stays between them."""
    async with window(database, tmp_path, today=LATER) as there:
        await entered(
            there.units, paid(10, 7_650, number=1, on=JULY), paid(10, 7_200, number=2, on=JULY), paid(10, 5_000, on=JULY), today=LATER
        )

        await propose(there, 10)

        moved = (
            "SELECT debit, credit, fiscal_year, amount FROM money_entry WHERE source = 'appropriation' AND 'transfer' IN (debit, credit) "
        )
        found = await rows(there.units, f"{moved} ORDER BY fiscal_year DESC, number")
        assert {row[:3] for row in found} == {("overpaid", "transfer", 2026), ("transfer", "receivable", 2025)}
        assert sum(row[3] for row in found if row[2] == 2025) == 5_000 == sum(row[3] for row in found if row[2] == 2026)
        assert (await there.case_of(10))["closed_on"] == LATER.isoformat(), "nothing is left of it"
