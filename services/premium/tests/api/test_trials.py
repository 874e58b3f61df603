"""Rate trials on kept populations (P-01, Z-04): repeatable, explained, for staff of the union alone."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.testing import Databases, TestDatabase
from chassis.tokens import Principal
from premium_service.store import profiles
from pypdf import PdfReader

from services.premium.tests.api.working import work
from services.premium.tests.facts import OLD, SINCE, apply, income, insured, lost, resident
from services.premium.tests.windows import CLERK, UNION, window

ROOT = Path("services/premium")
PENSIONS = (700_000, 1_500_000, 2_100_000, 2_300_000, 3_400_000, 12_000_000)
OKU = 100_000_000
YEAR: dict[str, Any] = {
    "fiscal_year": 2026, "insured": 6, "benefits": 4_000_000, "high_income_benefits": 300_000, "review_fees": 20_000,
    "surplus_and_reserve": 10_000,
}  # fmt: skip
SCENARIO: dict[str, Any] = {
    "name": "標準", "fiscal_year": 2026, "years": [YEAR, {**YEAR, "fiscal_year": 2027, "benefits": 4_200_000}],
    "choices": {"income_coefficient": "52/48", "collection_rate": "99.5%"},
}  # fmt: skip


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """Six people who live alone, decided on 13 July; one of them has died by then."""
    found = await databases("premium", ROOT)
    async with found.units() as units:
        for number, pension in enumerate(PENSIONS, 1):
            one = str(number)
            await apply(units, resident(one, household=one, born=OLD), income(one, pension=pension), insured(one, born=OLD, acquired=SINCE))
        await apply(units, lost("6", born=OLD, acquired=SINCE, on=date(2026, 7, 2)))
    return found


async def kept(client: httpx.AsyncClient, database: TestDatabase, tmp_path: Path, key: str = "population 1", **asked: Any) -> str:
    """A population that is complete."""
    body = {"name": "本算定", "fiscal_year": 2026, **asked}
    answer = await client.post("/populations", json=body, headers={"idempotency-key": key})
    assert answer.status_code == 202, answer.text
    for result in await work(database, tmp_path):
        assert result["differences"] == {}, result
    return str(answer.json()["population_id"])


async def tried(client: httpx.AsyncClient, population: str, key: str = "scenario 1", **changes: Any) -> dict[str, Any]:
    body = {"population_id": population, "request": {**SCENARIO, **changes}}
    answer = await client.post("/trials", json=body, headers={"idempotency-key": key})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_population_is_everybody_with_a_decision_in_force_and_is_made_once(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        first = await kept(client, database, tmp_path)
        again = await kept(client, database, tmp_path)
        (listed,) = (await client.get("/populations")).json()

        assert first == again
        assert (listed["state"], listed["people"]) == ("ready", 6)
        (yen,) = [row["annual_amount"] for row in (await client.get("/populations")).json()]
        decisions = [(await client.get(f"/people/131016/{number}/assessments")).json()[0] for number in range(1, 7)]
        assert yen == sum(decision["annual_amount"] for decision in decisions)


async def test_the_same_people_and_estimates_give_the_same_result_and_who_asks_again_gets_the_kept_one(
    database: TestDatabase, tmp_path: Path
) -> None:
    """P-01: same population → same result, also from the files alone. Kept with who, when, the hash of the people and of the law."""
    async with window(database, UNION, tmp_path) as client:
        one, other = await kept(client, database, tmp_path), await kept(client, database, tmp_path, "population 2")
        first, second = await tried(client, one), await tried(client, other, "scenario 2")
        again = await tried(client, one)
        profiles.forget()
        repeated = (await client.post(f"/trials/{first['trial_id']}/repeat")).json()

    assert first["result"] == second["result"]
    assert again["trial_id"] == first["trial_id"]
    assert repeated["same"] is True
    assert (first["made_by"], len(first["law_hash"]), len(first["inputs_hash"])) == ("union", 64, 64)


async def test_a_later_decision_does_not_move_a_kept_population(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        population = await kept(client, database, tmp_path)
        before = await tried(client, population)
        async with database.units(today=date(2026, 9, 1)) as units:
            await apply(units, income("5", pension=900_000, sequence=2))
        assert (await client.post(f"/trials/{before['trial_id']}/repeat")).json()["same"] is True
        moved = await tried(client, await kept(client, database, tmp_path, "population 2", known_on="2026-09-01"), "scenario 2")
    assert moved["inputs_hash"] != before["inputs_hash"]
    assert moved["result"]["parts"] != before["result"]["parts"]


async def test_costs_shares_and_rates_are_told_line_by_line_and_the_sums_are_true(database: TestDatabase, tmp_path: Path) -> None:
    """Z-04: 13.27 % of FY2026 and FY2027, public money 5/12 + 1/12, and the rate that covers it for the person-years expected."""
    async with window(database, UNION, tmp_path) as client:
        part = (await tried(client, await kept(client, database, tmp_path)))["result"]["parts"]["medical"]

    lines = {(line["fiscal_year"], line["name"]): line for line in part["lines"]}
    assert lines[2026, "national"]["amount"] == 1_000_000
    assert lines[2027, "support_grant"] == {
        "fiscal_year": 2027, "side": "income", "name": "support_grant", "term": "後期高齢者交付金（負担対象額分）",
        "amount": 4_200_000 * 3673 // 10_000, "of": 4_200_000, "rate": "36.73%",
    }  # fmt: skip
    assert part["necessary"] == sum(line["amount"] if line["side"] == "cost" else -line["amount"] for line in part["lines"])
    assert part["levy_total"] == -(-part["necessary"] * 1000 // 995)
    assert part["levied"] >= part["levy_total"]
    lower = max((found for found in part["attempts"] if not found["enough"]), key=lambda found: found["levied"])
    assert lower["levied"] < part["levy_total"]
    assert part["reductions_paid_by"] == {"prefecture": part["reductions"] * 3 // 4, "municipality": part["reductions"] // 4}


async def test_two_scenarios_are_compared_estimate_by_estimate(database: TestDatabase, tmp_path: Path) -> None:
    """P-01: scenario difference report."""
    async with window(database, UNION, tmp_path) as client:
        population = await kept(client, database, tmp_path)
        one = await tried(client, population)
        more = {**YEAR, "benefits": 5_000_000}
        other = await tried(client, population, "scenario 2", name="医療費増", years=[more, SCENARIO["years"][1]])
        ids = {"first": one["trial_id"], "second": other["trial_id"]}
        found = (await client.get("/trials/difference", params=ids)).raise_for_status().json()

    assert found["differing"] == [
        {"name": "name", "first": "標準", "second": "医療費増"},
        {"name": "years[0].benefits", "first": 4_000_000, "second": 5_000_000},
    ]
    rates = [found[name]["result"]["parts"]["medical"]["levy_total"] for name in ("first", "second")]
    assert rates[1] > rates[0]


async def test_an_uploaded_table_of_incomes_stands_for_the_union(database: TestDatabase, tmp_path: Path) -> None:
    table = "levy_base,tier,people\n0,7,400\n500000,2,300\n1200000,0,299\n30000000,0,1\n"
    async with window(database, UNION, tmp_path) as client:
        asked = {"name": "試算用の分布", "fiscal_year": 2026, "table": table}
        population = (
            (await client.post("/populations/table", json=asked, headers={"idempotency-key": "a form of a table"}))
            .raise_for_status()
            .json()["population_id"]
        )
        year = {**YEAR, "insured": 1000, "benefits": 700_000_000}
        found = (await tried(client, population, years=[year]))["result"]
        wrong = await client.post(
            "/populations/table", json={**asked, "table": table + "12a,7,1\n"}, headers={"idempotency-key": "another form"}
        )

    assert found["people"] == 1000
    assert found["parts"]["medical"]["capped_people"] == 1
    assert found["effects"]["municipalities"][0]["people"] == 1000
    assert (wrong.status_code, wrong.json()["code"]) == (422, "KOKI-P052")
    assert "6行目" in wrong.json()["detail"]


async def test_estimates_without_a_rate_are_refused_in_words(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        population = await kept(client, database, tmp_path)
        too_little = {**YEAR, "surplus_and_reserve": 10**9}
        too_much = {**YEAR, "benefits": 10**12}
        for number, (year, said) in enumerate(((too_little, "上回って"), (too_much, "賦課限度額のため"))):
            body = {"population_id": population, "request": {**SCENARIO, "years": [year], "choices": {
                **SCENARIO["choices"], "fixed_flat": None if number == 0 else 0}}}  # fmt: skip
            answer = await client.post("/trials", json=body, headers={"idempotency-key": f"refused {number}"})
            assert (answer.status_code, answer.json()["code"]) == (422, "KOKI-P051")
            assert said in answer.json()["detail"]


async def test_the_table_of_a_trial_is_printed_and_read_back(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        found = await tried(client, await kept(client, database, tmp_path))
        pdf = await client.post(f"/trials/{found['trial_id']}/document", json={"places": {"131016": "千代田区"}})
        again = await client.post(f"/trials/{found['trial_id']}/document", json={"places": {"131016": "千代田区"}})

    assert pdf.status_code == 200, pdf.text
    assert pdf.content == again.content
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf.content)).pages)
    part = found["result"]["parts"]["medical"]
    assert f"{part['per_capita']:,}円{part['income_rate']}" in text
    assert "令和8年度保険料率試算表" in text
    assert "7割軽減" in text
    assert "千代田区" in text


@pytest.mark.parametrize(
    "who", [CLERK, Principal("half", frozenset({"union_staff"}), frozenset({"131016"}))], ids=["clerk", "one municipality"]
)
async def test_only_staff_of_the_whole_union_may_ask(database: TestDatabase, tmp_path: Path, who: Principal) -> None:
    async with window(database, who, tmp_path) as client:
        for path in ("/populations", "/trials", "/comparisons?kind=finder", "/comparisons/columns"):
            assert (await client.get(path)).status_code == 403, path
        refused = await client.post("/populations", json={"name": "x", "fiscal_year": 2026}, headers={"idempotency-key": "a form key"})
        assert refused.status_code == 403
