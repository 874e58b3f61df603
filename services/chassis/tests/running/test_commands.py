"""The command line of every service: `python -m <x>_service all | api | worker | migrate | job NAME | openapi`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from chassis.run import main
from chassis.runtime import Service
from chassis.testing import Databases

from services.chassis.tests.jobs.counting import Counting, a_database, counted

ROOT = Path("services/collection")


def _service(job: Counting) -> Service:
    return Service(name="collection", title="Koki test", root=ROOT, jobs=(job,))


def test_the_description_of_the_api_needs_neither_settings_nor_servers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_service(Counting()), ["openapi"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["info"]["title"] == "Koki test"
    assert "/operations/summary" in described["paths"]


def test_a_word_that_is_no_command_is_answered_in_japanese_and_with_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_service(Counting()), ["dance"]) == 2
    assert "指定が分かりません: dance" in capsys.readouterr().err


async def test_a_job_shows_its_preview_and_does_nothing_without_a_name_that_approves(
    databases: Databases, broker: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    database = await a_database(databases)
    for name, value in {"DATABASE_URL": database.url, "BROKER_URL": broker, "OBJECT_STORE": str(tmp_path)}.items():
        monkeypatch.setenv(f"KOKI_{name}", value)
    service = _service(Counting())
    async with database.units() as units:
        assert await asyncio.to_thread(main, service, ["job", "count", "month=2026-07"]) == 0
        shown = capsys.readouterr().err
        assert "50 件" in shown
        assert '"numbers": 50' in shown
        assert "approved_by=" in shown
        assert await counted(units) == []

        assert await asyncio.to_thread(main, service, ["job", "count", "approved_by=head of section"]) == 0
        assert json.loads(capsys.readouterr().out) == {"totals": {"counted": 50, "sum": 1275}, "differences": {}}
        assert await counted(units) == list(range(1, 51))


async def test_a_job_that_does_not_agree_ends_with_an_error_and_an_unknown_one_names_those_there_are(
    databases: Databases, broker: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    database = await a_database(databases)
    for name, value in {"DATABASE_URL": database.url, "BROKER_URL": broker, "OBJECT_STORE": str(tmp_path)}.items():
        monkeypatch.setenv(f"KOKI_{name}", value)
    service = _service(Counting(forgets=True))
    assert await asyncio.to_thread(main, service, ["job", "count", "approved_by=officer"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"] == {"stored": 49, "counted": 50}
    assert await asyncio.to_thread(main, service, ["job", "nothing"]) == 2
    assert "あるもの: count" in capsys.readouterr().err
