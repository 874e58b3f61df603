"""The screens of trials, changes of law and the finder (P-01, Z-03, Z-04, Z-11), and a premium as of a day (W-06)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway_service.api.upstream import Reply, Upstream
from gateway_service.domain.charts import WIDTH, average_chart
from gateway_service.domain.trial_form import begin, read_trial, typed_of

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.test_copay_screens import KNOWN, NUMBER, PERSON
from services.gateway.tests.world import Asked, Gateways, hidden, posted

ID = "01980000-0000-7000-8000-000000000001"
POPULATION = {
    "population_id": ID, "name": "本算定", "source": "decisions", "fiscal_year": 2026, "known_on": "2026-07-13", "people": 1_700_000,
    "annual_amount": 180_000_000_000, "state": "ready", "made_by": "union", "made_at": "2026-07-13T01:00:00+00:00", "inputs_hash": "0" * 64,
}  # fmt: skip
LISTED = {
    "rows": [
        {"municipality_code": CHIYODA, "resident_number": NUMBER, "name": "後期　花子", "insured_number": "00000001", "tier_before": 5,
         "tier_after": 7, "before": 64_800, "after": 50_200, "difference": -14_600, "decided_on": "2026-07-13", "closes_on": "2026-07-01",
         "within_limit": False, "assessment_id": ID, "letters": [{"assessment_id": ID, "decided_on": "2026-07-13"}]},
    ],
    "total": 1, "page": 1, "pages": 1,
}  # fmt: skip
DECIDED: list[dict[str, Any]] = [
    {"assessment_id": ID[:-1] + str(revision), "fiscal_year": 2026, "fiscal_year_name": "令和8年度", "revision": revision,
     "annual_amount": amount, "months": 12, "provisional": False, "former_dependant": False, "decided_on": day, "explained": True,
     "in_force": revision == 2, "parts": [], "steps": [], "trace": {"missing": ["本人の所得が申告されていません。"]}}
    for revision, amount, day in ((2, 74_800, "2026-07-10"), (1, 64_800, "2026-07-01"))
]  # fmt: skip
WHY = {
    "before": {"assessment_id": ID, "revision": 1, "decided_on": "2026-07-01", "annual_amount": 64_800},
    "after": {"assessment_id": ID, "revision": 2, "decided_on": "2026-07-10", "annual_amount": 74_800},
    "difference": 10_000, "explained": True, "steps": [],
    "causes": [{"kind": "income", "text": "所得が変わりました。", "changes": [],
                "events": ["所得の決定または更正（令和8年7月10日付）"], "yen": 10_000}],
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "/populations": [POPULATION], "/trials": {"trials": []}, PERSON: KNOWN, f"{PERSON}/assessments": DECIDED,
    f"{PERSON}/instalments": [], f"{PERSON}/copay-rates": {"spans": [], "earlier": [], "explained": None, "waits": []},
    f"/assessments/{DECIDED[0]['assessment_id']}/causes": WHY, f"/comparisons/{ID}/people": LISTED, "/comparisons": [],
    "/comparisons/columns": {"columns": {"tier": "均等割額の軽減区分（割）"}, "without": {"other_income": "その他所得"}},
}  # fmt: skip


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Services that answer with what stands above, and keep what was sent to them."""
    asked: Asked = []

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        asked.append((more.get("method", "GET"), path, more.get("json")))
        found = {"trial_id": ID, "comparison_id": ID, "population_id": ID} if more.get("method") == "POST" else ANSWERS[path]
        return Reply(service, 200, json.dumps(found).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


async def test_a_premium_is_shown_as_known_on_a_day_with_the_reason_of_its_last_change(gateways: Gateways, services: Asked) -> None:
    """W-06, Z-01."""
    async with gateways() as world:
        clerk = await world.sign_in("chiyoda")
        now = (await clerk.get(f"{PERSON}/assessment")).text
        then = (await clerk.get(f"{PERSON}/assessment", params={"known_on": "R8.7.9"})).text
        before = (await clerk.get(f"{PERSON}/assessment", params={"known_on": "2026-06-30"})).text
        wrong = await clerk.get(f"{PERSON}/assessment", params={"known_on": "R8.13.1"})

    assert "前の決定から変わった理由" in now
    assert "所得の決定または更正（令和8年7月10日付）" in now
    assert "+10,000" in now
    assert "本人の所得が申告されていません。" in now
    assert f"documents/sheets/{DECIDED[0]['assessment_id']}.pdf" in now
    assert f"documents/sheets/{DECIDED[1]['assessment_id']}.pdf" in then
    assert "変わった理由" not in then
    assert "この日までの決定はありません。" in before
    assert wrong.status_code == 422


async def test_estimates_are_read_in_any_width_and_what_is_wrong_is_told_at_its_field(gateways: Gateways, services: Asked) -> None:
    async with gateways() as world:
        staff = await world.sign_in("union")
        blank = await staff.get("/trials/new", params={"population": ID})
        form = {"csrf": hidden(blank), "key": hidden(blank, "key"), "population": ID, "name": "標準案", "fiscal_year": "2026",
                "income_growth": "100", "y0_insured": "1,700,000", "y0_benefits": "１，５００，０００，０００，０００円",
                "c_collection_rate": "99.5", "c_income_share": "52", "c_per_capita_unit": "1", "c_rate_step": "0.01"}  # fmt: skip
        wrong = await staff.post("/trials", data={**form, "y0_benefits": "多い", "c_income_share": "100"})
        kept = await staff.post("/trials", data=form)

    assert 'value="1700000"' in blank.text
    assert wrong.status_code == 422
    assert "0以上の整数で入力してください。" in wrong.text
    assert "1から99までの整数で入力してください。" in wrong.text
    assert 'value="標準案"' in wrong.text, "what was typed stays"
    (one,) = posted(services)
    assert one[1]["request"]["years"] == [{"fiscal_year": 2026, "insured": 1_700_000, "benefits": 1_500_000_000_000}]
    assert one[1]["request"]["choices"]["income_coefficient"] == "52/48"
    assert kept.headers["location"] == f"/trials/{ID}"


def test_a_form_made_from_a_kept_scenario_asks_for_the_same() -> None:
    typed = begin(2026, None) | {"name": "案", "y0_insured": "6", "y0_benefits": "4,000,000", "y1_insured": "7", "y1_benefits": "5"}
    typed |= {"k_payment": "900", "k_insured": "6", "c_cap": "900,000"}
    asked, errors = read_trial(typed)
    again, _ = read_trial(typed_of(asked))
    assert errors == {}
    assert again == asked


async def test_people_found_are_named_in_the_access_log_with_the_limit_that_has_passed(gateways: Gateways, services: Asked) -> None:
    """Z-11: a finder's use is in the access log, about whom."""
    async with gateways() as world:
        staff = await world.sign_in("union")
        screen = await staff.get("/finder")
        form = {"csrf": hidden(screen), "key": hidden(screen, "key"), "population": ID, "name": "専従者", "condition": "tier < should_tier",
                "fiscal_year": "2026", "decided": "under_pack", "left_out": "other_income"}  # fmt: skip
        begun = await staff.post("/finder", data=form)
        shown = (await staff.get(f"/finder/{ID}/people")).text
        entries = await world.rows("SELECT action, about, result FROM access_log WHERE action = 'find_people' ORDER BY number")

    assert "均等割額の軽減区分（割）" in screen.text
    (asked,) = posted(services)
    assert asked[1]["request"]["before"] == {"fiscal_year": 2026, "pack": "", "without": ["other_income"]}
    assert begun.headers["location"] == f"/finder/{ID}"
    assert "期間経過" in shown
    assert "−14,600" in shown
    assert [(entry.result, list(entry.about or ())) for entry in entries] == [
        ("shown", []), ("done", []), ("shown", [f"{CHIYODA}:{NUMBER}"]),
    ]  # fmt: skip


def test_the_longest_bar_of_a_chart_takes_the_room_and_empty_lines_take_none() -> None:
    rows = [
        {"term": "0円", "people": 2, "average_before": 100, "average_after": 50},
        {"term": "58万円以下", "people": 0, "average_before": 0, "average_after": 0},
        {"term": "700万円超", "people": 1, "average_before": 400, "average_after": 300},
    ]
    chart = average_chart([("現在", rows, "average_before"), ("試算", rows, "average_after")])
    assert [group.term for group in chart.groups] == ["0円", "700万円超"]
    assert [[bar.length for bar in group.bars] for group in chart.groups] == [[WIDTH // 4, WIDTH // 8], [WIDTH, WIDTH * 3 // 4]]
    assert len({bar.y for group in chart.groups for bar in group.bars}) == 4
