"""What a clerk sees of a premium: every yen, the same on paper, and never another municipality's people."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.testing import SAMPLE_DAY, Databases, TestDatabase
from contracts.events.eligibility import AddressProtected
from pypdf import PdfReader

from services.premium.tests.facts import OLD, SINCE, apply, income, insured, resident
from services.premium.tests.windows import CLERK, NEIGHBOUR, window

ROOT = Path("services/premium")


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    found = await databases("premium", ROOT)
    async with found.units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=OLD, head=False))
        await apply(units, income("1", pension=2_300_000), income("2", pension=700_000))
        await apply(units, insured("1", born=OLD, acquired=SINCE), insured("2", born=OLD, acquired=SINCE))
    return found


async def _decision(client: httpx.AsyncClient) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await client.get("/people/131016/1/assessments")).raise_for_status().json()
    return found[0]


async def test_the_steps_end_at_the_stored_amount_and_name_formula_and_law(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        decision = await _decision(client)

    # 2,300,000 - 1,100,000 = 1,200,000; judged at 1,050,000 = 430,000 + 310,000 x 2: five tenths off the flat part.
    assert decision["explained"]
    assert decision["annual_amount"] == 105_300
    assert [part["amount"] for part in decision["parts"]] == [102_700, 2_600]
    assert decision["parts"][0]["reduction"] == "5/10"
    assert decision["steps"][-1]["value"] == 105_300
    assert all(step["law"] and step["formula"] for step in decision["steps"])


async def test_the_calculation_sheet_shows_the_same_yen_and_the_same_bytes_each_time(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        address = f"/assessments/{(await _decision(client))['assessment_id']}/document"
        first, second = await client.get(address), await client.get(address)

    assert first.status_code == 200, first.text
    assert first.content == second.content
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(first.content)).pages]
    assert "105,300" in pages[0]
    assert any("102,726" in page for page in pages[1:]), "the amount before the floor stands on the sheet"


async def test_a_clerk_of_another_municipality_sees_neither_decision_nor_sheet(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        identifier = (await _decision(client))["assessment_id"]
    async with window(database, NEIGHBOUR, tmp_path) as client:
        assert (await client.get("/people/131016/1/assessments")).json() == []
        assert (await client.get(f"/assessments/{identifier}/document")).status_code == 404


async def test_without_a_token_nothing_is_shown(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        client.headers.pop("authorization")
        answer = await client.get("/people/131016/1/assessments")
    assert (answer.status_code, answer.json()["code"]) == (401, "KOKI-401")


async def test_the_notice_of_a_protected_person_or_the_household_shows_no_address_until_the_protection_ends(
    database: TestDatabase, tmp_path: Path
) -> None:
    """I-39."""
    said = {"effective_on": SAMPLE_DAY, "municipality_code": "131016", "resident_number": "1", "valid_from": SAMPLE_DAY}
    shown = []
    for sequence, until in enumerate((None, SAMPLE_DAY), start=1):
        async with database.units() as units:
            await apply(units, AddressProtected.model_validate({**said, "sequence": sequence, "valid_until": until}))
        async with window(database, CLERK, tmp_path) as client:
            for number in ("1", "2"):
                decided = (await client.get(f"/people/131016/{number}/assessments")).raise_for_status().json()
                pdf = (await client.get(f"/assessments/{decided[0]['assessment_id']}/document")).raise_for_status().content
                text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
                shown.append(("〒" in text, "手渡し" in text))

    assert shown == [(False, True), (False, True), (True, False), (True, False)]


LATER = date(2026, 9, 1)


@pytest.fixture
async def corrected(database: TestDatabase) -> TestDatabase:
    """The same couple, whose income was corrected in September."""
    async with database.units(today=LATER) as units:
        await apply(units, income("1", pension=2_400_000, sequence=2))
    return database


def _text(pdf: httpx.Response) -> str:
    assert pdf.status_code == 200, pdf.text
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf.content)).pages)


async def test_what_was_in_force_as_far_as_was_known_on_a_day_is_shown(corrected: TestDatabase, tmp_path: Path) -> None:
    """W-06. Seen to fail when `known_on` is not passed on to `_known`."""
    async with window(corrected, CLERK, tmp_path) as client:
        known = {}
        for day in ("2026-07-12", "2026-08-31", "2026-09-01"):
            answer = await client.get("/people/131016/1/assessments", params={"known_on": day})
            known[day] = [(found["annual_amount"], found["in_force"]) for found in answer.raise_for_status().json()]

    assert known["2026-07-12"] == []
    assert known["2026-08-31"] == [(105_300, True)]
    assert known["2026-09-01"] == [(131_800, True), (105_300, False)]


async def test_the_screen_and_the_mailed_notice_and_the_sheet_of_a_day_show_the_same_yen(corrected: TestDatabase, tmp_path: Path) -> None:
    """W-06: matches the mailed PDF, step by step."""
    async with window(corrected, CLERK, tmp_path) as client:
        for day in ("2026-08-31", "2026-09-01"):
            decision = (await client.get("/people/131016/1/assessments", params={"known_on": day})).json()[0]
            mailed = _text(await client.get(f"/assessments/{decision['assessment_id']}/document"))
            sheet = _text(await client.get("/people/131016/1/assessments/2026/sheet", params={"known_on": day}))
            assert f"{decision['annual_amount']:,}円" in mailed
            for step in decision["steps"]:
                for paper in (mailed, sheet):
                    assert "".join(step["formula"].split()) in paper, step
                    assert "".join(step["law"].split()) in paper


async def test_why_a_decision_changed_is_told_cause_by_cause_and_printed(corrected: TestDatabase, tmp_path: Path) -> None:
    """Z-01, P-07: which input changed, by which event, how many yen, and which steps differ."""
    async with window(corrected, CLERK, tmp_path) as client:
        new, old = (await client.get("/people/131016/1/assessments")).json()
        why = (await client.get(f"/assessments/{new['assessment_id']}/causes")).raise_for_status().json()
        first = await client.get(f"/assessments/{old['assessment_id']}/causes")
        sheet = _text(await client.get(f"/assessments/{new['assessment_id']}/sheet"))

    (cause,) = why["causes"]
    assert why["difference"] == cause["yen"] == new["annual_amount"] - old["annual_amount"] == 26_500
    assert cause["text"] == "所得が変わりました。本人の公的年金等収入 2,300,000円 → 2,400,000円。"
    assert cause["events"] == ["所得の決定または更正（令和8年7月13日付）"]
    changed = {(step["part"], step["name"]) for step in why["steps"]}
    assert {(None, "pension_income"), ("medical", "income_levy"), (None, "annual_amount")} <= changed
    assert (None, "household_insured") not in changed
    assert first.status_code == 404
    assert "所得が変わりました。本人の公的年金等収入2,300,000円→2,400,000円。" in sheet
    assert "+26,500円" in sheet


async def test_the_trace_of_a_decision_has_a_version_and_names_every_figure_of_the_law(database: TestDatabase, tmp_path: Path) -> None:
    """Z-01, P-16."""
    async with window(database, CLERK, tmp_path) as client:
        decision = await _decision(client)

    trace = decision["trace"]
    assert trace["format"] == "koki.premium.trace/1"
    assert set(trace) == {"format", "rules_version", "law_hash", "run_id", "household", "parameters", "missing"}
    named = {name for step in decision["steps"] for name in step["parameters"]}
    assert named == {parameter["name"] for parameter in trace["parameters"]}
    assert {"reduction_limits", "union_13.medical_rates"} <= named
    assert all(parameter["law"] and parameter["source"] and parameter["in_force_from"] for parameter in trace["parameters"])
    assert trace["missing"] == ["被用者保険の被扶養者であったかどうかが確認されていません。被扶養者でなかったものとして計算しています。"]


async def test_the_sheet_of_another_municipality_is_not_there(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        identifier = (await _decision(client))["assessment_id"]
    async with window(database, NEIGHBOUR, tmp_path) as client:
        for path in (f"/assessments/{identifier}/sheet", f"/assessments/{identifier}/causes", "/people/131016/1/assessments/2026/sheet"):
            assert (await client.get(path)).status_code == 404
