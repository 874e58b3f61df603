"""The tests run as the sample union does: invented officers have confirmed what its calendars leave provisional."""

from __future__ import annotations

import pytest
from chassis.settings import Settings
from collection_service import settings


@pytest.fixture(autouse=True)
def sample_union(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the sample union."""
    monkeypatch.setattr(settings, "current", lambda: Settings(service="collection", sample_data=True))
