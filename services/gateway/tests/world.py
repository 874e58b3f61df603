"""A gateway with its own database, broker world and object store."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aio_pika
import httpx
from chassis.settings import Settings
from chassis.testing import SAMPLE_DAY, Databases
from chassis.web import create_app
from contracts.envelope import PACK, SINGLE
from contracts.events.municipal import ResidentChanged
from fastapi import FastAPI
from gateway_service import seed
from gateway_service.bootstrap import SERVICE
from joserfc.jwk import OKPKey
from pamqp.common import FieldTable
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic_core import to_json
from sqlalchemy import text

from services.gateway.tests.municipal import CHIYODA, HACHIOJI, OKUTAMA, File

ROOT = Path("services/gateway")


@dataclass
class GatewayWorld:
    """The running gateway: its application, a browser's client, and a look into database and broker."""

    app: FastAPI
    client: httpx.AsyncClient
    broker: str
    sample_file: Path

    @property
    def runtime(self) -> Any:
        return self.app.state.runtime

    def secret(self, code: str = CHIYODA) -> tuple[str, str]:
        return code, seed.sample_municipal_secrets(self.sample_file)[code]

    async def rows(self, query: str, **values: Any) -> list[Any]:
        async with self.runtime.engine.connect() as connection:
            return list((await connection.execute(text(query), values)).all())

    async def value(self, query: str, **values: Any) -> Any:
        return (await self.rows(query, **values))[0][0]

    async def events(self, event_type: str) -> list[dict[str, Any]]:
        """What the outbox holds or held of a type, in order."""
        bodies = await self.rows("SELECT body FROM outbox WHERE routing_key = :type ORDER BY id", type=event_type)
        parsed = [json.loads(row.body) for row in bodies]
        return [item for found in parsed for item in (found if isinstance(found, list) else [found])]

    async def hand_in(self, file: File, code: str = CHIYODA) -> httpx.Response:
        files = {"data": ("data.csv", file.data, "text/csv"), "control": ("control.json", file.control_bytes, "application/json")}
        return await self.client.post("/municipal/files", files=files, auth=self.secret(code))

    async def result_of(self, answer: httpx.Response, code: str = CHIYODA) -> dict[str, Any]:
        """Wait until the file is finished and return what became of it."""
        assert answer.status_code == 202, answer.text
        while True:
            found = (await self.client.get(f"/municipal/files/{answer.json()['intake_id']}", auth=self.secret(code))).json()
            if found["state"] != "received":
                return dict(found)
            await asyncio.sleep(0.05)

    async def taken_in(self, file: File, code: str = CHIYODA) -> dict[str, Any]:
        return await self.result_of(await self.hand_in(file, code), code)

    async def send(self, items: Sequence[dict[str, Any]], *, code: str = CHIYODA, packed: bool = False, body: bytes | None = None) -> None:
        """Publish changes to the municipal intake as a municipality would."""
        connection = await aio_pika.connect(self.broker)
        async with connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange("municipal.intake", ensure=False)
            bodies = [body] if body is not None else [to_json(list(items))] if packed else [to_json(item) for item in items]
            event_type = items[0]["type"] if items else ResidentChanged.type
            for number, content in enumerate(bodies):
                message_id = str(items[number]["id"]) if items else "unreadable-1"
                sent = aio_pika.Message(content, content_type=PACK if packed else SINGLE, message_id=message_id)
                await exchange.publish(sent, f"{code}.{event_type}")

    async def answers(self, count: int, code: str = CHIYODA) -> list[dict[str, Any]]:
        """The next answers that the municipality finds in its queue."""
        found: list[dict[str, Any]] = []
        connection = await aio_pika.connect(self.broker)
        async with connection:
            queue = await (await connection.channel()).get_queue(f"municipal.answers.{code}", ensure=False)
            deadline = asyncio.get_running_loop().time() + 20
            while len(found) < count and asyncio.get_running_loop().time() < deadline:
                message = await queue.get(no_ack=True, fail=False)
                if message is None:
                    await asyncio.sleep(0.05)
                    continue
                body = json.loads(message.body)
                found += body if isinstance(body, list) else [body]
        return found

    async def sign_in(self, user_name: str, *, client: httpx.AsyncClient | None = None) -> httpx.AsyncClient:
        """A browser in which the sample user is signed in."""
        browser = client or self.browser()
        password = next(found["password"] for found in seed.sample_sign_ins(self.sample_file) if found["user_name"] == user_name)
        form = {"csrf": hidden(await browser.get("/sign-in")), "user_name": user_name, "password": password}
        answer = await browser.post("/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        return browser

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app, client=("127.0.0.1", 50000)), base_url="http://gateway.test")


def hidden(page: httpx.Response, name: str = "csrf") -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found.group(1)


async def declare_municipal_doors(broker: str) -> None:
    """What infra/rabbitmq/definitions.py declares, in the virtual host of a test."""
    connection = await aio_pika.connect(broker)
    async with connection:
        channel = await connection.channel()
        quorum: FieldTable = {"x-queue-type": "quorum"}
        intake = await channel.declare_exchange("municipal.intake", aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue("gateway.intake", durable=True, arguments=quorum)
        await queue.bind(intake, "#")
        answers = await channel.declare_exchange("municipal.answers", aio_pika.ExchangeType.DIRECT, durable=True)
        for code in (CHIYODA, HACHIOJI, OKUTAMA):
            queue = await channel.declare_queue(f"municipal.answers.{code}", durable=True, arguments=quorum)
            await queue.bind(answers, code)
        for owner in ("eligibility", "premium"):
            await channel.declare_exchange(f"{owner}.events", aio_pika.ExchangeType.TOPIC, durable=True)
        # Somebody must hear what the gateway says, or the broker would return it.
        events = await channel.declare_exchange("gateway.events", aio_pika.ExchangeType.TOPIC, durable=True)
        heard = await channel.declare_queue("test.heard", durable=True, arguments=quorum)
        await heard.bind(events, "#")


def keys(folder: Path) -> tuple[Path, Path]:
    """A pair of keys for internal tokens: private, public."""
    key = OKPKey.generate_key("Ed25519")
    private, public = folder / "token.pem", folder / "token.pub"
    private.write_bytes(key.as_pem(private=True))
    public.write_bytes(key.as_pem(private=False))
    return private, public


@asynccontextmanager
async def a_gateway(
    databases: Databases, broker: str, folder: Path, monkeypatch: Any, *, worker: bool = True, services: dict[str, str] | None = None
) -> AsyncIterator[GatewayWorld]:
    """A gateway that runs in this process; `worker=False` leaves files and changes where they are."""
    database = await databases("gateway", ROOT)
    await declare_municipal_doors(broker)
    # Weak on purpose: a test does not wait for a hash that is meant to be slow.
    monkeypatch.setattr("pwdlib.PasswordHash.recommended", lambda: PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
    sample_file = folder / "sample.json"
    monkeypatch.setenv("KOKI_GATEWAY_SAMPLE_FILE", str(sample_file))
    private, public = keys(folder)
    settings = Settings(
        service="gateway",
        database_url=database.url,
        broker_url=broker,
        object_store=str(folder / "objects"),
        business_date=SAMPLE_DAY,
        sample_data=True,
        token_private_key_file=private,
        token_public_key_file=public,
        services=services or {},
    )
    app = create_app(SERVICE, settings, worker=worker)
    await seed.seed(app.state.runtime)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
            yield GatewayWorld(app, client, broker, sample_file)


Gateways = Callable[[], AbstractAsyncContextManager[GatewayWorld]]
Asked = list[tuple[str, str, Any]]
"""What the gateway asked of services: method, path, body."""


def posted(asked: Asked) -> list[tuple[str, Any]]:
    """Path and body of each command."""
    return [(path, body) for method, path, body in asked if method == "POST"]
