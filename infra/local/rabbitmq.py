"""A private RabbitMQ: its own node, Erlang port mapper, ports, cookie and user; other nodes of the machine are not touched."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from infra.local.binaries import RabbitPrograms, find_rabbitmq
from infra.local.home import Home
from infra.local.problems import LocalRunProblem
from infra.local.processes import ProcessIdentity, last_lines, spawn, stop
from infra.rabbitmq import definitions

NAME: Final = "rabbitmq"
PORT_MAPPER: Final = "epmd"
_NODE: Final = "koki@localhost"
_PLUGINS: Final = "[rabbitmq_management,rabbitmq_prometheus,rabbitmq_consistent_hash_exchange].\n"
_PORTS: Final = {"amqp": "amqp", "management": "management", "prometheus": "prometheus", "distribution": "distribution", "epmd": "epmd"}


@dataclass(frozen=True)
class PrivateRabbit:
    """RabbitMQ of one home."""

    home: Home

    def url(self, user: str) -> str:
        """amqp:// URL of a user of the vhost `koki`."""
        return f"amqp://{user}:{self.password(user)}@127.0.0.1:{self.home.port('amqp')}/{definitions.VHOST}"

    @property
    def management_url(self) -> str:
        """http:// URL of the management API with the administrator's account."""
        return self.management_url_of(definitions.ADMINISTRATOR)

    def management_url_of(self, user: str) -> str:
        """The same with the account of another user, such as `monitor`."""
        return f"http://{user}:{self.password(user)}@127.0.0.1:{self.home.port('management')}"

    def password(self, user: str) -> str:
        return self.home.secret(f"rabbitmq.{user}")

    @property
    def log(self) -> Path:
        return self._folder / "rabbitmq.log"

    def start(self, municipalities: Sequence[str]) -> None:
        """Start port mapper and node unless they run, wait until users can sign in, apply the definitions."""
        document = definitions.build({user: self.password(user) for user in definitions.broker_users(municipalities)}, municipalities)
        if self.home.process(NAME) is None:
            self._start_node(document)
            self.wait_ready()
        else:
            self.wait_ready()
            definitions.apply(self.management_url, document)

    def settle(self) -> None:
        """Make the ports of a node that does not run final: others may be told them before it is up."""
        if self.home.process(PORT_MAPPER) is None:
            for port in _PORTS.values():
                self.home.open_port(port)

    def stop(self) -> bool:
        """Stop the node and its port mapper, if this home started them; tells whether a node was running."""
        node = self.home.process(NAME)
        stopped = node is not None and stop(node, gently=signal.SIGTERM, patience=30)
        self.home.forget(NAME)
        self._stop_port_mapper()
        return stopped

    def kill(self) -> None:
        """End the node as a crash would (SIGKILL); the port mapper stays, as it would."""
        node = self._running()
        node.send(signal.SIGKILL)
        node.wait_gone(5)

    def wait_ready(self, seconds: float = 90) -> None:
        """Wait until the AMQP port is open and the administrator is let in.

        Both are asked for, because the port of the management API opens before the users of a first boot exist.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._running()
            if self._accepts_amqp() and self._knows_administrator():
                return
            time.sleep(0.05)
        raise LocalRunProblem(f"RabbitMQ が{seconds:.0f}秒たっても接続を受け付けません。記録: {self.log}")

    def _running(self) -> ProcessIdentity:
        node = self.home.process(NAME)
        if node is None:
            raise LocalRunProblem(f"RabbitMQ が動いていません。記録 {self.log} の終わり:\n{last_lines(self.log)}")
        return node

    @property
    def _folder(self) -> Path:
        return self.home.servers()[0] / "rabbitmq"

    def _start_node(self, document: dict[str, object]) -> None:
        _, account = self.home.servers()
        account.owns(self._folder)
        programs = find_rabbitmq()
        self.settle()
        self._write_configuration(document)
        environment = self._environment(programs)
        if self.home.process(PORT_MAPPER) is None:
            command: list[str | Path] = [programs.epmd, "-port", str(self.home.port("epmd")), "-address", "127.0.0.1"]
            log = self._folder / "epmd.log"
            self.home.remember(PORT_MAPPER, spawn(command, environment=environment, folder=self._folder, log=log, account=account))
            _wait_open(self.home.port("epmd"))
        node = spawn([programs.server], environment=environment, folder=self._folder, log=self.log, account=account)
        self.home.remember(NAME, node)

    def _stop_port_mapper(self) -> None:
        mapper = self.home.process(PORT_MAPPER)
        if mapper is not None:
            stop(mapper, patience=5)
        self.home.forget(PORT_MAPPER)

    def _write_configuration(self, document: dict[str, object]) -> None:
        _, account = self.home.servers()
        port = self.home.port
        watermark = min(1024, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024**2 // 3)
        lines = [
            f"listeners.tcp.default = 127.0.0.1:{port('amqp')}",
            "management.tcp.ip = 127.0.0.1",
            f"management.tcp.port = {port('management')}",
            "prometheus.tcp.ip = 127.0.0.1",
            f"prometheus.tcp.port = {port('prometheus')}",
            f"vm_memory_high_watermark.absolute = {watermark}MB",
            "disk_free_limit.absolute = 500MB",
            "raft.wal_max_size_bytes = 134217728",
            "collect_statistics_interval = 1000",
            "log.console = true",
            "log.console.level = warning",
            "log.file = false",
            f"load_definitions = {self._folder / 'definitions.json'}",
        ]
        account.write(self._folder / "rabbitmq.conf", "\n".join(lines) + "\n")
        # Depths of quorum queues are counted on their own tick; five seconds would make every screen and test look at the past.
        account.write(self._folder / "advanced.config", "[{rabbit,[{quorum_tick_interval,1000}]}].\n")
        account.write(self._folder / "definitions.json", json.dumps(document))
        account.write(self._folder / "enabled_plugins", _PLUGINS)
        cookie = self._folder / ".erlang.cookie"
        if not cookie.exists():
            account.write(cookie, secrets.token_hex(20))
            cookie.chmod(0o400)
        for folder in ("mnesia", "conf.d"):
            account.owns(self._folder / folder)

    def _environment(self, programs: RabbitPrograms) -> dict[str, str]:
        folder = self._folder
        environment = {
            "PATH": programs.path,
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(self.home.port("epmd")),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_DIST_PORT": str(self.home.port("distribution")),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_PID_FILE": str(folder / "node.pid"),
            # The start script then becomes the node itself instead of waiting beside it: one process, one id to stop.
            "RUNNING_UNDER_SYSTEMD": "true",
            # Distribution stays on this machine; idle schedulers sleep instead of spinning.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
        }
        return environment if programs.libraries is None else {**environment, "LD_LIBRARY_PATH": programs.libraries}

    def _accepts_amqp(self) -> bool:
        return _is_open(self.home.port("amqp"))

    def _knows_administrator(self) -> bool:
        url = httpx.URL(self.management_url)
        try:
            answer = httpx.get(
                url.copy_with(userinfo=b"", path=f"/api/queues/{definitions.VHOST}/{definitions.INTAKE_QUEUE}"),
                auth=(url.username, url.password),
                timeout=5,
                trust_env=False,
                verify=False,  # plain http on this machine: loading certificates at each try would only cost time
            )
        except httpx.TransportError:
            return False
        return answer.status_code == 200


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_open(port: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not _is_open(port):
        if time.monotonic() > deadline:
            raise LocalRunProblem(f"Erlang のポート対応表(epmd)が127.0.0.1のポート{port}で動きません。")
        time.sleep(0.02)
