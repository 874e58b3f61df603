"""居所不明者の調査 from the mail that came back to its end; certificates are held meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import CaseClosed, CaseRaised
from eligibility_service.jobs.following import issue_next, remind_today
from eligibility_service.jobs.issue_cards import IssueCards

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.world import another_day

ONE = f"{2:015d}"
PATH = f"/people/{CHIYODA}/{ONE}/residence-surveys"
OPENING = {"cause": "returned_mail", "deadline": "2026-08-12", "remark": "資格確認書が戻った"}


@pytest.fixture
async def window(databases: Databases, keys: Path) -> AsyncIterator[Window]:
    async with a_window(databases, keys) as found:
        await found.world.hear(resident(2, born_on=date(1951, 8, 1)))
        yield found


async def post(window: Window, path: str, body: dict[str, Any] | None = None, *, key: str = "the-first") -> httpx.Response:
    headers = {**window.as_("window_clerk", of=frozenset({CHIYODA})), "Idempotency-Key": key}
    return await window.client.post(path, json=body, headers=headers)


async def act(window: Window, survey_id: str, name: str, key: str) -> httpx.Response:
    return await post(window, f"/residence-surveys/{survey_id}/acts", {"act": name, "done_on": "2026-07-10", "remark": "表札なし"}, key=key)


async def test_a_survey_is_recorded_printed_listed_and_closed_by_its_result(window: Window) -> None:
    """E-17"""
    survey_id = (await post(window, PATH, OPENING)).json()["survey_id"]
    again = await post(window, PATH, OPENING, key="a-second-one")
    too_early = await act(window, survey_id, "removal_asked", "removal-1")
    visited = await act(window, survey_id, "visit", "the-visit")
    clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
    text = text_of((await window.client.get(f"/residence-surveys/{survey_id}/document", headers=clerk)).content)
    listed = (await window.client.get("/residence-surveys", headers=clerk)).json()
    asked = await act(window, survey_id, "removal_asked", "removal-2")

    await window.world.hear(resident(2, 2, status="4", changed_on=date(2026, 7, 12), ended_on=date(2026, 7, 12)))

    assert (again.json()["code"], too_early.json()["code"]) == ("KOKI-E075", "KOKI-E075")
    assert (visited.json()["step"], asked.json()["step"]) == ("surveying", "removal_asked")
    for part in ("居所調査票", "後期花子", "千代田1番1号", "郵便物の返戻", "令和8年8月12日", "訪問", "表札なし"):
        assert part in text, part
    assert [(one["step_term"], len(one["entries"])) for one in listed] == [("調査中", 2)]
    (closed,) = (await window.client.get("/residence-surveys?closed=true", headers=clerk)).json()
    assert (closed["step"], closed["entries"][-1]["remark"]) == ("removed", "住民票が消除されました。")
    assert (await window.client.get("/residence-surveys", headers=clerk)).json() == []
    stranger = window.as_("window_clerk", of=frozenset({HACHIOJI}))
    assert (await window.client.get(f"/residence-surveys/{survey_id}/document", headers=stranger)).status_code == 404


async def test_no_certificate_is_made_while_somebody_is_looked_for(window: Window) -> None:
    """E-17: cards held. Seen to fail without the question for surveys in `make_due`, and without that of `issue-cards`."""
    survey_id = (await post(window, PATH, OPENING)).json()["survey_id"]
    async with another_day(window.world, date(2026, 8, 1)) as birthday:
        await birthday.hear(resident(2, 2, changed_on=date(2026, 7, 20)), resident(9, born_on=date(1940, 1, 1)))
        due = "SELECT resident_number FROM certificate WHERE state = 'due'"
        assert [row["resident_number"] for row in await birthday.rows(due)] == [f"{9:015d}"]
        run_id = await jobs.prepare(IssueCards(), {}, birthday.units, by="tester")
        assert await birthday.value("SELECT count(*) FROM certificate WHERE run_id = $1", run_id) == 0

        await act(window, survey_id, "found", "the-result")
        await jobs.prepare(IssueCards(), {}, birthday.units, by="tester")
        assert sorted(row["resident_number"] for row in await birthday.rows(due)) == [ONE, f"{9:015d}"]


async def test_at_the_window_the_clerk_is_told_that_the_residence_is_unknown(window: Window) -> None:
    """E-17. Seen to fail without the question for surveys in `issue_now`: a certificate was issued."""
    await window.world.hear(resident(9, born_on=date(1940, 1, 1)))
    path = f"/people/{CHIYODA}/{9:015d}"
    await post(window, f"{path}/residence-surveys", OPENING)

    refused = await post(window, f"{path}/certificates", key="the-certificate")

    assert (refused.status_code, refused.json()["code"]) == (409, "KOKI-E074")


async def test_a_deadline_that_passes_reaches_a_person_and_is_closed_by_the_result(window: Window) -> None:
    """E-17"""
    survey_id = (await post(window, PATH, OPENING)).json()["survey_id"]
    for day in (date(2026, 8, 12), date(2026, 8, 13)):
        async with another_day(window.world, day) as then:
            await remind_today(then.units)
    await act(window, survey_id, "found", "the-result")

    said = [message.event for message in await window.world.said() if isinstance(message.event, CaseRaised | CaseClosed)]
    assert [(type(event).__name__, event.kind.value, event.effective_on.day) for event in said] == [
        ("CaseRaised", "survey_overdue", 13), ("CaseClosed", "survey_overdue", 13),
    ]  # fmt: skip


async def test_what_is_due_already_is_not_printed_while_somebody_is_looked_for(window: Window) -> None:
    """E-17: cards held, also one that was due before the survey began. Seen to fail without the question for surveys in `take_due`."""
    await window.world.hear(resident(9, born_on=date(1940, 1, 1)))
    path = f"/people/{CHIYODA}/{9:015d}/residence-surveys"
    survey_id = (await post(window, path, OPENING)).json()["survey_id"]
    held = await issue_next(window.world.units)
    await act(window, survey_id, "found", "the-result")

    assert (held, await issue_next(window.world.units)) == (False, True)
