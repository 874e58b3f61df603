"""還付の通知, 請求, 支払い (C-18): one sheet, an account that two officers confirm, and a list whose yen are the ledger's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis import jobs
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases, TestDatabase
from collection_service.jobs.pay_refunds import PayRefunds
from contracts.events.municipal import ResidentStatus

from services.collection.tests.api.refund_window import Window, window
from services.collection.tests.people import CHIYODA, ROOT, apply, assessed, insured, resident
from services.collection.tests.refunds import entered, paid

PAY_ON, NEXT = date(2026, 7, 31), date(2026, 8, 3)
BANK = {
    "bank_code": "0001", "bank_name": "架空銀行", "branch_code": "001", "branch_name": "本店", "account_type": 1,
    "account_number": "1234567", "holder_kana": "ｶｸｳ ﾊﾅｺ",
}  # fmt: skip
HEIR = {
    "name": "架空 一郎", "relationship": "長男", "postal_code": "1000002", "address": ["東京都千代田区皇居外苑2番2号"],
    "documents": ["representative_form", "family_register", "identity"],
}  # fmt: skip


@pytest.fixture(scope="module")
async def database(databases: Databases) -> TestDatabase:
    """Six people of Chiyoda, charged 58,050 yen each."""
    made = await databases("collection", ROOT)
    async with made.units() as units:
        for person in range(1, 7):
            await apply(units, resident(person), insured(person), assessed(person, 58_050))
    return made


async def decided(there: Window, person: int, amount: int = 3_000, **changes: Any) -> str:
    """Somebody has paid too much, and a refund is decided: the decision."""
    await entered(there.units, paid(person, amount, **changes))
    case = await there.case_of(person)
    outcome = await there.approved(f"/refund-cases/{case['case_id']}/proposal", {"kind": "refund", "reason": "過誤納のため"})
    found: str = outcome["decisions"][-1]
    return found


async def noticed(there: Window, decision: str) -> str:
    """The notice is made: its number."""
    answer = await there.send(f"/refund-decisions/{decision}/notice", {})
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["claim_code"]
    return code


async def claimed(there: Window, decision: str) -> None:
    """The claim has come back, and the account is confirmed."""
    code = await noticed(there, decision)
    await there.approved(f"/refund-decisions/{decision}/account", {**BANK, "claim_code": code})


async def run(there: Window) -> tuple[str, dict[str, Any]]:
    """The payments of the day in a list: the run, and its result."""
    run_id = await jobs.prepare(PayRefunds(), {"municipality_code": CHIYODA, "pay_on": PAY_ON.isoformat()}, there.units, by="tester")
    await jobs.approve(run_id, there.units, by="another")
    return str(run_id), await jobs.execute(PayRefunds(), run_id, there.units)


async def decision_of(there: Window, person: int) -> dict[str, Any]:
    found: dict[str, Any] = (await there.case_of(person))["decisions"][-1]
    return found


async def test_notice_and_claim_are_one_sheet_with_the_same_number_twice(database: TestDatabase, tmp_path: Path) -> None:
    """I-37: and a claim under another number than that of the decision is refused."""
    async with window(database, tmp_path) as there:
        decision = await decided(there, 1, 300_000, on=date(2025, 7, 31))
        code = await noticed(there, decision)

        document = await there.client.get(f"/refund-decisions/{decision}/notice")

        (page,) = PageTexts(document.content)
        assert page.count(code) == 2
        assert "還付する額302,900円" in page
        assert "還付加算金2,900円を含む" in page, "300,000 × (0.9% × 122 + 1.3% × 194) ÷ 365"
        assert "令和10年7月13日まで" in page, "two years from the day after the notice"
        refused = await there.send(f"/refund-decisions/{decision}/account", {**BANK, "claim_code": "R9999999-9"})
        assert (refused.status_code, refused.json()["code"]) == (422, "KOKI-C146")


async def test_a_refund_is_paid_only_to_a_confirmed_account_and_closes_its_case(database: TestDatabase, tmp_path: Path) -> None:
    """C-18: the list on paper and as CSV, its yen those of the ledger; a claim that has not come is in no list."""
    async with window(database, tmp_path) as there:
        waiting, ready = await decided(there, 2), await decided(there, 3, 4_000)
        await noticed(there, waiting)
        await claimed(there, ready)

        run_id, result = await run(there)

        assert result == {"totals": {"payments": 1, "amount": 4_000}, "differences": {}}
        assert (await decision_of(there, 3))["state"] == "振込手続中"
        assert (await decision_of(there, 2))["next"] == "請求書の受付（口座の登録）"
        csv = (await there.client.get(f"/refund-payments/{run_id}/list?form=csv")).content.decode("utf-8-sig")
        assert '"普通 1234567"' in csv
        assert ('"4000"' in csv, '"3000"' in csv) == (True, False)
        (page,) = PageTexts((await there.client.get(f"/refund-payments/{run_id}/list")).content)
        assert "合計1件4,000円" in page
        early = await there.send(f"/refund-payments/{run_id}/results", {"results": [{"number": 1, "is_paid": True}]})
        assert early.json()["code"] == "KOKI-C151"
    async with window(database, tmp_path, today=NEXT) as there:
        answer = await there.send(f"/refund-payments/{run_id}/results", {"results": [{"number": 1, "is_paid": True}]})
        assert answer.json() == {"paid": 1, "failed": 0}
        again = await there.send(f"/refund-payments/{run_id}/results", {"results": [{"number": 1, "is_paid": True}]})
        assert (again.status_code, again.json()["code"]) == (409, "KOKI-C151")
        case = await there.case_of(3)
        assert (case["closed_on"], case["decisions"][0]["state"]) == ("2026-08-03", "支払済")


async def test_a_payment_that_comes_back_is_payable_again_and_needs_the_account_anew(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, tmp_path) as there:
        await claimed(there, await decided(there, 4))
        run_id, _ = await run(there)
    async with window(database, tmp_path, today=NEXT) as there:
        await there.send(f"/refund-payments/{run_id}/results", {"results": [{"number": 1, "is_paid": True}]})
        assert (await there.case_of(4))["closed_on"] is not None

        back = {"results": [{"number": 1, "is_paid": False, "reason": "口座名義相違のため組戻し"}]}
        assert (await there.send(f"/refund-payments/{run_id}/results", back)).json() == {"paid": 0, "failed": 1}

        case = await there.case_of(4)
        assert (case["closed_on"], case["payable"]) == (None, 3_000)
        (decision,) = case["decisions"]
        assert (decision["state"], decision["next"], decision["account_on"]) == ("振込不能", "口座の確かめ直し（前回の振込不能）", None)


async def test_nobody_who_has_died_is_written_to_or_paid_and_the_heirs_are(database: TestDatabase, tmp_path: Path) -> None:
    """I-04: between the decision and the payment; the representative needs the papers, and the letter finds the right words."""
    async with window(database, tmp_path) as there:
        decision = await decided(there, 5)
        await claimed(there, decision)
        await apply(there.units, resident(5, sequence=2, status=ResidentStatus.DIED), insured(5, sequence=2, lost_on=date(2026, 7, 10)))

        refused = await there.send(f"/refund-decisions/{decision}/notice", {})
        assert (refused.status_code, refused.json()["code"]) == (422, "KOKI-C145")
        run_id = await jobs.prepare(PayRefunds(), {"municipality_code": CHIYODA, "pay_on": "2026-07-31"}, there.units, by="tester")
        async with there.units.open() as uow:
            (found,) = await jobs.runs(uow, run_id=run_id)
        assert "被保険者が亡くなっています。相続人代表者を登録してください。" in found["preview"]["held"]
        case = await there.case_of(5)
        short = await there.send(f"/refund-cases/{case['case_id']}/representative", {**HEIR, "documents": ["identity"]})
        assert (short.status_code, short.json()["code"]) == (422, "KOKI-C148")

        await there.approved(f"/refund-cases/{case['case_id']}/representative", HEIR)
        await noticed(there, decision)

        document = await there.client.get(f"/refund-decisions/{decision}/notice")
        (page,) = PageTexts(document.content)
        assert page.startswith("〒100-0002東京都千代田区皇居外苑2番2号架空一郎様")
        assert "謹んでお悔やみ申し上げます" in page
        assert (await decision_of(there, 5))["next"] == "口座の登録（受け取る人が変わりました）"


async def test_the_list_of_a_run_leaves_out_whoever_dies_after_it_was_planned(database: TestDatabase, tmp_path: Path) -> None:
    """I-04: seen to fail without the second look in `take`."""
    async with window(database, tmp_path) as there:
        await claimed(there, await decided(there, 6))
        run_id = await jobs.prepare(PayRefunds(), {"municipality_code": CHIYODA, "pay_on": PAY_ON.isoformat()}, there.units, by="tester")
        await apply(there.units, resident(6, sequence=2, status=ResidentStatus.DIED))
        await jobs.approve(run_id, there.units, by="another")

        result = await jobs.execute(PayRefunds(), run_id, there.units)

        assert result == {"totals": {"payments": 0, "amount": 0}, "differences": {}}
        assert (await decision_of(there, 6))["payment_reason"] == "計画の後に、決定か口座が変わりました。"
