"""The broker alone, or the database alone, is away for a while: no service ends, nothing is lost, and the health says when all is back."""

from __future__ import annotations

import asyncio

import httpx

from infra.rabbitmq.definitions import SERVICES
from tests.failure.doors import Doors
from tests.failure.offices import Letterbox
from tests.failure.strangers import Strangers
from tests.failure.union import FailureUnion
from tests.simulators.municipality.union import HACHIOJI


async def test_a_restarted_broker_keeps_what_waits_in_its_queues_and_every_consumer_comes_back(
    union: FailureUnion, doors: Doors, strangers: Strangers
) -> None:
    village = strangers.village(HACHIOJI.code, households=8)
    others = {service: pid for service, pid in union.running().items() if service != "eligibility"}
    async with Letterbox(union.broker_urls()) as box:
        await asyncio.to_thread(union.kill, "eligibility")
        await doors.send(village.changes(), box)
        await asyncio.to_thread(union.wait_until_waits, "eligibility.inbox.")

        await asyncio.to_thread(union.servers.restart_broker)
        await asyncio.to_thread(union.start_services)
        await doors.wait_known(village.prefix, residents=village.people, incomes=village.incomes.height)
        await doors.at_rest()

    assert {service: pid for service, pid in union.running().items() if service != "eligibility"} == others
    assert (await doors.known(village.prefix))["eligibility"]["qualifications"] > 0


async def test_a_restarted_database_ends_no_service_and_loses_nothing(union: FailureUnion, doors: Doors, strangers: Strangers) -> None:
    village = strangers.village(HACHIOJI.code, households=8)
    before = union.running()
    assert before.keys() == set(SERVICES)
    async with Letterbox(union.broker_urls()) as box:
        sending = asyncio.create_task(doors.send(village.changes(), box))
        await asyncio.to_thread(union.servers.kill_database)
        ill = await asyncio.gather(*(asyncio.to_thread(_health, union, service) for service in SERVICES))
        await asyncio.to_thread(union.servers.restart_database)
        await sending
        await asyncio.to_thread(union.wait_healthy)
        await doors.wait_known(village.prefix, residents=village.people, incomes=village.incomes.height)
        await doors.at_rest()

    assert set(ill) == {503}
    assert union.running() == before


def _health(union: FailureUnion, service: str) -> int:
    return httpx.get(f"{union.services.url(service)}/health", timeout=30, trust_env=False).status_code
