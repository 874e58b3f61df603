"""One private pair of servers for the tests of the local run, in a home of its own, removed at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.servers import PrivateServers


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServers]:
    running = PrivateServers(tmp_path_factory.mktemp("local-run"), durable=False)
    try:
        running.start()
        yield running
    finally:
        running.destroy()
