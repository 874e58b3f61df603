"""Starting, stopping and restarting the private servers."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from infra.local.home import Home
from infra.local.ports import is_free
from infra.local.processes import ProcessIdentity, has_ended_unasked, identify
from infra.local.servers import PrivateServers, municipality_credentials


def running_processes(servers: PrivateServers) -> dict[str, ProcessIdentity | None]:
    return {name: servers.home.process(name) for name in ("postgresql", "rabbitmq", "epmd")}


def test_starting_again_leaves_running_servers_as_they_are(servers: PrivateServers) -> None:
    servers.start()
    before = running_processes(servers)

    servers.start()

    assert running_processes(servers) == before
    assert None not in before.values()


async def test_data_and_ports_survive_a_stop_and_a_start(servers: PrivateServers) -> None:
    servers.start()
    connection = await asyncpg.connect(servers.database_url("premium", "owner"))
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (yen bigint); DELETE FROM kept; INSERT INTO kept VALUES (53300)")
    await connection.close()
    url, before = servers.database_url("premium"), running_processes(servers)

    servers.stop()
    stopped = running_processes(servers)
    left = [process for process in before.values() if process is not None and process.is_alive]
    servers.start()

    assert set(stopped.values()) == {None}
    assert left == []
    assert servers.database_url("premium") == url
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT yen FROM kept") == 53300
    await connection.close()


def test_killed_servers_come_back_with_their_accounts(servers: PrivateServers) -> None:
    servers.start()

    servers.kill_broker()
    servers.kill_database()
    killed = running_processes(servers)
    servers.restart_database()
    servers.restart_broker()

    assert killed["rabbitmq"] is None
    assert killed["postgresql"] is None
    assert "gateway.intake" in servers.queue_depths()


def test_a_killed_process_that_nobody_has_asked_after_is_known_as_ended(sleeper: subprocess.Popen[bytes]) -> None:
    assert not has_ended_unasked(sleeper.pid)

    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert has_ended_unasked(sleeper.pid)

    sleeper.wait()
    assert not has_ended_unasked(sleeper.pid)


FIRST_THREAD_ENDS_ALONE = """
import ctypes, sys, threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("ready", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_process_lives_until_its_last_thread_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", FIRST_THREAD_ENDS_ALONE], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        status = Path(f"/proc/{process.pid}/stat")
        while status.read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.01)

        half_dead = identify(process.pid)
        assert half_dead is not None
        assert half_dead.is_alive

        process.kill()
        assert half_dead.wait_gone(10)


def test_servers_run_as_an_unprivileged_user(servers: PrivateServers) -> None:
    servers.start()

    for process in running_processes(servers).values():
        assert process is not None
        assert Path(f"/proc/{process.pid}").stat().st_uid != 0


def test_secrets_are_readable_by_the_owner_alone(servers: PrivateServers) -> None:
    private, public = servers.home.token_keys()

    assert (servers.home.path / "secrets.json").stat().st_mode & 0o077 == 0
    assert private.stat().st_mode & 0o077 == 0
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----")


def test_credentials_of_an_unknown_municipality_are_refused(servers: PrivateServers) -> None:
    with pytest.raises(ValueError, match="no account"):
        municipality_credentials("011002", servers.home.path)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["/bin/sleep", "60"])
    yield process
    process.kill()
    process.wait()


def test_a_process_that_was_given_the_same_id_later_is_not_stopped(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    stranger = identify(sleeper.pid)
    assert stranger is not None
    home = Home(tmp_path)
    home.remember("postgresql", ProcessIdentity(stranger.pid, stranger.started - 1, stranger.boot))

    PrivateServers(tmp_path).stop()

    assert stranger.is_alive
    assert home.processes() == ()


def test_a_process_of_an_earlier_boot_is_not_stopped(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    stranger = identify(sleeper.pid)
    assert stranger is not None
    Home(tmp_path).remember("rabbitmq", ProcessIdentity(stranger.pid, stranger.started, "another boot"))

    PrivateServers(tmp_path).stop()

    assert stranger.is_alive


def test_the_usual_ports_are_never_chosen(tmp_path: Path) -> None:
    with contextlib.ExitStack() as occupied:
        for port in (5432, 5672, 15672, 25672, 4369):
            listener = occupied.enter_context(socket.socket())
            with contextlib.suppress(OSError):  # a server of this machine holds it already, which serves as well
                listener.bind(("127.0.0.1", port))
                listener.listen()
        home = Home(tmp_path)

        chosen = [home.open_port(name) for name in ("postgresql", "amqp", "management", "prometheus", "distribution", "epmd")]

    assert len(set(chosen)) == 6
    assert not {5432, 5672, 15672, 15692, 25672, 4369} & set(chosen)


def test_a_port_that_a_stranger_took_meanwhile_is_replaced(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.port("amqp")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first))
        stranger.listen()

        second = home.open_port("amqp")

        assert second != first
        assert not is_free(first)
    assert home.port("amqp") == second
