"""Acts that need a second officer: nobody approves their own, and what was approved is done once, with the decision."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from chassis import approvals
from chassis.approvals import Act, Approval
from chassis.database import driver
from chassis.testing import Databases
from chassis.unit_of_work import UnitOfWork
from eligibility_service.api.acts import ACTS

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.people import CHIYODA, HACHIOJI

ALL, OWN = None, frozenset({CHIYODA})


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What an invented act has done."""
    done: list[dict[str, Any]] = []

    async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
        done.append(asked.content)
        return {"rows": len(done)}

    monkeypatch.setitem(
        ACTS, "invented", Act("試験の処理", frozenset({"union_staff"}), lambda asked: {"日付": asked.content["day"]}, carry_out)
    )
    return done


async def asked_for(window: Window, *, by: str = "first", municipality: str = CHIYODA) -> UUID:
    async with window.world.units.open() as uow:
        return await approvals.ask(
            uow, act="invented", municipality_code=municipality, resident_number="1", content={"day": "2026-07-01"}, reason="誤り", by=by
        )


async def test_an_approved_act_is_carried_out_once_and_keeps_its_outcome(
    databases: Databases, keys: Path, carried_out: list[dict[str, Any]]
) -> None:
    async with a_window(databases, keys) as window:
        approval_id = await asked_for(window)
        second = window.as_("union_staff", of=ALL, user="second")
        (listed,) = (await window.client.get("/approvals", headers=second)).json()

        first_press = await window.client.post(f"/approvals/{approval_id}/decision", headers=second, json={"approved": True})
        second_press = await window.client.post(f"/approvals/{approval_id}/decision", headers=second, json={"approved": True})

        assert (listed["term"], listed["may_decide"], listed["shown"]) == ("試験の処理", True, {"日付": "2026-07-01"})
        assert (first_press.status_code, first_press.json()["outcome"]) == (200, {"rows": 1})
        assert second_press.status_code == 404
        assert carried_out == [{"day": "2026-07-01"}]
        (kept,) = (await window.client.get("/approvals?state=approved", headers=second)).json()
        assert (kept["decided_by"], kept["outcome"]) == ("second", {"rows": 1})


async def test_whoever_asked_cannot_approve_neither_by_the_interface_nor_in_the_table(
    databases: Databases, keys: Path, carried_out: list[dict[str, Any]]
) -> None:
    """Both guards were removed one after the other, and each half of this test failed."""
    async with a_window(databases, keys) as window:
        approval_id = await asked_for(window, by="same")

        answer = await window.client.post(
            f"/approvals/{approval_id}/decision", headers=window.as_("union_staff", of=ALL, user="same"), json={"approved": True}
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-E011")
        assert carried_out == []
        with pytest.raises(asyncpg.CheckViolationError, match="approval_by_another"):
            async with window.world.units.open() as uow:
                await (await driver(uow.connection)).execute(
                    "UPDATE approval SET state = 'approved', decided_by = asked_by, decided_at = now()"
                )


async def test_an_act_is_decided_by_those_it_names_and_seen_by_its_municipality_alone(
    databases: Databases, keys: Path, carried_out: list[dict[str, Any]]
) -> None:
    async with a_window(databases, keys) as window:
        here, there = await asked_for(window), await asked_for(window, municipality=HACHIOJI)
        clerk = window.as_("window_clerk", of=OWN, user="clerk")

        listed = (await window.client.get("/approvals", headers=clerk)).json()
        answers = [
            (await window.client.post(f"/approvals/{found}/decision", headers=clerk, json={"approved": True})).status_code
            for found in (here, there)
        ]

        assert [(found["approval_id"], found["may_decide"]) for found in listed] == [(str(here), False)]
        assert answers == [403, 403]
        assert carried_out == []


async def test_a_refusal_needs_a_remark_and_carries_nothing_out(
    databases: Databases, keys: Path, carried_out: list[dict[str, Any]]
) -> None:
    async with a_window(databases, keys) as window:
        approval_id = await asked_for(window)
        second = window.as_("union_staff", of=ALL, user="second")
        path = f"/approvals/{approval_id}/decision"

        bare = await window.client.post(path, headers=second, json={"approved": False})
        declined = await window.client.post(path, headers=second, json={"approved": False, "remark": "日付が違います"})

        assert (bare.status_code, bare.json()["code"]) == (422, "KOKI-E010")
        assert declined.status_code == 200
        (kept,) = (await window.client.get("/approvals?state=declined", headers=second)).json()
        assert (kept["remark"], kept["outcome"], carried_out) == ("日付が違います", None, [])
