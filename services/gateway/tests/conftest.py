"""The gateway of a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chassis.testing import Databases

from services.gateway.tests.world import Gateways, GatewayWorld, a_gateway


@pytest.fixture
async def gateway(databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GatewayWorld]:
    """A gateway with its background work."""
    async with a_gateway(databases, broker, tmp_path, monkeypatch) as world:
        yield world


@pytest.fixture
def gateways(databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gateways:
    """Gateways without background work, to be opened within the test: `async with gateways() as world`."""
    return lambda: a_gateway(databases, broker, tmp_path, monkeypatch, worker=False)
