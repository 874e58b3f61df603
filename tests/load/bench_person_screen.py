"""A person's screen data: `GET /people/{municipality}/{number}` of the service, with the database of a first load.

    python -m tests.load.bench_first_load keep=yes …      # before: leaves its database
    python -m tests.load.bench_person_screen [people=500]

Each request is the whole of the service: token, row-level security, the statement, JSON. People are drawn over the whole union, so that
most pages are read for the first time. The ceiling is the same statement on a bare connection for the same people, in the same run.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from pathlib import Path

import asyncpg
import httpx
from chassis.settings import Settings
from chassis.tokens import Principal, Signer
from chassis.web import create_app
from eligibility_service.bootstrap import SERVICE
from eligibility_service.store.queries import _PERSON
from joserfc.jwk import OKPKey

from infra.local.servers import PrivateServers
from tests.load.bench_first_load import DATABASE, HOME, TODAY
from tests.load.measure import report

GOAL_MILLISECONDS = 50.0
_SOME = "SELECT municipality_code, resident_number FROM qualification TABLESAMPLE SYSTEM (5) LIMIT 20000"


async def measure(servers: PrivateServers, people: int) -> None:
    """The median of `people` requests, one after the other, against the bare statement for the same people."""
    url = servers.database_url("eligibility", "app", database=DATABASE)
    connection = await asyncpg.connect(url)
    held = await connection.fetchval("SELECT count(*) FROM qualification")
    found = await connection.fetch(_SOME)
    chosen = random.Random(13).sample([tuple(row) for row in found], min(people, len(found)))
    private, public = HOME / "bench.pem", HOME / "bench.pub"
    key = OKPKey.generate_key("Ed25519")
    private.write_bytes(key.as_pem(private=True))
    public.write_bytes(key.as_pem(private=False))
    settings = Settings(
        service="eligibility", database_url=url, object_store=str(HOME / "objects"), token_public_key_file=public, business_date=TODAY
    )
    app = create_app(SERVICE, settings, worker=False)
    token = Signer(private).sign(Principal("bench", frozenset({"union_staff"}), None, "terminal-1"), now=int(time.time()))
    took, bare = [], []
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://eligibility", headers={"Authorization": f"Bearer {token}"}
    ) as client:
        for code, number in chosen:
            started = time.perf_counter()
            answer = await client.get(f"/people/{code}/{number}")
            took.append(time.perf_counter() - started)
            answer.raise_for_status()
            started = time.perf_counter()
            await connection.fetchval(_PERSON, code, number, TODAY)
            bare.append(time.perf_counter() - started)
    await app.state.runtime.engine.dispose()
    await connection.close()
    median = statistics.median(took) * 1000
    last = statistics.quantiles(took, n=20)[-1] * 1000
    more = f"{len(chosen)} people of {held:,} insured; 95 of 100 within {last:.1f} ms"
    report(
        "bench_person_screen", product=[median], ceiling=[statistics.median(bare) * 1000], goal=f"median < {GOAL_MILLISECONDS:.0f} ms",
        reached=median < GOAL_MILLISECONDS, unit="ms", more=more,
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    options = dict(argument.split("=", 1) for argument in arguments)
    servers = PrivateServers(Path(HOME))
    servers.start()
    try:
        asyncio.run(measure(servers, min(int(options.get("people", 500)), 10_000)))
    finally:
        servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
