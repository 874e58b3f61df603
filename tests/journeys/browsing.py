"""What several journeys do with a browser."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from playwright.async_api import Page

SHOTS: Final = os.environ.get("KOKI_SCREENSHOTS", "")
SignIn = Callable[[Page, str], Awaitable[None]]


async def shot(page: Page, name: str) -> None:
    """Keep a picture of the screen where somebody wants to look at it (KOKI_SCREENSHOTS names a folder)."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
