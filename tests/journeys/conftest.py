"""A browser, and the installation that it opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from chassis.testing import Databases
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from infra.local.servers import PrivateServers
from tests.journeys.browsing import SignIn
from tests.journeys.gateway_process import Installation, a_virtual_host, an_installation

_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

expect.set_options(timeout=20_000)  # a busy machine is no failure


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The machine's Chromium (KOKI_CHROMIUM, or chromium on the path), headless."""
    path = os.environ.get("KOKI_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium, or name one in KOKI_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh browser profile: no cookies, Japanese, a desk's screen."""
    # Without JavaScript: the screens promise to work without it.
    found = await chromium.new_context(
        java_script_enabled=False, locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1440, "height": 900}
    )
    yield found
    await found.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest.fixture(scope="session")
async def installation(
    databases: Databases, servers: PrivateServers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """One installation for all journeys; each works with people and sessions of its own."""
    with a_virtual_host(servers) as broker:
        async with an_installation(databases, servers, broker, tmp_path_factory.mktemp("installation")) as found:
            yield found


@pytest.fixture
def sign_in(installation: Installation) -> SignIn:
    """An async function (page, user name): signs a sample user in."""

    async def act(page: Page, user_name: str) -> None:
        await page.goto(f"{installation.url}/sign-in")
        await page.get_by_label("利用者名").fill(user_name)
        await page.get_by_label("パスワード").fill(installation.sign_ins[user_name])
        await page.get_by_role("button", name="サインイン").click()

    return act
