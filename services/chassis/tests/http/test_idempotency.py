"""A command with an Idempotency-Key is carried out once, however often and however fast it is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from chassis.testing import Databases

from services.chassis.tests.http.world import Web, a_web


async def _note(web: Web, key: str, text: str, *, user: str = "clerk", **more: Any) -> httpx.Response:
    headers = {**web.token(user), "Idempotency-Key": key}
    return await web.client.post("/notes", headers=headers, json={"text": text, **more})


async def test_the_same_key_gives_the_same_answer_and_does_nothing_more(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        first, second = await _note(web, "a", "one"), await _note(web, "a", "one")
        assert first.status_code == second.status_code == 200
        assert first.json() == second.json()
        assert await web.notes() == ["one"]


async def test_the_same_key_with_another_request_is_refused(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        await _note(web, "a", "one")
        answer = await _note(web, "a", "two")
        assert (answer.status_code, answer.json()["code"]) == (422, "KOKI-409")
        assert await web.notes() == ["one"]


async def test_sent_twice_at_the_same_time_it_is_done_once_and_both_get_the_answer(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        answers = await asyncio.gather(*(_note(web, "a", "one", seconds=0.3) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        assert await web.notes() == ["one"]


async def test_a_refused_command_leaves_its_key_free(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        assert (await _note(web, "a", "one", fails=True)).status_code == 422
        assert (await _note(web, "a", "two")).status_code == 200
        assert await web.notes() == ["two"]


async def test_a_key_belongs_to_the_person_who_sent_it(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        await _note(web, "a", "one", user="clerk.1")
        await _note(web, "a", "two", user="clerk.2")
        assert await web.notes() == ["one", "two"]


async def test_a_command_without_a_key_is_refused(databases: Databases, tmp_path: Path) -> None:
    async with a_web(databases, tmp_path) as web:
        answer = await web.client.post("/notes", headers=web.token(), json={"text": "one"})
        assert (answer.status_code, answer.json()["code"]) == (422, "KOKI-422")
        assert await web.notes() == []
