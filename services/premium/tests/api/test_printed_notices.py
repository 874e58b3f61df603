"""The very page that was printed, from the window and from the list of the run's files, and never an address that is withheld by now."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import obstore
import pytest
from chassis.documents.print_files import key_of
from chassis.testing import SAMPLE_DAY, Databases, TestDatabase
from contracts.events.eligibility import AddressProtected
from premium_service import settings
from premium_service.jobs.issue_decision_notices import IssueDecisionNotices
from premium_service.store.decision_notices import FOLDER
from pypdf import PdfReader

from services.premium.tests.facts import OLD, ROOT, SINCE, apply, income, insured, resident, rows, run
from services.premium.tests.windows import CLERK, NEIGHBOUR, UNION, window


@pytest.fixture
async def database(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestDatabase:
    """Two people who live alone and were told by a run; the income of the first is corrected afterwards."""
    monkeypatch.setenv("KOKI_SAMPLE_DATA", "true")
    settings.current.cache_clear()
    found = await databases("premium", ROOT)
    async with found.units(store=tmp_path / "objects") as units:
        for number in ("1", "2"):
            await apply(units, resident(number, household=number, born=OLD), income(number, pension=2_300_000))
            await apply(units, insured(number, born=OLD, acquired=SINCE))
        assert (await run(units, IssueDecisionNotices()))["totals"]["issued"] == 2
        await apply(units, income("1", pension=2_600_000, sequence=2))
    settings.current.cache_clear()
    return found


def pages(pdf: bytes) -> list[str]:
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


async def notice(client: Any, number: str) -> dict[str, Any]:
    (found,) = (await client.get(f"/people/131016/{number}/notices")).raise_for_status().json()
    return dict(found)


async def test_the_window_opens_the_pages_of_one_person_as_they_were_printed(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, CLERK, tmp_path) as client:
        found = await notice(client, "1")
        answer = await client.get(f"/assessments/{found['assessment_id']}/notice/document")
        (newest, *_) = (await client.get("/people/131016/1/assessments")).raise_for_status().json()
        untold = await client.get(f"/assessments/{newest['assessment_id']}/notice/document")
    async with window(database, NEIGHBOUR, tmp_path) as client:
        assert (await client.get("/people/131016/1/notices")).json() == []
        assert (await client.get(f"/assessments/{found['assessment_id']}/notice/document")).status_code == 404

    assert (found["state"], found["revision"], found["told"], found["by_hand"]) == ("issued", 1, 0, False)
    shown = pages(answer.content)
    assert len(shown) == found["pages"]
    assert all("00000001" in page for page in shown)
    assert f"{found['annual_amount']:,}円" in shown[0]
    assert answer.headers["X-Document-SHA256"] == found["document_sha256"]
    assert untold.status_code == 404, "the correction was not told yet"


async def test_the_union_opens_a_whole_print_file_byte_for_byte(database: TestDatabase, tmp_path: Path) -> None:
    async with window(database, UNION, tmp_path) as client:
        (file,) = (await client.get("/print-files")).raise_for_status().json()
        answer = await client.get(f"/print-files/{file['run_id']}/{file['number']}")
        assert (await client.get(f"/print-files/{file['run_id']}/99")).status_code == 404
    async with window(database, CLERK, tmp_path) as client:
        assert (await client.get("/print-files")).status_code == 403
        assert (await client.get(f"/print-files/{file['run_id']}/{file['number']}")).status_code == 403
    async with database.units(store=tmp_path / "objects") as units:
        stored = bytes(await (await obstore.get_async(units.store, key_of(FOLDER, file["document_sha256"]))).bytes_async())
        ((yen,),) = await rows(units, "SELECT sum(annual_amount)::bigint FROM assessment WHERE revision = 1")

    assert answer.content == stored
    assert (file["notices"], file["pages"], file["yen"], file["left_out"]) == (2, len(pages(stored)), yen, 0)
    assert (file["is_change"], file["by_hand"], file["municipality_code"]) == (False, False, "131016")


async def test_what_shows_an_address_that_is_withheld_by_now_is_opened_no_more(database: TestDatabase, tmp_path: Path) -> None:
    """I-39: printed with the address, then protected. The page is refused, and the file is shown without it."""
    said = {"municipality_code": "131016", "resident_number": "2", "valid_from": SAMPLE_DAY, "valid_until": None}
    async with database.units(store=tmp_path / "objects") as units:
        await apply(units, AddressProtected.model_validate({"effective_on": SAMPLE_DAY, "sequence": 1, **said}))
    async with window(database, UNION, tmp_path) as client:
        found = await notice(client, "2")
        refused = await client.get(f"/assessments/{found['assessment_id']}/notice/document")
        (file,) = (await client.get("/print-files")).raise_for_status().json()
        answer = await client.get(f"/print-files/{file['run_id']}/{file['number']}")

    assert (refused.status_code, refused.json()["code"]) == (409, "KOKI-P072")
    assert file["left_out"] == 1
    shown = pages(answer.content)
    assert len(shown) == file["pages"] - found["pages"]
    assert all("00000001" in page for page in shown)
