"""コンビニ収納: announced is shown, confirmed is entered, taken back is reversed; a file that lost a line enters nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from chassis import jobs
from chassis.problems import Problem
from chassis.testing import Databases, TestDatabase
from chassis.unit_of_work import Units
from collection_service.jobs.issue_slips import IssueSlips
from collection_service.jobs.take_convenience_payments import TakeConveniencePayments

from services.collection.tests.accounts import arrived, asking, run
from services.collection.tests.people import CHIYODA, DAY, rows
from services.collection.tests.receipts import balances, paid, take
from tests.simulators.banks.stores import ANNOUNCED, CONFIRMED, FAULTS, TAKEN_BACK, NotTaken, Payment, pay, tell
from tests.simulators.banks.tests.test_debits import later, three_people

UNPAID = (
    "SELECT sum(unpaid)::bigint FROM instalment_state s JOIN assessment a USING (insured_id, fiscal_year) WHERE a.resident_number = '3'"
)


async def payments(units: Units) -> list[Payment]:
    """Person 3 pays the first two slips at a store on the day they come."""
    await run(units, IssueSlips())
    codes = await rows(units, "SELECT slip_code FROM slip WHERE number <= 2 ORDER BY number")
    return [pay(CHIYODA, code, on=DAY, number=f"A{at}") for at, (code,) in enumerate(codes)]


async def told(units: Units, folder: Path, days: int, *what: tuple[str, Payment]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the agent tells `days` after the payment, taken up by the job."""
    day = DAY + timedelta(days=days)
    async with later(units, day) as then:
        sha256 = await arrived(then, "convenience_payments", *tell(what, folder, on=day))
        return await run(then, TakeConveniencePayments(), file=sha256)


async def test_an_announced_payment_is_shown_and_only_a_confirmed_one_is_entered(databases: Databases, tmp_path: Path) -> None:
    """C-04: 速報 and 確報."""
    async with three_people(databases, tmp_path) as units:
        first, second = await payments(units)
        await told(units, tmp_path, 1, (ANNOUNCED, first), (ANNOUNCED, second))
        assert await rows(units, UNPAID) == [(58_050,)]
        assert await rows(units, "SELECT count(*) FROM convenience_payment WHERE announced_on IS NOT NULL") == [(2,)]

        preview, outcome = await told(units, tmp_path, 4, (CONFIRMED, first))

        assert preview["confirmed"] == {"payments": 1, "amount": 7_650}
        assert (outcome["totals"]["settled"], outcome["differences"]) == (7_650, {})
        assert await rows(units, UNPAID) == [(50_400,)]


async def test_the_announcement_stands_beside_the_slip_on_the_screen(databases: Databases, tmp_path: Path) -> None:
    async with three_people(databases, tmp_path) as units:
        first, second = await payments(units)
        await told(units, tmp_path, 1, (ANNOUNCED, first), (ANNOUNCED, second))
        await told(units, tmp_path, 2, (CONFIRMED, second))
        url = units.engine.url.render_as_string(hide_password=False)
        database = TestDatabase("collection", url, url)
        async with asking(database, tmp_path) as client:
            (waiting,) = (await client.get("/convenience-payments/announced")).json()
            shown = (await client.get(f"/people/{CHIYODA}/3/slips")).json()
            page = await client.get(f"/people/{CHIYODA}/3/slips/{shown[-1]['slip_number']}/document")
        assert (waiting["payment_number"], waiting["resident_number"], waiting["amount"]) == ("A0", "3", 7_650)
        assert [(one["number"], one["announced_on"], one["confirmed_on"]) for one in shown[-2:]] == [
            (2, "2026-07-14", "2026-07-15"), (1, "2026-07-14", None),
        ]  # fmt: skip
        assert page.content.startswith(b"%PDF")


async def test_a_payment_that_is_taken_back_is_reversed_to_the_yen(databases: Databases, tmp_path: Path) -> None:
    """C-04: 取消, before and after the 確報."""
    async with three_people(databases, tmp_path) as units:
        first, second = await payments(units)
        await told(units, tmp_path, 1, (ANNOUNCED, first), (CONFIRMED, second))
        _, outcome = await told(units, tmp_path, 2, (TAKEN_BACK, first), (TAKEN_BACK, second))
        assert (outcome["totals"]["taken_back"], outcome["totals"]["reversed"]) == (2, 1)
        assert (await rows(units, UNPAID), await balances(units)) == ([(58_050,)], {})
        with pytest.raises(Problem, match="取り消された納付"):
            await told(units, tmp_path, 3, (CONFIRMED, first))


async def test_the_same_file_twice_and_the_same_payment_again_change_nothing(databases: Databases, tmp_path: Path) -> None:
    async with three_people(databases, tmp_path) as units:
        first, second = await payments(units)
        await told(units, tmp_path, 1, (CONFIRMED, first))
        preview, outcome = await told(units, tmp_path, 1, (CONFIRMED, first))
        assert (preview["already_taken"], outcome["totals"]) == (True, {})
        _, outcome = await told(units, tmp_path, 2, (CONFIRMED, first), (CONFIRMED, second))
        assert (outcome["totals"]["settled"], outcome["totals"]["repeated"]) == (7_200, 7_650)


async def test_what_is_paid_a_second_time_is_overpaid_and_what_is_nobodys_is_unidentified(databases: Databases, tmp_path: Path) -> None:
    """I-28: whoever pays twice is found by the ledger itself."""
    async with three_people(databases, tmp_path) as units:
        first, _ = await payments(units)
        await take(units, paid(3, 7_650))
        strange = Payment(CHIYODA, "B1", first.code[:28] + "99" + first.code[30:], DAY, first.amount)
        _, outcome = await told(units, tmp_path, 1, (CONFIRMED, first), (CONFIRMED, strange))
        assert (outcome["totals"]["overpaid"], outcome["totals"]["unidentified"]) == (7_650, 7_650)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_file_of_an_agent_that_does_not_agree_is_refused_whole(databases: Databases, tmp_path: Path, fault: str) -> None:
    """I-29."""
    async with three_people(databases, tmp_path) as units:
        first, second = await payments(units)
        data, control = FAULTS[fault](*tell([(CONFIRMED, first), (CONFIRMED, second)], tmp_path, on=DAY))
        sha256 = await arrived(units, "convenience_payments", data, control)
        with pytest.raises(Problem, match="誤りがあるため") as refused:
            await jobs.prepare(TakeConveniencePayments(), {"file": sha256}, units, by="first")
        assert refused.value.code == "KOKI-C088"
        assert await rows(units, "SELECT count(*) FROM money_entry") == [(0,)]


async def test_an_amount_other_than_the_slip_says_and_a_strange_taking_back_are_refused(databases: Databases, tmp_path: Path) -> None:
    async with three_people(databases, tmp_path) as units:
        first, _ = await payments(units)
        with pytest.raises(Problem, match="バーコードの金額と違います"):
            await told(units, tmp_path, 1, (CONFIRMED, Payment(CHIYODA, "A0", first.code, DAY, 100)))
        with pytest.raises(Problem, match="知らされていない納付の取消"):
            await told(units, tmp_path, 1, (TAKEN_BACK, first))
        with pytest.raises(NotTaken):
            pay(CHIYODA, first.code, on=date(2026, 8, 1), number="C1")
