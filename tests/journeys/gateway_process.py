"""A gateway as a process of its own, on test servers of its own, with stand-ins for the services behind it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
from chassis.testing import Databases, TestDatabase
from gateway_service.seed import sample_municipal_secrets, sample_sign_ins

from infra.local.servers import PrivateServers
from services.gateway.tests.world import declare_municipal_doors, keys

REPOSITORY = Path(__file__).parents[2]
SERVICES = ("eligibility", "premium", "collection", "statistics")


@dataclass(frozen=True)
class Installation:
    """What a journey knows: the address, the sign-ins, and the process of the stand-ins, which may be ended."""

    url: str
    sign_ins: dict[str, str]
    secrets: dict[str, str]
    """Municipality code → secret of the municipal API."""
    broker: str
    stand_ins: str
    """Address of the services behind the gateway."""

    async def switch(self, service: str, state: str) -> None:
        """Switch a service behind the gateway off or on."""
        async with httpx.AsyncClient(trust_env=False) as client:
            (await client.post(f"{self.stand_ins}/switch/{service}/{state}")).raise_for_status()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def a_virtual_host(servers: PrivateServers) -> Iterator[str]:
    """The amqp:// URL of an administrator in a virtual host of its own."""
    management = httpx.URL(servers.management_url)
    account = urlsplit(servers.broker_url("koki-administrator"))
    name = f"journey-{uuid4().hex[:12]}"
    with httpx.Client(base_url=management.copy_with(userinfo=b""), auth=(management.username, management.password), timeout=30) as client:
        client.put(f"/api/vhosts/{name}").raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        client.put(f"/api/permissions/{name}/{account.username}", json=everything).raise_for_status()
        yield urlunsplit(account._replace(path=f"/{name}"))
        client.delete(f"/api/vhosts/{name}")


@asynccontextmanager
async def an_installation(
    databases: Databases,
    servers: PrivateServers,
    broker: str,
    folder: Path,
    *,
    eligibility: TestDatabase | None = None,
    premium: TestDatabase | None = None,
    real: dict[str, str] | None = None,
) -> AsyncIterator[Installation]:
    """Start stand-ins and gateway, wait until they are well, end them afterwards.

    `eligibility`, `premium`: a database for the real service, started here without a worker; `real`: addresses of services that run
    without a stand-in.
    """
    database = await databases("gateway", Path("services/gateway"))
    await declare_municipal_doors(broker)
    private, public = keys(folder)
    behind, port, its_own_port, of_premium = free_port(), free_port(), free_port(), free_port()
    roots = (".", "contracts", "services/chassis", "services/gateway", "services/eligibility", "services/premium")
    path = os.pathsep.join(str(REPOSITORY / root) for root in roots)
    addresses = {name: f"http://127.0.0.1:{behind}/{name}" for name in SERVICES} | (real or {})
    if eligibility:
        addresses["eligibility"] = f"http://127.0.0.1:{its_own_port}"
    if premium:
        addresses["premium"] = f"http://127.0.0.1:{of_premium}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KOKI_")},
        "PYTHONPATH": path,
        "KOKI_DATABASE_URL": database.url,
        "KOKI_OWNER_DATABASE_URL": database.owner_url,
        "KOKI_BROKER_URL": broker,
        "KOKI_BROKER_MANAGEMENT_URL": servers.management_url,
        "KOKI_HTTP_PORT": str(port),
        "KOKI_OBJECT_STORE": str(folder / "objects"),
        "KOKI_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "KOKI_TOKEN_PRIVATE_KEY_FILE": str(private),
        "KOKI_TOKEN_PUBLIC_KEY_FILE": str(public),
        "KOKI_BUSINESS_DATE": "2026-07-13",
        "KOKI_SAMPLE_DATA": "true",
        "KOKI_GATEWAY_SAMPLE_FILE": str(folder / "sample.json"),
        "KOKI_SERVICES": json.dumps(addresses),
    }
    await asyncio.to_thread(_run, "gateway_service", "migrate", environment=environment)
    stand_ins = _start("tests.journeys.stand_ins", str(behind), str(public), environment=environment, log=folder / "stand_ins.log")
    processes = [_start("gateway_service", "all", environment=environment, log=folder / "gateway.log"), stand_ins]
    if eligibility:
        its_own = {
            "KOKI_DATABASE_URL": eligibility.url,
            "KOKI_OWNER_DATABASE_URL": eligibility.owner_url,
            "KOKI_HTTP_PORT": str(its_own_port),
        }
        processes.append(_start("eligibility_service", "api", environment=environment | its_own, log=folder / "eligibility.log"))
    if premium:
        its_own = {"KOKI_DATABASE_URL": premium.url, "KOKI_OWNER_DATABASE_URL": premium.owner_url, "KOKI_HTTP_PORT": str(of_premium)}
        processes.append(_start("premium_service", "api", environment=environment | its_own, log=folder / "premium.log"))
    url = f"http://127.0.0.1:{port}"
    try:
        started = [service for service, database in (("eligibility", eligibility), ("premium", premium)) if database]
        await _well(url, f"http://127.0.0.1:{behind}/collection", *(addresses[service] for service in started))
        sign_ins = {found["user_name"]: found["password"] for found in sample_sign_ins(folder / "sample.json")}
        yield Installation(url, sign_ins, sample_municipal_secrets(folder / "sample.json"), broker, f"http://127.0.0.1:{behind}")
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=20)


def _run(*arguments: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", *arguments], env=environment, cwd=REPOSITORY, check=True)


def _start(*arguments: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A process whose output goes to a file."""
    with log.open("wb") as output:
        command = [sys.executable, "-m", *arguments]
        return subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT)


async def _well(*addresses: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(900):
            answers: list[Any] = await asyncio.gather(*(client.get(f"{address}/health") for address in addresses), return_exceptions=True)
            if all(isinstance(answer, httpx.Response) and answer.status_code == 200 for answer in answers):
                return
            await asyncio.sleep(0.1)
    raise AssertionError(f"These did not become well in 90 seconds: {answers}")
