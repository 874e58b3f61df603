"""The screens of the migration and of the lists: what they show of the service's answer, what they carry, and who may."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from gateway_service.api.upstream import Reply, Upstream

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.world import Asked, Gateways, hidden

ROW = {
    "municipality_code": CHIYODA, "resident_number": "000000000000001", "recorded_on": "2026-07-13", "effective_on": "2026-07-02",
    "event": "資格喪失", "insured_number": "00000001", "name": "後期　花子", "before": "取得 2015-05-05",
    "after": "取得 2015-05-05 喪失 2026-07-02 死亡", "reason": "死亡", "cancelled": "取消済み",
}  # fmt: skip
COLUMNS = ("recorded_on", "effective_on", "event", "insured_number", "name", "before", "after", "reason", "cancelled")
LIST = {
    "title": "被保険者異動整理簿", "lines": ["令和8年7月"], "struck": "cancelled", "total": 250, "page": 1, "pages": 3, "rows": [ROW],
    "columns": [{"name": name, "term": name} for name in COLUMNS],
}  # fmt: skip
MIGRATION = {
    "phase": "migration", "phase_term": "移行", "steps": [], "plan": {"cut_off_on": "2027-04-01", "municipalities": [CHIYODA]},
    "milestones": [
        {"milestone": "rehearsed", "term": "運用試験（移行業務）", "planned_on": "2026-10-01", "reached_on": None,
         "note": "", "seen_by_itself": False},
        {"milestone": "migration_begun", "term": "移行業務の開始", "planned_on": None, "reached_on": "2026-07-01T00:00:00+00:00",
         "note": "", "seen_by_itself": True},
    ],
    "municipalities": [
        {"municipality_code": CHIYODA, "generation": 2, "complete_as_of": "2026-07-01", "sent": 12_345, "accepted": 12_342, "rejected": 2,
         "parked": 1, "complete_at": "2026-07-13T00:00:00+00:00", "later_records": 7},
        {"municipality_code": "132012", "generation": None},
    ],
    "differences": [{"kind": "returned", "municipality_code": CHIYODA, "count": 3, "term": "受け付けられなかった記録があります"}],
}  # fmt: skip
RESULTS = [
    {"municipality_code": CHIYODA, "residents": 12_342, "birth_unknown": 4, "insured": {"age": 9_000, "moved_in": 300},
     "not_insured": {"under_75": 3_000, "died": 42}, "differences": {}, "made_at": "2026-07-13T01:00:00+00:00",
     "insured_words": "75歳到達 9,000・転入 300", "not_insured_words": "75歳未満 3,000・死亡 42"}
]  # fmt: skip


@pytest.fixture
def eligibility(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A service of eligibility that answers with what stands above, and keeps what it was asked."""
    asked: Asked = []
    answers = {"/lists/changes": LIST, "/lists/files": [], "/migration": MIGRATION, "/migration/results": RESULTS}

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        asked.append((more.get("method", "GET"), path, more.get("json") or more.get("params")))
        found = {} if more.get("method") == "POST" else answers[path]
        return Reply(service, 200, json.dumps(found).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


async def post(browser: httpx.AsyncClient, screen: str, path: str, **fields: str) -> httpx.Response:
    """Send a form of a screen."""
    found = await browser.get(screen)
    return await browser.post(path, data={"csrf": hidden(found), "key": hidden(found, "key"), **fields})


async def test_a_list_shows_cancelled_rows_struck_days_as_eras_and_logs_whom_it_showed(gateways: Gateways, eligibility: Asked) -> None:
    """E-12."""
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")

        shown = await browser.get("/lists/changes?first_day=R8.7.1&last_day=R8.7.31")

        assert shown.status_code == 200
        assert '<tr class="struck">' in shown.text
        assert "取得 H27.5.5 喪失 R8.7.2 死亡" in shown.text
        assert "250件" in shown.text
        assert "page=2" in shown.text
        assert eligibility[-1][2] == {
            "municipality": CHIYODA, "order": "number", "first_day": "2026-07-01", "last_day": "2026-07-31", "page": "1",
        }  # fmt: skip
        (entry,) = await world.rows("SELECT about FROM access_log WHERE action = 'see_list:changes'")
        assert entry.about == [f"{CHIYODA}:000000000000001"]


async def test_a_file_is_asked_for_with_the_days_that_are_shown(gateways: Gateways, eligibility: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        days = {"municipality": CHIYODA, "first_day": "R8.7.1", "last_day": "R8.7.31"}

        answer = await post(browser, "/lists/changes", "/lists/changes/files", form="pdf", **days)
        foreign = await post(browser, "/lists/changes", "/lists/changes/files", form="pdf", **days | {"municipality": "132012"})
        unreadable = await post(browser, "/lists/changes", "/lists/changes/files", form="pdf", **days | {"last_day": "いつか"})

        assert (answer.status_code, answer.headers["location"]) == (303, "/lists/files")
        assert [body for method, _, body in eligibility if method == "POST"] == [
            {"municipality": CHIYODA, "order": "number", "form": "pdf", "place": "千代田区", "first_day": "2026-07-01",
             "last_day": "2026-07-31"}
        ]  # fmt: skip
        assert (foreign.status_code, unreadable.status_code) == (404, 422)
        assert "KOKI-S540" in unreadable.text


async def test_the_migration_shows_what_keeps_the_gate_shut_and_the_equation_of_each_municipality(
    gateways: Gateways, eligibility: Asked
) -> None:
    """T-12, T-02."""
    async with gateways() as world:
        browser = await world.sign_in("union")

        shown = (await browser.get("/migration")).text

        assert "受け付けられなかった記録があります" in shown
        assert "全件データが届いていません" in shown
        assert all(count in shown for count in ("12,345", "12,342", "9,300", "75歳到達 9,000・転入 300", "75歳未満 3,000・死亡 42"))
        assert "/migration/steps/open_routine" in shown
        assert "/migration/steps/reset_rehearsal" not in shown


async def test_the_acts_of_the_migration_are_carried_to_the_service(gateways: Gateways, eligibility: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("union")

        answers = [
            await post(browser, "/migration", "/migration/plan", cut_off_on="R9.4.1"),
            await post(browser, "/migration", "/migration/milestones/rehearsed", planned_on="", reached_on="R8.10.1", note=" 一致 "),
            await post(browser, "/migration", "/migration/results"),
            await post(browser, "/migration", "/migration/steps/open_routine", reason="予定のとおり"),
        ]
        without_reason = await post(browser, "/migration", "/migration/steps/open_routine", reason=" ")

        assert [answer.status_code for answer in answers] == [303] * 4
        assert [(path, body) for method, path, body in eligibility if method == "POST"] == [
            ("/migration/plan", {"cut_off_on": "2027-04-01", "municipalities": [CHIYODA, "132012", "133086"]}),
            ("/migration/milestones/rehearsed", {"planned_on": None, "reached_on": "2026-10-01", "note": "一致"}),
            ("/migration/results", None),
            ("/migration/steps", {"act": "open_routine", "reason": "予定のとおり", "repeat": False}),
        ]
        assert (without_reason.status_code, "KOKI-S543" in without_reason.text) == (422, True)


async def test_a_clerk_has_the_lists_and_not_the_migration(gateways: Gateways, eligibility: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")

        menu = (await browser.get("/desk")).text

        assert "/lists/ledger" in menu
        assert "/migration" not in menu
        assert (await browser.get("/migration")).status_code == 403
