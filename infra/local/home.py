"""The folder of one local run (`.koki`, or KOKI_HOME): what was chosen once and what is running now.

- `state.json`: ports, the servers' folder and user, municipalities, and the processes that were started (id, start, boot);
- `secrets.json` (mode 0600): random passwords of the servers' users;
- `keys/`: the Ed25519 pair that signs and checks the gateway's tokens;
- `logs/`: one file for each service.

`locked(…)` keeps two commands from starting or stopping the same things at the same time.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from infra.local.ports import free_port, is_free
from infra.local.processes import ProcessIdentity
from infra.local.unprivileged import Account, server_account, server_folder

REPOSITORY: Final = Path(__file__).resolve().parents[2]


def default_home() -> Path:
    """KOKI_HOME, or `.koki` in the repository."""
    given = os.environ.get("KOKI_HOME")
    return Path(given).resolve() if given else REPOSITORY / ".koki"


class Home:
    """State and secrets of one run; every change is on disk before the call returns."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._thread = threading.RLock()
        self._depth = 0
        self.path.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @contextlib.contextmanager
    def locked(self, what: str) -> Iterator[None]:
        """Hold `what` (servers, services) against other commands; waits for the one that holds it. Not to be nested."""
        with (self.path / f"{what}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sys.stderr.write("別の ./koki が同じものを動かしています。終わるのを待ちます…\n")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def value(self, name: str, default: Any = None) -> Any:
        """One entry of the state."""
        with self._changing():
            return self._read(self.path / "state.json").get(name, default)

    def keep(self, name: str, value: Any) -> None:
        """Set one entry of the state."""
        with self._changing():
            state = self._read(self.path / "state.json")
            state[name] = value
            self._write(self.path / "state.json", state)

    def port(self, name: str) -> int:
        """The port of 127.0.0.1 that this run uses for `name`: chosen once, then the same."""
        with self._changing():
            ports = dict(self.value("ports", {}))
            if name not in ports:
                ports[name] = free_port(besides=ports.values())
                self.keep("ports", ports)
            return int(ports[name])

    def open_port(self, name: str) -> int:
        """The same for something that is about to start: if a stranger has taken the port meanwhile, a new one is chosen."""
        with self._changing():
            port = self.port(name)
            if is_free(port):
                return port
            ports = dict(self.value("ports", {}))
            ports[name] = free_port(besides=ports.values())
            self.keep("ports", ports)
            return int(ports[name])

    def process(self, name: str) -> ProcessIdentity | None:
        """The process recorded under `name` if it still runs."""
        recorded = self.value("processes", {}).get(name)
        identity = ProcessIdentity(**recorded) if recorded else None
        return identity if identity is not None and identity.is_alive else None

    def processes(self) -> tuple[str, ...]:
        """Names of everything that was started, alive or not, in the order of starting."""
        return tuple(self.value("processes", {}))

    def remember(self, name: str, process: ProcessIdentity) -> None:
        """Record a process that was just started."""
        with self._changing():
            processes = dict(self.value("processes", {}))
            processes.pop(name, None)
            self.keep("processes", {**processes, name: asdict(process)})

    def forget(self, name: str) -> None:
        """Remove a process that has been stopped."""
        with self._changing():
            self.keep("processes", {key: value for key, value in self.value("processes", {}).items() if key != name})

    def secret(self, name: str) -> str:
        """The password of `name`: made at random when it is first asked for, then kept (letters, digits, - and _ only)."""
        with self._changing():
            path = self.path / "secrets.json"
            known = self._read(path)
            if name not in known:
                known[name] = secrets.token_urlsafe(24)
                self._write(path, known)
            return str(known[name])

    def token_keys(self) -> tuple[Path, Path]:
        """PEM files of the private (mode 0600) and the public Ed25519 key, made on the first call."""
        private, public = self.path / "keys" / "token-private.pem", self.path / "keys" / "token-public.pem"
        with self._changing():
            if not (private.exists() and public.exists()):
                private.parent.mkdir(mode=0o700, exist_ok=True)
                key = Ed25519PrivateKey.generate()
                _write_private(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
                public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        return private, public

    def servers(self) -> tuple[Path, Account]:
        """The folder of the private servers and the user they run as; both are chosen once."""
        with self._changing():
            account = server_account(self.value("account"))
            recorded = self.value("servers_folder")
            if recorded and Path(recorded).is_dir():
                return Path(recorded), account
            folder = server_folder(self.path, account)
            self.keep("account", account.name)
            self.keep("servers_folder", str(folder))
        return folder, account

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Read and write the files of the home alone: among threads by a lock in memory, among commands by a lock on a file."""
        with self._thread, contextlib.ExitStack() as held:
            if self._depth == 0:
                lock = held.enter_context((self.path / "state.lock").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def _read(self, path: Path) -> dict[str, Any]:
        if not path.exists():
            return {}
        content = json.loads(path.read_text())
        return dict(content)

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        new = path.with_suffix(".new")
        _write_private(new, json.dumps(content, indent=2, ensure_ascii=False).encode())
        new.replace(path)


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
