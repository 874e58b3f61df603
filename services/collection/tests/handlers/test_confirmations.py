"""暫定: instalments on a calendar that no officer has confirmed are charged and shown as provisional."""

from __future__ import annotations

import pytest
from chassis.settings import Settings
from chassis.testing import Databases
from collection_service import settings

from services.collection.tests.people import ROOT, apply, assessed, rows


async def test_instalments_on_a_confirmed_calendar_are_final(databases: Databases) -> None:
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_050), assessed(2, 58_050, provisional=True), assessed(3, 58_050, fiscal_year=2027))
        found = await rows(units, "SELECT resident_number, provisional FROM assessment ORDER BY 1")
    assert found == [("1", False), ("2", True), ("3", True)]


async def test_instalments_on_a_calendar_nobody_has_confirmed_are_provisional(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "current", lambda: Settings(service="collection", sample_data=False))
    async with (await databases("collection", ROOT)).units() as units:
        await apply(units, assessed(1, 58_050))
        assert await rows(units, "SELECT provisional FROM assessment") == [(True,)]
