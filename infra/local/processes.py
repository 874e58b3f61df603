"""Processes that outlive the command that started them, and are ended by nobody but us.

A process id alone is not a name: ids are given again. A process is known by its id, the moment it started (field 22 of
`/proc/PID/stat`, clock ticks since boot) and the boot. Only a process that still answers to all three is signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.unprivileged import Account

_LOG_LIMIT: Final = 20 * 1024 * 1024
_children: Final[dict[int, subprocess.Popen[bytes]]] = {}


@dataclass(frozen=True)
class ProcessIdentity:
    """One process of one boot of this machine."""

    pid: int
    started: int
    boot: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs (a finished one that nobody has waited for does not count)."""
        child = _children.get(self.pid)
        if child is not None and child.poll() is not None:
            del _children[self.pid]
        return identify(self.pid) == self

    def send(self, number: signal.Signals) -> bool:
        """Signal the process if it is still the same one; tells whether it was."""
        if not self.is_alive:
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait_gone(self, seconds: float) -> bool:
        """Wait until the process has ended; tells whether it has within `seconds`."""
        deadline = time.monotonic() + seconds
        while self.is_alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def identify(pid: int) -> ProcessIdentity | None:
    """The identity of a running process, or None if there is none (or only a zombie).

    A process of several threads dies thread by thread: its first one may be a zombie while another still holds the ports.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, started = fields[0], int(fields[17]), int(fields[19])
    if state in "ZX" and threads < 2:
        return None
    return ProcessIdentity(pid, started, Path("/proc/sys/kernel/random/boot_id").read_text().strip())


def has_ended_unasked(pid: int) -> bool:
    """Whether the process has ended, but keeps its id until its parent asks how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(process: ProcessIdentity) -> list[ProcessIdentity]:
    """The processes that `process` started itself and that still run."""
    try:
        pids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [child for child in map(identify, map(int, pids)) if child is not None]


def spawn(command: Sequence[str | Path], *, environment: Mapping[str, str], folder: Path, log: Path, account: Account) -> ProcessIdentity:
    """Start a process of its own session, as `account`, that appends to `log`."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(log.suffix + ".1"))
    with log.open("ab") as output:
        os.fchown(output.fileno(), account.uid, account.gid)
        child = subprocess.Popen(
            [str(part) for part in command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **account.popen_arguments(),
        )
    _children[child.pid] = child
    identity = identify(child.pid)
    if identity is None:
        identity = ProcessIdentity(child.pid, -1, "")
    return identity


def stop(process: ProcessIdentity, *, gently: signal.Signals = signal.SIGTERM, patience: float) -> bool:
    """Ask a process to end, and after `patience` seconds make it; tells whether there was one to end."""
    if not process.send(gently):
        return False
    if not process.wait_gone(patience):
        process.send(signal.SIGKILL)
        process.wait_gone(5)
    return True


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for a message about a process that did not start."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
