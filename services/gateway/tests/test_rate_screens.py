"""料率マスタ表 and the register of areas with uneven rates: figures in an office's words, gaps that say so, and who may record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway_service.api.upstream import Reply, Upstream
from gateway_service.domain.rate_words import lines

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.test_copay_screens import KNOWN, NUMBER
from services.gateway.tests.world import Asked, Gateways, hidden

OF_PERSON = f"/people/{CHIYODA}/{NUMBER}"
FIGURE = {
    "name": "union_13.medical_rates", "term": "均等割額・所得割率（医療分）", "value": {"per_capita": 53_300, "income_rate": "9.88%"},
    "since": "2026-04-01", "law": "条例", "source": "https://example.jp/", "confidence": "verified-secondary", "provisional": False,
}  # fmt: skip
WEAK = {
    **FIGURE, "name": "month_order", "term": "月割と端数処理の順序", "value": "split_then_floor", "confidence": "memory-low",
    "provisional": True, "source": "not looked up",
}  # fmt: skip
KEPT = {"valid_from": "2026-04-01", "area": "山間部", "recorded_by": "union", "reason": "地番", "recorded_at": "2026-07-13T01:00:00+00:00"}
AREAS = {"union": "13", "fiscal_year": 2026, "known": True, "areas": [
    {"area": "山間部", "municipality_code": None, "within": CHIYODA, "rates_known": True},
    {"area": "島しょ町", "municipality_code": "133086", "within": None, "rates_known": False},
]}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "/rate-table": {"union": "13", "fiscal_year": 2026, "law_hash": "0" * 64, "figures": [FIGURE, WEAK]}, "/rate-areas": AREAS,
    "/rate-areas/residents": [{**KEPT, "municipality_code": CHIYODA, "resident_number": NUMBER, "name": "後期　花子"}],
    OF_PERSON: KNOWN, f"{OF_PERSON}/assessments": [], f"{OF_PERSON}/instalments": [],
    f"{OF_PERSON}/rate-area": [{**KEPT, "believed": True}, {**KEPT, "area": "", "believed": False}],
}  # fmt: skip


@pytest.fixture
def premium(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A premium that knows no rates before 2026, and no area 「島しょ部」."""
    asked: Asked = []

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        asked.append((more.get("method", "GET"), path, more.get("json") or more.get("params")))
        refusal = json.dumps({"code": "KOKI-P010", "title": "その区域はありません。", "detail": "登録されている区域: 山間部"}).encode()
        if more.get("method") == "PUT":
            known = more["json"]["area"] != "島しょ部"
            return Reply(service, 204 if known else 422, b"" if known else refusal, "application/problem+json")
        if (more.get("params") or {}).get("fiscal_year") == "2009":
            return Reply(service, 404, json.dumps({"detail": "均等割額が登録されていません。"}).encode(), "application/problem+json")
        return Reply(service, 200, json.dumps(ANSWERS[path]).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


def test_each_figure_of_the_law_reads_as_an_office_says_it() -> None:
    assert lines({"per_capita": 53_300, "income_rate": "9.88%"}) == ["均等割額 53,300円", "所得割率 9.88%"]
    assert lines([{"up_to": 150_000, "share": "50%"}]) == ["150,000円以下　50%"]
    assert lines([{"below": 1_900_000, "step": 1, "rate": "100%", "less": 650_000}, {"rate": "100%", "less": 1_950_000}]) == [
        "1,900,000円未満　1円単位　× 100%　− 650,000円", "それより上　× 100%　− 1,950,000円",
    ]  # fmt: skip
    assert lines({"share": "50%", "months": 24}) == ["50%", "資格取得から 24か月"]
    assert (lines(True), lines("split_then_floor"), lines(850_000)) == (["する"], ["月割をしてから切り捨てる"], ["850,000円"])
    assert lines([{"area": "山間部", "municipality": "131016"}]) == ["区域 山間部　市区町村 131016"]


async def test_the_rate_table_shows_each_figure_with_its_source_and_a_year_without_rates_says_so(
    gateways: Gateways, premium: Asked
) -> None:
    """P-14."""
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        shown = (await browser.get("/rate-table")).text
        gap = await browser.get("/rate-table?fiscal_year=2009")
        for text in (
            "令和8年度",
            "均等割額 53,300円",
            "所得割率 9.88%",
            "解説資料で確認",
            "月割をしてから切り捨てる",
            "暫定の数値が1件",
            "出典 なし",
        ):
            assert text in shown, text
        assert (gap.status_code, "この年度の料率は登録されていません" in gap.text) == (200, True)
        assert "均等割額が登録されていません。" in gap.text


async def test_the_register_shows_areas_and_people_and_logs_whom_it_showed(gateways: Gateways, premium: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("union")
        shown = (await browser.get("/rate-areas")).text
        for text in ("千代田区の一部", "奥多摩町の全域", "料率が未登録", "後期　花子", "令和8年4月1日"):
            assert text in shown, text
        assert "島しょ町" in shown
        (entry,) = await world.rows("SELECT about FROM access_log WHERE action = 'see_rate_areas'")
        assert entry.about == [f"{CHIYODA}:{NUMBER}"]


async def test_the_staff_of_the_union_record_an_area_and_read_why_another_is_refused(gateways: Gateways, premium: Asked) -> None:
    path = f"{OF_PERSON}/acts/rate-area"
    async with gateways() as world:
        assert (await (await world.sign_in("chiyoda")).get(path)).status_code == 403
        browser = await world.sign_in("union")
        form = await browser.get(path)
        typed = {"csrf": hidden(form, "csrf"), "valid_from": "R8.4.1", "area": "山間部", "reason": "地番で確かめた"}
        done = await browser.post(path, data=typed)
        refused = await browser.post(path, data={**typed, "area": "島しょ部"})
        unread = await browser.post(path, data={**typed, "valid_from": "きのう", "reason": " "})

        assert "訂正済み" in form.text
        assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=1")
        body = {"valid_from": "2026-04-01", "area": "山間部", "reason": "地番で確かめた"}
        assert next(one for one in premium if one[0] == "PUT") == ("PUT", f"{OF_PERSON}/rate-area", body)
        assert (refused.status_code, "登録されている区域: 山間部" in refused.text) == (422, True)
        assert (unread.status_code, "どのように確かめたか" in unread.text) == (422, True)
        assert len([one for one in premium if one[0] == "PUT"]) == 2, "what cannot be read is sent nowhere"
        logged = await world.rows("SELECT result FROM access_log WHERE action = 'record_rate_area' ORDER BY result")
        assert [row.result for row in logged] == ["done", "refused"]
