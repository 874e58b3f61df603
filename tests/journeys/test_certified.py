"""Somebody of 69 from the application for 障害認定 to the card, and what a correction by two officers leaves behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from chassis.testing import SAMPLE_DAY, Databases
from eligibility_service.jobs.following import issue_next
from playwright.async_api import BrowserContext, Page, expect

from infra.local.servers import PrivateServers
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, income, resident
from services.eligibility.tests.world import World, a_world
from tests.journeys.browsing import SignIn, shot
from tests.journeys.gateway_process import Installation, a_virtual_host, an_installation

NUMBER = f"{1:015d}"
HANAKO = f"/people/{CHIYODA}/{NUMBER}"


@pytest.fixture
async def the_world(databases: Databases) -> AsyncIterator[World]:
    async with a_world(databases) as world:
        await world.hear(
            resident(1, name="番町　花子", name_kana="バンチョウ　ハナコ", born_on=date(1957, 2, 1)), income(1, income_year=2024)
        )
        yield world


@pytest.fixture
async def installation(databases: Databases, servers: PrivateServers, the_world: World, tmp_path: Path) -> AsyncIterator[Installation]:
    """A gateway before the real eligibility service."""
    with a_virtual_host(servers) as broker:
        async with an_installation(databases, servers, broker, tmp_path, eligibility=the_world.database) as found:
            yield found


async def as_another(context: BrowserContext, sign_in: SignIn, user: str) -> Page:
    await context.clear_cookies()
    page = await context.new_page()
    await sign_in(page, user)
    return page


async def opened(page: Page, installation: Installation, path: str | None) -> str:
    """The text of a PDF behind a link."""
    answer = await page.request.get(f"{installation.url}{path}")
    assert answer.status == 200, path
    return text_of(await answer.body())


async def test_an_application_becomes_a_card_and_its_correction_a_struck_line(
    installation: Installation, the_world: World, context: BrowserContext, sign_in: SignIn, tmp_path: Path
) -> None:
    """E-14, E-05, E-06, E-12, E-22: taken in, certified, the card with the rate, cancelled by two officers, struck on 異動整理簿."""
    clerk = await as_another(context, sign_in, "chiyoda")
    await clerk.goto(f"{installation.url}{HANAKO}/acts/notices/disability_applied")
    await clerk.get_by_label("申請日").fill("R8.7.1")
    await clerk.get_by_label("確かめた書類").select_option("physical")
    await clerk.get_by_label("障害の程度").fill("2級")
    await clerk.get_by_role("button", name="確かめる").click()
    await clerk.get_by_role("button", name="受け付ける").click()
    await expect(clerk.get_by_role("status")).to_contain_text("障害認定の申請を受け付けました")

    union = await as_another(context, sign_in, "union")
    await union.goto(f"{installation.url}/ledger/disability-applications")
    await union.get_by_role("link", name="認定する").click()
    await union.get_by_role("button", name="確かめる").click()
    await union.get_by_role("button", name="決定する").click()
    await expect(union.get_by_role("status")).to_contain_text("障害認定を決定しました")
    async with the_world.database.units(today=SAMPLE_DAY, store=tmp_path / "objects") as units:
        while await issue_next(units):
            pass

    await union.goto(f"{installation.url}{HANAKO}/documents")
    await shot(union, "certified-documents")
    card = await union.get_by_role("link", name="開く").first.get_attribute("href")
    said = await opened(union, installation, card)
    assert "番町花子" in said
    assert "1割" in said
    await union.goto(f"{installation.url}/lists/certified")
    await expect(union.locator("tbody")).to_contain_text("身体障害者手帳")
    await shot(union, "certified-list")

    clerk = await as_another(context, sign_in, "chiyoda")
    await clerk.goto(f"{installation.url}{HANAKO}/acts/corrections")
    await clerk.get_by_role("link", name="資格の取消").click()
    await clerk.get_by_label("理由").fill("別の方の申請を入力したため")
    await clerk.get_by_role("button", name="修正前後を確かめる").click()
    await expect(clerk.get_by_role("alertdialog")).to_contain_text("資格なし")
    await clerk.get_by_role("button", name="承認を申請する").click()

    union = await as_another(context, sign_in, "union")
    await union.goto(f"{installation.url}/approvals")
    await union.get_by_role("link", name="確かめる").click()
    await union.get_by_role("button", name="承認して実行する").click()
    await expect(union.get_by_role("status").filter(has_text="承認し、実行しました")).to_be_visible()
    await union.goto(f"{installation.url}{HANAKO}/acts/corrections")
    await union.get_by_role("link", name="修正前後対照表").click()
    await expect(union.locator("table.compared")).to_contain_text("取得の取消")
    await shot(union, "corrected-table")
    async with context.expect_page() as paper:
        await union.get_by_role("button", name="対照表を作る").click()
    made = await paper.value
    assert "別の方の申請を入力したため" in await opened(union, installation, made.url.removeprefix(installation.url))

    today = await the_world.value("SELECT (max(recorded_from) AT TIME ZONE 'Asia/Tokyo')::date::text FROM qualification")
    await union.goto(f"{installation.url}/lists/changes?municipality={CHIYODA}&first_day={today}&last_day={today}")
    struck = union.locator("tr.struck")
    await expect(struck).to_have_count(1)
    await expect(struck).to_contain_text("資格取得")
    await expect(struck).to_contain_text("障害認定")
    await expect(struck).to_contain_text("取消済み")
    await shot(union, "changes-struck")
    await union.goto(f"{installation.url}/desk/uncollected")
    await expect(union.locator("tbody")).to_contain_text("番町")
