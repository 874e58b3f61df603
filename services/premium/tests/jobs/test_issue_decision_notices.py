"""決定通知書・変更通知書の発行: everybody is told once what is in force, the right yen on paper, and a reason for who gets nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import obstore
import pytest
from chassis import jobs
from chassis.documents.glyphs import PageTexts
from chassis.documents.print_files import key_of
from chassis.testing import SAMPLE_DAY, Databases
from chassis.unit_of_work import Units
from contracts.events.eligibility import AddressProtected
from contracts.events.municipal import ResidentStatus
from premium_service import settings
from premium_service.jobs.issue_decision_notices import IssueDecisionNotices
from premium_service.store import decision_notices
from premium_service.store.decision_notices import FOLDER
from sqlalchemy import text

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, income, insured, resident, rows, run

STATES = "SELECT resident_number, told, revision, state FROM decision_notice ORDER BY run_id, number"


@pytest.fixture
def confirmed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The sample union: officers have confirmed the figures of the law that are provisional."""
    monkeypatch.setenv("KOKI_SAMPLE_DATA", "true")
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture
async def units(databases: Databases, tmp_path: Path, confirmed: None) -> AsyncIterator[Units]:
    async with (await databases("premium", ROOT)).units(store=tmp_path) as found:
        yield found


async def person(units: Units, number: str, *, pension: int = 2_300_000, **changes: Any) -> None:
    """Somebody who lives alone and has a premium."""
    await apply(units, resident(number, household=number, born=OLD, **changes), income(number, pension=pension))
    await apply(units, insured(number, born=OLD, acquired=SINCE))


async def pages(units: Units, *, by_hand: bool = False) -> list[str]:
    """The text of every page of every print file, in the order of the runs."""
    query = f"SELECT document_sha256 FROM print_file WHERE by_hand = {by_hand} ORDER BY run_id, number"
    texts: list[str] = []
    for (sha256,) in await rows(units, query):
        texts += PageTexts(bytes(await (await obstore.get_async(units.store, key_of(FOLDER, sha256))).bytes_async()))
    return texts


async def test_everybody_is_told_the_premium_decided_once_in_the_order_of_the_post(units: Units) -> None:
    """P-06. Three people: the second in the list of numbers lives first on the round of the post; nobody charged nothing is told."""
    await person(units, "1", address_town="千代田")
    await person(units, "2", address_town="飯田橋", postal_code="1000000", pension=2_500_000)
    await apply(units, resident("3", household="3", born=OLD))

    outcome = await run(units, IssueDecisionNotices())

    yen = [amount for (amount,) in await rows(units, "SELECT annual_amount FROM assessment ORDER BY insured_id")]
    kind = {"notices": 2, "annual_amount": sum(yen), "amount_told": 0}
    assert {name: outcome["preview"][name] for name in ("fiscal_year", "decision", "same_amount", "municipalities", "last_run")} == {
        "fiscal_year": 2026, "decision": kind, "same_amount": 0, "municipalities": {"131016": 2}, "last_run": None,
    }  # fmt: skip
    assert outcome["totals"] == {"issued": 2, "changes": 0, "by_hand": 0, "refused": 0, "overtaken": 0, "annual_amount": sum(yen)}
    assert outcome["differences"] == {}
    shown = await pages(units)
    places = await rows(units, "SELECT resident_number, first_page, pages FROM decision_notice ORDER BY number")
    assert [number for number, _, _ in places] == ["2", "1"]
    assert sum(count for _, _, count in places) == len(shown)
    for number, first, count in places:
        assert "保険料額決定通知書" in shown[first]
        assert "保険料を決定しましたので" in shown[first]
        assert all(f"0000000{number}" in page for page in shown[first : first + count])
    assert (await run(units, IssueDecisionNotices()))["totals"] == {}, "nobody is told the same twice"


async def test_who_was_told_another_amount_gets_a_notice_of_change_with_the_reasons_since_that_notice(units: Units) -> None:
    """Z-01: two corrections after the notice are one change, whose steps add up; the third is told from the second notice on."""
    await person(units, "1")
    await run(units, IssueDecisionNotices())
    await apply(units, income("1", pension=2_400_000, sequence=2))
    await apply(units, income("1", pension=2_600_000, sequence=3))

    outcome = await run(units, IssueDecisionNotices())

    amounts = [row[0] for row in await rows(units, "SELECT annual_amount FROM assessment ORDER BY revision")]
    kind = {"notices": 1, "annual_amount": amounts[2], "amount_told": amounts[0]}
    assert outcome["preview"]["change"] == kind
    assert outcome["totals"] == {"issued": 1, "changes": 1, "by_hand": 0, "refused": 0, "overtaken": 0, "annual_amount": amounts[2]}
    change = (await pages(units))[-1]
    for expected in ("保険料額変更決定通知書", f"{amounts[0]:,}円", f"{amounts[2]:,}円", "賦課のもととなる所得金額が、770,000円から"):
        assert expected in change
    assert f"＋{amounts[1] - amounts[0]:,}円" in change

    await apply(units, income("1", pension=2_400_000, sequence=4))
    await run(units, IssueDecisionNotices())
    assert f"変更前の年額{amounts[2]:,}円" in (await pages(units))[-1]
    assert await rows(units, STATES) == [("1", 0, 1, "issued"), ("1", 1, 3, "issued"), ("1", 3, 4, "issued")]


async def test_a_decision_that_changes_no_yen_is_not_told_and_stands_in_the_preview(units: Units) -> None:
    await person(units, "1", pension=700_000)
    await run(units, IssueDecisionNotices())
    await apply(units, income("1", pension=1_110_000, sequence=2))
    preview = (await run(units, IssueDecisionNotices()))["preview"]
    assert (preview["same_amount"], preview["change"]["notices"]) == (1, 0)


async def test_who_was_never_told_is_told_the_decision_in_force_and_no_change(units: Units) -> None:
    await person(units, "1")
    await apply(units, income("1", pension=2_500_000, sequence=2))
    await run(units, IssueDecisionNotices())
    assert await rows(units, STATES) == [("1", 0, 2, "issued")]
    assert "保険料を決定しましたので" in (await pages(units))[0]


async def test_a_letter_that_cannot_be_sent_is_refused_with_what_to_do_and_tried_again(units: Units) -> None:
    """I-39: somebody who is not there any more gets no letter to the old address."""
    await person(units, "1")
    await person(units, "2")
    await person(units, "3", name="架空 太郎〓")
    gone: dict[str, Any] = {"status": ResidentStatus.MOVED_OUT, "changed_on": date(2026, 7, 1), "ended_on": date(2026, 7, 1), "sequence": 2}
    await apply(units, resident("2", household="2", born=OLD, **gone))

    outcome = await run(units, IssueDecisionNotices())

    assert outcome["differences"] == {}
    assert (outcome["totals"]["issued"], outcome["totals"]["refused"]) == (1, 2)
    refused = dict(await rows(units, "SELECT resident_number, refusal FROM decision_notice WHERE state = 'refused'"))
    assert "送付先を確かめてください" in refused["2"]
    assert "氏名" in refused["3"]
    await apply(units, resident("3", household="3", born=OLD, name="架空 太郎", sequence=2))
    assert (await run(units, IssueDecisionNotices()))["totals"]["issued"] == 1


async def test_a_premium_on_figures_that_nobody_has_confirmed_is_not_told(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("premium", ROOT)).units(store=tmp_path) as units:
        await person(units, "1")
        outcome = await run(units, IssueDecisionNotices())
        ((why,),) = await rows(units, "SELECT refusal FROM decision_notice")
    assert (outcome["totals"]["refused"], outcome["totals"]["annual_amount"], outcome["differences"]) == (1, 0, {})
    assert why.startswith("暫定")


async def test_a_protected_person_is_told_by_hand_in_a_file_of_its_own_without_address(units: Units) -> None:
    """I-39."""
    await person(units, "1")
    await person(units, "2")
    said = {"municipality_code": "131016", "resident_number": "2", "valid_from": SAMPLE_DAY, "valid_until": None}
    await apply(units, AddressProtected.model_validate({"effective_on": SAMPLE_DAY, "sequence": 1, **said}))

    outcome = await run(units, IssueDecisionNotices())

    assert (outcome["totals"]["issued"], outcome["totals"]["by_hand"], outcome["differences"]) == (2, 1, {})
    assert await rows(units, "SELECT by_hand, notices FROM print_file ORDER BY by_hand") == [(False, 1), (True, 1)]
    of_hand = await pages(units, by_hand=True)
    assert "手渡し" in of_hand[0]
    assert not any("〒" in page or "千代田1" in page for page in of_hand)
    assert not any("00000002" in page for page in await pages(units))


async def test_a_decision_made_after_the_plan_overtakes_its_notice_and_the_next_run_tells_the_new_one(units: Units) -> None:
    await person(units, "1")
    await person(units, "2")
    run_id = await jobs.prepare(IssueDecisionNotices(), {}, units, by="preparer")
    await apply(units, income("1", pension=2_600_000, sequence=2))
    await jobs.approve(run_id, units, by="approver")
    outcome = await jobs.execute(IssueDecisionNotices(), run_id, units)
    assert (outcome["totals"]["issued"], outcome["totals"]["overtaken"], outcome["differences"]) == (1, 1, {})
    assert (await run(units, IssueDecisionNotices()))["totals"]["issued"] == 1
    assert (await rows(units, STATES))[-1] == ("1", 0, 2, "issued")


async def test_a_later_plan_takes_the_place_of_one_that_nobody_has_approved(units: Units) -> None:
    await person(units, "1")
    first = await jobs.prepare(IssueDecisionNotices(), {}, units, by="preparer")
    outcome = await run(units, IssueDecisionNotices(), municipality_code="131016")
    await jobs.approve(first, units, by="approver")
    late = await jobs.execute(IssueDecisionNotices(), first, units)
    assert outcome["totals"]["issued"] == 1
    assert (late["totals"]["issued"], late["differences"]) == (0, {})
    assert await rows(units, STATES) == [("1", 0, 1, "overtaken"), ("1", 0, 1, "issued")]


async def test_a_run_for_one_municipality_leaves_the_others(units: Units) -> None:
    await person(units, "1")
    assert (await run(units, IssueDecisionNotices(), municipality_code="132012"))["preview"]["decision"]["notices"] == 0


async def test_yen_of_another_decision_on_paper_and_a_file_that_was_spoilt_are_found(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reconciliation can fail: a thousand yen less in the decision, and a file of other bytes."""
    await person(units, "1")
    run_id = await jobs.prepare(IssueDecisionNotices(), {}, units, by="preparer")
    await jobs.approve(run_id, units, by="approver")
    kept = decision_notices.keep_file

    async def spoilt(uow: Any, raw: Any, run: Any, file: Any, *, by_hand: bool) -> None:
        await kept(uow, raw, run, file, by_hand=by_hand)
        await obstore.put_async(uow.store, key_of(FOLDER, file.sha256), file.pdf + b"\n")
        await uow.connection.execute(text("UPDATE assessment SET annual_amount = annual_amount - 1000"))

    monkeypatch.setattr(decision_notices, "keep_file", spoilt)
    outcome = await jobs.execute(IssueDecisionNotices(), run_id, units)
    assert sorted(name.split()[0] for name in outcome["differences"]) == ["file", "yen"]
