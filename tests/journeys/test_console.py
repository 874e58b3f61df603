"""A day of the operator: what comes from the municipalities, what went wrong, what runs; identifiers, and no person's data."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, expect

from services.gateway.tests.municipal import CHIYODA, change, resident, residents_file
from services.gateway.tests.world import GatewayWorld
from tests.journeys.browsing import SignIn
from tests.journeys.gateway_process import Installation

NAME = "麹町"


async def hand_in_file(installation: Installation) -> None:
    """千代田区 hands in a file of three right rows, one wrong and one with an unidentified character."""
    rows = [resident(101), resident(102), resident(103), resident(104, relationship="99"), resident(105, name="●町　花子")]
    file = residents_file(rows)
    auth = (CHIYODA, installation.secrets[CHIYODA])
    async with httpx.AsyncClient(base_url=installation.url, trust_env=False, auth=auth) as client:
        sent = {"data": ("data.csv", file.data), "control": ("control.json", file.control_bytes)}
        answer = (await client.post("/municipal/files", files=sent)).raise_for_status().json()
        for _ in range(200):
            if (await client.get(f"/municipal/files/{answer['intake_id']}")).json()["state"] != "received":
                return
            await asyncio.sleep(0.1)
        raise AssertionError("The file was not processed in 20 seconds.")


async def send_change(installation: Installation, number: int) -> None:
    world = GatewayWorld(app=None, client=None, broker=installation.broker, sample_file=Path())  # type: ignore[arg-type]
    await world.send([change(resident(number))])


async def test_the_board_shows_that_what_was_sent_is_accepted_rejected_or_parked(
    installation: Installation, page: Page, sign_in: SignIn
) -> None:
    await hand_in_file(installation)
    await sign_in(page, "operator")
    await page.locator("header nav").get_by_role("link", name="受付").click()

    await expect(page.locator(".equation")).to_contain_text("送られた 5 ＝ 受理 3 ＋ 返却 1 ＋ 保留 1")
    await page.get_by_role("link", name="住民情報 第1世代").click()
    await expect(page.locator("main")).to_contain_text("KOKI-R106")
    assert NAME not in await page.content(), "the operator sees codes and counts, not people"


async def test_a_change_can_be_followed_as_a_waterfall_by_resident_number(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await send_change(installation, 777)
    await sign_in(page, "operator")
    lines = page.locator("table.list tbody tr", has_text="gateway intake municipal.resident_changed.v1")
    for _ in range(40):
        await page.goto(f"{installation.url}/console/traces")
        await page.get_by_label("市区町村").select_option(CHIYODA)
        await page.get_by_label("宛名番号、または被保険者番号8桁").fill("000000000000777")
        await page.get_by_role("button", name="この人の追跡を探す").click()
        if await lines.count():
            break
        await asyncio.sleep(0.25)

    assert "777" not in page.url
    await lines.first.get_by_role("link").first.click()
    await expect(page.locator("table.fall tbody tr").first).to_contain_text("gateway intake")
    await expect(page.locator("table.fall svg rect").first).to_be_visible()
    await expect(page.locator("main")).to_contain_text("131016:000000000000777")
    assert NAME not in await page.content()


async def test_an_insured_number_leads_to_the_same_traces(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "operator")
    await page.goto(f"{installation.url}/console/traces")
    await page.get_by_label("宛名番号、または被保険者番号8桁").fill("00123456")
    await page.get_by_role("button", name="この人の追跡を探す").click()
    await expect(page.get_by_role("heading", level=2)).to_contain_text("131016:000000000012345 の追跡")

    await page.get_by_label("宛名番号、または被保険者番号8桁").fill("99999999")
    await page.get_by_role("button", name="この人の追跡を探す").click()
    await expect(page.get_by_role("alert")).to_contain_text("見つかりません")


async def test_a_dead_letter_is_looked_at_and_given_up_with_a_reason(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "operator")
    await expect(page.locator(".tile", has_text="配達不能")).to_contain_text("1件")
    await page.goto(f"{installation.url}/console/dead-letters")
    await expect(page.locator("section.card")).to_contain_text("the amounts of the parts do not add up")
    await page.get_by_label("破棄する理由").fill("賦課で更正したため")
    await page.get_by_role("button", name="破棄する").click()

    await expect(page.locator("main")).to_contain_text("ありません")
    await page.get_by_role("link", name="破棄した").click()
    await expect(page.locator("main")).to_contain_text("operator：賦課で更正したため")


async def test_a_job_is_prepared_previewed_approved_and_followed_to_its_result(
    installation: Installation, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "operator")
    await page.locator("header nav").get_by_role("link", name="一括処理").click()
    await page.locator("section.card", has_text="保険料の本算定").get_by_role("button", name="準備する").first.click()
    await expect(page.locator("main")).to_contain_text("承認待ち")
    await expect(page.locator("section.card", has_text="実行前の見込み")).to_contain_text("1,204")

    await page.get_by_role("button", name="この内容で承認し、実行する").click()
    await expect(page.locator("main")).to_contain_text("完了")
    await expect(page.locator("section.card", has_text="結果")).to_contain_text("151,203,400")


async def test_queues_show_depth_and_consumers_and_a_service_that_is_down_is_seen(
    installation: Installation, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "operator")
    await page.locator("header nav").get_by_role("link", name="待ち行列").click()
    await expect(page.locator("tr", has_text="gateway.intake")).to_contain_text("1")

    await installation.switch("statistics", "off")
    try:
        await page.locator("header nav").get_by_role("link", name="全体").click()
        await expect(page.locator("tr", has_text="statistics")).to_contain_text("異常")
        await expect(page.locator("tr", has_text="eligibility")).to_contain_text("正常")
    finally:
        await installation.switch("statistics", "on")


async def test_a_new_terminal_is_registered_once_with_its_code(
    installation: Installation, chromium: Browser, page: Page, sign_in: SignIn
) -> None:
    await sign_in(page, "operator")
    await page.locator("header nav").get_by_role("link", name="端末").click()
    await page.get_by_label("新しい端末の名前").fill("千代田区 窓口2番")
    await page.get_by_label("置き場所").select_option(CHIYODA)
    await page.get_by_role("button", name="登録コードを作る").click()
    code = await page.get_by_role("status").locator("code").inner_text()

    desk = await chromium.new_page()
    await desk.goto(f"{installation.url}/terminal")
    await desk.get_by_label("登録コード").fill(code)
    await desk.get_by_role("button", name="登録する").click()
    await expect(desk.get_by_role("status")).to_contain_text("千代田区 窓口2番")
    await sign_in(desk, "chiyoda")
    await expect(desk.locator(".who")).to_contain_text("千代田区 窓口2番")
    await desk.close()

    thief = await chromium.new_page()
    await thief.goto(f"{installation.url}/terminal")
    await thief.get_by_label("登録コード").fill(code)
    await thief.get_by_role("button", name="登録する").click()
    await expect(thief.get_by_role("alert")).to_contain_text("期限")
    await thief.close()


async def test_union_staff_see_how_many_are_insured(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "union")
    await page.get_by_role("link", name="業務").click()
    await page.get_by_role("link", name="被保険者数").click()
    await expect(page.locator("main")).to_contain_text("913人")
    await expect(page.locator("tr", has_text="75〜79歳")).to_contain_text("910")
