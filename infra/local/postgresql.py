"""A private PostgreSQL: its own data folder, port and user; nothing of the machine's own servers is read or touched."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.binaries import find_postgresql
from infra.local.home import Home
from infra.local.problems import LocalRunProblem
from infra.local.processes import children, has_ended_unasked, last_lines, spawn, stop

SUPERUSER: Final = "koki_superuser"
NAME: Final = "postgresql"
_GIB: Final = 1024**3


@dataclass(frozen=True)
class PrivatePostgres:
    """PostgreSQL of one home. `durable=False` gives up surviving a power cut (not a killed process) for speed: tests only."""

    home: Home
    durable: bool = True

    @property
    def url(self) -> str:
        """The superuser's URL of the database `postgres`."""
        return f"postgresql://{SUPERUSER}:{self.home.secret('postgresql.superuser')}@127.0.0.1:{self.home.port(NAME)}/postgres"

    @property
    def log(self) -> Path:
        return self._folder / "postgresql.log"

    def start(self) -> None:
        """Make the data folder if there is none, start the server unless it runs, wait until it takes connections."""
        if self.home.process(NAME) is not None:
            self._wait_ready()
            return
        _, account = self.home.servers()
        account.owns(self._folder)
        binaries = find_postgresql(self._data)
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries)
        self._wait_until_last_one_is_gone()
        account.write(self._data / "koki.conf", self._settings(self.home.open_port(NAME)))
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(self._folder)}
        process = spawn(
            [binaries / "postgres", "-D", self._data], environment=environment, folder=self._folder, log=self.log, account=account
        )
        self.home.remember(NAME, process)
        self._wait_ready()

    def stop(self) -> bool:
        """Stop the server that this home started; sessions are cut, committed work is kept. Tells whether one was running."""
        process = self.home.process(NAME)
        stopped = process is not None and stop(process, gently=signal.SIGINT, patience=30)
        self.home.forget(NAME)
        return stopped

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL), with the children that it leaves behind."""
        process = self.home.process(NAME)
        if process is None:
            raise LocalRunProblem("PostgreSQL は動いていません。")
        everyone = [process, *children(process)]
        for each in everyone:
            each.send(signal.SIGKILL)
        for each in everyone:
            each.wait_gone(5)

    @property
    def _folder(self) -> Path:
        return self.home.servers()[0] / "postgresql"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _initialise(self, binaries: Path) -> None:
        _, account = self.home.servers()
        password_file = self._folder / "superuser"
        account.write(password_file, self.home.secret("postgresql.superuser"))
        command: list[str | Path] = [
            binaries / "initdb",
            "-D",
            self._data,
            "-U",
            SUPERUSER,
            "-A",
            "scram-sha-256",
            f"--pwfile={password_file}",
        ]
        command += ["-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"]
        command += [] if self.durable else ["--no-sync"]
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(self._folder)}
        result = subprocess.run(
            command, env=environment, cwd=self._folder, capture_output=True, text=True, check=False, **account.popen_arguments()
        )
        password_file.unlink()
        if result.returncode != 0:
            raise LocalRunProblem(f"PostgreSQL のデータフォルダー {self._data} を作れません。\n{result.stdout}{result.stderr}")
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude 'koki.conf'\n")

    def _settings(self, port: int) -> str:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        large = memory >= 6 * _GIB
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "512MB" if large else "128MB",
            "effective_cache_size": f"{max(1, memory // _GIB // 2)}GB",
            "work_mem": "32MB" if large else "8MB",
            "maintenance_work_mem": "256MB" if large else "64MB",
            "max_wal_size": "4GB" if large else "1GB",
            "checkpoint_timeout": "15min",
            "wal_compression": "on",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        return "".join(f"{name} = '{value}'\n" for name, value in settings.items())

    def _wait_until_last_one_is_gone(self, seconds: float = 10) -> None:
        """PostgreSQL refuses to start while the process id of its last run is taken, and a killed one keeps it until its parent asks."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        deadline = time.monotonic() + seconds
        while has_ended_unasked(pid) and time.monotonic() < deadline:
            time.sleep(0.02)

    def _wait_ready(self, seconds: float = 60) -> None:
        """The eighth line of postmaster.pid says `ready` once the server takes connections."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            process = self.home.process(NAME)
            if process is None:
                raise LocalRunProblem(f"PostgreSQL が起動しませんでした。記録 {self.log} の終わり:\n{last_lines(self.log)}")
            if self._reports_ready(process.pid):
                return
            time.sleep(0.02)
        raise LocalRunProblem(f"PostgreSQL が{seconds:.0f}秒たっても接続を受け付けません。記録: {self.log}")

    def _reports_ready(self, pid: int) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
