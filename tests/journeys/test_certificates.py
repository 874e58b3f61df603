"""A day with certificates: a clerk and the union at their screens, with the real eligibility service behind the gateway."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import uvicorn
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, Databases, eventually
from chassis.web import create_app
from eligibility_service.bootstrap import SERVICE
from playwright.async_api import Browser, Page, expect

from infra.local.servers import PrivateServers
from services.eligibility.tests.api.test_arrears import report
from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.world import World, a_world
from tests.journeys.gateway_process import a_virtual_host, an_installation, free_port

PERSON = f"/people/{CHIYODA}/{1:015d}"


class Eligibility:
    """The real service in this process, on one port; it may be stopped and started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.port = settings, free_port()

    async def start(self) -> None:
        application = create_app(SERVICE, self.settings, worker=False)
        self.server = uvicorn.Server(uvicorn.Config(application, port=self.port, log_level="warning", lifespan="off"))
        self.serving = asyncio.create_task(self.server.serve())
        await eventually(lambda: self.server.started)

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.serving


@dataclass(frozen=True)
class Running:
    """A gateway before a real eligibility service."""

    url: str
    sign_ins: dict[str, str]
    eligibility: Eligibility


@asynccontextmanager
async def running(databases: Databases, servers: PrivateServers, folder: Path) -> AsyncIterator[tuple[Running, World]]:
    """Both, with one insured person."""
    async with a_world(databases) as world:
        await world.hear(resident(1))
        settings = Settings(
            service="eligibility",
            database_url=world.database.url,
            object_store=str(world.folder),
            token_public_key_file=folder / "token.pub",
            business_date=SAMPLE_DAY,
        )
        eligibility = Eligibility(settings)
        real = {"eligibility": f"http://127.0.0.1:{eligibility.port}"}
        with a_virtual_host(servers) as broker:
            async with an_installation(databases, servers, broker, folder, real=real) as found:
                await eligibility.start()
                yield Running(found.url, found.sign_ins, eligibility), world
                await eligibility.stop()


async def signed_in(browser: Browser, found: Running, user: str) -> Page:
    context = await browser.new_context(
        java_script_enabled=False, locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1440, "height": 900}
    )
    page = await context.new_page()
    await page.goto(f"{found.url}/sign-in")
    await page.get_by_label("利用者名").fill(user)
    await page.get_by_label("パスワード").fill(found.sign_ins[user])
    await page.get_by_role("button", name="サインイン").click()
    return page


async def look(page: Page, name: str) -> None:
    """Keep a picture where somebody has asked for pictures."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def test_a_certificate_is_issued_sent_returned_and_collected_at_the_screens(
    databases: Databases, servers: PrivateServers, chromium: Browser, tmp_path: Path
) -> None:
    """E-20, E-21, E-22, W-02: from the confirmation page to the lists of the desk."""
    async with running(databases, servers, tmp_path) as (found, _):
        page = await signed_in(chromium, found, "chiyoda")
        await page.goto(f"{found.url}{PERSON}/documents/issue")
        await page.get_by_label("郵送する").check()
        await page.get_by_role("button", name="発行する").click()
        await expect(page.get_by_role("status")).to_contain_text("発行し、保存しました")
        await page.goto(f"{found.url}/desk")
        await look(page, "desk")
        await page.get_by_role("link", name="送付一覧").click()
        await expect(page.locator("tbody")).to_contain_text("〒100-0001 東京都千代田区千代田1番1号")
        await look(page, "sending")
        await page.get_by_role("link", name="記録する").click()
        await look(page, "certificate")
        await page.get_by_role("button", name="発送").click()
        await page.get_by_role("link", name="引渡し・回収").click()
        await page.get_by_label("備考").fill("転居先不明")
        await page.get_by_role("button", name="返戻").click()
        await page.goto(f"{found.url}/desk/returned")
        await expect(page.locator("tbody")).to_contain_text("居所を確かめ")
        await look(page, "returned")

        await page.goto(f"{found.url}{PERSON}/documents/issue")
        await page.get_by_label("再交付の理由").select_option(label="汚れた・破れた")
        await look(page, "issue")
        await page.get_by_role("button", name="発行する").click()
        await look(page, "documents")
        await page.goto(f"{found.url}/desk/uncollected")
        await expect(page.locator("tbody")).to_contain_text("汚損・破損による再交付")
        await page.get_by_role("link", name="記録する").click()
        await page.get_by_role("button", name="証を回収した").click()
        await page.goto(f"{found.url}/desk/uncollected")
        await expect(page.locator(".empty")).to_contain_text("未回収の証はありません")
        await page.goto(f"{found.url}{PERSON}/acts/certificate-application")
        await look(page, "application")
        await page.get_by_label("申請の種類").select_option("specific_disease")
        await page.locator("select[name=disease]").select_option("kidney_failure")
        await page.get_by_role("button", name="受け付けて交付する").click()
        await expect(page.get_by_role("status")).to_contain_text("後期高齢者医療特定疾病療養受療証を発行し")
        await page.goto(f"{found.url}/desk/register")
        await expect(page.locator("tbody tr")).to_have_count(3)
        await look(page, "register")


async def test_the_union_decides_about_arrears_at_the_screens(
    databases: Databases, servers: PrivateServers, chromium: Browser, tmp_path: Path
) -> None:
    """E-09, E-23: by the law of 2026 a notice and the special medical expense, decided by a second officer."""
    async with running(databases, servers, tmp_path) as (found, world):
        await report(world, SAMPLE_DAY, oldest=date(2025, 6, 30))
        page = await signed_in(chromium, found, "chiyoda")
        await page.goto(f"{found.url}/desk/arrears")
        await expect(page.locator("tbody")).to_contain_text("弁明の期間中")
        await page.get_by_role("link", name="開く").click()
        await page.get_by_label("弁明の内容").fill("忘れていた")
        await page.get_by_role("button", name="受け付ける").click()
        await look(page, "arrears")
        await page.get_by_label("理由").fill("弁明に理由がない")
        await page.get_by_role("button", name="特別療養費の支給を申請する").click()

        union = await signed_in(chromium, found, "union")
        await union.goto(f"{found.url}/approvals")
        await union.get_by_role("link", name="確かめる").click()
        await expect(union.locator(".facts")).to_contain_text("54,600円")
        await look(union, "approval")
        await union.get_by_role("button", name="承認して実行する").click()

        await page.goto(f"{found.url}{PERSON}/acts/arrears")
        await expect(page.locator("main .tag", has_text="特別療養費の対象").first).to_be_visible()
        await look(page, "arrears_decided")


async def test_while_eligibility_is_down_the_window_says_that_nothing_was_issued_and_the_same_form_issues_once_later(
    databases: Databases, servers: PrivateServers, chromium: Browser, tmp_path: Path
) -> None:
    """E-21: the degraded window."""
    async with running(databases, servers, tmp_path) as (found, world):
        page = await signed_in(chromium, found, "chiyoda")
        await page.goto(f"{found.url}{PERSON}/documents/issue")
        await found.eligibility.stop()
        await page.get_by_role("button", name="発行する").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("いまは受け付けられません。")
        await expect(page.locator("main")).to_contain_text("何も発行していません")
        await look(page, "down")
        assert await world.value("SELECT count(*) FROM certificate WHERE state = 'issued'") == 0

        await found.eligibility.start()
        await page.go_back()
        await page.get_by_role("button", name="発行する").click()
        await expect(page.get_by_role("status")).to_contain_text("発行し、保存しました")
        await page.go_back()
        await page.get_by_role("button", name="発行する").click()
        assert await world.value("SELECT count(*) FROM certificate WHERE state = 'issued'") == 1
