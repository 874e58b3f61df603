"""被保険者別収納台帳, 収納状況表 and 納付証明書: over HTTP, as the gateway asks."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases

from services.collection.tests.api.asking import asking
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, resident
from services.collection.tests.receipts import of_nobody, paid, take, take_back

TODAY = date(2027, 2, 10)
PAYMENTS = f"/people/{CHIYODA}/1/payments"


@pytest.fixture(scope="module")
async def client(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """Person 1 paid 7,650 yen in July, told in August; 7,200 in August, taken back in September; twice for the third instalment; the
    premium was lowered to 29,250 in October; 7,200 from the pension in December and a part in January. Person 2 of Hachioji paid once."""
    store = tmp_path_factory.mktemp("objects")
    made = await databases("collection", ROOT)
    second = paid(1, 7_200, 2, paid_on=date(2026, 8, 31))
    async with made.units(today=date(2026, 7, 13)) as units:
        await apply(units, resident(1), insured(1), assessed(1, 58_050))
        await apply(units, resident(2, municipality_code=HACHIOJI), insured(2, municipality_code=HACHIOJI))
        await apply(units, assessed(2, 40_000, municipality_code=HACHIOJI))
    async with made.units(today=date(2026, 9, 2)) as units:
        await take(units, paid(1, 7_650, paid_on=date(2026, 7, 31)), second, today=date(2026, 9, 2))
        await take_back(units, second, date(2026, 9, 20))
        third = (paid(1, 7_200, 3, reference=name, paid_on=date(2026, 9, 30)) for name in ("once", "twice"))
        await take(units, *third, of_nobody(77), today=date(2026, 10, 2))
        await take(units, paid(2, 5_000, municipality_code=HACHIOJI), today=date(2026, 10, 2))
    async with made.units(today=date(2026, 10, 5)) as units:
        await apply(units, assessed(1, 29_250, sequence=2))
    async with made.units(today=date(2027, 1, 15)) as units:
        late = paid(1, 1_000, 4, source="pension", paid_on=date(2026, 12, 15)), paid(1, 400, 5, paid_on=date(2027, 1, 15))
        await take(units, *late, today=date(2027, 1, 15))
    async with asking(made, store, None, today=TODAY) as asked:
        yield asked


async def test_the_ledger_of_a_person_adds_up_on_any_day(client: httpx.AsyncClient) -> None:
    """C-01: charged = settled + unpaid in every instalment; received = settled + overpaid + to be refunded."""
    for axis in ("paid_on", "entered_on"):
        for day in ("2026-07-13", "2026-08-31", "2026-09-30", "2026-10-05", "2026-12-31", "2027-02-10"):
            (year,) = (await client.get(PAYMENTS, params={"as_of": day, "axis": axis})).json()
            assert all(one["charged"] == one["settled"] + one["unpaid"] for one in year["instalments"])
            assert year["charged"] == (58_050 if day < "2026-10-05" else 29_250)
            assert year["received"] == year["settled"] - year["written_off"] + year["overpaid"] + year["payable"]


async def test_what_the_law_counts_and_what_we_knew_are_two_ledgers(client: httpx.AsyncClient) -> None:
    async def settled(day: str, axis: str) -> int:
        (year,) = (await client.get(PAYMENTS, params={"as_of": day, "axis": axis})).json()
        return int(year["settled"])

    assert (await settled("2026-08-01", "paid_on"), await settled("2026-08-01", "entered_on")) == (7_650, 0)
    assert (await settled("2026-09-02", "paid_on"), await settled("2026-09-02", "entered_on")) == (7_650, 14_850)
    assert (await settled("2026-09-20", "paid_on"), await settled("2026-09-20", "entered_on")) == (7_650, 7_650)


async def test_each_yen_of_the_ledger_has_its_entry(client: httpx.AsyncClient) -> None:
    (year,) = (await client.get(PAYMENTS)).json()
    assert {one["label"]: (one["charged"], one["settled"], one["unpaid"]) for one in year["instalments"][:4]} == {
        "第1期": (7_650, 7_650, 0), "第2期": (7_200, 0, 7_200), "第3期": (7_200, 7_200, 0), "第4期": (1_600, 1_000, 600),
    }  # fmt: skip
    assert (year["overpaid"], year["payable"], year["received"]) == (7_200, 0, 23_450)
    taken_back = [entry for entry in year["entries"] if entry["is_reversal"] or entry["is_reversed"]]
    assert [(entry["debit"], entry["credit"], entry["amount"]) for entry in taken_back] == [
        ("cash", "receivable", 7_200), ("receivable", "cash", 7_200),
    ]  # fmt: skip


async def test_the_ledger_is_printed_and_written_for_a_spreadsheet(client: httpx.AsyncClient) -> None:
    pdf = await client.get(f"{PAYMENTS}/document")
    (page,) = PageTexts(pdf.content)
    assert "調定29,250円＝収納済16,250円＋未納13,000円過誤納7,200円" in page.replace(" ", "").replace("　", "")
    assert "令和9年2月10日現在（収納日による）" in page

    found = list(
        csv.DictReader(io.StringIO((await client.get(f"{PAYMENTS}/document", params={"form": "csv"})).content.decode("utf-8-sig")))
    )
    assert [(row["期別"], row["調定額"], row["収納額"], row["未納額"]) for row in found[1:3]] == [
        ("第2期", "7200", "0", "7200"), ("第3期", "7200", "7200", "0"),
    ]  # fmt: skip
    assert sum(int(row["未納額"]) for row in found[:-1]) == 13_000
    assert (found[-1]["期別"], found[-1]["調定額"], found[-1]["過誤納額"]) == ("納めすぎ", "", "7200")
    assert (await client.get(f"/people/{CHIYODA}/99/payments/document")).status_code == 404


async def test_the_state_of_collection_stands_by_municipality_and_instalment(client: httpx.AsyncClient) -> None:
    """C-07"""
    found = (await client.get("/collection-status", params={"fiscal_year": 2026})).json()
    assert all(row["charged"] == row["settled"] + row["written_off"] + row["unpaid"] for row in found)
    ours = [(row["number"], row["people"], row["settled"], row["unpaid_people"]) for row in found if row["municipality_code"] == CHIYODA]
    assert ours[:5] == [(1, 1, 7_650, 0), (2, 1, 0, 1), (3, 1, 7_200, 0), (4, 1, 1_000, 1), (5, 1, 400, 1)]
    assert {row["municipality_code"] for row in found} == {CHIYODA, HACHIOJI}

    asked = {"fiscal_year": "2026", "municipality_code": HACHIOJI, "as_of": "2026-10-01"}
    before = (await client.get("/collection-status", params=asked)).json()
    assert (sum(row["charged"] for row in before), sum(row["settled"] for row in before)) == (40_000, 0)

    names = {"names": f"{CHIYODA}=千代田区,{HACHIOJI}=八王子市", "place": "東京都後期高齢者医療広域連合"}
    page = "".join(PageTexts((await client.get("/collection-status/document", params={"fiscal_year": 2026, **names})).content))
    assert "八王子市" in page
    assert "調定69,250円＝収納21,250円＋不納欠損0円＋未納48,000円収納率30.68%" in page.replace(" ", "").replace("　", "")


async def test_the_certificate_says_what_was_paid_in_the_calendar_year(client: httpx.AsyncClient) -> None:
    """Paid in 2026 and not taken back or too much: 7,650 + 7,200, and 1,000 in December; what was paid in January is of 2027."""
    certificate = await client.get(f"/people/{CHIYODA}/1/payment-certificates/2026")
    (page,) = PageTexts(certificate.content)
    assert "15,850円" in page
    assert "7,200" not in page
    (page,) = PageTexts((await client.get(f"/people/{CHIYODA}/1/payment-certificates/2027")).content)
    assert "400円" in page
    assert (await client.get(f"/people/{CHIYODA}/1/payment-certificates/2025")).status_code == 404
