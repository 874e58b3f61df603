"""収納: the screen of what a person was charged and has paid, and its PDFs (C-01)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from chassis.problems import NOT_FOUND
from gateway_service.api.upstream import Reply, Upstream

from services.gateway.tests.municipal import CHIYODA
from services.gateway.tests.test_copay_screens import KNOWN, NUMBER, PERSON
from services.gateway.tests.world import Gateways


def _instalment(number: int, due_on: str, settled: int, charged: int = 7_200, written_off: int = 0) -> dict[str, Any]:
    return {
        "number": number, "label": f"第{number}期", "month": int(due_on[5:7]), "due_on": due_on, "charged": charged, "settled": settled,
        "written_off": written_off, "unpaid": charged - settled,
    }  # fmt: skip


def _entry(debit: str, credit: str, amount: int, *, number: int | None = 1, source: str = "bank", **flags: bool) -> dict[str, Any]:
    return {
        "entry_id": "0190b0a0-0000-7000-8000-000000000001", "debit": debit, "credit": credit, "number": number, "amount": amount,
        "paid_on": "2026-07-10", "entered_on": "2026-07-12", "source": source, "is_reversal": False, "is_reversed": False, **flags,
    }  # fmt: skip


YEAR = {
    "insured_id": "0190b0a0-0000-7000-8000-000000000002", "fiscal_year": 2026, "overpaid": 350, "payable": 0, "received": 15_200,
    "charged": 22_050, "settled": 14_850, "written_off": 0, "unpaid": 7_200,
    "instalments": [
        _instalment(1, "2026-06-30", 7_650, 7_650), _instalment(2, "2026-07-10", 0), _instalment(3, "2026-09-30", 7_200),
    ],
    "entries": [
        _entry("cash", "receivable", 7_650), _entry("cash", "overpaid", 350, number=None),
        _entry("cash", "receivable", 7_200, number=2, source="counter", is_reversed=True),
        _entry("receivable", "cash", 7_200, number=2, source="counter", is_reversal=True),
        _entry("cash", "receivable", 7_200, number=3, source="pension"),
    ],
}  # fmt: skip


@pytest.fixture
def collection(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Services that answer with what stands above, and keep what collection was asked."""
    asked: list[str] = []

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        if service == "eligibility":
            return Reply(service, 200, json.dumps(KNOWN).encode(), "application/json")
        if service != "collection" or path.endswith("/instalments"):
            return Reply(service, 200, b"[]", "application/json")
        assert "?" not in path, "a query goes as parameters: in a path it would be quoted"
        asked.append(path + (f"?{urlencode(more['params'])}" if more.get("params") else ""))
        if "certificates/2020" in path:
            problem = {"code": NOT_FOUND[0], "title": NOT_FOUND[1], "detail": "2020年中に納めた保険料がありません。"}
            return Reply(service, 404, json.dumps(problem).encode(), "application/problem+json")
        if "document" in path or "certificates" in path:
            return Reply(service, 200, b"%PDF-1.7", "application/pdf")
        return Reply(service, 200, json.dumps([YEAR]).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return asked


async def test_a_persons_payments_are_shown_with_every_entry_beneath(gateways: Gateways, collection: list[str]) -> None:
    async with gateways() as world:
        shown = (await (await world.sign_in("chiyoda")).get(f"{PERSON}/payments")).text

        assert collection == [f"{PERSON}/payments?axis=paid_on"]
        assert '過誤納 <span class="yen">350<small>円</small></span>' in shown
        assert shown.count("納期限を過ぎています") == 1
        assert shown.count('<span class="tag good">済</span>') == 2
        assert "記帳の内訳（5件）" in shown
        assert "令和7年の納付証明書" in shown
        for words in ("納めすぎ（過誤納）", "収納の取消", "取消済", "<td>窓口</td>", "<td>年金</td>"):
            assert words in shown
        (entry,) = await world.rows("SELECT result FROM access_log WHERE action = 'see_person:payments'")
        assert entry.result == "shown"


async def test_payments_are_shown_as_of_a_day_that_people_write_and_a_wrong_day_is_said(gateways: Gateways, collection: list[str]) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        shown = await browser.get(f"{PERSON}/payments?as_of=R8.7.1&axis=entered_on")
        assert collection == [f"{PERSON}/payments?axis=entered_on&as_of=2026-07-01"]
        assert f"{PERSON}/payments/ledger.pdf?axis=entered_on&amp;as_of=2026-07-01" in shown.text
        assert (await browser.get(f"{PERSON}/payments?as_of=R8.13.1")).status_code == 422


async def test_the_ledger_and_the_certificate_are_opened_and_kept_in_the_log(gateways: Gateways, collection: list[str]) -> None:
    async with gateways() as world:
        browser = await world.sign_in("chiyoda")
        for path in ("ledger.pdf?axis=paid_on&as_of=2026-07-01", "certificates/2025.pdf"):
            opened = await browser.get(f"{PERSON}/payments/{path}")
            assert (opened.status_code, opened.content) == (200, b"%PDF-1.7")
        missing = await browser.get(f"{PERSON}/payments/certificates/2020.pdf")
        assert (missing.status_code, "2020年中に納めた保険料がありません。" in missing.text) == (404, True)
        found = await world.rows("SELECT action, result FROM access_log WHERE action LIKE 'see_document:payment%' ORDER BY number")
        assert [tuple(entry) for entry in found] == [
            ("see_document:payment_ledger", "shown"),
            ("see_document:payment_certificate", "shown"),
            ("see_document:payment_certificate", "failed"),
        ]


async def test_payments_of_another_municipality_are_not_shown(gateways: Gateways, collection: list[str]) -> None:
    async with gateways() as world:
        browser = await world.sign_in("hachioji")
        for path in ("", "/ledger.pdf", "/certificates/2025.pdf"):
            assert (await browser.get(f"/people/{CHIYODA}/{NUMBER}/payments{path}")).status_code == 404
        assert collection == []
