"""The screens of the ledgers of assessment and of its runs: what they show of the service's answer, what they carry, and who may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway_service.api.upstream import Reply, Upstream
from gateway_service.domain.jobs import flat

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.test_copay_screens import KNOWN, NUMBER
from services.gateway.tests.world import Asked, Gateways, hidden

RUN, FIRST, OTHER = (f"01980000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
PERSON = {"municipality_code": CHIYODA, "resident_number": "000000000000001", "insured_number": "00000001", "name": "後期　花子"}
CORRECTED = {
    "title": "後期高齢者医療保険料　更正賦課台帳", "line": "令和8年7月", "total": 250, "yen": -1_234_500,
    "sum_term": "増減の合計", "page": 1,
    "pages": 3, "struck": "cancelled",
    "columns": [
        {"name": name, "term": term, "is_amount": name in ("amount_before", "difference")}
        for name, term in (("decided_on", "決定日"), ("insured_number", "被保険者番号"), ("name", "氏名"), ("amount_before", "更正前"),
                           ("difference", "増減"), ("reasons", "理由"), ("events", "異動"), ("snapshot", "入力記録"))
    ],
    "rows": [{**PERSON, "decided_on": "2026-07-13", "amount_before": 249_100, "difference": -186_900, "reasons": "賦課月数",
              "events": "資格の喪失", "snapshot": f"{RUN}/1", "assessment_id": RUN}],
}  # fmt: skip
MADE = {
    "run_id": RUN, "kind": "assessed", "form": "pdf", "municipality_code": "*", "place": "全市区町村", "rows": 30, "yen": 5_000_000,
    "asked_by": "union", "asked_at": "2026-07-13T01:00:00+00:00", "made_at": None, "run_state": "approved", "state": "making",
    "title": "後期高齢者医療保険料　賦課台帳", "line": "令和8年度", "sum_term": "年額の合計", "whole_union": True,
    "files": [{"number": 1, "municipality_code": CHIYODA, "rows": 30, "yen": 5_000_000, "pages": 2, "marked": 1}],
}  # fmt: skip
PREVIEW = {
    "fiscal_year": 2026, "insured": 30, "decided": 2, "unchanged": 28, "pending": 0, "limited": 0,
    "by_reason": {"所得・均等割額の軽減": {"people": 2, "yen": 34_500}}, "law_hash": "0" * 64, "provisional": [],
}  # fmt: skip
PREPARED = {
    "run_id": RUN, "job": "assess", "state": "prepared", "preview": {**PREVIEW, "earlier_years": [{**PREVIEW, "fiscal_year": 2025}]},
    "result": {}, "started_by": "operator", "approved_by": None, "prepared_at": "2026-07-13T01:00:00+00:00",
    "finished_at": None, "total": 30,
}  # fmt: skip
DIFFERENCES = {
    "run": PREPARED, "chosen": None, "total": 2, "page": 1, "pages": 1,
    "groups": [{"fiscal_year": 2026, "reasons": 12, "people": 2, "yen": 34_500, "reason_words": "所得・均等割額の軽減"}],
    "people": [{**PERSON, "fiscal_year": 2026, "reasons": 12, "amount_before": 100_000, "amount_after": 134_500, "household": 1,
                "reason_words": "所得・均等割額の軽減"}],
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "/ledgers/corrected": CORRECTED, "/ledgers/files": [MADE], "/runs": [PREPARED], f"/runs/{RUN}/differences": DIFFERENCES,
}  # fmt: skip
OF_PERSON = f"/people/{CHIYODA}/{NUMBER}"
DECISIONS = [
    {"assessment_id": identifier, "fiscal_year": 2026, "fiscal_year_name": "令和8年度", "revision": revision, "annual_amount": amount,
     "months": 12, "provisional": False, "former_dependant": False, "decided_on": "2026-07-13", "explained": True, "parts": [], "steps": []}
    for identifier, revision, amount in ((RUN, 2, 134_500), (FIRST, 1, 100_000))
]  # fmt: skip
ANSWERS |= {OF_PERSON: KNOWN, f"{OF_PERSON}/assessments": DECISIONS, f"{OF_PERSON}/instalments": [], f"{OF_PERSON}/notices": []}


@pytest.fixture
def premium(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A premium that answers with what stands above, and keeps what it was asked."""
    asked: Asked = []

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        asked.append((more.get("method", "GET"), path, more.get("json") or more.get("params")))
        if path.endswith("/change/document"):
            is_first = FIRST in path
            refusal = json.dumps({"code": "KOKI-P020", "title": "この決定は、その年度の初めての決定です。", "detail": ""}).encode()
            return Reply(service, 409 if is_first else 200, refusal if is_first else b"%PDF-1.7", "application/json" if is_first else "pdf")
        found = {} if more.get("method") == "POST" else ANSWERS[path]
        return Reply(service, 200, json.dumps(found).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


async def test_a_ledger_shows_amounts_reasons_and_events_and_logs_whom_it_showed(gateways: Gateways, premium: Asked) -> None:
    """P-07."""
    async with gateways() as world:
        browser = await world.sign_in("union")
        shown = await browser.get("/assessment-ledgers/corrected?first_day=R8.7.1&last_day=R8.7.31")

        assert shown.status_code == 200
        for text in ("250件", "-1,234,500", "249,100", "-186,900", "賦課月数", "資格の喪失", "page=2", f"assessment?id={RUN}"):
            assert text in shown.text, text
        assert f"{RUN}/1" not in shown.text, "the number of the inputs is for files"
        wanted = {"municipality": "*", "first_day": "2026-07-01", "last_day": "2026-07-31", "page": "1"}
        assert premium[-1] == ("GET", "/ledgers/corrected", wanted)
        (entry,) = await world.rows("SELECT about FROM access_log WHERE action = 'see_assessment_ledger:corrected'")
        assert entry.about == [f"{CHIYODA}:000000000000001"]


async def test_files_are_asked_for_with_the_days_that_are_shown_and_wait_with_their_state(gateways: Gateways, premium: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("union")
        screen = await browser.get("/assessment-ledgers/corrected")
        form = {"csrf": hidden(screen), "key": hidden(screen, "key"), "municipality": CHIYODA, "first_day": "R8.7.1", "last_day": "R8.7.31"}
        answer = await browser.post("/assessment-ledgers/corrected/files", data={**form, "form": "pdf"})
        unreadable = await browser.post("/assessment-ledgers/corrected/files", data={**form, "form": "pdf", "last_day": "いつか"})
        made = await browser.get("/assessment-ledgers/files")

        assert (answer.status_code, answer.headers["location"]) == (303, "/assessment-ledgers/files")
        ((_, path, body),) = [asked for asked in premium if asked[0] == "POST"]
        assert (path, body["municipality"], body["place"]) == ("/ledgers/corrected/files", CHIYODA, "千代田区")
        assert (body["first_day"], body["last_day"], body["names"][CHIYODA]) == ("2026-07-01", "2026-07-31", "千代田区")
        assert (unreadable.status_code, "KOKI-S570" in unreadable.text) == (422, True)
        assert all(text in made.text for text in ("作成中", "千代田区", "2ページ", "5,000,000", "表せない文字のある行"))


async def test_a_prepared_run_says_that_nothing_is_decided_yet_and_shows_its_groups_and_people(gateways: Gateways, premium: Asked) -> None:
    """P-04, I-08."""
    async with gateways() as world:
        browser = await world.sign_in("union")
        listed = (await browser.get("/assessment-runs")).text
        shown = (await browser.get(f"/assessment-runs/{RUN}")).text

        assert "令和7年度・令和8年度" in listed
        assert "まだ決定していません" in shown
        for text in ("所得・均等割額の軽減", "2人", "34,500", "100,000", "134,500", "後期　花子"):
            assert text in shown, text
        (entry,) = await world.rows("SELECT about FROM access_log WHERE action = 'see_assessment_run'")
        assert entry.about == [f"{CHIYODA}:000000000000001"]


@pytest.mark.parametrize("user_name", ["chiyoda", "operator", "auditor"])
async def test_the_ledgers_are_for_the_staff_of_the_union_alone(gateways: Gateways, premium: Asked, user_name: str) -> None:
    async with gateways() as world:
        browser = await world.sign_in(user_name)
        for path in ("/assessment-ledgers/assessed", "/assessment-ledgers/files", "/assessment-runs", f"/assessment-runs/{RUN}"):
            assert (await browser.get(path)).status_code == 403, path
        assert premium == []


async def test_a_ledger_that_does_not_exist_is_not_there(gateways: Gateways, premium: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("union")
        assert (await browser.get("/assessment-ledgers/ledger")).status_code == 404
        assert premium == []


async def test_the_notices_of_change_stand_among_the_papers_of_the_person_and_are_opened_for_this_person_alone(
    gateways: Gateways, premium: Asked
) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        papers = (await browser.get(f"{OF_PERSON}/documents")).text
        notice = await browser.get(f"{OF_PERSON}/documents/changes/{RUN}.pdf")
        first = await browser.get(f"{OF_PERSON}/documents/changes/{FIRST}.pdf")
        other = await browser.get(f"{OF_PERSON}/documents/changes/{OTHER}.pdf")

        assert papers.count("変更決定通知書") == 1
        assert (notice.status_code, notice.content) == (200, b"%PDF-1.7")
        assert (first.status_code, "その年度の初めての決定" in first.text) == (404, True)
        assert other.status_code == 404
        assert not [path for _, path, _ in premium if OTHER in path], "premium is not asked for somebody else's paper"
        logged = await world.rows("SELECT result FROM access_log WHERE action = 'see_document:change'")
        assert sorted(row.result for row in logged) == ["failed", "refused", "shown"]


def test_the_console_shows_each_year_of_a_preview_in_words() -> None:
    lines = flat(PREPARED["preview"], {})
    assert ("2025年度 理由別 所得・均等割額の軽減 人", "2") in lines
    assert ("理由別 所得・均等割額の軽減 金額(円)", "34,500") in lines
    assert not [words for words, _ in lines if "earlier_years" in words]
