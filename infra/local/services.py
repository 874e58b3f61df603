"""The processes of the six services: their environment, migrations, start, health and stop."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from infra.local.home import REPOSITORY
from infra.local.install import font_folder
from infra.local.problems import LocalRunProblem
from infra.local.processes import ProcessIdentity, last_lines, spawn, stop
from infra.local.servers import PrivateServers
from infra.local.unprivileged import own_account
from infra.postgres import roles
from infra.rabbitmq.definitions import SERVICES

GATEWAY: Final = "gateway"
SAMPLE_UNION: Final = "13"
SAMPLE_BUSINESS_DATE: Final = "2026-07-13"
_SHARED_CODE: Final = ("services/chassis", "contracts", "infra/postgres")
_PATIENCE: Final = 20.0


@dataclass(frozen=True)
class ServiceState:
    """What is known about one service at one moment."""

    name: str
    process: ProcessIdentity | None
    url: str
    healthy: bool
    detail: str
    """Why it is not healthy, in Japanese; empty when it is."""


class Services:
    """The services of one home, on the servers of that home."""

    def __init__(self, servers: PrivateServers, names: Sequence[str] = SERVICES, *, repository: Path = REPOSITORY) -> None:
        self._servers, self.home, self._names, self._repository = servers, servers.home, tuple(names), repository

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.home.port(_key(service))}"

    def environment(self, service: str, *, as_owner: bool = False) -> dict[str, str]:
        """Everything a process of the service is told: the owner's URL only for migrations, the signing key only for the gateway."""
        private_key, public_key = self.home.token_keys()
        own = {
            "PYTHONSAFEPATH": "1",
            "PYTHONUNBUFFERED": "1",
            "KOKI_SERVICE": service,
            "KOKI_DATABASE_URL": self._servers.database_url(service),
            "KOKI_BROKER_URL": self._servers.broker_url(service),
            "KOKI_HTTP_HOST": "127.0.0.1",
            "KOKI_HTTP_PORT": str(self.home.port(_key(service))),
            "KOKI_OBJECT_STORE": os.environ.get("KOKI_OBJECT_STORE") or str(self.home.path / "objects"),
            # Where no collector is named, spans go to the operator's console, which the gateway serves.
            "KOKI_OTLP_ENDPOINT": os.environ.get("KOKI_OTLP_ENDPOINT", self.url(GATEWAY)),
            "KOKI_TOKEN_PUBLIC_KEY_FILE": str(public_key),
            "KOKI_BUSINESS_DATE": os.environ.get("KOKI_BUSINESS_DATE", SAMPLE_BUSINESS_DATE),
            "KOKI_UNION": os.environ.get("KOKI_UNION") or SAMPLE_UNION,
            "KOKI_SAMPLE_DATA": os.environ.get("KOKI_SAMPLE_DATA", "true"),
        }
        if as_owner:
            own["KOKI_OWNER_DATABASE_URL"] = self._servers.database_url(service, "owner")
        if service == GATEWAY:
            own["KOKI_TOKEN_PRIVATE_KEY_FILE"] = str(private_key)
            own["KOKI_GATEWAY_SAMPLE_FILE"] = str(self.home.path / "sample-sign-ins.json")
            own["KOKI_SERVICES"] = json.dumps({name: self.url(name) for name in SERVICES if name != GATEWAY})
            own["KOKI_BROKER_MANAGEMENT_URL"] = self._servers.monitor_url
        if font_folder().is_dir():
            own["TYPST_FONT_PATHS"] = str(font_folder())
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KOKI_")}
        return {**inherited, **own}

    def migrate(self, told: Callable[[str], None]) -> list[str]:
        """Bring every database to the code's version, side by side; a database that this very code has migrated is passed over.

        `told` hears how many are done. Returns the services that were migrated. Raises LocalRunProblem with the end of the log.
        """
        marks = asyncio.run(roles.applied_migrations(self._servers.postgres.url, self._names))
        wanted = {service: self.fingerprint(service) for service in self._names}
        waiting = [service for service in self._names if marks[service] != wanted[service]]
        done: list[str] = []
        told(f"0/{len(waiting)}")
        with ThreadPoolExecutor(max_workers=max(1, len(waiting))) as pool:
            for service in pool.map(self._migrate_one, waiting):
                asyncio.run(roles.mark_migrations(self._servers.postgres.url, service, wanted[service]))
                done.append(service)
                told(f"{len(done)}/{len(waiting)}")
        return done

    def start_missing(self) -> list[str]:
        """Start every service that does not run; returns their names."""
        missing = [service for service in self._names if self.home.process(_key(service)) is None]
        before = {service: self.home.port(_key(service)) for service in missing}
        moved = [service for service in missing if self.home.open_port(_key(service)) != before[service]]
        if moved and GATEWAY in self._names and GATEWAY not in missing:
            self.stop([GATEWAY])  # it was told the old address of a service whose port somebody has taken
            missing.append(GATEWAY)
        (self.home.path / "objects").mkdir(exist_ok=True)
        for service in missing:
            command: list[str | Path] = [sys.executable, "-m", f"{service}_service", "all"]
            process = spawn(
                command, environment=self.environment(service), folder=self._repository, log=self._log(service), account=own_account()
            )
            self.home.remember(_key(service), process)
        return missing

    def wait_healthy(self, told: Callable[[list[ServiceState]], None], *, seconds: float = 90) -> None:
        """Wait until every service answers that it is well; `told` hears the states each time they are looked at.

        Raises LocalRunProblem when a process ends, or the time is up, with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while True:
            states = self.states()
            told(states)
            if all(state.healthy for state in states):
                return
            for state in states:
                if state.process is None or (time.monotonic() > deadline and not state.healthy):
                    log = self._log(state.name)
                    raise LocalRunProblem(f"サービス {state.name}: {state.detail}。記録 {log} の終わり:\n{last_lines(log)}")
            time.sleep(0.2)

    def states(self) -> list[ServiceState]:
        """Process and health of every service, asked side by side."""
        with ThreadPoolExecutor(max_workers=len(self._names)) as pool:
            return list(pool.map(self._state, self._names))

    def stop(self, names: Iterable[str] | None = None) -> list[str]:
        """Stop the services that this home started, all at once; returns those that were running."""
        wanted = list(self._names if names is None else names)
        with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
            return [service for service, stopped in zip(wanted, pool.map(self._stop_one, wanted), strict=True) if stopped]

    def job(self, service: str, arguments: Sequence[str]) -> int:
        """Run a batch job of a service in the foreground; returns its exit code."""
        self.require([service])
        command = [sys.executable, "-m", f"{service}_service", "job", *arguments]
        return subprocess.run(command, env=self.environment(service), cwd=self._repository, check=False).returncode

    def require(self, names: Iterable[str] | None = None) -> None:
        """Raise LocalRunProblem if the program of a service is not in the repository."""
        for service in self._names if names is None else names:
            program = self._repository / "services" / service / f"{service}_service" / "__main__.py"
            if not program.exists():
                raise LocalRunProblem(f"サービス {service} のプログラム {program} がありません。リポジトリーを取得し直してください。")

    def _migrate_one(self, service: str) -> str:
        log = self.home.logs / f"{service}.migrate.log"
        command = [sys.executable, "-m", f"{service}_service", "migrate"]
        with log.open("wb") as output:
            result = subprocess.run(
                command, env=self.environment(service, as_owner=True), cwd=self._repository, stdout=output, stderr=output, check=False
            )
        if result.returncode != 0:
            raise LocalRunProblem(f"{service} のデータベースの移行が失敗しました。記録 {log} の終わり:\n{last_lines(log, 25)}")
        return service

    def _state(self, service: str) -> ServiceState:
        process = self.home.process(_key(service))
        url = self.url(service)
        if process is None:
            known = _key(service) in self.home.processes()
            return ServiceState(service, None, url, False, "動いていたのに終わっています" if known else "止まっています")
        try:
            answer = httpx.get(f"{url}/health", timeout=3, trust_env=False, verify=False)
        except httpx.TransportError:
            return ServiceState(service, process, url, False, "まだ応答がありません")
        if answer.status_code == 200:
            return ServiceState(service, process, url, True, "")
        return ServiceState(service, process, url, False, f"準備中です(/health の答え {answer.status_code}: {answer.text[:200]})")

    def _stop_one(self, service: str) -> bool:
        process = self.home.process(_key(service))
        stopped = process is not None and stop(process, patience=_PATIENCE)
        self.home.forget(_key(service))
        return stopped

    def _log(self, service: str) -> Path:
        return self.home.logs / f"{service}.log"

    def fingerprint(self, service: str) -> str:
        """SHA-256 of the code that a migration may depend on."""
        digest = hashlib.sha256()
        for folder in (f"services/{service}", *_SHARED_CODE):
            for path in sorted((self._repository / folder).rglob("*")):
                if path.is_file() and not {"__pycache__", "tests"} & set(path.parts):
                    digest.update(str(path.relative_to(self._repository)).encode() + b"\0" + path.read_bytes())
        return f"koki {digest.hexdigest()}"


def _key(service: str) -> str:
    return f"service.{service}"
