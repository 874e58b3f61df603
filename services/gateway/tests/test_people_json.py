"""One person as JSON: the bytes of eligibility as they are, except for an address that is withheld."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chassis.testing import Databases
from sqlalchemy import text

from services.gateway.tests.test_upstream import a_stand
from services.gateway.tests.world import GatewayWorld, a_gateway

RECORD = '{"person": {"name": "佐藤 梅", "postal_code": "1000001", "address_town": "千代田"},  "history": []}'.encode()
PATH = "/api/people/131016/000000000000001"


@pytest.fixture
async def window(databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GatewayWorld]:
    """A gateway whose eligibility answers every question with one record."""

    async def answer(target: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(RECORD), RECORD))

    async with (
        a_stand(answer) as stand,
        a_gateway(databases, broker, tmp_path, monkeypatch, worker=False, services={"eligibility": stand.address}) as world,
    ):
        yield world


async def test_the_record_is_passed_on_as_it_is_and_kept_in_the_log(window: GatewayWorld) -> None:
    """Seen to fail with the record parsed and written anew."""
    clerk = await window.sign_in("chiyoda")
    answer = await clerk.get(PATH)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/json", RECORD)
    entry = (await window.rows("SELECT about, result FROM access_log WHERE action = 'see_person:json'"))[0]
    assert (entry.about, entry.result) == (["131016:000000000000001"], "shown")


async def test_an_address_that_is_withheld_is_left_out_even_when_eligibility_tells_it(window: GatewayWorld) -> None:
    """I-39: the second wall. Seen to fail without the question to the gateway's own copy."""
    async with window.runtime.engine.begin() as connection:
        await connection.execute(text("INSERT INTO protected_person VALUES ('131016', '000000000000001', '2026-04-01', NULL)"))
    clerk = await window.sign_in("chiyoda")
    person = (await clerk.get(PATH)).json()["person"]
    assert person["name"] == "佐藤 梅"
    assert (person["postal_code"], person["address_town"], person["address_withheld"]) == (None, None, True)
