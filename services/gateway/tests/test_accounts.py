"""Accounts are made, reset and closed at the command line of the installation, and each act is in the access log."""

import asyncio
import re
from pathlib import Path

import pytest
from gateway_service.bootstrap import SERVICE
from gateway_service.jobs import accounts

from services.gateway.tests.world import GatewayWorld, hidden


class Command:
    """Runs `account …` and reads the password that it shows."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    async def run(self, *arguments: str) -> tuple[int, str]:
        status = await asyncio.to_thread(accounts.main, SERVICE, arguments)
        shown = re.search(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", self._capsys.readouterr().out)
        return status, shown.group() if shown else ""


@pytest.fixture
def command(gateway: GatewayWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("KOKI_DATABASE_URL", gateway.runtime.settings.database_url)
    monkeypatch.setenv("KOKI_OBJECT_STORE", str(Path(gateway.sample_file).parent / "objects"))
    return Command(capsys)


async def sign_in(gateway: GatewayWorld, user_name: str, password: str) -> int:
    browser = gateway.browser()
    form = {"csrf": hidden(await browser.get("/sign-in")), "user_name": user_name, "password": password}
    return (await browser.post("/sign-in", data=form)).status_code


async def test_an_account_is_added_reset_and_closed(gateway: GatewayWorld, command: Command) -> None:
    status, first = await command.run("sato", "--name", "佐藤", "--role", "window_clerk", "--municipality", "131016")
    assert status == 0
    assert await sign_in(gateway, "sato", first) == 303

    _, second = await command.run("sato")
    assert [await sign_in(gateway, "sato", password) for password in (first, second)] == [401, 303]
    assert await gateway.value("SELECT count(*) FROM session WHERE ended_at IS NULL") == 1, "a new password ends the sessions before it"

    assert (await command.run("sato", "--close"))[0] == 0
    assert await sign_in(gateway, "sato", second) == 401
    log = await gateway.rows("SELECT detail FROM access_log WHERE action = 'account' ORDER BY number")
    assert [row.detail for row in log] == ["sato: added as window_clerk", "sato: password set", "sato: closed"]


async def test_an_operator_is_given_no_municipality_and_an_unknown_one_is_refused(gateway: GatewayWorld, command: Command) -> None:
    await command.run("night", "--name", "夜間", "--role", "operator", "--municipality", "131016")
    assert await gateway.value("SELECT municipalities FROM account WHERE user_name = 'night'") == []
    assert (await command.run("x", "--name", "x", "--role", "window_clerk", "--municipality", "139998"))[0] == 2
    assert (await command.run("nobody"))[0] == 2
