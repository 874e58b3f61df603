"""Migrating, starting, watching and stopping service processes, shown on stand-ins for two services."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.problems import LocalRunProblem
from infra.local.servers import PrivateServers
from infra.local.services import Services

NAMES = ("premium", "gateway")


@pytest.fixture
def services(servers: PrivateServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    for name in NAMES:
        package = tmp_path / "services" / name / f"{name}_service"
        package.mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("fake_service.py"), package / "__main__.py")
    # What this copy's stand-ins migrate is not what another test's stand-ins did.
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "of_this_test").write_text(str(tmp_path))
    roots = [str(tmp_path / "services" / name) for name in NAMES]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(roots))
    monkeypatch.setenv("KOKI_OBJECT_STORE", str(tmp_path))
    servers.start()
    running = Services(servers, NAMES, repository=tmp_path)
    yield running
    running.stop()


def start(services: Services) -> list[str]:
    started = services.start_missing()
    services.wait_healthy(lambda states: None, seconds=20)
    return started


def test_a_second_start_starts_only_what_does_not_run(services: Services) -> None:
    first = start(services)
    process = services.home.process("service.premium")
    assert process is not None
    process.send(signal.SIGKILL)
    process.wait_gone(5)

    second = start(services)
    third = start(services)

    assert (first, second, third) == (["premium", "gateway"], ["premium"], [])


def test_stopping_ends_the_services_and_tells_which_ran(services: Services) -> None:
    start(services)
    processes = [services.home.process(f"service.{name}") for name in NAMES]

    stopped = services.stop()
    again = services.stop()

    assert stopped == ["premium", "gateway"]
    assert again == []
    assert not any(process is not None and process.is_alive for process in processes)


def test_migrations_run_as_the_owner_and_only_when_the_code_has_changed(services: Services) -> None:
    told: list[str] = []
    first = services.migrate(told.append)
    second = services.migrate(told.append)

    assert first == ["premium", "gateway"]
    assert second == []
    assert told == ["0/2", "1/2", "2/2", "0/0"]
    assert (services.home.logs / "premium.migrate.log").read_text() == "premium migrate owner=True\n"


def test_a_failed_migration_is_told_with_the_end_of_its_log_and_tried_again(services: Services, tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with pytest.raises(LocalRunProblem, match="the migration is broken"):
        services.migrate(lambda text: None)

    (tmp_path / "broken").unlink()
    assert services.migrate(lambda text: None) == ["premium", "gateway"]


def test_a_service_that_ends_is_named_with_its_log(services: Services, tmp_path: Path) -> None:
    (tmp_path / "services" / "premium" / "premium_service" / "__main__.py").write_text("raise SystemExit('no settings')")
    services.start_missing()

    with pytest.raises(LocalRunProblem, match=r"premium: 動いていたのに終わっています。(.|\n)*no settings"):
        services.wait_healthy(lambda states: None, seconds=20)


def test_only_the_gateway_is_told_the_signing_key_and_the_addresses(services: Services) -> None:
    gateway, premium = services.environment("gateway"), services.environment("premium")

    assert json.loads(gateway["KOKI_SERVICES"])["premium"] == services.url("premium")
    assert Path(gateway["KOKI_TOKEN_PRIVATE_KEY_FILE"]).exists()
    assert not {"KOKI_SERVICES", "KOKI_TOKEN_PRIVATE_KEY_FILE", "KOKI_BROKER_MANAGEMENT_URL", "KOKI_OWNER_DATABASE_URL"} & set(premium)


def test_a_job_runs_with_the_environment_of_its_service_and_returns_its_exit_code(services: Services) -> None:
    assert services.job("premium", ["assess", "--year", "0"]) == 0
    assert services.job("premium", ["assess", "--year", "3"]) == 3
