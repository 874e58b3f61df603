"""還付・充当: the screen of what a person has paid too much, its proposal and its notice (C-18)."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from gateway_service.api.upstream import Reply, Upstream

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.test_copay_screens import KNOWN, NUMBER, PERSON
from services.gateway.tests.world import Gateways

CASE_ID, DECISION_ID, STRANGE_ID = (f"0190b0a0-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
CASE: dict[str, Any] = {
    "case_id": CASE_ID, "fiscal_year": 2026, "found_on": "2026-07-01", "closed_on": None, "age_days": 12, "overpaid": 10_000,
    "payable": 2_800, "next": ["還付・充当の決定", "通知書の作成"], "limit_on": "2026-10-01", "days_left": 80, "has_died": False,
    "representative": None,
    "parts": [
        {
            "paid_on": "2026-06-30", "source": "convenience", "amount": 10_000, "occasion": "二重納付・納め過ぎ", "arose_on": "2026-06-30",
            "limit_on": "2028-07-01", "kind": "refund", "kind_term": "還付",
        }
    ],
    "debts": [{"fiscal_year": 2025, "number": 8, "due_on": "2026-03-02", "unpaid": 7_200}],
    "decisions": [
        {
            "decision_id": DECISION_ID, "kind": "refund", "kind_term": "還付", "decided_on": "2026-07-10", "amount": 2_800,
            "refund_addition": 0, "payee": "insured", "payer_name": None, "state": "通知前", "next": "通知書の作成", "claim_code": None,
            "document_sha256": None, "taken_back_on": None, "uses": [],
        }
    ],
}  # fmt: skip


@pytest.fixture
def collection(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Services that answer with what stands above, and keep what collection was told to do."""
    told: list[tuple[str, Any]] = []

    async def ask(self: Upstream, service: str, path: str, principal: Any, *, method: str = "GET", json: Any = None, **more: Any) -> Reply:
        if service == "eligibility":
            return Reply(service, 200, dumped(KNOWN), "application/json")
        if method == "POST":
            told.append((path, json))
            return Reply(service, 201, b"{}", "application/json")
        if path.endswith("/notice"):
            return Reply(service, 200, b"%PDF-1.7", "application/pdf")
        return Reply(service, 200, dumped([CASE] if path.endswith("/refund-cases") else []), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return told


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


async def test_a_persons_overpayments_are_shown_with_their_payments_and_what_is_to_be_done(
    gateways: Gateways, collection: list[tuple[str, Any]]
) -> None:
    async with gateways() as world:
        shown = (await (await world.sign_in("chiyoda")).get(f"{PERSON}/refunds")).text

        for words in ("12日経過", "時効まで80日", "二重納付・納め過ぎ", "<td>コンビニ</td>", "古いものから充当します"):
            assert words in shown
        for button in ("還付・充当を申請", "通知書を作成"):
            assert f"{button}</button>" in shown
        (entry,) = await world.rows("SELECT result FROM access_log WHERE action = 'see_person:refunds'")
        assert entry.result == "shown"


async def test_a_proposal_and_a_notice_are_carried_to_collection_and_kept_in_the_log(
    gateways: Gateways, collection: list[tuple[str, Any]]
) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        form = await _form(browser)
        proposed = await browser.post(f"{PERSON}/refunds/{CASE_ID}/proposal", data={**form, "kind": "refund", "reason": "二重納付のため"})
        noticed = await browser.post(f"{PERSON}/refunds/decisions/{DECISION_ID}/notice", data={**form, "key": str(uuid4())})
        opened = await browser.get(f"{PERSON}/refunds/decisions/{DECISION_ID}/notice.pdf")

        assert (proposed.status_code, noticed.status_code, opened.content) == (303, 303, b"%PDF-1.7")
        assert collection == [
            (f"/refund-cases/{CASE_ID}/proposal", {"kind": "refund", "reason": "二重納付のため", "payer_name": None}),
            (f"/refund-decisions/{DECISION_ID}/notice", {}),
        ]
        found = await world.rows("SELECT action, result FROM access_log WHERE action LIKE '%refund%' AND action NOT LIKE 'see_person%'")
        assert {tuple(entry) for entry in found} == {
            ("propose_refund", "done"), ("issue_refund_notice", "done"), ("see_document:refund_notice", "shown"),
        }  # fmt: skip


async def test_a_case_of_somebody_else_is_not_reached_through_a_persons_screen(
    gateways: Gateways, collection: list[tuple[str, Any]]
) -> None:
    """Seen to fail without the look into the person's own cases."""
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        form = await _form(browser)
        strange = await browser.post(f"{PERSON}/refunds/{STRANGE_ID}/proposal", data={**form, "kind": "refund", "reason": "二重納付のため"})
        unseen = await browser.get(f"{PERSON}/refunds/decisions/{STRANGE_ID}/notice.pdf")
        assert (strange.status_code, unseen.status_code, collection) == (404, 404, [])
        elsewhere = await world.sign_in("hachioji")
        assert (await elsewhere.get(f"/people/{CHIYODA}/{NUMBER}/refunds")).status_code == 404


async def _form(browser: Any) -> dict[str, str]:
    """The hidden fields of the screen's own form."""
    shown = (await browser.get(f"{PERSON}/refunds")).text
    found = re.search(r'name="csrf" value="([^"]+)"', shown)
    assert found
    return {"csrf": found[1], "key": str(uuid4())}
