"""送付先・支援措置・居所の調査・名寄せ at the window: the real gateway before the real eligibility."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, Databases, eventually
from chassis.web import create_app
from contracts.envelope import Message
from contracts.events.eligibility import AddressProtected
from eligibility_service.bootstrap import SERVICE
from fastapi import FastAPI
from gateway_service.handlers.protections import on_addresses_protected

from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.world import World, a_world
from services.gateway.tests.world import GatewayWorld, a_gateway, hidden
from tests.journeys.gateway_process import free_port

ONE, TWO = (f"/people/{CHIYODA}/{number:015d}" for number in (2, 8))
WHERE: dict[str, Any] = {"address_town": "隠田", "postal_code": "9876543"}
ENTRY = {
    "purpose": "everything",
    "applicant": "後期　一郎",
    "relationship": "長男",
    "recipient": "後期　一郎",
    "postal_code": "150-0001",
    "line_1": "東京都渋谷区神宮前1丁目2番3号",
    "valid_from": "R8.7.1",
    "reason": "施設に入所",
}


@asynccontextmanager
async def served(app: FastAPI, port: int) -> AsyncIterator[None]:
    """The application on a port of its own, in this process."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def house(
    databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[GatewayWorld, World]]:
    """A gateway, and eligibility with three residents behind it."""
    port = free_port()
    async with a_world(databases) as world:
        await world.hear(resident(2, **WHERE), resident(8, name="別人　八郎", name_kana="ベツジン　ハチロウ"), resident(4))
        services = {"eligibility": f"http://127.0.0.1:{port}"}
        async with a_gateway(databases, broker, tmp_path, monkeypatch, worker=False, services=services) as gateway:
            settings = Settings(
                service="eligibility",
                database_url=world.database.url,
                object_store=str(world.folder),
                token_public_key_file=tmp_path / "token.pub",
                business_date=SAMPLE_DAY,
            )
            app = create_app(SERVICE, settings, worker=False)
            async with served(app, port):
                yield gateway, world
            await app.state.runtime.engine.dispose()


async def post(browser: httpx.AsyncClient, page: str | httpx.Response, to: str, **form: Any) -> httpx.Response:
    """Send a form of a page, by its path or as it was answered."""
    found = await browser.get(page) if isinstance(page, str) else page
    fields = {"csrf": hidden(found), **({"key": hidden(found, "key")} if 'name="key"' in found.text else {})}
    return await browser.post(to, data={**fields, **form})


async def test_a_delivery_address_is_compared_confirmed_approved_and_told(house: tuple[GatewayWorld, World]) -> None:
    """I-35, I-36, E-30"""
    gateway, world = house
    clerk, staff = await gateway.sign_in("chiyoda"), await gateway.sign_in("union")

    checked = await post(clerk, f"{ONE}/acts/delivery", f"{ONE}/acts/delivery/check", **ENTRY)
    asked = await post(clerk, checked, f"{ONE}/acts/delivery", **ENTRY)
    mixed_up = await post(clerk, f"{TWO}/acts/delivery", f"{TWO}/acts/delivery/check", **ENTRY)
    unconfirmed = await post(clerk, mixed_up, f"{TWO}/acts/delivery", **ENTRY)
    approval = await world.value("SELECT approval_id::text FROM approval")
    approved = await post(staff, f"/approvals/{approval}", f"/approvals/{approval}", decision="approve")
    page = await clerk.get(f"{ONE}/acts/delivery")
    letter = await clerk.get(f"{ONE}/acts/delivery/letters/{await world.value('SELECT letter_id::text FROM delivery_letter LIMIT 1')}.pdf")

    assert checked.status_code == 200
    for part in ("後期　花子", "00000001", "隠田1番1号", "神宮前1丁目2番3号"):
        assert part in checked.text, part
    assert (asked.status_code, approved.status_code) == (303, 303)
    assert "同じ住所が、後期　花子さん" in mixed_up.text
    assert 'name="confirmed"' in mixed_up.text
    assert (unconfirmed.status_code, "KOKI-E070" in unconfirmed.text) == (409, True)
    assert "神宮前1丁目2番3号" in page.text
    assert letter.content.startswith(b"%PDF")
    assert "神宮前" in (await clerk.get("/registers/deliveries")).text


async def test_a_protected_address_stands_on_no_screen_until_it_is_released_once(house: tuple[GatewayWorld, World]) -> None:
    """I-39: every screen of the person, the search, the registers and the JSON."""
    gateway, world = house
    clerk, staff, other = await gateway.sign_in("chiyoda"), await gateway.sign_in("union"), await gateway.sign_in("okutama")
    form = {"applicant": "本人", "ground": "domestic_violence", "valid_from": "R8.7.1", "expires_on": "R9.6.30"}
    before = await clerk.get(ONE)
    assert (await post(clerk, f"{ONE}/acts/protection", f"{ONE}/acts/protection", **form)).status_code == 303

    await post(clerk, "/people", "/people/search", kana="コウキ")
    tabs = ("", "/household", "/documents", "/history", "/acts", "/acts/delivery", "/acts/protection", "/acts/survey")
    pages = [f"{ONE}{tab}" for tab in tabs]
    pages += ["/people?found=last", f"/api{ONE}", *(f"/registers/{name}" for name in ("deliveries", "protections", "handovers", "surveys"))]
    texts = {path: (await clerk.get(path)).text for path in pages}
    shown = [path for path, text in texts.items() if any(part in text for part in ("隠田", "987-6543", "9876543"))]
    refused = await post(clerk, f"{ONE}/acts/protection", f"{ONE}/acts/protection/release", document="screen", reason="引き継ぎ")
    await post(staff, f"{ONE}/acts/protection", f"{ONE}/acts/protection/release", document="screen", reason="引き継ぎ")

    assert "隠田" in before.text
    assert "支援措置により表示できません" in (await clerk.get(ONE)).text
    assert shown == []
    assert refused.status_code == 403
    assert (await other.get(ONE)).status_code == 404
    logged = await gateway.rows("SELECT action, result FROM access_log WHERE action LIKE 'address_%' ORDER BY number")
    assert [tuple(row) for row in logged] == [("address_protection", "done"), ("address_release", "done")]
    assert await world.value("SELECT count(*) FROM approval WHERE act = 'address_release'") == 1


async def test_a_survey_and_a_doubtful_pair_have_their_screens(house: tuple[GatewayWorld, World]) -> None:
    """E-17, E-29"""
    gateway, world = house
    clerk, staff = await gateway.sign_in("chiyoda"), await gateway.sign_in("union")
    opened = await post(clerk, f"{ONE}/acts/survey", f"{ONE}/acts/survey", cause="returned_mail", deadline="R8.8.12", remark="返戻")
    survey = await world.value("SELECT survey_id::text FROM residence_survey")
    noted = await post(clerk, f"{ONE}/acts/survey", f"{ONE}/acts/survey/{survey}", act="visit", done_on="R8.7.10", remark="表札なし")
    pair = await world.value("SELECT candidate_id::text FROM duplicate_candidate ORDER BY name_similarity DESC LIMIT 1")
    asked = await post(staff, f"/duplicates/{pair}", f"/duplicates/{pair}", decision="different", reason="別の世帯の方")

    assert (opened.status_code, noted.status_code, asked.status_code) == (303, 303, 303)
    assert "表札なし" in (await clerk.get(f"{ONE}/acts/survey")).text
    assert "後期　花子" in (await clerk.get("/registers/surveys")).text
    assert (await clerk.get(f"{ONE}/acts/survey/{survey}.pdf")).content.startswith(b"%PDF")
    assert (await clerk.get("/duplicates")).status_code == 403
    assert "承認を待っています" in (await staff.get(f"/duplicates/{pair}")).text


async def test_the_gateway_withholds_by_its_own_copy_before_eligibility_does(house: tuple[GatewayWorld, World]) -> None:
    """I-39: the second wall."""
    gateway, _ = house
    clerk = await gateway.sign_in("chiyoda")
    shown = []
    for sequence, valid_until in enumerate((None, SAMPLE_DAY), start=1):
        event = AddressProtected(
            effective_on=SAMPLE_DAY,
            sequence=sequence,
            municipality_code=CHIYODA,
            resident_number=f"{2:015d}",
            valid_from=SAMPLE_DAY,
            valid_until=valid_until,
        )
        said = Message(id=uuid4(), source="eligibility", time=datetime(2026, 7, 13, tzinfo=UTC), event=event, correlation_id=uuid4())
        async with gateway.runtime.units.open() as uow:
            await on_addresses_protected([said], uow)
        shown.append(["隠田" in (await clerk.get(path)).text for path in (ONE, f"/api{ONE}")])

    assert shown == [[False, False], [True, True]]
