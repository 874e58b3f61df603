"""Servers that somebody else runs, named by KOKI_DATABASE_URL and KOKI_BROKER_URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from infra.local.problems import LocalRunProblem
from infra.local.servers import PrivateServers
from infra.rabbitmq.definitions import ADMINISTRATOR


@pytest.fixture
def given(servers: PrivateServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateServers]:
    """A home of its own that is told to use the servers of the session, which get their own passwords back afterwards."""
    servers.start()
    monkeypatch.setenv("KOKI_DATABASE_URL", servers.postgres.url)
    monkeypatch.setenv("KOKI_BROKER_URL", servers.broker_url(ADMINISTRATOR))
    monkeypatch.setenv("KOKI_BROKER_MANAGEMENT_URL", servers.management_url)
    yield PrivateServers.of_environment(tmp_path)
    servers.start()


async def test_accounts_are_made_on_given_servers_and_nothing_is_started(given: PrivateServers) -> None:
    given.start()

    assert given.home.processes() == ()
    assert given.home.value("servers_folder") is None
    connection = await asyncpg.connect(given.database_url("premium"))
    assert await connection.fetchval("SELECT current_user") == "premium_app"
    await connection.close()
    async with await aio_pika.connect(given.municipality_credentials("131016").broker_url) as broker:
        assert not broker.is_closed
    assert "gateway.intake" in given.queue_depths()


def test_stopping_leaves_given_servers_running(given: PrivateServers, servers: PrivateServers) -> None:
    given.start()

    given.stop()

    assert servers.home.process("postgresql") is not None
    assert servers.home.process("rabbitmq") is not None
    with pytest.raises(LocalRunProblem, match="KOKI_BROKER_URL"):
        given.kill_broker()


def test_a_given_broker_without_management_is_refused_with_what_to_do(given: PrivateServers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOKI_BROKER_MANAGEMENT_URL", f"http://guest:guest@127.0.0.1:{given.home.port('nobody listens here')}")

    with pytest.raises(LocalRunProblem, match="管理プラグインを有効に"):
        PrivateServers.of_environment(given.home.path).start_broker()
