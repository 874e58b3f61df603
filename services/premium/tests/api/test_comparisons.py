"""What a change of law would do (Z-03) and whom a wrong rule has met (Z-11), over HTTP: tables, people, amounts, letters, CSV, draft."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.testing import Databases, TestDatabase
from contracts.events.municipal import IncomeDetermined

from services.premium.tests.api.test_trials import kept
from services.premium.tests.api.working import work
from services.premium.tests.domain.test_affected_people import FAMILY_SALARY_COUNTED
from services.premium.tests.facts import OLD, SINCE, apply, income, insured, resident
from services.premium.tests.windows import UNION, window

ROOT = Path("services/premium")
PENSIONS = {"1": 1_000_000, "2": 700_000, "3": 1_600_000, "4": 2_400_000}


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """A couple of tradespeople (the second works for the first), and two who live alone; decided rightly."""
    found = await databases("premium", ROOT)
    async with found.units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=OLD, head=False))
        await apply(units, resident("3", household="3", born=OLD), resident("4", household="4", born=OLD))
        received = {"salary_receipts": 1_600_000, "family_employee_salary_received": 1_600_000}
        await apply(units, income("1", pension=PENSIONS["1"]), _with(income("2", pension=PENSIONS["2"]), received))
        await apply(units, income("3", pension=PENSIONS["3"]), income("4", pension=PENSIONS["4"]))
        await apply(units, *(insured(number, born=OLD, acquired=SINCE) for number in PENSIONS))
    return found


def _with(event: IncomeDetermined, changes: dict[str, Any]) -> IncomeDetermined:
    return IncomeDetermined(**{**event.model_dump(), **changes})


async def compared(
    client: httpx.AsyncClient, database: TestDatabase, tmp_path: Path, key: str = "comparison 1", **asked: Any
) -> dict[str, Any]:
    request = {"kind": "law_change", "name": "比較", "before": {"fiscal_year": 2025}, "after": {"fiscal_year": 2026}, **asked}
    body = {"population_id": await kept(client, database, tmp_path), "request": request}
    answer = await client.post("/comparisons", json=body, headers={"idempotency-key": key})
    assert answer.status_code == 202, answer.text
    for result in await work(database, tmp_path):
        assert result["differences"] == {}, result
    return dict((await client.get(f"/comparisons/{answer.json()['comparison_id']}")).json())


async def test_two_years_packs_say_who_pays_more_or_less_how_many_and_how_much(database: TestDatabase, tmp_path: Path) -> None:
    """Z-03, I-08: FY2024 → FY2026 and FY2025 → FY2026 on the people of FY2026, before anything is decided."""
    async with window(database, UNION, tmp_path) as client:
        for year in (2024, 2025):
            found = await compared(client, database, tmp_path, f"comparison {year}", before={"fiscal_year": year})
            people = (await client.get(f"/comparisons/{found['comparison_id']}/people")).json()
            tables = found["result"]["everybody"]
            assert found["state"] == "ready"
            assert tables["whole"]["people"] == 4
            assert tables["whole"]["difference"] == sum(row["difference"] for row in people["rows"]) != 0
            for table in ("bands", "tiers", "municipalities"):
                assert sum(row["difference"] for row in tables[table]) == tables["whole"]["difference"]
            assert found["law_hash_before"] != found["law_hash_after"]


async def test_a_hypothetical_pack_is_compared_and_a_wrong_one_is_refused_with_its_line(database: TestDatabase, tmp_path: Path) -> None:
    cap = (
        "levy_cap:\n  term: 賦課限度額\n  meaning: 仮の限度額\n  unit: yen_per_fiscal_year\n  law: 仮定\n  reviewed_through: 2008-04-01\n"
        "  values:\n    2026-04-01: {value: 60_000, confidence: memory-low, source: 仮定, enacted: false}\n"
    )
    async with window(database, UNION, tmp_path) as client:
        before, after = {"fiscal_year": 2026}, {"fiscal_year": 2026, "pack": cap}
        found = await compared(client, database, tmp_path, before=before, after=after)
        assert found["result"]["everybody"]["whole"]["down"] == found["result"]["listed"]["whole"]["people"] > 0
        assert "賦課限度額" in found["result"]["provisional"]
        population = await kept(client, database, tmp_path)
        for number, (pack, said) in enumerate(
            (("levy_cap: {value: 1.5}", "1:"), (cap.replace("levy_cap", "levy_top"), "levy_top"), (cap + "x: *a", "YAML"), ("- 1", "1:"))
        ):
            request = {"kind": "law_change", "name": "誤り", "before": before, "after": {"fiscal_year": 2026, "pack": pack}}
            body = {"population_id": population, "request": request}
            answer = await client.post("/comparisons", json=body, headers={"idempotency-key": f"a wrong pack {number}"})
            assert (answer.status_code, answer.json()["code"]) == (422, "KOKI-P055"), answer.text
            assert said in answer.json()["detail"]


async def test_the_people_of_a_wrong_rule_are_listed_with_amounts_letters_and_a_draft(database: TestDatabase, tmp_path: Path) -> None:
    """Z-11, I-12: the rule that counted 専従者給与 against the right one: whom it meets, what each would pay, which notices were sent."""
    async with window(database, UNION, tmp_path) as client:
        wrong = {"fiscal_year": 2026, "pack": FAMILY_SALARY_COUNTED}
        found = await compared(client, database, tmp_path, kind="finder", name="専従者給与", before=wrong, condition="tier < should_tier")
        identifier = found["comparison_id"]
        people = (await client.get(f"/comparisons/{identifier}/people")).json()
        sheet = (await client.get(f"/comparisons/{identifier}/people.csv")).content.decode("utf-8-sig")
        draft = (await client.get(f"/comparisons/{identifier}/letter")).json()["text"]
        decisions = {number: (await client.get(f"/people/131016/{number}/assessments")).json()[0] for number in PENSIONS}

    assert [row["resident_number"] for row in people["rows"]] == ["1", "2", "3"]
    for row in people["rows"]:
        decision = decisions[row["resident_number"]]
        assert row["after"] == decision["annual_amount"] < row["before"]
        assert row["assessment_id"] == decision["assessment_id"]
        assert row["letters"][-1] == {"assessment_id": decision["assessment_id"], "decided_on": "2026-07-13"}
        assert row["name"] == "架空 花子"
        # First due on 31 July 2026, as ordinary collection has it; two years from the day after. Law: 法 第160条の2.
        assert (row["closes_on"], row["within_limit"]) == ("2028-08-01", True)
    lines = list(csv.DictReader(io.StringIO(sheet)))
    assert [int(line["差額"]) for line in lines] == [row["difference"] for row in people["rows"]]
    assert "花子" not in sheet
    assert "3人" in draft
    assert "お返しする" in draft


async def test_with_no_rule_before_it_is_the_decisions_in_force_that_are_searched(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        same = await compared(client, database, tmp_path, kind="finder", before=None, condition="annual_amount != should_annual_amount")
        seven = await compared(
            client,
            database,
            tmp_path,
            "comparison 2",
            kind="finder",
            before=None,
            condition="tier == 7 and public_pension_receipts > 700_000",
        )
        rows = (await client.get(f"/comparisons/{seven['comparison_id']}/people")).json()["rows"]
    assert same["result"]["listed"]["whole"]["people"] == 0
    assert [row["resident_number"] for row in rows] == ["1", "3"]
    assert same["law_hash_before"] is None


async def test_a_condition_that_cannot_be_read_is_refused(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        request = {"kind": "finder", "name": "x", "before": None, "after": {"fiscal_year": 2026}, "condition": "__import__('os')"}
        body = {"population_id": await kept(client, database, tmp_path), "request": request}
        assert (await client.post("/comparisons", json=body, headers={"idempotency-key": "a form key"})).status_code == 422
        known = (await client.get("/comparisons/columns")).json()
    assert known["columns"]["tier"] == "均等割額の軽減区分（割）"
    assert known["without"]["other_income"] == "その他所得"
