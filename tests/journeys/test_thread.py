"""The thread through every room: a municipality's file becomes a card, a premium, an instalment, a screen and a trace."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chassis.clock import Clock
from contracts.eras import format_day
from playwright.async_api import Browser, Page, expect
from pypdf import PdfReader

from infra.local.servers import PrivateServers
from infra.local.services import Services
from infra.local.thread import Thread
from tests.simulators.municipality.files import WrittenFile, write_union
from tests.simulators.municipality.sender import publish_all

HOME = Path(os.environ.get("KOKI_JOURNEY_HOME", ".koki/journey"))
DAY = date(2026, 7, 13)


@dataclass(frozen=True)
class Running:
    """All six services on servers of their own, the sample union loaded, premiums decided, cards and notices printed."""

    servers: PrivateServers
    url: str
    sample: dict[str, Any]
    files: list[WrittenFile]
    thread: Thread

    def password(self, user: str) -> str:
        return str(next(found["password"] for found in self.sample["sign_ins"] if found["user_name"] == user))


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    servers = PrivateServers(HOME, durable=False)
    services = Services(servers)
    try:
        yield await asyncio.to_thread(_bring_up, servers, services, tmp_path_factory.mktemp("files"))
    finally:
        await asyncio.to_thread(services.stop)
        await asyncio.to_thread(servers.destroy)


def _bring_up(servers: PrivateServers, services: Services, folder: Path) -> Running:
    servers.start()
    services.migrate(lambda _: None)
    services.start_missing()
    services.wait_healthy(lambda _: None, seconds=180)
    sample = json.loads((HOME / "sample-sign-ins.json").read_text(encoding="utf-8"))
    operators = [found for found in sample["sign_ins"] if found["role"] == "operator"]
    thread = Thread(services.url("gateway"), operators, sample["municipal_secrets"])
    files = write_union(150, 5, DAY, folder)
    thread.sign_in()
    thread.hand_in(files, _nobody)
    figures = thread.figures
    thread.wait_loaded({("eligibility", "municipal.residents_batch_sealed.v1"): figures.residents}, _nobody)
    insured = thread.rows("eligibility", "said", "eligibility.insured_batch_sealed.v1")
    wanted = {
        ("premium", "municipal.residents_batch_sealed.v1"): figures.residents,
        ("premium", "municipal.incomes_batch_sealed.v1"): figures.incomes,
        ("premium", "eligibility.insured_batch_sealed.v1"): insured,
        ("collection", "municipal.residents_batch_sealed.v1"): figures.residents,
        ("collection", "eligibility.insured_batch_sealed.v1"): insured,
    }
    thread.wait_loaded(wanted, _nobody)
    thread.run_job("premium", "assess", {"scope": "all"}, _nobody)
    assessed = thread.rows("premium", "said", "premium.assessments_batch_sealed.v1")
    thread.wait_loaded({("collection", "premium.assessments_batch_sealed.v1"): assessed}, _nobody)
    thread.run_job("eligibility", "issue-cards", {}, _nobody)
    thread.run_job("collection", "issue-notices", {}, _nobody)
    return Running(servers, services.url("gateway"), sample, files, thread)


def _nobody(_: str) -> None:
    """Progress that nobody watches."""


async def _sign_in(browser: Browser, running: Running, user: str) -> Page:
    context = await browser.new_context(locale="ja-JP", viewport={"width": 1440, "height": 900}, base_url=running.url)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    await page.goto("/sign-in")
    await page.get_by_label("利用者名").fill(user)
    await page.get_by_label("パスワード").fill(running.password(user))
    await page.get_by_role("button", name="サインイン").click()
    await expect(page.get_by_role("button", name="サインアウト")).to_be_visible()
    return page


def _somebody(running: Running, code: str, *, place: int = 0) -> dict[str, str]:
    """A resident of the municipality who is over 80, lives there and has declared an income, from the file itself."""
    residents = pl.read_csv(next(f.data for f in running.files if (f.municipality_code, f.kind) == (code, "residents")), infer_schema=False)
    incomes = pl.read_csv(next(f.data for f in running.files if (f.municipality_code, f.kind) == (code, "incomes")), infer_schema=False)
    declared = incomes.filter(pl.col("status") == "1").select("resident_number", "public_pension_receipts")
    old = residents.filter((pl.col("status") == "1") & (pl.col("born_on") < "1945-01-01")).join(declared, on="resident_number")
    alone = old.join(residents.group_by("household_number").len().filter(pl.col("len") == 1), on="household_number").sort("resident_number")
    return alone.row(place, named=True)


async def _pdf(page: Page, link: str) -> list[str]:
    """The texts of the pages behind a link, fetched with the clerk's own session."""
    answer = await page.request.get(link)
    assert answer.status == 200, await answer.text()
    return [found.extract_text() for found in PdfReader(io.BytesIO(await answer.body())).pages]


async def test_a_municipal_file_becomes_card_premium_instalments_and_screen(chromium: Browser, running: Running) -> None:
    person = _somebody(running, "132012")
    page = await _sign_in(chromium, running, "hachioji")
    await page.goto("/people")
    await page.get_by_label("番号").fill(person["resident_number"])
    await page.get_by_label("生年月日").fill(_era(person["born_on"]))
    await page.keyboard.press("Enter")
    # One person alone answers to number and birthday: the window opens the person at once.
    await expect(page.get_by_role("heading", name=person["name"])).to_be_visible()
    insured_number = (await page.locator("dl.ids dd.number").first.inner_text()).strip()
    assert len(insured_number) == 8

    await page.get_by_role("link", name="賦課").click()
    amount = (await page.locator("dl.sums dd").first.inner_text()).split("円")[0].strip().replace(",", "")
    await expect(page.get_by_text("計算の内訳")).to_be_visible()
    assert f"{int(person['public_pension_receipts']):,}" in await page.locator("main").inner_text(), (
        "the pension of the file begins the sum"
    )

    await page.get_by_role("link", name="期別").click()
    await expect(page.locator("main")).to_contain_text("第1期")

    await page.get_by_role("link", name="帳票").click()
    links = page.locator("main a[href$='.pdf']")
    addresses = [await links.nth(number).get_attribute("href") or "" for number in range(await links.count())]
    card = await _pdf(page, next(link for link in addresses if "certificates" in link))
    assert any(insured_number in text.replace(" ", "") for text in card)
    notice = await _pdf(page, next(link for link in addresses if "notices" in link))
    assert f"{int(amount):,}" in "".join(notice)
    sheet = await _pdf(page, next(link for link in addresses if "assessments" in link))
    assert f"{int(amount):,}" in sheet[0]
    await page.context.close()


async def test_a_clerk_issues_a_card_and_sees_that_it_was_saved(chromium: Browser, running: Running) -> None:
    person = _somebody(running, "132012")
    page = await _sign_in(chromium, running, "hachioji")
    await page.goto(f"/people/132012/{person['resident_number']}/documents/issue")
    await page.get_by_label("再交付の理由").select_option(label="紛失した")
    await page.get_by_role("button", name="発行する").click()
    await expect(page.get_by_role("status")).to_contain_text("発行し、保存しました")
    await page.context.close()


async def test_a_clerk_of_another_municipality_does_not_find_the_person(chromium: Browser, running: Running) -> None:
    person = _somebody(running, "132012")
    page = await _sign_in(chromium, running, "chiyoda")
    answer = await page.goto(f"/people/132012/{person['resident_number']}")
    assert answer is not None
    assert answer.status == 404
    assert person["name"] not in await page.content()
    await page.context.close()


async def test_a_single_change_by_message_can_be_followed_from_the_municipality_to_the_instalment(
    chromium: Browser, running: Running
) -> None:
    person = _somebody(running, "132012", place=1)  # not the one whose file the other stories read
    path = next(f.data for f in running.files if (f.municipality_code, f.kind) == ("132012", "incomes"))
    record = pl.read_csv(path, infer_schema=False).filter(pl.col("resident_number") == person["resident_number"]).row(0, named=True)
    change: dict[str, Any] = {name: value for name, value in record.items() if value is not None}
    for name, value in record.items():
        if value is not None and name not in ("municipality_code", "resident_number", "status", "resident_tax_status", "determined_on"):
            change[name] = int(value)
    change |= {"kind": "income", "history_number": int(record["history_number"]) + 1, "public_pension_receipts": 4_321_000}
    credentials = running.servers.municipality_credentials("132012")
    await publish_all([change], {"132012": credentials.broker_url}, sent_at=_sent_at())

    page = await _sign_in(chromium, running, "operator")
    async with asyncio.timeout(90):
        while True:
            await page.goto("/console/traces")
            await page.get_by_label("市区町村").select_option("132012")
            await page.get_by_label("宛名番号").fill(person["resident_number"])
            await page.get_by_role("button", name="この人の追跡を探す").click()
            text = await page.locator("main").inner_text()
            if "collection" in text and "premium" in text:
                break
            await asyncio.sleep(1)
    await page.locator("main table a").first.click()
    waterfall = await page.locator("main").inner_text()
    for step in ("gateway", "premium municipal.income_determined.v1", "collection premium.assessed.v1"):
        assert step in waterfall
    await page.context.close()


async def test_sent_is_accepted_plus_rejected_and_nothing_is_left_over(running: Running) -> None:
    figures = running.thread.figures
    assert figures.sent == figures.accepted + figures.rejected + figures.parked
    assert figures.differences == []
    for service in ("eligibility", "premium", "collection", "statistics", "benefits"):
        summary = await asyncio.to_thread(running.thread.operations, service, "summary")
        assert (service, summary["dead_letters"], summary["parked"]) == (service, 0, 0)


def _era(day: str) -> str:
    return format_day(date.fromisoformat(day))


def _sent_at() -> Any:
    return Clock().now()
