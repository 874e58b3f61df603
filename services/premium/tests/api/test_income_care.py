"""Incomes at the window: 簡易申告 with its sheet, inquiries, leave to decide without an answer, and worklists of one's own municipality."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from contracts.events.eligibility import AddressProtected
from contracts.events.municipal import IncomeStatus
from premium_service.jobs.check_incomes import CheckIncomes

from services.premium.tests.api.conftest import Window
from services.premium.tests.facts import DAY, OLD, SINCE, apply, decisions, income, insured, resident
from services.premium.tests.jobs.test_check_incomes import run

OWN = frozenset({"131016"})
PERSON = "/people/131016/1"
DECLARATION: dict[str, Any] = {
    "income_year": 2025,
    "declared_on": "2026-07-13",
    "declarant": "架空 花子",
    "relationship": "本人",
    "amounts": {"public_pension_receipts": 1_000_000},
    "evidence": ["pension_slip"],
}


@pytest.fixture
async def clerk(window: Window) -> dict[str, str]:
    """A clerk of Chiyoda, and somebody there who has not declared an income."""
    await apply(window.units, resident("1", born=OLD), insured("1", born=OLD, acquired=SINCE))
    await apply(window.units, income("1", status=IncomeStatus.UNDECLARED))
    return window.as_("window_clerk", of=OWN, user="clerk")


async def test_a_declaration_at_the_window_takes_the_person_off_the_list_and_decides_again(window: Window, clerk: dict[str, str]) -> None:
    """P-08: 未申告 is no reduction; the declared 1,000,000 yen of pension brings seven tenths off the flat amount."""
    before = (await window.client.get("/income-gaps?gap=undeclared", headers=clerk)).json()
    answer = await window.send(f"{PERSON}/simple-declarations", DECLARATION, clerk)
    await window.hear_itself()

    after = (await window.client.get("/income-gaps?gap=undeclared", headers=clerk)).json()
    (year, *_) = (await window.client.get(f"{PERSON}/incomes", headers=clerk)).json()["years"]
    found = await decisions(window.units)
    assert answer.status_code == 201, answer.text
    assert ([row["resident_number"] for row in before["rows"]], after["rows"]) == (["1"], [])
    assert before["checked_on"] is None, "no check has been made of those who came in files"
    assert (year["income_year"], year["income_status"], year["is_declaration"], year["gap"]) == (2025, 1, True, None)
    assert [row[6] for row in found] == [0, 7], "the tier of the reduction"


async def test_no_income_is_said_in_so_many_words_and_an_empty_form_is_no_declaration_of_zero(
    window: Window, clerk: dict[str, str]
) -> None:
    """P-08: unknown is never zero."""
    path = f"{PERSON}/simple-declarations"
    empty = await window.send(path, {**DECLARATION, "amounts": {}}, clerk)
    unproven = await window.send(path, {**DECLARATION, "evidence": []}, clerk)
    none_had = await window.send(path, {**DECLARATION, "amounts": {}, "no_income": True, "evidence": ["statement"]}, clerk)
    assert [(answer.status_code, answer.json().get("code")) for answer in (empty, unproven)] == [(422, "KOKI-P032")] * 2
    assert none_had.status_code == 201


async def test_the_sheet_shows_what_was_taken_in_or_boxes_to_fill_in(window: Window, clerk: dict[str, str]) -> None:
    """P-08"""
    form = await window.pdf(f"{PERSON}/simple-declarations/2025/document", clerk)
    answer = (await window.send(f"{PERSON}/simple-declarations", DECLARATION, clerk)).json()
    taken = await window.pdf(f"{PERSON}/simple-declarations/{answer['declaration_id']}/document", clerk)

    assert "令和7年中" in form
    assert "□公的年金等の源泉徴収票" in form
    assert "1,000,000" not in form
    assert "公的年金等の収入1,000,000" in taken
    assert "■公的年金等の源泉徴収票" in taken


async def test_a_determined_income_refuses_a_declaration_and_an_inquiry(window: Window, clerk: dict[str, str]) -> None:
    await apply(window.units, income("1", pension=3_500_000, sequence=2))
    declared = await window.send(f"{PERSON}/simple-declarations", DECLARATION, clerk)
    asked = await window.send(f"{PERSON}/income-inquiries", {"income_year": 2025}, clerk)
    assert [declared.json()["code"], asked.json()["code"]] == ["KOKI-P033", "KOKI-P030"]


async def test_an_inquiry_of_the_window_is_open_once_and_ends_by_hand_where_nothing_is_known(window: Window, clerk: dict[str, str]) -> None:
    """T-09"""
    first = await window.send(f"{PERSON}/income-inquiries", {"income_year": 2025}, clerk)
    second = await window.send(f"{PERSON}/income-inquiries", {"income_year": 2025}, clerk)
    inquiring = (await window.client.get("/income-gaps?gap=inquiring", headers=clerk)).json()["rows"]
    ended = await window.send(f"{PERSON}/income-inquiries/end", {"income_year": 2025, "ending": "undeclared_there"}, clerk)
    found = (await window.client.get("/income-checks", headers=clerk)).json()["inquiries"]

    assert (first.status_code, second.json()["code"], ended.status_code) == (201, "KOKI-P035", 201)
    assert len(inquiring) == 1
    assert [(one["inquiries"], one["undeclared_there"], one["waiting"], one["agrees"]) for one in found] == [(1, 1, 0, True)]


async def test_the_premium_is_refused_until_two_officers_let_it_be_decided_and_the_answer_decides_it_again(window: Window) -> None:
    """I-19. Seen to fail (a decision before the approval) when `income_override` is joined without its row."""
    await apply(window.units, resident("1", born=OLD), insured("1", born=OLD, acquired=SINCE), income("1", status=IncomeStatus.INQUIRING))
    first, second = (window.as_("window_clerk", of=OWN, user=name) for name in ("first", "second"))
    asked = (await window.send(f"{PERSON}/income-overrides", {"income_year": 2025, "reason": "照会先の回答が遅れている"}, first)).json()
    refused = await decisions(window.units)
    own = await window.decide(asked["approval_id"], first)
    approved = await window.decide(asked["approval_id"], second)
    await window.hear_itself()
    without_answer = await decisions(window.units)

    await apply(window.units, income("1", pension=900_000, sequence=2))

    assert refused == []
    assert (own.status_code, own.json()["code"], approved.status_code) == (409, "KOKI-E011", 200)
    assert [row[6] for row in without_answer] == [0], "by the rule for 未申告: no reduction"
    assert [row[6] for row in await decisions(window.units)] == [0, 7], "the answer brings the reduction of seven tenths"


async def test_a_clerk_sees_the_worklists_and_the_incomes_of_the_own_municipality_alone(window: Window, clerk: dict[str, str]) -> None:
    await run(window.units, CheckIncomes())
    neighbour = window.as_("window_clerk", of=frozenset({"132012"}), user="neighbour")
    for path in ("/income-gaps?gap=undeclared", "/income-checks", f"{PERSON}/incomes"):
        seen, hidden = [(await window.client.get(path, headers=who)) for who in (clerk, neighbour)]
        assert seen.status_code == 200
        if hidden.status_code == 200:
            found = hidden.json()
            assert not any(found[name] for name in ("rows", "counts", "checks", "inquiries", "files") if name in found)
        else:
            assert hidden.status_code == 404
    sent = await window.send(f"{PERSON}/simple-declarations", DECLARATION, neighbour)
    assert sent.status_code == 403


async def test_the_sheet_of_a_protected_person_shows_no_address(window: Window, clerk: dict[str, str]) -> None:
    """I-39"""
    shown = await window.pdf(f"{PERSON}/simple-declarations/2025/document", clerk)
    protected = {"municipality_code": "131016", "resident_number": "1", "valid_from": DAY, "effective_on": DAY, "sequence": 1}
    await apply(window.units, AddressProtected.model_validate(protected))
    withheld = await window.pdf(f"{PERSON}/simple-declarations/2025/document", clerk)
    assert ("千代田区" in shown, "千代田区" in withheld, "支援措置により記載しません" in withheld) == (True, False, True)


async def test_the_list_is_by_age_and_municipality(window: Window, clerk: dict[str, str]) -> None:
    """T-06"""
    await apply(window.units, resident("2", born=date(1960, 1, 1), head=False), income("2", status=IncomeStatus.UNDECLARED))
    found = [
        [row["resident_number"] for row in (await window.client.get(f"/income-gaps?{query}", headers=clerk)).json()["rows"]]
        for query in ("age_until=74", "age_from=75", "municipality_code=132012")
    ]
    assert found == [["2"], ["1"], []]
