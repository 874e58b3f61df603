"""Nothing twice: whatever a form sends has one effect, however often and however fast its button is pressed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.testing import Databases
from eligibility_service.bootstrap import SERVICE
from fastapi.routing import APIRoute

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.api.every_route import CORRECTION, DAY, ENTRY, LISTED, NOTICE, PERSON, PROTECTION, REASON
from services.eligibility.tests.people import CHIYODA, income, resident

PRESSES = 4
ELSEWHERE = {f"{PERSON}/copay-notices", f"{PERSON}/arrears/approval", f"{PERSON}/arrears/status-certificate", "/migration/steps"}
"""Not pressed here: each needs a day or a state of its own (a change of rate, a step after arrears, a phase)."""
EFFECTS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    f"{PERSON}/certificates": ("10", "/certificates", "certificate WHERE origin = 'window' AND family = 'card'", {"by_post": True}),
    f"{PERSON}/certificate-applications": (
        "2", "/certificate-applications", "certificate_application", {"subject": "eligibility_confirmation", "applied_on": DAY},
    ),
    f"{PERSON}/notices": ("3", "/notices", "ledger_entry", NOTICE),
    f"{PERSON}/corrections/{{entry_id}}/document": (
        "3", "/corrections/{entry_id}/document", "ledger_document WHERE kind = 'comparison'", {},
    ),
    f"{PERSON}/corrections": ("4", "/corrections", "approval WHERE act = 'cancelled'", CORRECTION),
    f"{PERSON}/letters": ("5", "/letters", "ledger_document WHERE kind = 'acquisition'", {"kind": "acquisition"}),
    f"{PERSON}/delivery-addresses": ("6", "/delivery-addresses", "approval WHERE act = 'delivery_address'", ENTRY),
    f"{PERSON}/delivery-addresses/end": (
        "6", "/delivery-addresses/end", "approval WHERE act = 'delivery_address_end'",
        {"purpose": "premium", "ends_on": "2026-08-01", "applicant": "本人", "relationship": "本人", **REASON},
    ),
    f"{PERSON}/address-protection": ("7", "/address-protection", "address_protection", PROTECTION),
    f"{PERSON}/address-releases": ("7", "/address-releases", "approval WHERE act = 'address_release'", {"document": "screen", **REASON}),
    f"{PERSON}/address-protection/end": ("7", "/address-protection/end", "approval WHERE act = 'address_protection_end'", REASON),
    f"{PERSON}/residence-surveys": ("8", "/residence-surveys", "residence_survey", {"cause": "report", "deadline": "2026-08-31"}),
    f"{PERSON}/receipts-applications": (
        "9", "/receipts-applications", "receipts_application",
        {"applied_on": DAY, "receipts": [{"resident_number": f"{9:015d}", "receipts": 1_000_000}]},
    ),
    "/residence-surveys/{survey_id}/acts": (
        "", "/residence-surveys/{survey_id}/acts", "residence_survey_entry WHERE kind = 'visit'",
        {"act": "visit", "done_on": DAY, "remark": "不在"},
    ),
    "/duplicates/{candidate_id}/decision": (
        "", "/duplicates/{candidate_id}/decision", "approval WHERE act = 'same_person'", {"is_same": False, **REASON},
    ),
    "/lists/{kind}/files": ("", "/lists/ledger/files", "made_list", LISTED),
}  # fmt: skip
"""Route → person, path, the rows that one press adds one of, and the body."""


@pytest.fixture
async def window(databases: Databases, keys: Path) -> AsyncIterator[Window]:
    """Ten people of Chiyoda in households of their own, and one more who is like the first: one person, registered twice."""
    async with a_window(databases, keys) as found:
        kana = "アイウエオカキクケコ"
        people = [resident(n, name_kana=f"{kana[n - 1] * 3}　{kana[n - 1] * 2}", household_number=f"{n:015d}") for n in range(1, 11)]
        await found.world.hear(*people, resident(11, name_kana="アアア　アア", household_number=f"{11:015d}"))
        await found.world.hear(income(9, taxable_income=1_600_000, resident_tax_status="1"))
        yield found


async def press(window: Window, path: str, body: object, *, key: str, user: str = "first") -> httpx.Response:
    headers = {**window.as_("union_staff", of=None, user=user), "Idempotency-Key": key}
    return await window.client.post(path, json=body, headers=headers)


def keyed_routes() -> set[str]:
    """Every route of eligibility that takes an Idempotency-Key."""
    return {
        route.path
        for router in SERVICE.routers
        for route in router.routes
        if isinstance(route, APIRoute) and any(field.alias.lower() == "idempotency-key" for field in route.dependant.header_params)
    }


def test_every_command_with_a_key_is_pressed_twice() -> None:
    assert keyed_routes() == EFFECTS.keys() | ELSEWHERE


async def test_a_form_that_is_sent_four_times_at_once_has_one_effect_and_one_answer(window: Window) -> None:
    """Seen to fail: a list that was asked for by its primary key alone answered 500 to the presses that came second."""
    wrong: dict[str, object] = {}
    for route, (person, path, rows, body) in EFFECTS.items():
        if person:
            path = f"/people/{CHIYODA}/{int(person):015d}{path}"
        for name, table in (("survey_id", "residence_survey"), ("candidate_id", "duplicate_candidate"), ("entry_id", "ledger_entry")):
            if name in path:
                path = path.replace(f"{{{name}}}", str(await window.world.value(f"SELECT {name}::text FROM {table} LIMIT 1")))
        before = await window.world.value(f"SELECT count(*) FROM {rows}")
        answers = await asyncio.gather(*(press(window, path, body, key=f"at-once-{route}"[:100]) for _ in range(PRESSES)))
        answers.append(await press(window, path, body, key=f"at-once-{route}"[:100]))
        added = await window.world.value(f"SELECT count(*) FROM {rows}") - before
        first, *others = [answer.json() for answer in answers]
        if {answer.status_code for answer in answers} != {201} or any(other != first for other in others) or added != 1:
            wrong[route] = added, [(answer.status_code, answer.text[:200]) for answer in answers]
        if route == f"{PERSON}/delivery-addresses":
            await _decided_once(window)

    assert wrong == {}


async def test_what_several_officers_approve_at_once_is_carried_out_once(window: Window) -> None:
    """E-05, E-06"""
    await press(window, f"/people/{CHIYODA}/{4:015d}/corrections", CORRECTION, key="first-request")
    await press(window, f"/people/{CHIYODA}/{6:015d}/delivery-addresses", ENTRY, key="second-request")
    for _ in range(2):
        await _decided_once(window)

    counts = [
        await window.world.value(f"SELECT count(*) FROM {table}") for table in ("ledger_entry", "delivery_address", "delivery_letter")
    ]
    assert counts == [1, 1, 2]


async def _decided_once(window: Window) -> None:
    approval_id = await window.world.value("SELECT approval_id FROM approval WHERE state = 'asked' ORDER BY asked_at DESC LIMIT 1")
    path = f"/approvals/{approval_id}/decision"
    officers = [f"officer.{number}" for number in range(PRESSES)]
    answers = await asyncio.gather(*(press(window, path, {"approved": True}, key="decide", user=user) for user in officers))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404], [answer.text for answer in answers]
