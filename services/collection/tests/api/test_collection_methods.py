"""徴収方法 at the window: why each payment is collected as it is, and requests for bank transfer under the law of their day."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from chassis.testing import Databases, TestDatabase
from pypdf import PdfReader

from services.collection.tests.api.asking import asking
from services.collection.tests.jobs.test_decide_methods import known, run
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, resident

OURS = frozenset({CHIYODA})
TODAY = date(2026, 7, 14)
PERSON = f"/people/{CHIYODA}/1"


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    """Three people decided on for October: from the pension, beyond half of it, and without any."""
    made = await databases("collection", ROOT)
    async with made.units(today=TODAY, store=tmp_path) as units:
        for number in (1, 2, 3):
            await apply(units, resident(number), insured(number), assessed(number, 61_000))
        await known(units, 1)
        await known(units, 2, care=40_000)
        await run(units, 2026, 10)
    return made


async def test_a_clerk_reads_the_reason_with_its_article_and_the_figures_of_the_half(database: TestDatabase, tmp_path: Path) -> None:
    """C-12: 100,000 yen of pension, 40,000 of care premium and 12,800 of premium are more than half."""
    async with asking(database, tmp_path, OURS, today=TODAY) as client:
        special = (await client.get(f"{PERSON}/collection-method")).json()["payments"]
        ordinary = (await client.get(f"/people/{CHIYODA}/2/collection-method")).json()["payments"]
    assert [(one["month"], one["method"], one["premium_payment"]) for one in special] == [
        (10, "special", 12_800), (12, "special", 12_600), (2, "special", 12_600),
    ]  # fmt: skip
    october = ordinary[0]
    assert (october["method"], october["reason_term"]) == ("ordinary", "介護保険料との合計が年金の支払額の2分の1を超える")
    assert "施行令" in october["law"]
    figures = (october["premium_payment"], october["care_payment"], october["pension_payment"], october["most"])
    assert figures == (12_800, 40_000, 100_000, 50_000)
    async with asking(database, tmp_path, frozenset({HACHIOJI}), today=TODAY) as client:
        assert (await client.get(f"{PERSON}/collection-method")).json() == {"payments": [], "requests": []}


async def test_a_request_for_bank_transfer_ends_special_collection_and_its_withdrawal_lets_it_wait(
    database: TestDatabase, tmp_path: Path
) -> None:
    """C-12: once for a key; it counts from the next decision, and the earlier decision can still be read."""
    async with asking(database, tmp_path, OURS, today=TODAY) as client:
        form, key = {"asked_on": "2026-07-14"}, {"Idempotency-Key": "transfer-1"}
        first = await client.post(f"{PERSON}/transfer-requests", json=form, headers=key)
        again = await client.post(f"{PERSON}/transfer-requests", json=form, headers=key)
        assert (first.status_code, again.json()) == (201, first.json())
        second = await client.post(f"{PERSON}/transfer-requests", json=form, headers={"Idempotency-Key": "transfer-2"})
        assert (second.status_code, second.json()["code"]) == (409, "KOKI-C033")
        async with database.units(today=TODAY, store=tmp_path) as units:
            await run(units, 2026, 10)
        found = (await client.get(f"{PERSON}/collection-method")).json()
        october = found["payments"][0]
        assert (october["reason_term"], october["stops"]) == ("口座振替への変更の申出がある", True)
        assert [(one["method"], one["sequence"]) for one in october["earlier"]] == [("special", 1)]

        path = f"{PERSON}/transfer-requests/{found['requests'][0]['request_id']}/withdrawal"
        closed = await client.post(path, json={"withdrawn_on": "2026-07-14"}, headers={"Idempotency-Key": "withdraw-1"})
        assert closed.status_code == 201, closed.text
        twice = await client.post(path, json={"withdrawn_on": "2026-07-14"}, headers={"Idempotency-Key": "withdraw-2"})
        assert (twice.status_code, twice.json()["code"]) == (409, "KOKI-C034")
        async with database.units(today=TODAY, store=tmp_path) as units:
            await run(units, 2026, 10)
        after = (await client.get(f"{PERSON}/collection-method")).json()["payments"][0]
        assert (after["method"], after["reason_term"]) == ("ordinary", "特別徴収の開始月前である")


@pytest.mark.parametrize(
    ("asked_on", "in_group", "status"),
    [
        ("2008-09-30", True, 409), ("2008-10-01", False, 409), ("2008-10-01", True, 201), ("2009-03-31", False, 409),
        ("2009-04-01", False, 201), ("2026-07-15", False, 422), ("2008-03-31", False, 422),
    ],
)  # fmt: skip
async def test_who_may_ask_for_bank_transfer_is_decided_by_the_law_of_the_day(
    database: TestDatabase, tmp_path: Path, asked_on: str, in_group: bool, status: int
) -> None:
    async with asking(database, tmp_path, OURS, today=TODAY) as client:
        form = {"asked_on": asked_on, "in_group": in_group}
        answer = await client.post(f"{PERSON}/transfer-requests", json=form, headers={"Idempotency-Key": "law-of-the-day"})
    assert answer.status_code == status, answer.text
    if status == 409:
        assert answer.json()["code"] == "KOKI-C032"


async def test_a_clerk_asks_for_nobody_of_another_municipality(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, frozenset({HACHIOJI}), today=TODAY) as client:
        answer = await client.post(
            f"{PERSON}/transfer-requests", json={"asked_on": "2026-07-14"}, headers={"Idempotency-Key": "somebody-else"}
        )
    assert answer.status_code == 403


async def test_the_list_of_a_payment_shows_everybody_and_that_of_the_others_all_but_who_is_collected_from(
    database: TestDatabase, tmp_path: Path
) -> None:
    """C-12, C-13: 徴収方法一覧 and 非対象理由, on paper and as CSV."""
    path = "/collection-methods/document?fiscal_year=2026&month=10"
    async with asking(database, tmp_path, OURS, today=TODAY) as client:
        pdf = (await client.get(path)).raise_for_status().content
        csv = (await client.get(f"{path}&form=csv&others=true")).raise_for_status().text.splitlines()
    async with asking(database, tmp_path, frozenset({HACHIOJI}), today=TODAY) as client:
        nobody = (await client.get(f"{path}&form=csv")).raise_for_status().text.splitlines()
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "普通徴収2人" in text
    assert "特別徴収1人" in text
    for number in (1, 2, 3):
        assert f"{number:08}" in text
    assert [line.split(",")[1].strip('"') for line in csv[1:]] == ["00000003", "00000002"]
    assert "対象となる年金がない" in csv[1]
    assert len(nobody) == 1
