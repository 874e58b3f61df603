"""A day at the union: why a premium changed, a rate is tried, a law is compared before it is enacted, and wronged people are found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from chassis.testing import Databases, TestDatabase
from contracts.events.municipal import IncomeDetermined
from playwright.async_api import Page, expect

from infra.local.servers import PrivateServers
from services.premium.tests.api.working import work
from services.premium.tests.domain.test_affected_people import FAMILY_SALARY_COUNTED
from services.premium.tests.facts import SINCE, apply, income, insured, resident
from tests.journeys.browsing import SignIn
from tests.journeys.gateway_process import Installation, a_virtual_host, an_installation

TARO, HANAKO, MITSU = "000000000012345", "000000000012346", "000000000020002"
BORN = {TARO: date(1942, 6, 1), HANAKO: date(1943, 2, 11), MITSU: date(1938, 3, 15)}


@pytest.fixture
async def installation(databases: Databases, servers: PrivateServers, tmp_path: Path) -> AsyncIterator[Installation]:
    """The real premium behind the gateway: a couple whose wife works for the husband, corrected once, and somebody who lives alone."""
    premium = await databases("premium", Path("services/premium"))
    async with premium.units(today=date(2026, 7, 1)) as units:
        for number, born in BORN.items():
            await apply(units, resident(number, household="3" if number == MITSU else "1", born=born, head=number != HANAKO))
        wages = {"salary_receipts": 1_600_000, "family_employee_salary_received": 1_600_000}
        hanako = IncomeDetermined(**{**income(HANAKO, pension=700_000).model_dump(), **wages})
        await apply(units, income(TARO, pension=1_900_000), hanako, income(MITSU, pension=3_000_000))
        await apply(units, *(insured(number, born=born, acquired=SINCE) for number, born in BORN.items()))
    async with premium.units(today=date(2026, 7, 10)) as units:
        await apply(units, income(TARO, pension=2_000_000, sequence=2))
    with a_virtual_host(servers) as broker:
        async with an_installation(databases, servers, broker, tmp_path, premium=premium) as found:
            worker = asyncio.create_task(_work_on(premium, tmp_path))
            yield found
            worker.cancel()


async def _work_on(premium: TestDatabase, folder: Path) -> None:
    """What a worker of premium does with the runs that the screens ask for."""
    while True:
        await work(premium, folder)
        await asyncio.sleep(0.2)


async def test_staff_of_the_union_explain_try_compare_and_find(installation: Installation, page: Page, sign_in: SignIn) -> None:
    """P-16, W-06, P-01, Z-03, Z-04, Z-11."""
    await sign_in(page, "union")
    await page.goto(f"{installation.url}/people/131016/{TARO}/assessment")
    await expect(page.get_by_role("heading", name="前の決定から変わった理由")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("本人の公的年金等収入 1,900,000円 → 2,000,000円")
    await page.get_by_label("この日までに知られていたことによる").fill("R8.7.5")
    await page.get_by_role("button", name="表示").click()
    await expect(page.locator("main")).to_contain_text("令和8年7月5日")
    await expect(page.locator("main")).not_to_contain_text("前の決定から変わった理由")

    await page.goto(f"{installation.url}/desk")
    await page.get_by_role("link", name="保険料率の試算").click()
    await page.get_by_role("button", name="作成", exact=True).click()
    await expect(page.get_by_role("link", name="案を作る", exact=True)).to_be_visible()
    await page.get_by_role("link", name="案を作る", exact=True).click()
    await page.get_by_label("案の名前").fill("標準案")
    await page.get_by_label("療養給付費等（負担対象額）").first.fill("２,０００,０００円")
    await page.get_by_role("button", name="試算する").click()
    await expect(page.get_by_role("heading", name="医療分の保険料率")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("2,000,000円 × 36.73%")
    await page.get_by_role("link", name="この案をもとに作る").click()
    await page.get_by_label("療養給付費等（負担対象額）").first.fill("12,5x")
    await page.get_by_role("button", name="試算する").click()
    await expect(page.get_by_text("0以上の整数で入力してください。")).to_be_visible()
    await page.get_by_label("療養給付費等（負担対象額）").first.fill("2,400,000")
    await page.get_by_role("button", name="試算する").click()
    await expect(page.get_by_role("heading", name="医療分の保険料率")).to_be_visible()
    await page.goto(f"{installation.url}/trials")
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await page.get_by_role("button", name="選んだ案を並べて比べる").click()
    await expect(page.get_by_role("heading", name="見込みの違い")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("1年目の療養給付費等（負担対象額）")

    await page.goto(f"{installation.url}/law-changes")
    await page.get_by_label("名前", exact=True).fill("令和8年度の改正")
    await page.get_by_role("button", name="比べる", exact=True).click()
    await expect(page.get_by_role("heading", name="保険料が変わる人")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("調べた人3人")

    await page.goto(f"{installation.url}/finder")
    await page.get_by_label("名前", exact=True).fill("専従者給与")
    await page.get_by_label("条件", exact=True).fill("tier < should_tier")
    await page.get_by_label("誤った計算を再現する").check()
    await page.get_by_label("誤りを再現する法令パック").fill(FAMILY_SALARY_COUNTED)
    await page.get_by_role("button", name="探す", exact=True).click()
    await expect(page.get_by_role("heading", name="見つかった人")).to_be_visible()
    await page.get_by_role("link", name="一人ずつ見る").click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.locator("main")).to_contain_text("R10.8.1")


async def test_a_clerk_of_a_municipality_finds_no_way_in(installation: Installation, page: Page, sign_in: SignIn) -> None:
    await sign_in(page, "chiyoda")
    await page.goto(f"{installation.url}/desk")
    await expect(page.get_by_role("link", name="対象者の検索")).to_have_count(0)
    for path in ("/trials", "/law-changes", "/finder"):
        answer = await page.goto(f"{installation.url}{path}")
        assert answer is not None
        assert answer.status == 403
