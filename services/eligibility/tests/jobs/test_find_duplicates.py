"""名寄せ: found in the whole union and for one acquisition, decided by two officers, kept in two times."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chassis import jobs
from chassis.testing import Databases
from eligibility_service.jobs import find_duplicates
from eligibility_service.jobs.find_duplicates import FindDuplicates

from services.eligibility.tests.api.conftest import Window, a_window, keys
from services.eligibility.tests.people import CHIYODA, HACHIOJI, OKUTAMA, resident
from services.eligibility.tests.world import World, a_world

__all__ = ["keys"]
PAIRS = "SELECT first_number::int AS a, second_number::int AS b FROM duplicate_candidate ORDER BY 1, 2"
LINKS = """
SELECT first_number::int AS a, second_number::int AS b, is_same, ground FROM same_person WHERE upper_inf(recorded_during) ORDER BY 1, 2
"""


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    async with a_world(databases) as found:
        yield found


async def run(world: World) -> dict[str, Any]:
    run_id = await jobs.prepare(FindDuplicates(), {}, world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    return await jobs.execute(FindDuplicates(), run_id, world.units)


def some(number: int, **changed: Any) -> Any:
    """People of one birthday whose names have nothing in common, unless said otherwise."""
    names = ("アイウ　エオカ", "サシス　セソタ", "ナニヌ　ネノハ", "マミム　メモヤ", "ラリル　レロワ", "ガギグ　ゲゴザ")
    return resident(number, **{"name_kana": names[number % 6], "address_number": f"{number}番", **changed})


async def test_the_run_finds_who_may_be_one_person_links_only_full_agreement_and_leaves_chance_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E-29, I-42"""
    monkeypatch.setattr(find_duplicates, "PEOPLE", 3)
    alike = {"name_kana": "コウキ　ハナコ", "address_number": "77番"}
    people = [
        some(1, **alike), some(2, municipality=HACHIOJI, **alike),  # all four agree, in two municipalities, and nobody else
        some(21, name_kana="ドウジ　フタリ", address_number="88番"),
        some(22, name_kana="ドウジ　フタリ", address_number="88番"),  # the same in one municipality, whose register says that they are two
        some(3), some(4), some(5),  # one birthday, one sex, nothing else
        some(11, born_on=date(1938, 2, 3), name_kana="ベツノ　ヒト"),
        some(12, born_on=date(1938, 3, 2), name_kana="ベツノ　ヒト", address_number="11番"),
    ]  # fmt: skip
    await world.hear(*people, packed=True)
    await world.hear(some(6, municipality=HACHIOJI, name_kana="ハヒフ　ヘホバ"), some(18, name_kana="ハヒフ　ヘホビ"), packed=True)

    first = await run(world)
    again = await run(world)

    assert [(row["a"], row["b"]) for row in await world.rows(PAIRS)] == [(1, 2), (11, 12), (18, 6), (21, 22)]
    assert [tuple(row.values()) for row in await world.rows(LINKS)] == [(1, 2, True, "four_attributes")]
    assert (first["differences"], again["differences"], again["totals"]["linked"]) == ({}, {}, 0)


async def test_three_who_agree_in_everything_are_ambiguous_and_wait_for_a_person(world: World) -> None:
    """I-42"""
    alike = {"name_kana": "コウキ　ハナコ", "address_number": "77番"}
    await world.hear(
        *(some(number, municipality=code, **alike) for number, code in ((1, CHIYODA), (2, HACHIOJI), (3, OKUTAMA))), packed=True
    )
    await run(world)

    assert [(row["a"], row["b"]) for row in await world.rows(PAIRS)] == [(1, 2), (1, 3), (2, 3)]
    assert await world.rows(LINKS) == []


async def test_a_single_acquisition_is_compared_at_once_and_a_pack_waits_for_the_run(world: World) -> None:
    """E-29"""
    await world.hear(some(1, name_kana="コウキ　ハナコ"), packed=True)
    await world.hear(some(2, name_kana="コウキ　ハナコ", municipality=HACHIOJI), packed=True)
    assert await world.rows(PAIRS) == []

    await world.hear(some(3, name_kana="コウキ　ハナエ"))

    assert sorted((row["a"], row["b"]) for row in await world.rows(PAIRS)) == [(1, 3), (3, 2)]


async def test_whoever_moved_within_the_union_is_found_by_the_address_left_behind(world: World) -> None:
    """E-29: the surname was written otherwise, but the earlier address of one is the present one of the other."""
    await world.hear(some(1, name_kana="サイトウ　ハナコ"), packed=True)
    await world.hear(some(1, sequence=2, name_kana="サイトウ　ハナコ", address_number="50番", changed_on=date(2020, 1, 1)), packed=True)
    moved = {"status": "2", "changed_on": date(2024, 1, 1), "ended_on": date(2024, 1, 1), "address_number": "50番"}
    await world.hear(some(1, sequence=3, name_kana="サイトウ　ハナコ", **moved), packed=True)
    await world.hear(some(2, name_kana="ワタナベ　ハナコ", address_number="1番"), packed=True)

    await run(world)

    (found,) = await world.rows("SELECT earlier_address_agrees, address_agrees FROM duplicate_candidate")
    assert found == {"earlier_address_agrees": True, "address_agrees": False}


async def test_two_officers_decide_and_a_decision_can_be_put_right(databases: Databases, keys: Path) -> None:
    """E-29"""
    async with a_window(databases, keys) as window:
        await window.world.hear(some(1, name_kana="コウキ　ハナコ"), some(2, name_kana="コウキ　ハナコ"))
        candidate = await window.world.value("SELECT candidate_id::text FROM duplicate_candidate")
        await _protect(window, 1)

        await _decide(window, candidate, same=True, key="the-first")
        protected = await window.world.rows("SELECT resident_number::int AS n FROM resident_shown WHERE address_withheld ORDER BY 1")
        await _decide(window, candidate, same=False, key="the-second")

        assert [tuple(row.values()) for row in await window.world.rows(LINKS)] == [(1, 2, False, "officers")]
        assert await window.world.value("SELECT count(*) FROM same_person WHERE is_same AND NOT upper_inf(recorded_during)") == 1
        assert [row["n"] for row in protected] == [1, 2], "what protects one protects both"


async def _protect(window: Window, number: int) -> None:
    body = {"applicant": "本人", "ground": "other", "valid_from": "2026-07-01", "expires_on": "2027-06-30"}
    headers = {**window.as_("union_staff", of=None), "Idempotency-Key": "protect-this-person"}
    answer = await window.client.post(f"/people/{CHIYODA}/{number:015d}/address-protection", json=body, headers=headers)
    assert answer.status_code == 201, answer.text


async def _decide(window: Window, candidate: str, *, same: bool, key: str) -> None:
    first = {**window.as_("union_staff", of=None, user="first"), "Idempotency-Key": key}
    asked = await window.client.post(f"/duplicates/{candidate}/decision", json={"is_same": same, "reason": "本人に確認"}, headers=first)
    twice = {**first, "Idempotency-Key": f"{key}-again"}
    again = await window.client.post(f"/duplicates/{candidate}/decision", json={"is_same": same, "reason": "本人に確認"}, headers=twice)
    assert (asked.status_code, again.json()["code"]) == (201, "KOKI-E077")
    second = window.as_("union_staff", of=None, user="second")
    done = await window.client.post(f"/approvals/{asked.json()['approval_id']}/decision", json={"approved": True}, headers=second)
    assert done.status_code == 200, done.text
