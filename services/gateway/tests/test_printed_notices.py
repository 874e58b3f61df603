"""The print files of the notices and the pages of one person: what the screens show, who may open them, and that the log knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gateway_service.api.upstream import Reply, Upstream

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.test_assessment_ledgers import DECISIONS, FIRST, OF_PERSON, OTHER, RUN
from services.gateway.tests.test_copay_screens import KNOWN
from services.gateway.tests.world import Asked, Gateways

PDF = b"%PDF-1.7"
FILE = {
    "run_id": RUN, "number": 1, "municipality_code": CHIYODA, "is_change": False, "by_hand": False, "notices": 250, "pages": 998,
    "yen": 21_000_000, "document_sha256": "ab" * 32, "made_at": "2026-07-13T01:00:00+00:00", "left_out": 2,
}  # fmt: skip
BY_HAND = {**FILE, "number": 7, "is_change": True, "by_hand": True, "notices": 1, "pages": 1, "left_out": 0}
NOTICE = {
    "assessment_id": FIRST, "fiscal_year": 2026, "revision": 1, "told": 0, "annual_amount": 100_000, "amount_told": 0, "state": "issued",
    "issued_on": "2026-07-14", "by_hand": False, "pages": 4, "document_sha256": "ab" * 32, "refusal": None,
}  # fmt: skip
REFUSED = {**NOTICE, "assessment_id": RUN, "revision": 2, "told": 1, "state": "refused", "refusal": "送付先を確かめてください。"}
ANSWERS: dict[str, Any] = {
    "/print-files": [FILE, BY_HAND], OF_PERSON: KNOWN, f"{OF_PERSON}/assessments": DECISIONS, f"{OF_PERSON}/instalments": [],
    f"{OF_PERSON}/notices": [REFUSED, NOTICE],
}  # fmt: skip


@pytest.fixture
def premium(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Services that answer as above; what the gateway has asked them."""
    asked: Asked = []

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        asked.append((service, path, None))
        if path.endswith("/document") or path.startswith("/print-files/"):
            return Reply(service, 200, PDF, "application/pdf")
        found = ANSWERS.get(path)
        return Reply(service, 404 if found is None else 200, json.dumps(found).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


async def test_the_union_sees_the_print_files_and_opens_one_and_the_log_says_which(gateways: Gateways, premium: Asked) -> None:
    async with gateways() as world:
        browser = await world.sign_in("union")
        shown = (await browser.get("/assessment-notices")).text
        file = await browser.get(f"/assessment-notices/{RUN}/1.pdf")

        for text in (
            "決定通知書・計算明細書",
            "変更決定通知書",
            "250",
            "998",
            "21,000,000",
            "手渡し（支援措置）",
            "2通は支援措置により",
        ):
            assert text in shown, text
        assert (file.status_code, file.content, file.headers["content-type"]) == (200, PDF, "application/pdf")
        assert ("premium", f"/print-files/{RUN}/1", None) in premium
        (entry,) = await world.rows("SELECT detail, result FROM access_log WHERE action = 'open_print_file'")
        assert (entry.detail, entry.result) == (f"{RUN} 1", "shown")


async def test_print_files_are_for_the_staff_of_the_union_alone(gateways: Gateways, premium: Asked) -> None:
    async with gateways() as world:
        for user_name in ("chiyoda", "operator", "auditor"):
            browser = await world.sign_in(user_name)
            for path in ("/assessment-notices", f"/assessment-notices/{RUN}/1.pdf"):
                assert (await browser.get(path)).status_code == 403
        assert premium == []


async def test_a_window_sees_what_was_sent_and_what_could_not_be_and_opens_the_pages_of_this_person_alone(
    gateways: Gateways, premium: Asked
) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        papers = (await browser.get(f"{OF_PERSON}/documents")).text
        notice = await browser.get(f"{OF_PERSON}/documents/printed/{FIRST}.pdf")
        other = await browser.get(f"{OF_PERSON}/documents/printed/{OTHER}.pdf")

        assert papers.count("発行したもの") == 1
        assert "送付先を確かめてください。" in papers
        assert f"{OF_PERSON}/documents/printed/{FIRST}.pdf" in papers
        assert (notice.status_code, notice.content) == (200, PDF)
        assert other.status_code == 404
        assert not [path for _, path, _ in premium if OTHER in path], "premium is not asked for somebody else's paper"
        logged = await world.rows("SELECT result, about FROM access_log WHERE action = 'see_document:printed' ORDER BY result")
        assert [(row.result, row.about) for row in logged] == [("refused", logged[0].about), ("shown", logged[0].about)]
        assert logged[0].about == [OF_PERSON.removeprefix("/people/").replace("/", ":")]
