"""The screens of 負担割合: a person's rate with its steps, the application with its confirmation, who waits, and the notice (E-27)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway_service.api.upstream import Reply, Upstream

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.world import Asked, Gateways, hidden, posted

NUMBER = "000000000000001"
PERSON = f"/people/{CHIYODA}/{NUMBER}"
SPAN = {
    "copay_year": 2025, "copay_year_name": "令和7年8月から", "income_year": 2024, "valid_from": "2026-06-01", "valid_until": "2026-07-31",
    "rate_percent": 20, "limit_class": "一般Ⅱ", "reason": "課税所得と年金収入等が2割負担の基準以上", "exemption": None, "provisional": True,
    "decided_on": "2026-07-13", "recorded_from": "2026-07-13T00:00:00+00:00", "recorded_until": None, "is_today": True, "changed_from": 30,
}  # fmt: skip
BEFORE = {**SPAN, "valid_from": "2025-08-01", "valid_until": "2026-05-31", "rate_percent": 30, "limit_class": "現役並みⅠ",
          "is_today": False,
          "changed_from": None}  # fmt: skip
STEPS: list[dict[str, Any]] = [
    {"name": "highest_taxable", "term": "世帯の被保険者の課税所得の最高額", "value": 1_500_000, "unit": "yen",
     "formula": "1,500,000円（1,450,000円以上）", "law": "施行令 第7条", "provisional": False},
    {"name": "receipts_sum", "term": "被保険者の収入額の合計", "value": None, "unit": "yen",
     "formula": "収入額が確認できない（申請がない）",
     "law": "施行規則", "provisional": True},
    {"name": "rate_percent", "term": "負担割合", "value": 20, "unit": "percent", "formula": "2割", "law": "施行令 第7条",
     "provisional": False},
]  # fmt: skip
RATES = {
    "spans": [SPAN, BEFORE], "earlier": [], "explained": {**SPAN, "steps": STEPS, "is_same": True},
    "waits": [{"copay_year_name": "令和8年8月から", "why": "負担割合を判定できません: 所得を照会中", "waiting_since": "2026-07-01"}],
}  # fmt: skip
KNOWN = {
    "person": {
        "municipality_code": CHIYODA, "resident_number": NUMBER, "name": "後期　花子", "name_kana": "コウキ　ハナコ",
        "born_on": "1940-05-05",
        "sex": "2", "status": "1", "insured_number": "00000001", "household_number": "1", "postal_code": "1000001",
        "address_prefecture": "東京都", "address_municipality": "千代田区", "address_town": "千代田", "address_number": "1番1号",
        "address_building": None, "born_on_unknown_text": None, "relationship": "02", "change_reason": "01", "changed_on": "1990-04-01",
        "notified_on": None, "resident_since": "1990-04-01", "ended_on": None,
    },
    "qualifications": [], "certificates": [], "certificates_waiting": [], "history": [],
    "household": [{"municipality_code": CHIYODA, "resident_number": NUMBER, "name": "後期　花子", "born_on": "1940-05-05", "insured": True,
                   "relationship": "02"}],
}  # fmt: skip
WAITS = [
    {"municipality_code": CHIYODA, "resident_number": NUMBER, "name": "後期　花子", "copay_year": 2026, "copay_year_name": "令和8年8月から",
     "why": "負担割合を判定できません: 所得の記録が届いていない", "waiting_since": "2026-07-01", "days": 12},
]  # fmt: skip


@pytest.fixture
def eligibility(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Services that answer with what stands above, and keep what eligibility was asked."""
    asked: Asked = []
    answers: dict[str, Any] = {PERSON: KNOWN, f"{PERSON}/copay-rates": RATES, "/copay-waits": WAITS}
    made = {"document_id": "0190b0a0-0000-7000-8000-000000000001"}

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        if service != "eligibility":
            return Reply(service, 200, b"[]", "application/json")
        asked.append((more.get("method", "GET"), path, more.get("json")))
        found = made if more.get("method") == "POST" else answers[path]
        return Reply(service, 200, json.dumps(found).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


async def test_a_persons_screen_shows_the_rate_each_step_what_changed_and_what_waits(gateways: Gateways, eligibility: Asked) -> None:
    async with gateways() as world:
        shown = (await (await world.sign_in("chiyoda")).get(PERSON)).text

        assert "<b>2割</b>" in shown
        assert "一般Ⅱ" in shown
        assert all(step["formula"] in shown and step["law"] in shown for step in STEPS)
        assert "令和8年8月からの判定を保留しています。" in shown
        assert "所得を照会中" in shown
        assert shown.count("判定通知書を作る") == 1
        (entry,) = await world.rows("SELECT result FROM access_log WHERE action = 'see_person:qualification'")
        assert entry.result == "shown"


async def test_a_notice_of_a_change_is_made_and_opened_from_the_persons_letters(gateways: Gateways, eligibility: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        screen = await browser.get(PERSON)
        form = {"csrf": hidden(screen), "key": hidden(screen, "key"), "valid_from": hidden(screen, "valid_from")}
        answer = await browser.post(f"{PERSON}/copay-notices", data=form)
        stranger = await browser.post(f"/people/132012/{NUMBER}/copay-notices", data=form)

        assert posted(eligibility) == [(f"{PERSON}/copay-notices", {"valid_from": "2026-06-01"})]
        assert (answer.status_code, answer.headers["location"].startswith(f"{PERSON}/acts/letters/")) == (303, True)
        assert stranger.status_code == 404


async def test_an_application_is_shown_once_more_before_it_is_taken(gateways: Gateways, eligibility: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        act = f"{PERSON}/acts/receipts"
        blank = await browser.get(act)
        field = f"receipts_{NUMBER}"
        given = {"csrf": hidden(blank), "key": hidden(blank, "key"), "applied_on": "R8.7.10"}

        wrong = await browser.post(act, data={**given, "step": "check", field: "三百万"})
        none = await browser.post(act, data={**given, "step": "check", field: ""})
        shown = await browser.post(act, data={**given, "step": "check", field: "3,500,000"})
        assert (wrong.status_code, none.status_code, shown.status_code) == (422, 422, 200)
        assert "円の整数で" in wrong.text
        assert "収入額を入れてください" in none.text
        assert "受け付けますか" in shown.text
        assert "3,500,000" in shown.text
        assert posted(eligibility) == []

        taken = await browser.post(act, data={**given, "step": "take", "key": hidden(shown, "key"), field: hidden(shown, field)})
        assert (taken.status_code, taken.headers["location"]) == (303, PERSON)
        body = {"applied_on": "2026-07-10", "receipts": [{"resident_number": NUMBER, "receipts": 3_500_000}]}
        assert posted(eligibility) == [(f"{PERSON}/receipts-applications", body)]


async def test_who_waits_is_listed_with_why_and_how_long_and_kept_in_the_log(gateways: Gateways, eligibility: Asked) -> None:
    async with gateways() as world:
        shown = (await (await world.sign_in("chiyoda")).get("/copay-waits")).text

        assert "後期　花子" in shown
        assert "所得の記録が届いていない" in shown
        assert "12日" in shown
        assert "千代田区" in shown
        (entry,) = await world.rows("SELECT about FROM access_log WHERE action = 'see_copay_waits'")
        assert entry.about == [f"{CHIYODA}:{NUMBER}"]
