"""What screens get: instalments, notices and the printed page; a clerk sees the own municipality alone."""

from __future__ import annotations

from pathlib import Path

import obstore
import pytest
from chassis import jobs
from chassis.batches import open_store
from chassis.documents.glyphs import PageTexts
from chassis.testing import Databases, TestDatabase
from collection_service.jobs.issue_notices import IssueNotices
from collection_service.store.notices import key_of

from services.collection.tests.api.asking import asking
from services.collection.tests.people import CHIYODA, HACHIOJI, ROOT, apply, assessed, insured, resident


@pytest.fixture
async def database(databases: Databases, tmp_path: Path) -> TestDatabase:
    """Two people in Chiyoda with notices; the premium of the first was lowered afterwards."""
    made = await databases("collection", ROOT)
    async with made.units(store=tmp_path) as units:
        for number in (1, 2):
            await apply(units, resident(number), insured(number), assessed(number, 50_000 + number))
        run_id = await jobs.prepare(IssueNotices(), {}, units, by="tester")
        await jobs.approve(run_id, units, by="tester")
        await jobs.execute(IssueNotices(), run_id, units)
        await apply(units, assessed(1, 1_000, sequence=2))
    return made


async def test_the_instalments_of_a_person_are_those_charged_now(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, frozenset({CHIYODA})) as client:
        (year,) = (await client.get(f"/people/{CHIYODA}/2/instalments")).json()
        assert (year["fiscal_year"], year["annual_amount"], year["revision"]) == (2026, 50_002, 1)
        assert year["instalments"][0] == {
            "number": 1, "month": 7, "due_on": "2026-07-31", "amount": 6_602, "deferred_until": None,
        }  # fmt: skip
        assert [instalment["amount"] for instalment in year["instalments"][1:]] == [6_200] * 7
        (lowered,) = (await client.get(f"/people/{CHIYODA}/1/instalments")).json()
        assert lowered["revision"] == 2
        assert [instalment["amount"] for instalment in lowered["instalments"]] == [300, *[100] * 7]


async def test_the_document_is_the_page_that_was_printed_for_this_person(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, None) as client:
        for number in (1, 2):
            response = await client.get(f"/people/{CHIYODA}/{number}/notices/2026/document")
            assert response.headers["content-type"] == "application/pdf"
            (page,) = PageTexts(response.content)
            assert f"{number:08}" in page
            assert f"合計50,00{number}円" in page, "as it was sent, whatever was decided since"


async def test_the_notices_of_a_person_are_listed(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, None) as client:
        (notice,) = (await client.get(f"/people/{CHIYODA}/1/notices")).json()
    assert (notice["revision"], notice["state"], notice["issued_on"], notice["annual_amount"]) == (1, "issued", "2026-07-13", 50_001)


async def test_a_clerk_of_another_municipality_sees_nothing(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, frozenset({HACHIOJI})) as client:
        assert (await client.get(f"/people/{CHIYODA}/1/instalments")).json() == []
        assert (await client.get(f"/people/{CHIYODA}/1/notices")).json() == []
        assert (await client.get(f"/people/{CHIYODA}/1/notices/2026/document")).status_code == 404


async def test_a_year_without_a_notice_is_said_in_japanese(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, None) as client:
        response = await client.get(f"/people/{CHIYODA}/1/notices/2025/document")
    assert response.status_code == 404
    assert response.json()["detail"] == "2025年度の納入通知書は、まだ発行していません。"


async def test_a_print_file_that_was_changed_in_the_store_is_not_handed_out(database: TestDatabase, tmp_path: Path) -> None:
    async with asking(database, tmp_path, None) as client:
        (notice,) = (await client.get(f"/people/{CHIYODA}/1/notices")).json()
        await obstore.put_async(open_store(str(tmp_path)), key_of(notice["document_sha256"]), b"%PDF-1.7")
        with pytest.raises(Exception, match="発行したときの内容と違います"):
            await client.get(f"/people/{CHIYODA}/1/notices/2026/document")
