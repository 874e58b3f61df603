"""A browser, and the installation that it opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chassis.testing import Databases
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from infra.local.servers import PrivateServers
from tests.journeys.gateway_process import Installation, an_installation

_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


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
    found = await chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1440, "height": 900})
    yield found
    await found.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest.fixture
async def installation(databases: Databases, servers: PrivateServers, broker: str, tmp_path: Path) -> AsyncIterator[Installation]:
    async with an_installation(databases, servers, broker, tmp_path) as found:
        yield found
