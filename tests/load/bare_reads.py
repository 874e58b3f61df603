"""The ceilings of bench_read: the same bytes by key through bare FastAPI and asyncpg, and constant bytes without any of that.

`python -m tests.load.bare_reads PORT DATABASE_URL` serves the first, `python -m tests.load.bare_reads PORT BYTES` the second.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI, Response

TABLE = "bare_person"


def by_key(database_url: str) -> FastAPI:
    """GET /people/CODE/NUMBER: one SELECT by primary key, the stored text as it is; no sign-in, no log, no trace."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(database_url, min_size=10, max_size=10) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    query = f"SELECT body FROM {TABLE} WHERE municipality_code = $1 AND resident_number = $2"

    @app.get("/people/{municipality_code}/{resident_number}")
    async def person(municipality_code: str, resident_number: str) -> Response:
        body = await app.state.pool.fetchval(query, municipality_code, resident_number)
        return Response(body, media_type="application/json") if body else Response(status_code=404)

    return app


class Constant(asyncio.Protocol):
    """Answers whatever comes with the same bytes: what the client could do at most."""

    def __init__(self, body_bytes: int) -> None:
        self._answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % body_bytes + b"x" * body_bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # that of uvloop says nothing of its kind

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._answer)


async def _serve_constant(port: int, body_bytes: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Constant(body_bytes), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    PORT, WHAT = int(sys.argv[1]), sys.argv[2]
    if WHAT.isdecimal():
        uvloop.run(_serve_constant(PORT, int(WHAT)))
    else:
        uvicorn.run(by_key(WHAT), host="127.0.0.1", port=PORT, log_level="warning", access_log=False)
