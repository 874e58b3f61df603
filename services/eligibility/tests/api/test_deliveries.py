"""送付先: the wrong case's address is asked about, a second officer compares, and both addresses are told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from chassis.database import driver
from chassis.testing import Databases

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident

ONE, TWO = (f"{number:015d}" for number in (2, 8))
ENTRY: dict[str, Any] = {
    "purpose": "everything", "applicant": "後期　一郎", "relationship": "長男", "recipient": "後期　一郎", "postal_code": "1500001",
    "address": ["東京都渋谷区神宮前1丁目2番3号", "さくら荘101"], "valid_from": "2026-07-01", "valid_until": None, "reason": "施設に入所",
}  # fmt: skip
ELSEWHERE = {**ENTRY, "postal_code": "1600022", "address": ["東京都新宿区新宿5丁目6番7号"]}


@pytest.fixture
async def window(databases: Databases, keys: Path) -> AsyncIterator[Window]:
    async with a_window(databases, keys) as found:
        await found.world.hear(resident(2), resident(8, name="別人　八郎", name_kana="ベツジン　ハチロウ", born_on="1938-01-01"))
        yield found


async def ask(window: Window, number: str, entry: dict[str, Any], *, rest: str = "", key: str = "1", user: str = "first") -> httpx.Response:
    headers = {**window.as_("window_clerk", of=frozenset({CHIYODA}), user=user), "Idempotency-Key": f"{user}-{number}-{key}"}
    return await window.client.post(f"/people/{CHIYODA}/{number}/delivery-addresses{rest}", json=entry, headers=headers)


async def decide(window: Window, *, by: str = "second") -> httpx.Response:
    second = window.as_("window_clerk", of=frozenset({CHIYODA}), user=by)
    (waiting,) = (await window.client.get("/approvals", headers=second)).json()
    return await window.client.post(f"/approvals/{waiting['approval_id']}/decision", json={"approved": True}, headers=second)


async def test_an_entry_of_the_same_day_and_user_for_somebody_else_is_shown_and_must_be_confirmed(window: Window) -> None:
    """I-35."""
    assert (await ask(window, ONE, ENTRY)).status_code == 201

    checked = await ask(window, TWO, ELSEWHERE, rest="/check")
    unconfirmed = await ask(window, TWO, ELSEWHERE)
    confirmed = await ask(window, TWO, {**ELSEWHERE, "confirmed": True}, key="2")

    assert checked.json()["insured"]["name"] == "別人　八郎"
    (warning,) = checked.json()["warnings"]
    assert "後期　花子" in warning
    assert ONE in warning
    assert (unconfirmed.status_code, unconfirmed.json()["code"]) == (409, "KOKI-E070")
    assert confirmed.status_code == 201


async def test_the_same_terminal_is_enough_and_another_one_with_another_address_asks_nothing(window: Window) -> None:
    """I-35"""
    await ask(window, ONE, ENTRY)
    assert (await ask(window, TWO, ELSEWHERE, user="other")).json()["code"] == "KOKI-E070", "everybody in these tests sits at terminal-1"
    async with window.world.units.open() as uow:
        await (await driver(uow.connection)).execute("UPDATE approval SET content = jsonb_set(content, '{terminal}', '\"terminal-9\"')")

    assert (await ask(window, TWO, ELSEWHERE, user="other", key="2")).status_code == 201


async def test_the_other_cases_address_is_noticed_however_it_is_written_and_whenever_it_was_entered(window: Window) -> None:
    """I-35: the funeral decision went to the address of another case."""
    await ask(window, ONE, ENTRY)
    await decide(window)
    async with window.world.units.open() as uow:
        await (await driver(uow.connection)).execute("UPDATE approval SET asked_at = asked_at - interval '40 days'")

    written_otherwise = {**ENTRY, "address": ["東京都渋谷区神宮前１－２－３　さくら荘１０１"], "recipient": "別人　八郎"}
    (warning,) = (await ask(window, TWO, written_otherwise, rest="/check", user="other")).json()["warnings"]

    assert "同じ住所" in warning
    assert "後期　花子" in warning


async def test_the_second_officer_sees_the_insured_and_both_addresses_and_nothing_holds_before(window: Window) -> None:
    """I-36"""
    await ask(window, ONE, ENTRY)
    second = window.as_("window_clerk", of=frozenset({CHIYODA}), user="second")
    (waiting,) = (await window.client.get("/approvals", headers=second)).json()
    own = await decide(window, by="first")

    shown = waiting["shown"]
    assert "後期　花子" in shown["被保険者"]
    assert "00000001" in shown["被保険者"]
    assert "千代田1番1号" in shown["いまの送付先"]
    assert "神宮前" in shown["新しい送付先"]
    assert own.json()["code"] == "KOKI-E011"
    assert await window.world.value("SELECT count(*) FROM delivery_address") == 0


async def test_after_the_approval_a_letter_goes_to_the_old_and_to_the_new_address_and_names_no_other(window: Window) -> None:
    """I-36, E-30"""
    await ask(window, ONE, ENTRY)
    outcome = (await decide(window)).json()["outcome"]
    clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
    stranger = window.as_("window_clerk", of=frozenset({HACHIOJI}))

    old, new = [
        text_of((await window.client.get(f"/delivery-letters/{one}/document", headers=clerk)).content) for one in outcome["letters"]
    ]

    assert "千代田1番1号" in old
    assert "神宮前" not in old
    assert "お送りしません" in old
    assert "神宮前1丁目2番3号" in new
    assert "千代田1番1号" not in new
    assert "お送りします" in new
    for text in (old, new):
        assert "後期花子" in text
        assert "00000001" in text
        assert "令和8年7月1日" in text
    assert (await window.client.get(f"/delivery-letters/{outcome['letters'][0]}/document", headers=stranger)).status_code == 404
    listed = (await window.client.get("/delivery-addresses", headers=clerk)).json()
    assert [(one["resident_number"], one["postal_code"]) for one in listed] == [(ONE, "1500001")]
    assert (await window.client.get("/delivery-addresses", headers=stranger)).json() == []


async def test_a_later_entry_cuts_the_earlier_one_in_both_times_and_the_end_goes_back_to_the_register(window: Window) -> None:
    """E-30"""
    await ask(window, ONE, ENTRY)
    await decide(window)
    await ask(window, ONE, {**ELSEWHERE, "valid_from": "2026-09-01"}, key="2")
    await decide(window)

    known = "SELECT postal_code, valid_during::text AS valid FROM delivery_address WHERE upper_inf(recorded_during) ORDER BY valid_during"
    assert [(row["postal_code"], row["valid"]) for row in await window.world.rows(known)] == [
        ("1500001", "[2026-07-01,2026-09-01)"), ("1600022", "[2026-09-01,)"),
    ]  # fmt: skip
    assert await window.world.value("SELECT count(*) FROM delivery_address") == 3, "what was believed before stays"

    end = {"purpose": "everything", "ends_on": "2026-08-01", "applicant": "本人", "relationship": "本人", "reason": "退所"}
    assert (await ask(window, ONE, end, rest="/end", key="3")).status_code == 201
    letters = (await decide(window)).json()["outcome"]["letters"]
    assert [row["valid"] for row in await window.world.rows(known)] == ["[2026-07-01,2026-08-01)"]
    clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
    new = text_of((await window.client.get(f"/delivery-letters/{letters[1]}/document", headers=clerk)).content)
    assert re.search("千代田1番1号", new)


async def test_periods_must_be_right_and_another_municipality_is_refused(window: Window) -> None:
    backwards = await ask(window, ONE, {**ENTRY, "valid_until": "2026-07-01"})
    nothing_to_end = await ask(
        window,
        ONE,
        {"purpose": "benefit", "ends_on": "2026-08-01", "applicant": "本人", "relationship": "本人", "reason": "退所"},
        rest="/end",
    )
    stranger = {**window.as_("window_clerk", of=frozenset({HACHIOJI})), "Idempotency-Key": "from-another-city"}
    foreign = await window.client.post(f"/people/{CHIYODA}/{ONE}/delivery-addresses", json=ENTRY, headers=stranger)

    assert (backwards.status_code, backwards.json()["code"]) == (422, "KOKI-E071")
    assert (nothing_to_end.status_code, foreign.status_code) == (404, 403)


async def test_two_addresses_for_one_purpose_and_day_cannot_be_stored(window: Window) -> None:
    await ask(window, ONE, ENTRY)
    await decide(window)

    with pytest.raises(asyncpg.ExclusionViolationError):
        async with window.world.units.open() as uow:
            await (await driver(uow.connection)).execute("INSERT INTO delivery_address SELECT * FROM delivery_address")
