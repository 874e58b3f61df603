"""Notices, decisions and corrections of the insured ledger, from the window to the second officer, on the real service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest
from chassis.testing import Databases
from playwright.async_api import BrowserContext, expect

from infra.local.servers import PrivateServers
from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.world import World, a_world
from tests.journeys.browsing import SignIn, shot
from tests.journeys.gateway_process import Installation, a_virtual_host, an_installation

HANAKO, TARO = (f"/people/{CHIYODA}/{number:015d}" for number in (1, 2))


@pytest.fixture(scope="module")
async def the_world(databases: Databases) -> AsyncIterator[World]:
    async with a_world(databases) as world:
        await world.hear(resident(1, name="麹町　花子", name_kana="コウジマチ　ハナコ", born_on=date(1957, 10, 1)))
        await world.hear(resident(2, name="麹町　太郎", name_kana="コウジマチ　タロウ"))
        yield world


@pytest.fixture(scope="module")
async def installation(
    databases: Databases, servers: PrivateServers, the_world: World, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """A gateway before the real eligibility service."""
    with a_virtual_host(servers) as broker:
        folder = tmp_path_factory.mktemp("ledger")
        async with an_installation(databases, servers, broker, folder, eligibility=the_world.database) as found:
            yield found


async def test_an_application_is_taken_in_decided_by_the_union_and_its_letter_opened(
    installation: Installation, the_world: World, context: BrowserContext, sign_in: SignIn
) -> None:
    """E-14, E-16: late without a reason is stopped, with the reason it goes on; the union certifies, the person is insured."""
    clerk = await context.new_page()
    await sign_in(clerk, "chiyoda")
    await clerk.goto(f"{installation.url}{HANAKO}/acts")
    await shot(clerk, "acts")
    await clerk.get_by_role("link", name="届出と記載").click()
    await shot(clerk, "notices-empty")
    await clerk.get_by_role("link", name="変更届").click()
    await clerk.get_by_label("変更のあった日").fill("R8.6.1")
    await clerk.get_by_label("変更の内容").fill("氏名")
    await clerk.get_by_role("button", name="確かめる").click()
    await expect(clerk.locator("p.wrong")).to_contain_text("届出期限")
    await shot(clerk, "notice-late")
    await clerk.get_by_label("遅れた理由").fill("入院していたため")
    await clerk.get_by_role("button", name="確かめる").click()
    await expect(clerk.get_by_role("alertdialog")).to_contain_text("遅れた理由: 入院していたため")
    await shot(clerk, "notice-confirm")
    await clerk.get_by_role("button", name="受け付ける").click()
    await expect(clerk.get_by_role("status")).to_contain_text("変更届を受け付けました")
    await clerk.get_by_role("link", name="障害認定の申請").click()
    await clerk.get_by_label("申請日").fill("R8.7.1")
    await clerk.get_by_label("確かめた書類").select_option("physical")
    await clerk.get_by_label("障害の程度").fill("2級")
    await clerk.get_by_role("button", name="確かめる").click()
    await clerk.get_by_role("button", name="受け付ける").click()
    await expect(clerk.get_by_role("status")).to_contain_text("障害認定の申請を受け付けました")
    await shot(clerk, "notice-received")
    await expect(clerk.get_by_role("link", name="認定する")).to_have_count(0)

    await context.clear_cookies()
    officer = await context.new_page()
    await sign_in(officer, "union")
    await officer.goto(f"{installation.url}/desk")
    await officer.get_by_role("link", name="障害認定の申請一覧").click()
    await shot(officer, "applications")
    await officer.get_by_role("link", name="認定する").click()
    await officer.get_by_role("button", name="確かめる").click()
    await expect(officer.get_by_role("alertdialog")).to_contain_text("取得（障害認定）、継続中")
    await shot(officer, "certify-confirm")
    await officer.get_by_role("button", name="決定する").click()
    await expect(officer.get_by_role("status")).to_contain_text("障害認定を決定しました")
    await shot(officer, "certified")
    path = await officer.get_by_role("link", name="障害認定通知書を開く").get_attribute("href")
    answer = await officer.request.get(f"{installation.url}{path}")
    assert (answer.status, (await answer.body())[:5]) == (200, b"%PDF-")
    assert await the_world.value("SELECT acquisition_ground FROM qualification WHERE resident_number = $1", f"{1:015d}") == "disability"


async def test_a_cancellation_is_compared_asked_for_and_carried_out_by_a_second_officer(
    installation: Installation, the_world: World, context: BrowserContext, sign_in: SignIn
) -> None:
    """E-05, E-06, E-07: until the second officer has approved, the ledger stays."""
    clerk = await context.new_page()
    await sign_in(clerk, "chiyoda")
    await clerk.goto(f"{installation.url}{TARO}/acts/corrections")
    await shot(clerk, "corrections")
    await clerk.get_by_role("link", name="履歴修正").click()
    await shot(clerk, "amend-form")
    await clerk.get_by_label("正しい取得日").fill("H27.5.10")
    await clerk.get_by_label("理由").fill("取得日の誤り")
    await clerk.get_by_role("button", name="修正前後を確かめる").click()
    await expect(clerk.get_by_role("alertdialog")).to_contain_text("平成27年5月10日 取得")
    await shot(clerk, "amend-confirm")
    await clerk.get_by_role("button", name="承認を申請する").click()
    await expect(clerk.get_by_role("status")).to_contain_text("承認するまで、台帳は変わりません")
    assert str(await the_world.value("SELECT acquired_on FROM qualification WHERE resident_number = $1", f"{2:015d}")) == "2015-05-05"

    await context.clear_cookies()
    officer = await context.new_page()
    await sign_in(officer, "union")
    await officer.goto(f"{installation.url}/approvals")
    await officer.get_by_role("link", name="確かめる").click()
    await expect(officer.locator("dl.facts").last).to_contain_text("修正後")
    await shot(officer, "amend-approve")
    await officer.get_by_role("button", name="承認して実行する").click()
    await expect(officer.get_by_role("status").filter(has_text="承認し、実行しました")).to_be_visible()
    assert str(await the_world.value("SELECT acquired_on FROM qualification WHERE resident_number = $1", f"{2:015d}")) == "2015-05-10"

    await officer.goto(f"{installation.url}{TARO}/acts/notices/domicile_exception_begun")
    await officer.get_by_label("施設に住所を移した日").fill("R8.7.1")
    await officer.get_by_label("病院・施設の名称").fill("ひばり園")
    await officer.get_by_label("病院・施設の所在地").fill("千葉県千葉市中央区")
    await officer.get_by_role("button", name="確かめる").click()
    await officer.get_by_role("button", name="受け付ける").click()
    await expect(officer.get_by_role("status")).to_contain_text("住所地特例の該当を受け付けました")
    await officer.goto(f"{installation.url}/ledger/domicile-exceptions")
    await expect(officer.get_by_role("table")).to_contain_text("ひばり園")
    await shot(officer, "exceptions")
