"""納付書の発行: everybody who pays by slip, nobody whose account pays, and whoever's debit failed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import asyncpg
import obstore
import pytest
from chassis import jobs
from chassis.database import driver
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases
from chassis.unit_of_work import Units
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.jobs.issue_slips import IssueSlips
from collection_service.jobs.take_debit_results import TakeDebitResults
from collection_service.store.slips import key_of
from contracts.events.municipal import ResidentStatus

from services.collection.tests.accounts import arrived, mandate, person, run
from services.collection.tests.people import rows
from services.collection.tests.receipts import paid, take
from tests.simulators.banks.bank import FUNDS, Dials, answer
from tests.simulators.banks.tests.test_debits import RESULTS_DAY, later, requested, three_people

STATES = "SELECT resident_number, state, count(*) FROM slip GROUP BY 1, 2 ORDER BY 1, 2"


async def pages(units: Units) -> list[str]:
    """The text of every page of every file of slips, in the order of the runs."""
    found: list[str] = []
    files = "SELECT document_sha256 FROM slip WHERE state = 'issued' GROUP BY 1 ORDER BY min(run_id::text), min(letter)"
    for (sha256,) in await rows(units, files):
        found += PageTexts(bytes(await (await obstore.get_async(units.store, key_of(sha256))).bytes_async()))
    return found


async def test_slips_go_to_whoever_has_no_account_and_to_nobody_else(databases: Databases, tmp_path: Path) -> None:
    """C-03, I-28: six who pay from accounts got slips, and five paid twice."""
    async with three_people(databases, tmp_path) as units:
        preview, outcome = await run(units, IssueSlips())

        expected = {"fiscal_year": 2026, "letters": 1, "slips": 8, "amount": 58_050, "after_failed_debits": 0, "reissued": 0}
        assert preview == expected
        assert outcome == {"totals": {"issued": 8, "refused": 0, "overtaken": 0, "amount": 58_050}, "differences": {}}
        assert await rows(units, STATES) == [("3", "issued", 8)]
        cover, first, second, third = await pages(units)
        assert "第1期(納期限令和8年7月31日)から第8期(納期限令和9年3月1日)までの納付書をお送りします。" in cover
        assert [page.count("領収済通知書") for page in (first, second, third)] == [3, 3, 2]
        assert "納付書番号0000000001被保険者番号00000003" in first
        assert await rows(units, "SELECT page, cover_page FROM slip ORDER BY slip_number") == [
            (page, 0) for page in (1, 1, 1, 2, 2, 2, 3, 3)
        ]
        assert (await run(units, IssueSlips()))[0]["slips"] == 0


async def test_the_notice_shows_how_each_instalment_is_really_paid(databases: Databases, tmp_path: Path) -> None:
    """C-08: an account that begins in September pays from then on, and the notice says so line by line."""
    async with three_people(databases, tmp_path) as units:
        await mandate(units, 3, since=date(2026, 9, 1))
        await run(units, IssueNotices())
        ((sha256,),) = await rows(units, "SELECT DISTINCT document_sha256 FROM notice")
        texts = PageTexts(bytes(await (await obstore.get_async(units.store, f"collection/notices/{sha256}.pdf")).bytes_async()))
        (mixed,) = (page for page in texts if "00000003" in page)
        (account,) = (page for page in texts if "00000001" in page)
        assert "第1期令和8年7月31日納付書7,650円第2期令和8年8月31日納付書7,200円第3期令和8年9月30日口座振替7,200円" in mixed
        assert "納付書：同封" in mixed
        assert "口座振替：納期限の日に" in mixed
        assert account.count("納付書") == 0


async def test_an_account_confirmed_after_the_plan_takes_its_slips_back(databases: Databases, tmp_path: Path) -> None:
    """I-28."""
    async with three_people(databases, tmp_path) as units:
        run_id = await jobs.prepare(IssueSlips(), {}, units, by="first")
        await mandate(units, 3, since=date(2026, 9, 1))
        await jobs.approve(run_id, units, by="second")
        outcome = await jobs.execute(IssueSlips(), run_id, units)
        assert outcome == {"totals": {"issued": 2, "refused": 0, "overtaken": 6, "amount": 14_850}, "differences": {}}


async def test_the_database_itself_refuses_a_slip_for_whoever_pays_from_an_account(databases: Databases, tmp_path: Path) -> None:
    """I-28. Seen to fail without the trigger of migration 0008."""
    async with three_people(databases, tmp_path) as units:
        await run(units, IssueSlips())
        async with units.open() as uow:
            raw = await driver(uow.connection)
            with pytest.raises(asyncpg.CheckViolationError, match="pays from an account"):
                async with raw.transaction():
                    await raw.execute("UPDATE slip SET resident_number = '1' WHERE number = 8")


async def test_whose_debit_failed_gets_a_slip_for_that_instalment_alone(databases: Databases, tmp_path: Path) -> None:
    """C-05: 振替不能. The account goes on with the next instalment."""
    async with three_people(databases, tmp_path) as units:
        await run(units, IssueSlips())
        sent, _ = await requested(units)
        async with later(units, RESULTS_DAY) as then:
            sha256 = await arrived(then, "debit_results", answer(sent, Dials(accounts={"0000002": FUNDS})))
            await run(then, TakeDebitResults(), file=sha256)
            preview, outcome = await run(then, IssueSlips())

            assert (preview["slips"], preview["after_failed_debits"], outcome["differences"]) == (1, 1, {})
            cover, strip = (await pages(then))[-2:]
            assert "口座振替ができなかった第1期(資金不足)の納付書をお送りします。" in cover
            assert "次の期からは、これまでどおり口座から引き落とします。" in cover
            assert "納期限令和8年7月31日使用期限令和8年9月4日" in strip


async def test_who_has_paid_or_cannot_be_reached_gets_none_and_the_reason_is_kept(databases: Databases, tmp_path: Path) -> None:
    async with three_people(databases, tmp_path) as units:
        await person(units, 4, status=ResidentStatus.DIED)
        await take(units, paid(3, 7_650))
        _, outcome = await run(units, IssueSlips())
        assert outcome["totals"] == {"issued": 7, "refused": 8, "overtaken": 0, "amount": 50_400}
        ((refusal,),) = await rows(units, "SELECT DISTINCT refusal FROM slip WHERE state = 'refused'")
        assert "亡くなった方" in refusal


async def test_a_premium_that_changed_gets_new_slips_that_say_so(databases: Databases, tmp_path: Path) -> None:
    """再発行区分: the bar code of a slip that takes the place of another says it."""
    async with three_people(databases, tmp_path) as units:
        await run(units, IssueSlips())
        await take(units, paid(3, 650))
        preview, _ = await run(units, IssueSlips())
        assert (preview["slips"], preview["reissued"], preview["amount"]) == (1, 1, 7_000)
        ((code,),) = await rows(units, "SELECT slip_code FROM slip ORDER BY slip_number DESC LIMIT 1")
        assert (code[:8], code[29], code[30:43]) == ("91999001", "1", "2607310007000")
