"""納入通知書の発行: everyone once, the right yen on every page, and a reason for whoever gets none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import obstore
import pytest
from chassis import jobs
from chassis.documents.glyphs import PageTexts
from chassis.problems import Problem
from chassis.testing import Databases
from chassis.unit_of_work import Units
from collection_service.jobs import issue_notices
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.store.notices import key_of
from contracts.events.municipal import ResidentStatus
from sqlalchemy import text

from services.collection.tests.people import HACHIOJI, ROOT, apply, assessed, insured, resident, rows

STATES = "SELECT resident_number, state, refusal FROM notice ORDER BY run_id, resident_number::int"


async def run(units: Units, **parameters: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Prepare, approve and execute: the preview and the outcome."""
    run_id = await jobs.prepare(IssueNotices(), parameters, units, by="tester")
    async with units.open() as uow:
        (found,) = await jobs.runs(uow, run_id=run_id)
    await jobs.approve(run_id, units, by="tester")
    return found["preview"], await jobs.execute(IssueNotices(), run_id, units)


async def pages(units: Units) -> list[str]:
    """The text of every page of every print file in the store, in the order of the run."""
    texts: list[str] = []
    for (sha256,) in await rows(
        units, "SELECT document_sha256 FROM notice WHERE state = 'issued' GROUP BY 1 ORDER BY min(run_id::text), min(number)"
    ):
        texts += PageTexts(bytes(await (await obstore.get_async(units.store, key_of(sha256))).bytes_async()))
    return texts


async def person(units: Units, number: int, annual_amount: int = 58_050, **changes: Any) -> None:
    """Somebody with a premium, a number and an address."""
    await apply(units, resident(number, **changes), insured(number), assessed(number, annual_amount))


async def test_everyone_with_a_premium_gets_one_notice_whose_instalments_add_up_to_it(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        for number in (1, 2, 3):
            await person(units, number, 58_050 * (number < 3))

        preview, outcome = await run(units)

        expected = {"fiscal_year": 2026, "notices": 2, "annual_amount": 116_100, "municipalities": {"131016": 2}, "last_run": None}
        assert preview == expected
        assert outcome == {
            "totals": {"issued": 2, "refused": 0, "overtaken": 0, "annual_amount": 116_100, "instalments": 16},
            "differences": {},
        }
        first, second = await pages(units)
        assert "00000001" in first
        assert "00000002" in second
        assert "〒100-0001東京都千代田区千代田1番1号架空花子様令和8年7月13日発行千代田区長" in first
        assert "保険料(年額)58,050円" in first
        assert "第1期令和8年7月31日納付書7,650円第2期令和8年8月31日納付書7,200円" in first
        assert "第6期令和8年12月25日納付書7,200円第7期令和9年2月1日納付書7,200円第8期令和9年3月1日納付書7,200円合計58,050円" in first


async def test_name_number_address_and_yen_of_a_page_are_those_of_one_person(databases: Databases, tmp_path: Path) -> None:
    """I-33: whatever the order of the post, nobody's page holds anything of another's."""
    people = {3: ("佐藤　一郎", "9番9号", 30_000), 1: ("鈴木　二郎", "5番5号", 20_000), 2: ("高橋　三郎", "7番7号", 10_000)}
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        for number, (name, house, yen) in people.items():
            await person(units, number, yen, name=name, address_number=house)

        await run(units)

        printed = await pages(units)
    assert len(printed) == len(people)
    for number, (name, house, yen) in people.items():
        facts = (f"{number:08}", name.replace("　", ""), f"千代田{house}", f"(年額){yen:,}円")
        assert [sum(fact in page for fact in facts) for page in printed].count(4) == 1
        assert sum(fact in page for page in printed for fact in facts) == 4


async def test_a_second_run_has_nothing_to_send_until_something_changes(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1)
        await person(units, 2)
        await run(units)
        assert (await run(units))[1] == {"totals": {}, "differences": {}}

        await apply(units, assessed(1, 66_050, sequence=2))
        preview, outcome = await run(units)

        assert preview["last_run"] == {"notices": 2, "annual_amount": 116_100}
        assert outcome["totals"]["issued"] == 1
        changed = (await pages(units))[-1]
        assert "保険料が変わりましたので、あらためてお知らせします。" in changed
        assert "合計66,050円" in changed


async def test_who_cannot_be_written_to_is_refused_with_a_reason_and_the_others_get_theirs(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1)
        await person(units, 2, name="架空 ●子")
        await person(units, 3, status=ResidentStatus.DIED)
        await apply(units, resident(4), assessed(4, 58_050))
        await apply(units, insured(5), assessed(5, 58_050))
        await person(units, 6, name="架空" * 20)

        _, outcome = await run(units)

        assert outcome == {
            "totals": {"issued": 1, "refused": 5, "overtaken": 0, "annual_amount": 58_050, "instalments": 8},
            "differences": {},
        }
        found = {number: refusal for number, state, refusal in await rows(units, STATES) if state == "refused"}
        assert "●" in found["2"]
        assert "亡くなった方" in found["3"]
        assert "被保険者番号が届いていません" in found["4"]
        assert "住民情報が届いていません" in found["5"]
        assert "様式に入らない" in found["6"]
        assert len(await pages(units)) == 1

        await apply(units, resident(2, sequence=2, name="架空 桃子"))
        _, again = await run(units)
        assert (again["totals"]["issued"], again["totals"]["refused"]) == (1, 4), "who was refused is tried again"


async def test_nobody_is_asked_for_a_provisional_premium(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1)
        await apply(units, resident(2), insured(2), assessed(2, 9_000, provisional=True))
        _, outcome = await run(units)
        assert (outcome["totals"]["issued"], outcome["totals"]["refused"]) == (1, 1)
        assert "暫定" in {number: refusal for number, _, refusal in await rows(units, STATES)}["2"]


async def test_a_notice_overtaken_by_a_new_decision_is_not_printed(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1)
        await person(units, 2)
        run_id = await jobs.prepare(IssueNotices(), {}, units, by="tester")
        await apply(units, assessed(1, 40_000, sequence=2))
        await jobs.approve(run_id, units, by="tester")

        outcome = await jobs.execute(IssueNotices(), run_id, units)

        assert outcome == {
            "totals": {"issued": 1, "refused": 0, "overtaken": 1, "annual_amount": 58_050, "instalments": 8},
            "differences": {},
        }
        assert ["00000002" in page for page in await pages(units)] == [True]
        assert (await run(units))[1]["totals"]["issued"] == 1


async def test_of_two_runs_prepared_side_by_side_only_the_later_sends(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1)
        earlier = await jobs.prepare(IssueNotices(), {}, units, by="tester")
        later = await jobs.prepare(IssueNotices(), {}, units, by="tester")
        for run_id in (earlier, later):
            await jobs.approve(run_id, units, by="tester")
        assert (await jobs.execute(IssueNotices(), earlier, units))["totals"]["issued"] == 0
        assert (await jobs.execute(IssueNotices(), later, units))["totals"]["issued"] == 1


async def test_a_run_that_was_cut_off_goes_on_where_it_stopped(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue_notices, "PAGES", 2)
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        for number in range(1, 6):
            await person(units, number, 8_000 + number)
        run_id = await jobs.prepare(IssueNotices(), {}, units, by="tester")
        await jobs.approve(run_id, units, by="tester")

        class PowerCut(Exception):
            """The process ends after its first file."""

        def cut(_: int) -> None:
            raise PowerCut

        with pytest.raises(PowerCut):
            await jobs.execute(IssueNotices(), run_id, units, progress=cut)
        outcome = await jobs.execute(IssueNotices(), run_id, units)

        assert outcome == {
            "totals": {"issued": 5, "refused": 0, "overtaken": 0, "annual_amount": 40_015, "instalments": 40},
            "differences": {},
        }
        assert [f"8,00{number}円" in page for number, page in enumerate(await pages(units), start=1)] == [True] * 5
        assert await rows(units, "SELECT count(DISTINCT document_sha256) FROM notice") == [(3,)]


async def test_only_the_municipality_and_year_asked_for_are_sent(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1)
        await apply(
            units,
            resident(2, municipality_code=HACHIOJI),
            insured(2, municipality_code=HACHIOJI),
            assessed(2, 9_000, municipality_code=HACHIOJI),
            assessed(2, 8_000, municipality_code=HACHIOJI, fiscal_year=2027),
        )
        preview, _ = await run(units, municipality_code=HACHIOJI)
        assert preview["municipalities"] == {HACHIOJI: 1}
        (page,) = await pages(units)
        assert "八王子市長" in page
        assert "9,000円" in page


async def test_one_who_joined_during_the_year_reads_from_which_month_on(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await apply(units, resident(1), insured(1, acquired_on=date(2026, 5, 20)), assessed(1, 9_000))
        await run(units)
        assert "令和8年度の途中から加入されましたので、5月からの保険料をお知らせします。" in (await pages(units))[0]


async def test_an_instalment_after_the_last_ordinary_one_is_named_by_its_month(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path, today=date(2027, 2, 25)) as units:
        await person(units, 1, 9_000)
        await run(units)
        assert "随時3月令和9年3月31日納付書9,000円合計9,000円" in (await pages(units))[0]


async def test_what_was_changed_in_the_store_or_in_the_ledger_of_notices_is_named(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        await person(units, 1)
        await person(units, 2)
        run_id = await jobs.prepare(IssueNotices(), {}, units, by="tester")
        async with units.open() as uow:
            totals = await IssueNotices().execute({}, run_id, jobs.Chunk(1, "1", "2", 2), uow)
            (sha256,) = (await uow.connection.execute(text("SELECT DISTINCT document_sha256 FROM notice"))).scalars()
            await obstore.put_async(units.store, key_of(sha256), b"%PDF-1.7 something else")
            await uow.connection.execute(text("DELETE FROM notice WHERE number = 1"))
            found = await IssueNotices().reconcile({}, run_id, totals, uow)
        assert found["issued"] == {"stored": 1, "done": 2}
        assert found["yen"] == {"charged": 58_050, "on_paper": 116_100}
        assert f"file {sha256}" in found


async def test_a_year_that_is_none_is_refused_in_japanese(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("collection", ROOT)).units(store=tmp_path) as units:
        with pytest.raises(Problem) as refused:
            await jobs.prepare(IssueNotices(), {"fiscal_year": "令和8"}, units, by="tester")
        assert refused.value.code == "KOKI-C001"
