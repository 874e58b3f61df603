"""A container engine for the proof: the one that answers, or one started by hand under a temporary folder.

`engine(...)` yields an `Engine` and takes away what it made. `NoEngine` says why there is none; the proof is then skipped.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.failure.compose.machine_network import kept_as_it_was

_PACKAGES: Final = {"dockerd": ("docker.io",), "docker": ("docker.io", "docker-cli"), "docker-compose": ("docker-compose",)}
_ALWAYS_WITH: Final = ("docker-buildx", "iptables")
_STARTING_SECONDS: Final = 60
# From the usual way to the plainest that still runs containers: without a packet filter, then without overlays.
_WAYS_TO_START: Final = ((), ("--iptables=false", "--ip6tables=false"), ("--iptables=false", "--ip6tables=false", "--storage-driver=vfs"))


class NoEngine(Exception):
    """No container engine can be had on this machine; the message says why."""


@dataclass(frozen=True)
class Engine:
    """A running engine and the programs that speak to it."""

    docker: str
    compose: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    is_own: bool
    """Started by us: everything in it goes away with it."""

    def run(self, *arguments: str, check: bool = True) -> str:
        """`docker …`; returns what it prints. Raises CommandFailed with the end of its output."""
        return run([self.docker, *arguments], self.environment, check=check)

    def build(self, tag: str, context: Path, *options: str) -> None:
        """Build an image with BuildKit on the machine's own network, so that it works where the engine has no packet filter."""
        self.run("build", "--network", "host", "--tag", tag, *options, str(context))

    @property
    def has_wait(self) -> bool:
        """Whether `compose up --wait` exists (Compose 2; Debian 12 has 1.29)."""
        version = run([*self.compose, "version", "--short"], self.environment)
        return not version.strip().lstrip("v").startswith("1.")


class CommandFailed(Exception):
    """A program ended with an error; the message holds the end of what it printed."""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, *, check: bool = True, folder: Path | None = None) -> str:
    """Run a program and return what it prints on both channels."""
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if check and done.returncode:
        end = "\n".join(done.stdout.splitlines()[-40:])
        raise CommandFailed(f"{' '.join(command)}\nended with {done.returncode}:\n{end}")
    return done.stdout


@contextlib.contextmanager
def engine(cache: Path | None) -> Iterator[Engine]:
    """The engine that answers on this machine, or one of our own whose images live in `cache` (else in a folder that is removed)."""
    install_missing({"docker": "docker", "docker-compose": "docker-compose"})
    docker = _client_that_builds() or _debians_client()
    compose = _compose(docker)
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    if _answers(docker, environment):
        yield Engine(docker, compose, environment, is_own=False)
        return
    if os.geteuid() != 0:
        raise NoEngine("no container engine answers, and starting one needs root")
    install_missing({"dockerd": "dockerd"})
    with contextlib.ExitStack() as stack:
        # Engines share the chains of the packet filter: a second proof on this machine waits until the first has gone.
        lock = stack.enter_context((Path(tempfile.gettempdir()) / "koki-engine.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="koki-engine-")))
        stack.enter_context(kept_as_it_was())
        environment["DOCKER_HOST"] = f"unix://{folder}/socket"
        stack.enter_context(_own_engine(docker, environment, folder, images=cache / "engine" if cache else folder / "images"))
        yield Engine(docker, compose, environment, is_own=True)


def install_missing(programs: Mapping[str, str]) -> None:
    """Install with apt the packages of those programs that are not on the path. Raises NoEngine where that cannot be."""
    missing = [package for program, package in programs.items() if not shutil.which(program) and not _is_plugin(program)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoEngine(f"missing: {', '.join(missing)}; as root on Debian or Ubuntu they would be installed with apt")
    wanted = [name for package in missing for name in _PACKAGES.get(package, (package,))]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(["apt-get", "update"], quiet)
        known = [
            name for name in dict.fromkeys([*wanted, *_ALWAYS_WITH]) if run(["apt-cache", "show", name], check=False).startswith("Package")
        ]
        run(["apt-get", "install", "--yes", "--no-install-recommends", *known], quiet)
    except CommandFailed as failure:
        raise NoEngine(f"apt cannot install {', '.join(missing)}: {failure}") from failure


def _is_plugin(program: str) -> bool:
    """Compose may also be there as `docker compose`."""
    docker = shutil.which("docker")
    if program != "docker-compose" or docker is None:
        return False
    return subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0


def _client_that_builds() -> str | None:
    """A docker client with BuildKit: it is built in until version 22, and needs the buildx plugin after that."""
    for docker in dict.fromkeys(filter(None, (shutil.which("docker"), shutil.which("docker", path="/usr/bin")))):
        version = re.search(r"version (\d+)", run([docker, "--version"], check=False))
        has_plugin = subprocess.run([docker, "buildx", "version"], capture_output=True, check=False).returncode == 0
        if version and (has_plugin or int(version[1]) < 23):
            return docker
    return None


def _debians_client() -> str:
    """Beside a client that cannot build, Debian's is installed: its engine comes in the same package."""
    install_missing({"dockerd": "dockerd"})
    docker = _client_that_builds()
    if docker is None:
        raise NoEngine("no docker client here can build with BuildKit: install Debian's docker.io (and docker-buildx where it exists)")
    return docker


def _compose(docker: str) -> tuple[str, ...]:
    if _is_plugin("docker-compose"):
        return (docker, "compose")
    program = shutil.which("docker-compose")
    if program is None:
        raise NoEngine("neither `docker compose` nor docker-compose is here")
    return (program,)


def _answers(docker: str, environment: Mapping[str, str]) -> bool:
    return subprocess.run([docker, "version"], env=environment, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def _own_engine(docker: str, environment: Mapping[str, str], folder: Path, images: Path) -> Iterator[None]:
    """dockerd with everything of its own; it makes no bridge on the host beside those of the composed networks."""
    images.mkdir(parents=True, exist_ok=True)
    (folder / "daemon.json").write_text("{}")
    command = ["dockerd", "--host", environment["DOCKER_HOST"], "--config-file", f"{folder}/daemon.json", "--pidfile", f"{folder}/pid"]
    command += ["--data-root", str(images), "--exec-root", f"{folder}/run", "--bridge", "none"]
    log = folder / "log"
    for way in _WAYS_TO_START:
        with log.open("w") as output:
            process = subprocess.Popen([*command, *way], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        try:
            if _came_up(process, docker, environment):
                yield
                return
        finally:
            _stop(process, folder)
    raise NoEngine(f"dockerd does not start here; the end of its log:\n{chr(10).join(log.read_text().splitlines()[-5:])}")


def _came_up(process: subprocess.Popen[bytes], docker: str, environment: Mapping[str, str]) -> bool:
    give_up = time.monotonic() + _STARTING_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        if _answers(docker, environment):
            return True
        time.sleep(0.5)
    return False


def _stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    """End our own engine, and its containers with it; unmount what it may have left behind."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{folder}/")]):
        subprocess.run(["umount", "--lazy", mount], check=True)
