"""A gateway as a process of its own, on test servers of its own, with stand-ins for the services behind it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from chassis.testing import Databases
from gateway_service.seed import sample_sign_ins

from infra.local.servers import PrivateServers
from services.gateway.tests.world import declare_municipal_doors, keys

REPOSITORY = Path(__file__).parents[2]
SERVICES = ("eligibility", "premium", "collection")


@dataclass(frozen=True)
class Installation:
    """What a journey knows: the address, the sign-ins, and the process of the stand-ins, which may be ended."""

    url: str
    sign_ins: dict[str, str]
    broker: str
    stand_ins: subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def an_installation(databases: Databases, servers: PrivateServers, broker: str, folder: Path) -> AsyncIterator[Installation]:
    """Start stand-ins and gateway, wait until they are well, end them afterwards."""
    database = await databases("gateway", Path("services/gateway"))
    await declare_municipal_doors(broker)
    private, public = keys(folder)
    behind, port = free_port(), free_port()
    path = os.pathsep.join(str(REPOSITORY / root) for root in (".", "contracts", "services/chassis", "services/gateway"))
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
        "KOKI_SERVICES": json.dumps({name: f"http://127.0.0.1:{behind}/{name}" for name in SERVICES}),
    }
    subprocess.run([sys.executable, "-m", "gateway_service", "migrate"], env=environment, cwd=REPOSITORY, check=True)
    stand_ins = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.fake_services", str(behind), str(public)], env=environment, cwd=REPOSITORY
    )
    gateway = subprocess.Popen([sys.executable, "-m", "gateway_service", "all"], env=environment, cwd=REPOSITORY)
    url = f"http://127.0.0.1:{port}"
    try:
        await _well(url, f"http://127.0.0.1:{behind}/premium")
        sign_ins = {found["user_name"]: found["password"] for found in sample_sign_ins(folder / "sample.json")}
        yield Installation(url, sign_ins, _plain(broker), stand_ins)
    finally:
        for process in (gateway, stand_ins):
            process.terminate()
            process.wait(timeout=20)


def _plain(broker: str) -> str:
    return urlunsplit(urlsplit(broker))


async def _well(*addresses: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            answers: list[Any] = await asyncio.gather(*(client.get(f"{address}/health") for address in addresses), return_exceptions=True)
            if all(isinstance(answer, httpx.Response) and answer.status_code == 200 for answer in answers):
                return
            await asyncio.sleep(0.1)
    raise AssertionError(f"These did not become well in 20 seconds: {answers}")
