"""What is claimed of the composed system, each claim a function that raises AssertionError; run by `run.py` and by pytest."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Final

from tests.failure.compose.stack import SERVERS, SERVICES, Stack

RESIDENTS: Final = 300
_LEDGER: Final = "SELECT count(*), sum(hashtextextended(qualification::text, 0)) FROM qualification"
_OTHER_DATABASE: Final = """
import asyncio, os, asyncpg
async def main():
    url = os.environ["KOKI_DATABASE_URL"].rsplit("/", 1)[0] + "/eligibility"
    try:
        await asyncpg.connect(url)
    except asyncpg.InsufficientPrivilegeError as refusal:
        print("refused:", refusal)
asyncio.run(main())
"""
_OTHER_EXCHANGE: Final = """
import asyncio, os, aio_pika, aiormq
async def main():
    async with await aio_pika.connect(os.environ["KOKI_BROKER_URL"]) as connection:
        channel = await connection.channel()
        try:
            await channel.declare_exchange("eligibility.intruder", "topic")
        except aiormq.exceptions.ChannelAccessRefused as refusal:
            print("refused:", refusal)
asyncio.run(main())
"""
_KNOCK: Final = """
import socket
for address in {addresses}:
    try:
        socket.create_connection((address, 8000), timeout=2).close()
        print("reached")
    except OSError:
        print("out of reach")
"""


def everything_is_healthy(stack: Stack) -> None:
    """Six services, PostgreSQL and RabbitMQ are healthy, and the health of the gateway can be read from outside."""
    stack.wait_healthy()
    status, _ = stack.get("/health")
    assert status == 200


def a_clerk_finds_the_sign_in_page(stack: Stack) -> None:
    """The first page answers in Japanese on the published port."""
    status, page = stack.get("/")
    assert status == 200
    assert "サインイン" in page or "ログイン" in page


def the_thread_runs_from_the_municipalities_files_to_cards_and_instalments(stack: Stack) -> None:
    """The demonstration agrees at every boundary (it ends with 1 where it does not), and its traces have reached the console."""
    demonstration = ("infra.local", "demo", "--residents", str(RESIDENTS))
    told = stack.from_outside(*demonstration, "--gateway", "http://gateway:8000", "--sign-ins", "/sample/sample-sign-ins.json")
    sys.stdout.write(told[told.index("見本の広域連合") : told.rindex("画面: ")])
    assert {"eligibility", "premium", "collection"} <= set(stack.query("gateway", "SELECT DISTINCT service FROM span"))


def nobody_is_root_and_root_file_systems_cannot_be_written(stack: Stack) -> None:
    """Holds for every container, one-shot ones too; capabilities are dropped."""
    for name, container in stack.containers().items():
        assert container["Config"]["User"] not in {"", "0", "root"}, f"{name} runs as root"
        assert container["HostConfig"]["ReadonlyRootfs"], f"{name} can write its root file system"
        assert container["HostConfig"]["CapDrop"] == ["ALL"], f"{name} keeps capabilities"


def no_password_shows_in_settings_or_in_the_engines_description(stack: Stack) -> None:
    """Passwords are in the volumes only, and no two accounts share one."""
    passwords = stack.passwords()
    assert len(set(passwords.values())) == len(passwords) >= 2 * len(SERVICES)
    described = json.dumps(stack.containers()) + stack.compose("config")
    shown = [account for account, password in passwords.items() if password in described]
    assert not shown, f"passwords of {shown} can be read without entering a container"


def a_service_reaches_neither_another_database_nor_another_exchange(stack: Stack) -> None:
    """PostgreSQL and RabbitMQ themselves refuse the premium service what belongs to eligibility."""
    assert "refused: permission denied" in stack.python("premium", _OTHER_DATABASE)
    assert "refused: ACCESS_REFUSED" in stack.python("premium", _OTHER_EXCHANGE)


def services_and_the_database_have_no_way_out(stack: Stack) -> None:
    """Only the gateway and the broker stand on the network with a way out; from the others even its addresses cannot be reached."""
    networks = {name: container["NetworkSettings"]["Networks"] for name, container in stack.containers().items()}
    for name in {*SERVICES, "postgres"} - {"gateway"}:
        assert [network for network in networks[name] if not network.endswith("_inside")] == [], f"{name} has a way out"
    gateway = {network.rpartition("_")[2]: settings["IPAddress"] for network, settings in networks["gateway"].items()}
    knocked = stack.python("premium", _KNOCK.format(addresses=[gateway["inside"], gateway["outside"]]))
    assert knocked.split("\n")[:2] == ["reached", "out of reach"]


def servers_may_restart_under_the_services(stack: Stack) -> None:
    """Broker and database are restarted; every service is healthy again by itself: connections and consumers are back."""
    before = {name: stack.containers()[name]["Id"] for name in SERVICES}
    stack.compose("restart", *SERVERS)
    stack.wait_healthy()
    after = stack.containers()
    assert before == {name: after[name]["Id"] for name in SERVICES}


def a_second_up_keeps_passwords_and_data(stack: Stack) -> None:
    """Taken down and brought up again on the same volumes: the same passwords fit, and the ledger is what it was."""
    passwords, insured = stack.passwords(), stack.query("eligibility", _LEDGER)
    stack.compose("down")
    stack.up()
    assert stack.passwords() == passwords
    assert stack.query("eligibility", _LEDGER) == insured


CLAIMS: Final[tuple[Callable[[Stack], None], ...]] = (
    everything_is_healthy,
    a_clerk_finds_the_sign_in_page,
    the_thread_runs_from_the_municipalities_files_to_cards_and_instalments,
    nobody_is_root_and_root_file_systems_cannot_be_written,
    no_password_shows_in_settings_or_in_the_engines_description,
    a_service_reaches_neither_another_database_nor_another_exchange,
    services_and_the_database_have_no_way_out,
    servers_may_restart_under_the_services,
    a_second_up_keeps_passwords_and_data,
)
