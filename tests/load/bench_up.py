"""`./koki up` from nothing running to every health check green, against bare starts of the same programs.

`python -m tests.load.bench_up [--runs 3]`. A home of its own in a temporary folder, brought up once before: programs, databases and
queues are there, as on the second morning.

product   `./koki up` as a person types it, until it returns; every service has then proven database, relay and consumers
ceiling   PostgreSQL and RabbitMQ on the same data, started side by side, and beside them for each service a bare FastAPI application
          that imports what a service imports and answers one request: nothing is migrated, declared, connected or proven
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx

from infra.local.home import REPOSITORY
from infra.local.ports import free_port
from infra.local.servers import PrivateServers
from infra.rabbitmq.definitions import SERVICES
from tests.load.measure import ratio_of, report

GOAL_SECONDS: Final = 30.0
_BARE: Final = """
import sys, uvicorn
import aio_pika, asyncpg, httpx, joserfc.jwt, numpy, obstore, opentelemetry.sdk.trace, polars, pydantic_settings
import sqlalchemy.ext.asyncio, structlog
from fastapi import FastAPI
app = FastAPI()
app.get("/health")(lambda: {})
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


def koki(home: Path, command: str) -> float:
    """Seconds of one command of the local run."""
    started = time.perf_counter()
    environment = {**os.environ, "KOKI_HOME": str(home)}
    done = subprocess.run([REPOSITORY / "koki", command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"./koki {command}: {done.stdout}{done.stderr}")
    return time.perf_counter() - started


def bare(home: Path) -> float:
    """Seconds until both servers take connections and an empty application for each service has answered."""
    servers = PrivateServers(home)
    ports = [free_port() for _ in SERVICES]
    started = time.perf_counter()
    applications = [subprocess.Popen([sys.executable, "-c", _BARE, str(port)]) for port in ports]
    try:
        with ThreadPoolExecutor(max_workers=2 + len(ports)) as pool:
            parts = [pool.submit(servers.postgres.start), pool.submit(servers.rabbit.start, servers.municipalities)]
            for part in [*parts, *(pool.submit(_answers, port) for port in ports)]:
                part.result()
        return time.perf_counter() - started
    finally:
        for application in applications:
            application.terminate()
            application.wait()
        servers.stop()


def _answers(port: int) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False, verify=False, timeout=3).raise_for_status()
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=3)
    runs = arguments.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="koki-up-") as folder:
        home = Path(folder)
        products, ceilings = [], []
        try:
            first = koki(home, "up")
            koki(home, "down")
            for _ in range(runs):
                ceilings.append(bare(home))
                products.append(koki(home, "up"))
                koki(home, "down")
                print(f"  ceiling {ceilings[-1]:.1f} s; product {products[-1]:.1f} s", flush=True)
        finally:
            koki(home, "down")
            PrivateServers(home).destroy()
    median = sorted(products)[len(products) // 2]
    more = f"{ratio_of(products, ceilings):.2f} x bare starts; the first time, with empty databases, {first:.1f} s"
    goal = f"< {GOAL_SECONDS:.0f} s"
    report("up, warm", product=products, ceiling=ceilings, goal=goal, reached=median < GOAL_SECONDS, unit="s", more=more)
    return 0


if __name__ == "__main__":
    sys.exit(main())
