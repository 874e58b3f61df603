"""The composed system: up, healthy, asked, restarted, down."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.failure.compose import standins
from tests.failure.compose.engine import CommandFailed, Engine, engine, run

SERVICES: Final = ("eligibility", "premium", "benefits", "collection", "statistics", "gateway")
SERVERS: Final = ("postgres", "rabbitmq")
HEALTHY_WITHIN_SECONDS: Final = 600
_PROJECT: Final = "koki-proof"


class StackProblem(AssertionError):
    """The composed system did not do what it should; the message holds the state and the logs."""


@dataclass(frozen=True)
class Stack:
    """One running composition."""

    engine: Engine
    environment: Mapping[str, str] = field(repr=False)

    @property
    def address(self) -> str:
        """The gateway's published address."""
        return f"http://127.0.0.1:{self.environment['KOKI_PORT']}"

    def compose(self, *arguments: str, check: bool = True) -> str:
        """`docker compose …` on this composition, with the observability images left out of it."""
        return run([*self.engine.compose, *arguments], self.environment, check=check, folder=standins.REPOSITORY)

    def up(self) -> None:
        """Bring everything up that the gateway stands on, and wait until all of it is healthy."""
        waiting = ["--wait", "--wait-timeout", str(HEALTHY_WITHIN_SECONDS)] if self.engine.has_wait else []
        try:
            self.compose("up", "--detach", *waiting, "gateway")
        except CommandFailed as failure:
            raise StackProblem(f"{failure}\n{self._story_of(self._not_ready())}") from failure
        self.wait_healthy()

    def wait_healthy(self) -> None:
        """Until services and servers are healthy and every one-shot container has ended well. Raises StackProblem with the logs."""
        give_up = time.monotonic() + HEALTHY_WITHIN_SECONDS
        while (late := self._not_ready()) and time.monotonic() < give_up:
            time.sleep(1)
        if late:
            raise StackProblem(f"not healthy within {HEALTHY_WITHIN_SECONDS} s\n{self._story_of(late)}")

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of every container, by the name of its service in docker-compose.yml."""
        label = f"label=com.docker.compose.project={_PROJECT}"
        ids = self.engine.run("ps", "--all", "--quiet", "--filter", label).split()
        known = json.loads(self.engine.run("inspect", *ids)) if ids else []
        return {container["Config"]["Labels"]["com.docker.compose.service"]: container for container in known}

    def python(self, service: str, program: str) -> str:
        """Run a small Python program inside a service's container, with that service's own settings."""
        return self.compose("exec", "-T", service, "/opt/koki/app/infra/images/entrypoint.sh", "python", "-c", program)

    def query(self, database: str, sql: str) -> list[str]:
        """Lines that PostgreSQL answers to its superuser, columns separated by `|`."""
        asked = self.compose(
            "exec", "-T", "postgres", "psql", "--username=postgres", "--no-align", "--tuples-only", "--command", sql, database
        )
        return asked.splitlines()

    def from_outside(self, *command: str) -> str:
        """Run a module of ours as a stranger, in a container that has the sample's sign-ins and the simulators but no service's account.

        Ended after ten minutes. Raises StackProblem with what the services wrote last.
        """
        options = ["--rm", "--init", "--read-only", "--tmpfs", "/tmp", "--network", f"{_PROJECT}_outside", "--env", "KOKI_HOME=/tmp/home"]
        for mount in (f"{_PROJECT}_gateway:/sample:ro", f"{standins.REPOSITORY}/tests:/opt/koki/app/tests:ro"):
            options += ["--volume", mount]
        try:
            return self.engine.run("run", *options, standins.PRODUCT, "timeout", "600", "python", "-m", *command)
        except CommandFailed as failure:
            raise StackProblem(f"{failure}\n{self.compose('logs', '--no-color', '--tail=15', *SERVICES, check=False)}") from failure

    def passwords(self) -> dict[str, str]:
        """What `setup` has drawn, by account."""
        printed = self.compose("run", "--rm", "-T", "setup", "cat", "/secrets/setup/secrets.json")
        return dict(json.loads(printed[printed.index("{") : printed.rindex("}") + 1]))

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page of the gateway."""
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.address + path, timeout=10) as answer:
            return answer.status, answer.read().decode()

    def _story_of(self, late: Mapping[str, str]) -> str:
        """The state of the containers that are late, and the end of what each has written."""
        states = "\n".join(f"{name}: {state}" for name, state in sorted(late.items()))
        ran = [name for name, state in late.items() if state != "missing"]
        return states + ("\n" + self.compose("logs", "--tail=40", *ran, check=False) if ran else "")

    def _not_ready(self) -> dict[str, str]:
        """State by service of everything that is not as it should be; a container that does not exist yet counts too."""
        containers = self.containers()
        late = dict.fromkeys({*SERVICES, *SERVERS} - containers.keys(), "missing")
        for name, container in containers.items():
            state = container["State"]
            if name in SERVICES or name in SERVERS:
                health = state.get("Health", {}).get("Status", "no health check")
                if state["Status"] != "running" or health != "healthy":
                    late[name] = f"{state['Status']}, {health}"
            elif state["Status"] != "exited" or state["ExitCode"] != 0:
                late[name] = f"{state['Status']}, exit code {state['ExitCode']}"
        return late


@contextlib.contextmanager
def running_stack(cache: Path | None, *, official: bool = False) -> Iterator[Stack]:
    """Images built, everything up and healthy; afterwards all of it is taken away, except what `cache` keeps for the next run.

    `official` uses the image names of docker-compose.yml instead of stand-ins. Raises NoEngine where no engine can be had.
    """
    with contextlib.ExitStack() as stack:
        folder = cache if cache else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="koki-compose-")))
        folder.mkdir(parents=True, exist_ok=True)
        with step("engine"):
            found = stack.enter_context(engine(cache))
        bases = {} if official else dict(standins.IMAGES)
        if not found.is_own and cache is None:
            stack.callback(found.run, "image", "rm", "--force", *standins.ALL_TAGS, check=False)
        if not official:
            with step("stand-in base images"):
                standins.build_bases(found, folder)
        with step("product image from requirements.lock"):
            standins.build_product(found, bases.get("KOKI_IMAGE_PYTHON"))
        composition = Stack(found, {**found.environment, **_settings(), **bases})
        stack.callback(composition.compose, "down", "--volumes", "--remove-orphans", check=False)
        composition.compose("down", "--volumes", "--remove-orphans")
        with step("up, until everything is healthy"):
            composition.up()
        yield composition


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is being done, and then how long it took."""
    start = time.monotonic()
    sys.stdout.write(f"… {name}\n")
    sys.stdout.flush()
    yield
    sys.stdout.write(f"  {name}: {time.monotonic() - start:.1f} s\n")
    sys.stdout.flush()


def _settings() -> dict[str, str]:
    """The sample union on free ports; no collector here, so the services send their spans straight to the gateway."""
    return {
        "COMPOSE_PROJECT_NAME": _PROJECT,
        "KOKI_IMAGE": standins.PRODUCT,
        "KOKI_PORT": str(_free_port()),
        "KOKI_AMQP_PORT": str(_free_port()),
        # Another network than an installation's on the same engine.
        "KOKI_INSIDE_NETWORK": "10.213.113.0/24",
        "KOKI_OTLP_ENDPOINT": "http://console:8000",
        "KOKI_BUSINESS_DATE": "2026-07-13",
        "KOKI_SAMPLE_DATA": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cache_folder() -> Path | None:
    """KOKI_COMPOSE_CACHE: where images are kept for the next run; None: nothing is kept."""
    named = os.environ.get("KOKI_COMPOSE_CACHE")
    return Path(named).resolve() if named else None
