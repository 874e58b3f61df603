"""Sign-in: what lets somebody in, what makes guessing slow, and what a foreign page cannot do."""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from gateway_service import seed
from gateway_service.domain.lockout import LONGEST_DELAY, locked_until
from sqlalchemy import text

from services.gateway.tests.world import GatewayWorld, hidden

NOW = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)


def password_of(gateway: GatewayWorld, user_name: str) -> str:
    return str(next(found["password"] for found in seed.sample_sign_ins(gateway.sample_file) if found["user_name"] == user_name))


async def try_in(browser: httpx.AsyncClient, user_name: str, password: str, **more: str) -> httpx.Response:
    form = {"csrf": hidden(await browser.get("/sign-in")), "user_name": user_name, "password": password, **more}
    return await browser.post("/sign-in", data=form)


async def test_each_role_begins_its_day_on_its_own_page(gateway: GatewayWorld) -> None:
    for user_name, first in (("chiyoda", "/people"), ("union", "/people"), ("operator", "/console"), ("auditor", "/access-log")):
        browser = await gateway.sign_in(user_name)
        assert (await browser.get("/")).headers["location"] == first


async def test_the_cookies_of_a_session_are_kept_from_scripts_and_foreign_pages(gateway: GatewayWorld) -> None:
    answer = await try_in(gateway.browser(), "chiyoda", password_of(gateway, "chiyoda"))
    for cookie in answer.headers.get_list("set-cookie"):
        if not cookie.startswith("koki_form"):
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
    stored = await gateway.rows("SELECT token_sha256 FROM session")
    token = answer.cookies["koki_session"]
    assert all(token.encode() not in bytes(row.token_sha256) for row in stored), "only the hash of a token is stored"


async def test_a_wrong_password_an_unknown_name_and_a_wrong_code_are_refused_with_the_same_words(gateway: GatewayWorld) -> None:
    async with gateway.runtime.units.open() as uow:
        await uow.connection.execute(text("UPDATE account SET totp_secret = :s WHERE user_name = 'union'"), {"s": pyotp.random_base32()})
    browser = gateway.browser()
    answers = [
        await try_in(browser, "chiyoda", "wrong"),
        await try_in(browser, "nobody", "wrong"),
        await try_in(browser, "union", password_of(gateway, "union"), code="000000"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 3
    shown = {answer.text.split('role="alert">')[1].split("</p>")[0] for answer in answers}
    assert len(shown) == 1
    log = await gateway.rows("SELECT user_name, result, detail FROM access_log ORDER BY number")
    assert [(row.user_name, row.result, row.detail) for row in log] == [
        ("chiyoda", "refused", "password"),
        ("nobody", "refused", "unknown"),
        ("union", "refused", "one-time code"),
    ]


async def test_guessing_locks_an_account_for_a_while_even_for_the_right_password(gateway: GatewayWorld) -> None:
    browser = gateway.browser()
    for _ in range(5):
        await try_in(browser, "chiyoda", "wrong")
    answer = await try_in(browser, "chiyoda", password_of(gateway, "chiyoda"))

    assert answer.status_code == 401
    assert "秒はサインインできません" in answer.text
    assert (await try_in(gateway.browser(), "hachioji", password_of(gateway, "hachioji"))).status_code == 303


def test_the_wait_doubles_with_each_failure_up_to_half_an_hour() -> None:
    waits = [(until - NOW) if (until := locked_until(failures, NOW)) else timedelta() for failures in range(1, 16)]
    assert waits[:4] == [timedelta()] * 4
    assert waits[4:7] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert waits[-1] == LONGEST_DELAY
    assert waits == sorted(waits)


async def test_a_one_time_code_is_set_by_the_person_and_works_once(gateway: GatewayWorld) -> None:
    browser = await gateway.sign_in("chiyoda")
    page = await browser.get("/account")
    secret, csrf = hidden(page, "secret"), hidden(page)
    wrong = await browser.post("/account/one-time-code", data={"csrf": csrf, "secret": secret, "code": "000000"})
    assert wrong.status_code == 400
    earlier = pyotp.TOTP(secret).at(int(time.time()) - 30)
    assert (await browser.post("/account/one-time-code", data={"csrf": csrf, "secret": secret, "code": earlier})).status_code == 303

    code = pyotp.TOTP(secret).now()
    password = password_of(gateway, "chiyoda")
    assert (await try_in(gateway.browser(), "chiyoda", password)).status_code == 401
    assert (await try_in(gateway.browser(), "chiyoda", password, code=code)).status_code == 303
    assert (await try_in(gateway.browser(), "chiyoda", password, code=code)).status_code == 401, "a code that was seen is worth nothing"


async def test_a_form_from_elsewhere_is_refused_and_changes_nothing(gateway: GatewayWorld) -> None:
    browser = await gateway.sign_in("operator")
    csrf = hidden(await browser.get("/console/terminals"))
    act = {"name": "from elsewhere", "municipality_code": ""}
    forged = [
        await browser.post("/console/terminals", data=act),
        await browser.post("/console/terminals", data={**act, "csrf": "0" * 64}),
        await browser.post("/console/terminals", data={**act, "csrf": csrf}, headers={"sec-fetch-site": "cross-site"}),
        await gateway.browser().post("/sign-in", data={"user_name": "x", "password": "y", "csrf": "guess"}),
    ]
    assert [answer.status_code for answer in forged] == [403] * 4
    assert await gateway.value("SELECT count(*) FROM terminal WHERE name = 'from elsewhere'") == 0
    other = await gateway.sign_in("operator")
    assert (await other.post("/console/terminals", data={**act, "csrf": csrf})).status_code == 403, "the token of another session"
    assert (await browser.post("/console/terminals", data={**act, "csrf": csrf})).status_code == 200


async def test_signing_out_ends_the_session_at_once(gateway: GatewayWorld) -> None:
    browser = await gateway.sign_in("chiyoda")
    page = await browser.get("/people")
    kept = dict(browser.cookies)
    await browser.post("/sign-out", data={"csrf": hidden(page)})

    thief = gateway.browser()
    thief.cookies.update(kept)
    assert (await thief.get("/people")).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("idle", ["31 minutes", "13 hours"])
async def test_a_session_ends_when_nothing_is_done_and_after_a_working_day(gateway: GatewayWorld, idle: str) -> None:
    browser = await gateway.sign_in("chiyoda")
    async with gateway.runtime.units.open() as uow:
        column = "seen_at" if "minutes" in idle else "begun_at"
        await uow.connection.execute(text(f"UPDATE session SET {column} = {column} - interval '{idle}'"))
    gateway.app.state.gateway.forget_all_sessions()
    assert (await browser.get("/people")).status_code == 303


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_the_way_back_after_a_sign_in_leads_nowhere_else(gateway: GatewayWorld, target: str) -> None:
    answer = await try_in(gateway.browser(), "chiyoda", password_of(gateway, "chiyoda"), next=target)
    assert answer.headers["location"] == "/"
    redirected = await gateway.browser().get("/people/131016/1?x=1")
    assert parse_qs(urlsplit(redirected.headers["location"]).query)["next"] == ["/people/131016/1"]


async def test_a_terminal_of_another_municipality_is_refused_where_none_binds_itself(gateway: GatewayWorld) -> None:
    async with gateway.runtime.units.open() as uow:
        await uow.connection.execute(text("UPDATE terminal SET binds_itself = false"))
    nowhere = await try_in(gateway.browser(), "chiyoda", password_of(gateway, "chiyoda"))
    assert nowhere.status_code == 401
    assert "登録されていません" in nowhere.text


async def test_the_sample_passwords_are_kept_in_a_file_for_the_owner_alone_and_stay_the_same(gateway: GatewayWorld) -> None:
    before = gateway.sample_file.read_text()
    assert gateway.sample_file.stat().st_mode & 0o777 == 0o600
    await seed.seed(gateway.runtime)
    assert gateway.sample_file.read_text() == before
    passwords = [found["password"] for found in seed.sample_sign_ins(gateway.sample_file)]
    assert len(set(passwords)) == len(passwords) == 8
