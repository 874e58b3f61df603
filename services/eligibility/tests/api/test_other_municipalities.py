"""Never another municipality's people: every route is asked from another municipality, shows nothing and changes nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.clock import uuid7
from chassis.testing import SAMPLE_DAY, Databases
from contracts.envelope import Message
from contracts.events.collection import ArrearsReported
from eligibility_service.bootstrap import SERVICE
from eligibility_service.documents.printing import print_one
from eligibility_service.jobs.following import issue_next
from eligibility_service.store import arrears
from fastapi.routing import APIRoute

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.api.every_route import (
    CHANGED,
    CORRECTION,
    ENTRY,
    FAR,
    LISTED,
    NOTHING,
    OF_THE_UNION,
    ONE,
    OWN,
    PERSON,
    PROTECTION,
    REASON,
    SECRET,
    TWO,
    WHO,
    Known,
    asked_of,
)
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, income, resident


@pytest.fixture
async def window(databases: Databases, keys: Path) -> AsyncIterator[Window]:
    """Two people of Chiyoda, a neighbour of theirs who is alike, and somebody of Hachiōji who is alike too."""
    async with a_window(databases, keys) as found:
        await found.world.hear(
            resident(int(ONE), **WHO),
            resident(int(TWO), **{**WHO, "name": "秘見　次郎", "name_kana": "ヒミ　ジロウ"}, household_number=TWO),
            resident(4713, **WHO, household_number=f"{4713:015d}"),
            resident(int(FAR), municipality=HACHIOJI, name_kana="ヒミ　ハナコ"),
            income(int(ONE)),
        )
        yield found


async def press(window: Window, method: str, path: str, body: object, *, who: dict[str, str]) -> httpx.Response:
    return await window.client.request(method, path, json=body, headers={**who, "Idempotency-Key": str(uuid7())})


async def with_everything(window: Window) -> Known:
    """Something of every kind that the service keeps, of people of Chiyoda; two approvals still wait."""
    first, second = (window.as_("union_staff", of=None, user=user) for user in ("first", "second"))

    async def done(path: str, body: object = None) -> dict[str, Any]:
        answer = await press(window, "POST", path, body, who=first)
        assert answer.status_code in (200, 201), (path, answer.text)
        return dict(answer.json())

    async def approved(asked: dict[str, Any]) -> dict[str, Any]:
        answer = await press(window, "POST", f"/approvals/{asked['approval_id']}/decision", {"approved": True}, who=second)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["outcome"])

    world, two = window.world, f"/people/{CHIYODA}/{TWO}"
    card = await done(f"{OWN}/certificates", {"by_post": True})
    letter = await done(f"{OWN}/letters", {"kind": "acquisition"})
    letters = (await approved(await done(f"{OWN}/delivery-addresses", {**ENTRY, "purpose": "everything"})))["letters"]
    survey = await done(f"{OWN}/residence-surveys", {"cause": "report", "deadline": "2026-08-31"})
    await _report_arrears(window)
    await done(f"{two}/address-protection", PROTECTION)
    release = await approved(await done(f"{two}/address-releases", {"document": "screen", **REASON}))
    while await issue_next(world.units):
        pass
    made = await done("/lists/ledger/files", LISTED)
    entry = await done(f"{OWN}/notices", CHANGED)
    handover_id = await world.value("SELECT handover_id::text FROM handover WHERE handed_on IS NULL")
    pairs = [row["id"] for row in await world.rows("SELECT candidate_id::text AS id FROM duplicate_candidate ORDER BY second_code")]
    assert len(pairs) >= 2, "one within Chiyoda, one with Hachiōji"
    waiting = [await done(f"{OWN}/corrections", CORRECTION), await done(f"/duplicates/{pairs[-1]}/decision", {"is_same": True, **REASON})]
    number = await world.value("SELECT insured_number FROM qualification WHERE resident_number = $1", ONE)
    arrears_letter = await world.value("SELECT letter_id::text FROM arrears_letter")
    return Known(
        number, card["certificate_id"], letter["document_id"], letters[0], arrears_letter, survey["survey_id"], pairs, made["list_id"],
        [one["approval_id"] for one in waiting], release["release_id"], handover_id, entry["entry_id"],
    )  # fmt: skip


async def _report_arrears(window: Window) -> None:
    insured_id = await window.world.value("SELECT insured_id FROM qualification WHERE resident_number = $1", ONE)
    event = ArrearsReported(
        effective_on=SAMPLE_DAY, insured_id=insured_id, municipality_code=CHIYODA, resident_number=ONE, unpaid_amount=54_600,
        oldest_due_on=date(2025, 5, 31),
    )  # fmt: skip
    found = uuid7()
    heard = Message(id=found, source="collection", time=datetime(2026, 7, 13, tzinfo=UTC), event=event, correlation_id=found)
    await window.world.consumer.apply([("on_arrears_reported", heard)])
    async with window.world.units.open() as uow:
        await arrears.show(uow, print_one)


async def contents(window: Window) -> dict[str, tuple[int, str]]:
    """Of every table: its rows and a hash of what stands in them."""
    tables = await window.world.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    found = {}
    for name in sorted(row["relname"] for row in tables):
        query = f"SELECT count(*) AS rows, md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) AS hash FROM \"{name}\" t"
        (row,) = await window.world.rows(query)
        found[name] = row["rows"], row["hash"]
    return found


def shows(answer: httpx.Response, known: Known) -> list[str]:
    """What of the people of Chiyoda stands in an answer."""
    said = text_of(answer.content) if answer.headers.get("content-type") == "application/pdf" else re.sub(r"[\s　]", "", answer.text)
    return [part for part in (*SECRET, ONE, TWO, known.number, known.certificate_id, known.document_id) if part in said]


def test_every_route_is_asked_from_another_municipality() -> None:
    """A new route of eligibility without its line in `_asked` fails here."""
    routes = {
        (method, route.path)
        for router in SERVICE.routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    asked = {(method, route) for route, requests in asked_of(NOTHING).items() for method, _, _ in requests}
    asked |= {("POST", route) for route in ("/approvals/{approval_id}/decision", "/duplicates/{candidate_id}/decision")}
    assert routes == asked | {("GET", "/duplicates/{candidate_id}")}


async def test_the_own_municipality_is_shown_what_another_one_is_not(window: Window) -> None:
    """The next test can fail: the same questions show the people of Chiyoda to Chiyoda and to the union."""
    known = await with_everything(window)
    officer = window.as_("window_clerk", "municipal_manager", "union_staff", of=None, user="third")

    shown = {
        route
        for route, requests in asked_of(known).items()
        for method, path, body in requests
        if method == "GET" and shows(await press(window, method, path, body, who=officer), known)
    }

    assert shown >= {
        "/people", PERSON, f"{PERSON}/entries", "/letters/{document_id}/document", "/lists/{kind}", "/lists/files/{list_id}/{number}",
        "/certificates/{certificate_id}/document", "/deliveries/sending", "/deliveries/register", "/arrears", f"{PERSON}/arrears",
        f"{PERSON}/arrears/letters/{{letter_id}}/document", "/approvals", "/delivery-addresses", f"{PERSON}/delivery-addresses",
        "/delivery-letters/{letter_id}/document", "/address-protections", "/handovers", "/residence-surveys",
        f"{PERSON}/residence-surveys", "/residence-surveys/{survey_id}/document", "/duplicates", "/duplicates/{candidate_id}",
    }  # fmt: skip


async def test_another_municipality_is_shown_nothing_and_changes_nothing(window: Window) -> None:
    """E-18, E-30. Bodies are valid and identifiers are real; only the municipality of the token is another one."""
    known = await with_everything(window)
    clerk = window.as_("window_clerk", "municipal_manager", of=frozenset({HACHIOJI}), user="third")
    with_every_role = window.as_("window_clerk", "municipal_manager", "union_staff", of=frozenset({HACHIOJI}), user="third")
    before = await contents(window)

    wrong = {}
    for route, requests in asked_of(known).items():
        for method, path, body in requests:
            answer = await press(window, method, path, body, who=clerk if route in OF_THE_UNION else with_every_role)
            must_refuse = (method == "POST" or route in OF_THE_UNION) and f"/people/{HACHIOJI}" not in path
            if shows(answer, known) or answer.status_code >= 500 or (must_refuse and answer.status_code not in (403, 404)):
                wrong[f"{method} {path}"] = answer.status_code, answer.text[:300]

    assert wrong == {}
    assert await contents(window) == before


async def test_a_pair_of_two_municipalities_is_shown_to_the_union_alone(window: Window) -> None:
    """E-29. Seen to fail: approvals of such pairs under the first municipality's code showed its clerks the other's person."""
    known = await with_everything(window)
    clerk, union = window.as_("window_clerk", of=frozenset({CHIYODA})), window.as_("union_staff", of=None, user="second")

    to_clerk, to_union = [(await window.client.get("/approvals", headers=who)).json() for who in (clerk, union)]

    assert [one["act"] for one in to_clerk] == ["cancelled"]
    assert FAR not in str(to_clerk)
    (pair,) = [one for one in to_union if one["act"] == "same_person"]
    assert FAR in str(pair["shown"])
    path = f"/approvals/{pair['approval_id']}/decision"
    assert (await press(window, "POST", path, {"approved": True}, who=clerk)).status_code == 403
    assert (await press(window, "POST", path, {"approved": True}, who=union)).status_code == 200
    assert pair["approval_id"] in known.approvals
