"""What each account of the databases and of the broker may do, and what is refused to it by the server itself."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aio_pika
import asyncpg
import pytest
from aio_pika.abc import AbstractChannel, ExchangeType
from aiormq.exceptions import ChannelAccessRefused, ChannelClosed

from infra.local.servers import PrivateServers
from infra.rabbitmq import definitions

CHIYODA, HACHIOJI = "131016", "132012"


@pytest.fixture
async def premium_table(servers: PrivateServers) -> AsyncIterator[str]:
    owner = await asyncpg.connect(servers.database_url("premium", "owner"))
    await owner.execute(
        "CREATE TABLE assessed (id bigserial PRIMARY KEY, yen bigint, during daterange, EXCLUDE USING gist (yen WITH =, during WITH &&))"
    )
    yield "assessed"
    await owner.execute("DROP TABLE assessed")
    await owner.close()


async def test_the_application_role_reads_and_writes_rows_of_the_owner(servers: PrivateServers, premium_table: str) -> None:
    app = await asyncpg.connect(servers.database_url("premium"))
    await app.execute(f"INSERT INTO {premium_table} (yen) VALUES (53300)")
    await app.execute(f"UPDATE {premium_table} SET yen = yen + 1300")
    await app.execute(f"CREATE TEMPORARY TABLE incoming AS SELECT * FROM {premium_table}")

    assert await app.fetchval("SELECT yen FROM incoming") == 54600
    await app.execute(f"DELETE FROM {premium_table}")
    await app.close()


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE own (id int)", "DROP TABLE assessed", "ALTER TABLE assessed ADD COLUMN x int", "CREATE SCHEMA own", "TRUNCATE assessed"],
)
async def test_the_application_role_cannot_change_the_structure(servers: PrivateServers, premium_table: str, statement: str) -> None:
    app = await asyncpg.connect(servers.database_url("premium"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute(statement)
    await app.close()


@pytest.mark.parametrize("role", ["app", "owner"])
async def test_a_service_cannot_enter_the_database_of_another(servers: PrivateServers, role: str) -> None:
    url = servers.database_url("premium", "owner" if role == "owner" else "app", database="benefits")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(url)


@contextlib.asynccontextmanager
async def channel_of(servers: PrivateServers, user: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(servers.broker_url(user)) as connection:
        yield await connection.channel()


async def publish(channel: AbstractChannel, routing_key: str) -> None:
    """Publish to the municipalities' exchange; waits for the confirm."""
    exchange = await channel.get_exchange(definitions.INTAKE_EXCHANGE, ensure=False)
    await exchange.publish(aio_pika.Message(routing_key.encode()), routing_key)


async def test_a_message_of_a_municipality_about_itself_reaches_the_gateway(servers: PrivateServers) -> None:
    async with channel_of(servers, f"municipality-{CHIYODA}") as municipality:
        await publish(municipality, f"{CHIYODA}.municipal.resident_changed.v1")

    async with channel_of(servers, "gateway") as gateway:
        intake = await gateway.get_queue(definitions.INTAKE_QUEUE, ensure=False)
        message = await intake.get(timeout=10)
        await message.ack()
    assert message.body == b"131016.municipal.resident_changed.v1"


@pytest.mark.parametrize(
    "routing_key", [f"{HACHIOJI}.municipal.resident_changed.v1", "municipal.resident_changed.v1", f"{CHIYODA}0.x", CHIYODA]
)
async def test_the_broker_refuses_a_message_of_a_municipality_about_another(servers: PrivateServers, routing_key: str) -> None:
    async with channel_of(servers, f"municipality-{CHIYODA}") as municipality:
        with pytest.raises((ChannelAccessRefused, ChannelClosed), match="ACCESS_REFUSED"):
            await publish(municipality, routing_key)


async def test_a_municipality_reads_its_own_answers(servers: PrivateServers) -> None:
    credentials = servers.municipality_credentials(CHIYODA)
    async with channel_of(servers, "gateway") as gateway:
        answers = await gateway.get_exchange(definitions.ANSWERS_EXCHANGE, ensure=False)
        await answers.publish(aio_pika.Message("受付".encode()), CHIYODA)

    async with channel_of(servers, f"municipality-{CHIYODA}") as municipality:
        queue = await municipality.get_queue(credentials.answers_queue, ensure=False)
        message = await queue.get(timeout=10)
        await message.ack()
    assert message.body == "受付".encode()


@pytest.mark.parametrize("queue", [definitions.answers_queue(HACHIOJI), definitions.INTAKE_QUEUE])
async def test_a_municipality_cannot_read_another_queue(servers: PrivateServers, queue: str) -> None:
    async with channel_of(servers, f"municipality-{CHIYODA}") as municipality:
        with pytest.raises(ChannelAccessRefused):
            await (await municipality.get_queue(queue, ensure=False)).get(timeout=10)


@pytest.mark.parametrize("user", [f"municipality-{CHIYODA}", "premium", "gateway"])
async def test_nobody_goes_round_the_permissions_through_the_default_exchange(servers: PrivateServers, user: str) -> None:
    async with channel_of(servers, user) as channel:
        with pytest.raises((ChannelAccessRefused, ChannelClosed), match="ACCESS_REFUSED"):
            await channel.default_exchange.publish(aio_pika.Message(b""), definitions.answers_queue(HACHIOJI))


async def test_a_service_binds_its_queue_to_the_events_of_the_owners_it_hears(servers: PrivateServers) -> None:
    async with channel_of(servers, "eligibility") as eligibility, channel_of(servers, "premium") as premium:
        await eligibility.declare_exchange("eligibility.events", ExchangeType.TOPIC, durable=True)
        queue = await premium.declare_queue("premium.trial", durable=True, arguments={"x-queue-type": "quorum"})

        await queue.bind("eligibility.events", "eligibility.#")

        await queue.delete(if_unused=False, if_empty=False)


async def test_a_service_cannot_hear_an_owner_that_is_not_its_business(servers: PrivateServers) -> None:
    async with channel_of(servers, "benefits") as benefits, channel_of(servers, "premium") as premium:
        await benefits.declare_exchange("benefits.events", ExchangeType.TOPIC, durable=True)
        queue = await premium.declare_queue("premium.trial", durable=True, arguments={"x-queue-type": "quorum"})
        with pytest.raises(ChannelAccessRefused):
            await queue.bind("benefits.events", "#")


async def test_a_service_cannot_speak_in_the_name_of_another(servers: PrivateServers) -> None:
    async with channel_of(servers, "premium") as premium:
        with pytest.raises(ChannelAccessRefused):
            await premium.declare_exchange("benefits.events", ExchangeType.TOPIC, durable=True)


async def test_a_municipality_can_be_added_while_the_broker_runs(servers: PrivateServers) -> None:
    servers.add_municipality("132021")

    async with channel_of(servers, "municipality-132021") as municipality:
        await publish(municipality, "132021.municipal.resident_changed.v1")
        with pytest.raises((ChannelAccessRefused, ChannelClosed), match="ACCESS_REFUSED"):
            await publish(municipality, f"{CHIYODA}.municipal.resident_changed.v1")

    async with channel_of(servers, "gateway") as gateway:
        message = await (await gateway.get_queue(definitions.INTAKE_QUEUE, ensure=False)).get(timeout=10)
        await message.ack()


def test_the_monitor_sees_the_depth_of_queues(servers: PrivateServers) -> None:
    assert definitions.INTAKE_QUEUE in definitions.queue_depths(servers.monitor_url)


async def test_the_monitor_cannot_read_a_message(servers: PrivateServers) -> None:
    async with channel_of(servers, "monitor") as monitor:
        with pytest.raises(ChannelAccessRefused):
            await (await monitor.get_queue(definitions.INTAKE_QUEUE, ensure=False)).get(timeout=10)
