"""負担割合 at the window: its steps, its history, who waits, and 基準収入額適用申請 (E-27)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chassis.testing import Databases

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.people import CHIYODA, HACHIOJI, income, resident

OWN, OTHER = frozenset({CHIYODA}), frozenset({HACHIOJI})
PATH = f"/people/{CHIYODA}/{1:015d}"
BUSINESS: dict[str, Any] = {"income_year": 2024, "taxable_income": 1_500_000, "business_income": 1_200_000, "resident_tax_status": "1"}


async def apply(window: Window, key: str, **body: Any) -> Any:
    headers = {**window.as_("window_clerk", of=OWN), "Idempotency-Key": key}
    given = {"applied_on": "2026-05-20", "receipts": [{"resident_number": f"{1:015d}", "receipts": 3_500_000}]}
    return await window.client.post(f"{PATH}/receipts-applications", headers=headers, json={**given, **body})


async def test_the_steps_of_a_rate_lead_from_the_taxable_income_to_rate_and_class(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(), income(1, **BUSINESS))
        found = (await window.client.get(f"{PATH}/copay-rates", headers=window.as_("window_clerk", of=OWN))).json()
        steps = {step["name"]: step for step in found["explained"]["steps"]}
        assert (found["explained"]["rate_percent"], found["explained"]["limit_class"]) == (30, "現役並みⅠ")
        assert steps["highest_taxable"]["formula"] == "1,500,000円（1,450,000円以上）"
        assert steps["receipts_sum"]["formula"] == "収入額が確認できない（申請がない）"
        assert steps["receipts_sum"]["provisional"]
        assert all(step["law"] for step in steps.values())
        hidden = await window.client.get(f"{PATH}/copay-rates", headers=window.as_("window_clerk", of=OTHER))
        assert hidden.json()["spans"] == []


async def test_an_application_lowers_the_rate_from_the_month_after_once(databases: Databases, keys: Path) -> None:
    """Seen to fail: with effective_on = applied_on, the first span ended in May."""
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(), income(1, **BUSINESS))
        first, again = await apply(window, "key-00000001"), await apply(window, "key-00000001")
        assert (first.status_code, first.json()) == (201, again.json())
        assert (first.json()["effective_on"], first.json()["rate_percent"], first.json()["reason"]) == ("2026-06-01", 20, "two_tenths")
        found = (await window.client.get(f"{PATH}/copay-rates", headers=window.as_("window_clerk", of=OWN))).json()
        spans = [(s["valid_from"], s["valid_until"], s["rate_percent"]) for s in found["spans"]]
        assert spans == [("2026-06-01", "2026-07-31", 20), ("2025-08-01", "2026-05-31", 30)]
        assert [(s["valid_from"], s["rate_percent"]) for s in found["earlier"]] == [("2025-08-01", 30)]
        assert await window.world.value("SELECT count(*) FROM receipts_application") == 1


async def test_an_application_that_leaves_out_an_insured_member_or_names_a_stranger_is_refused(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        home = resident().household_number
        await window.world.hear(resident(), resident(2, household_number=home, relationship="11"), income(1, **BUSINESS))
        left_out = await apply(window, "key-00000002")
        stranger = await apply(window, "key-00000003", receipts=[{"resident_number": "999", "receipts": 1}])
        assert [(r.status_code, r.json()["code"]) for r in (left_out, stranger)] == [(409, "KOKI-E030")] * 2
        assert "被保険者全員の収入額が必要です" in left_out.json()["detail"]


async def test_who_waits_is_listed_for_the_own_municipality_alone(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await window.world.hear(resident(), resident(2, municipality=HACHIOJI, name_kana="ベツノ　ヒト"))
        listed = (await window.client.get("/copay-waits", headers=window.as_("window_clerk", of=OWN))).json()
        assert [(w["municipality_code"], w["why"]) for w in listed] == [(CHIYODA, "負担割合を判定できません: 所得の記録が届いていない")]
