"""What a clerk sees of a premium: every yen, the same on paper, and never another municipality's people."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, Databases, TestDatabase
from chassis.tokens import Principal, Signer
from chassis.web import create_app
from contracts.events.eligibility import AddressProtected
from joserfc.jwk import OKPKey
from premium_service.bootstrap import SERVICE
from pypdf import PdfReader

from services.premium.tests.facts import OLD, SINCE, apply, income, insured, resident

ROOT = Path("services/premium")
CLERK = Principal("chiyoda", frozenset({"window_clerk"}), frozenset({"131016"}))
NEIGHBOUR = Principal("hachioji", frozenset({"window_clerk"}), frozenset({"132012"}))


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    found = await databases("premium", ROOT)
    async with found.units() as units:
        await apply(units, resident("1", born=OLD), resident("2", born=OLD, head=False))
        await apply(units, income("1", pension=2_300_000), income("2", pension=700_000))
        await apply(units, insured("1", born=OLD, acquired=SINCE), insured("2", born=OLD, acquired=SINCE))
    return found


def _client(database: TestDatabase, who: Principal, folder: Path) -> httpx.AsyncClient:
    key = OKPKey.generate_key("Ed25519")
    (folder / "private.pem").write_bytes(key.as_pem(private=True))
    (folder / "public.pem").write_bytes(key.as_pem(private=False))
    settings = Settings(
        service="premium",
        database_url=database.url,
        object_store=str(folder / "objects"),
        token_public_key_file=folder / "public.pem",
        business_date=SAMPLE_DAY,
    )
    token = Signer(folder / "private.pem").sign(who, now=int(time.time()))
    transport = httpx.ASGITransport(app=create_app(SERVICE, settings, worker=False))
    return httpx.AsyncClient(transport=transport, base_url="http://premium", headers={"authorization": f"Bearer {token}"})


async def _decision(client: httpx.AsyncClient) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await client.get("/people/131016/1/assessments")).raise_for_status().json()
    return found[0]


async def test_the_steps_end_at_the_stored_amount_and_name_formula_and_law(database: TestDatabase, tmp_path: Path) -> None:
    async with _client(database, CLERK, tmp_path) as client:
        decision = await _decision(client)

    # 2,300,000 - 1,100,000 = 1,200,000; judged at 1,050,000 = 430,000 + 310,000 x 2: five tenths off the flat part.
    assert decision["explained"]
    assert decision["annual_amount"] == 105_300
    assert [part["amount"] for part in decision["parts"]] == [102_700, 2_600]
    assert decision["parts"][0]["reduction"] == "5/10"
    assert decision["steps"][-1]["value"] == 105_300
    assert all(step["law"] and step["formula"] for step in decision["steps"])


async def test_the_calculation_sheet_shows_the_same_yen_and_the_same_bytes_each_time(database: TestDatabase, tmp_path: Path) -> None:
    async with _client(database, CLERK, tmp_path) as client:
        address = f"/assessments/{(await _decision(client))['assessment_id']}/document"
        first, second = await client.get(address), await client.get(address)

    assert first.status_code == 200, first.text
    assert first.content == second.content
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(first.content)).pages]
    assert "105,300" in pages[0]
    assert any("102,726" in page for page in pages[1:]), "the amount before the floor stands on the sheet"


async def test_a_clerk_of_another_municipality_sees_neither_decision_nor_sheet(database: TestDatabase, tmp_path: Path) -> None:
    async with _client(database, CLERK, tmp_path) as client:
        identifier = (await _decision(client))["assessment_id"]
    async with _client(database, NEIGHBOUR, tmp_path) as client:
        assert (await client.get("/people/131016/1/assessments")).json() == []
        assert (await client.get(f"/assessments/{identifier}/document")).status_code == 404


async def test_without_a_token_nothing_is_shown(database: TestDatabase, tmp_path: Path) -> None:
    async with _client(database, CLERK, tmp_path) as client:
        client.headers.pop("authorization")
        answer = await client.get("/people/131016/1/assessments")
    assert (answer.status_code, answer.json()["code"]) == (401, "KOKI-401")


async def test_the_notice_of_a_protected_person_or_the_household_shows_no_address_until_the_protection_ends(
    database: TestDatabase, tmp_path: Path
) -> None:
    """I-39."""
    said = {"effective_on": SAMPLE_DAY, "municipality_code": "131016", "resident_number": "1", "valid_from": SAMPLE_DAY}
    shown = []
    for sequence, until in enumerate((None, SAMPLE_DAY), start=1):
        async with database.units() as units:
            await apply(units, AddressProtected.model_validate({**said, "sequence": sequence, "valid_until": until}))
        async with _client(database, CLERK, tmp_path) as client:
            for number in ("1", "2"):
                decided = (await client.get(f"/people/131016/{number}/assessments")).raise_for_status().json()
                pdf = (await client.get(f"/assessments/{decided[0]['assessment_id']}/document")).raise_for_status().content
                text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
                shown.append(("〒" in text, "手渡し" in text))

    assert shown == [(False, True), (False, True), (True, False), (True, False)]
