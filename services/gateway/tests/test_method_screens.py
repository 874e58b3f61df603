"""The page of a person's instalments shows how each payment is collected and why, and takes requests for bank transfer (C-12)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway_service.api.upstream import Reply, Upstream

from services.gateway.tests.test_copay_screens import KNOWN, NUMBER, PERSON
from services.gateway.tests.world import Asked, Gateways, hidden, posted

LAW = "高齢者の医療の確保に関する法律施行令（特別徴収の対象とならない被保険者）"
OCTOBER: dict[str, Any] = {
    "insured_id": "0190b0a0-0000-7000-8000-000000000001", "fiscal_year": 2026, "month": 10, "sequence": 2, "decided_on": "2026-07-13",
    "method": "ordinary", "reason": 12, "reason_term": "介護保険料との合計が年金の支払額の2分の1を超える", "law": LAW,
    "premium_payment": 12_800, "care_payment": 40_000, "pension_payment": 100_000, "most": 50_000, "starts": 24_321, "stops": True,
    "awaited_since": None,
}  # fmt: skip
EARLIER = {**OCTOBER, "sequence": 1, "method": "special", "reason_term": "特別徴収を開始する", "decided_on": "2026-07-01", "stops": False}
AWAITED = {
    **OCTOBER, "month": 12, "method": "awaited", "stops": False, "care_payment": None, "awaited_since": "2026-06-01",
    "reason_term": "介護保険料の額が届いておらず、2分の1判定ができない", "earlier": [],
}  # fmt: skip
YEAR = {
    "insured_id": OCTOBER["insured_id"], "fiscal_year": 2026, "assessment_id": OCTOBER["insured_id"], "annual_amount": 36_000,
    "assessed_amount": 36_000, "remitted_amount": 0, "provisional": False, "revision": 1, "decided_on": "2026-07-13",
    "instalments": [
        {"number": 101, "month": 4, "due_on": "2026-04-15", "amount": 16_000, "method": "special", "deferred_until": None},
        {"number": 1, "month": 7, "due_on": "2026-07-31", "amount": 20_000, "method": "ordinary", "deferred_until": None},
    ],
}  # fmt: skip


@pytest.fixture
def collection(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Services that answer with what stands above; what is posted to collection is kept."""
    asked: Asked = []
    methods: dict[str, Any] = {"payments": [{**OCTOBER, "earlier": [EARLIER]}, AWAITED], "requests": []}
    answers: dict[str, Any] = {PERSON: KNOWN, f"{PERSON}/instalments": [YEAR], f"{PERSON}/collection-method": methods}

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        asked.append((more.get("method", "GET"), path, more.get("json")))
        if more.get("method") == "POST":
            request = {
                "request_id": "0190b0a0-0000-7000-8000-000000000009",
                "asked_on": "2026-07-13",
                "in_group": False,
                "withdrawn_on": None,
            }
            methods["requests"] = [request] if path.endswith("requests") else [{**request, "withdrawn_on": "2026-07-13"}]
            return Reply(service, 201, b"{}", "application/json")
        return Reply(service, 200, json.dumps(answers.get(path, [])).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


async def test_each_payment_shows_its_method_the_reason_with_its_article_and_the_figures(gateways: Gateways, collection: Asked) -> None:
    async with gateways() as world:
        shown = (await (await world.sign_in("chiyoda")).get(f"{PERSON}/instalments")).text

        for text in (OCTOBER["reason_term"], LAW, "12,800", "40,000", "100,000", "50,000", "中止", "前の決定 1件", "特別徴収を開始する"):
            assert text in shown, text
        assert "未着" in shown, "an amount that has not come is not zero"
        assert "から待っています" in shown
        assert "年金4月" in shown
        assert "第1期" in shown


async def test_a_request_is_taken_on_the_page_and_withdrawn_there(gateways: Gateways, collection: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        page = await browser.get(f"{PERSON}/instalments")
        form = {"csrf": hidden(page), "key": hidden(page, "key"), "asked_on": "R8.7.13"}
        answer = await browser.post(f"{PERSON}/instalments/transfer-requests", data=form)
        stranger = await browser.post(f"/people/132012/{NUMBER}/instalments/transfer-requests", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PERSON}/instalments?done=1")
        assert stranger.status_code == 404

        page = await browser.get(answer.headers["location"])
        assert "次の徴収方法の決定から反映します" in page.text
        path = f"{PERSON}/instalments/transfer-requests/0190b0a0-0000-7000-8000-000000000009/withdrawal"
        assert path in page.text
        form = {"csrf": hidden(page), "key": hidden(page, "key"), "withdrawn_on": "R8.7.13"}
        assert (await browser.post(path, data=form)).status_code == 303
        assert posted(collection) == [
            (f"{PERSON}/transfer-requests", {"asked_on": "2026-07-13", "in_group": False}),
            (path.replace("/instalments", ""), {"withdrawn_on": "2026-07-13"}),
        ]
        assert "取下げ" in (await browser.get(f"{PERSON}/instalments")).text
        logged = await world.rows("SELECT action, result FROM access_log WHERE action LIKE '%transfer%' ORDER BY 1, 2")
        assert [tuple(row) for row in logged] == [
            ("ask_for_transfer", "done"),
            ("ask_for_transfer", "refused"),
            ("withdraw_transfer", "done"),
        ]
