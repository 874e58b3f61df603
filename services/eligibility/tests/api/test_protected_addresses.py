"""支援措置: no route and no paper of eligibility shows the address of a protected person or of the household."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import obstore
import pytest
from chassis import jobs
from chassis.testing import Databases
from eligibility_service.bootstrap import SERVICE
from eligibility_service.jobs.issue_cards import IssueCards
from fastapi.routing import APIRoute

from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.api.test_arrears import report
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, resident

VICTIM, MEMBER, OTHER = (f"{number:015d}" for number in (2, 3, 4))
SECRET = ("隠田", "9876543", "7丁目77番", "隠れ荘")
"""Town, postal code, number and building of the protected address; no other text of the tests has them."""
WHERE: dict[str, Any] = {
    "address_town": SECRET[0], "postal_code": SECRET[1], "address_number": SECRET[2], "address_building": SECRET[3],
}  # fmt: skip
PROTECTION = {"applicant": "本人", "ground": "domestic_violence", "valid_from": "2026-07-01", "expires_on": "2027-06-30", "remark": ""}
ENTRY = {
    "purpose": "everything", "applicant": "後期　一郎", "relationship": "長男", "recipient": "後期　一郎", "postal_code": SECRET[1],
    "address": [f"東京都渋谷区{SECRET[0]}{SECRET[2]}"], "valid_from": "2026-07-01", "valid_until": None, "reason": "施設に入所",
}  # fmt: skip
LIST = {"municipality": CHIYODA, "form": "csv", "place": "千代田区"}
NO_ADDRESS = {
    "/approvals/{approval_id}/decision": "a decision, answered with its outcome",
    "/operations/insured-numbers/{number}": "a number and a code",
    "/people/{municipality_code}/{resident_number}/address-releases/{release_id}/use": "the privileged act itself, tested below",
    "/handovers/{handover_id}": "answers with its own id",
    "/certificates/{certificate_id}/delivery": "answers with its own id",
    "/certificates/{certificate_id}/collection": "answers with its own id",
    "/print-files/sent": "a count",
    "/migration/plan": "days and municipalities, no people",
    "/migration/milestones/{milestone}": "a day, no people",
    "/migration/steps": "a step, no people",
}
"""Routes that are not asked here, each with its reason. A route that is neither here nor in `_asked` fails the test."""
PROVED = {
    "copay_notice": "test_copay_notices",
    "card": "below", "delivery_letter": "by its route", "survey_sheet": "by its route",
    "arrears_letter": "test_protected_papers", "eligibility_notice": "test_protected_papers", "ledger_letter": "test_protected_papers",
    "limit_certificate": "test_protected_papers", "specific_disease_certificate": "test_protected_papers",
}  # fmt: skip
PAPERS = {found.parent.name for found in Path("services/eligibility/eligibility_service/documents").glob("*/*.typ")}


@dataclass(frozen=True)
class Found:
    """What a protected person has in the registers."""

    certificate_id: str
    letter_ids: list[str]
    survey_id: str
    candidate_id: str
    ledger_letter_id: str
    arrears_letter_id: str
    list_id: str


def _asked(found: Found) -> dict[str, list[tuple[str, str, object]]]:
    """Every route that could carry an address → method, path and body with which it is asked about the protected person."""
    own = "/people/{municipality_code}/{resident_number}"
    paths = [f"/people/{CHIYODA}/{number}" for number in (VICTIM, MEMBER)]

    def get(rest: str = "") -> list[tuple[str, str, object]]:
        return [("GET", path + rest, None) for path in paths]

    def post(rest: str, body: object = None) -> list[tuple[str, str, object]]:
        return [("POST", path + rest, body) for path in paths]

    reason = {"reason": "確認のため"}
    moved = {
        "effective_on": "2026-07-10", "notified_on": "2026-07-13", "late_reason": "", "reason": "",
        "content": {"kind": "loss_notified", "cause": "other"},
    }  # fmt: skip
    cancelled = {"content": {"kind": "cancelled", "acquired_on": "2015-05-05"}, **reason}
    days = "first_day=2026-07-01&last_day=2026-07-31"
    lists = [("ledger", ""), ("changes", days), ("reached", days), ("expected", days)]
    return {
        "/arrears": [("GET", "/arrears", None)],
        f"{own}/arrears": get("/arrears"),
        f"{own}/arrears/explanation": post("/arrears/explanation", {"text": "入院していた"}),
        f"{own}/arrears/approval": post("/arrears/approval", {"act": "arrears_remedy", **reason}),
        f"{own}/arrears/end": post("/arrears/end"),
        f"{own}/arrears/status-certificate": post("/arrears/status-certificate"),
        f"{own}/arrears/letters/{{letter_id}}/document": get(f"/arrears/letters/{found.arrears_letter_id}/document"),
        f"{own}/certificate-applications": [
            *get("/certificate-applications"),
            *post("/certificate-applications", {"subject": "eligibility_confirmation", "applied_on": "2026-07-13"}),
        ],
        f"{own}/certificate-applications/{{subject}}/withdrawal": post(
            "/certificate-applications/eligibility_confirmation/withdrawal", {"withdrawn": True}
        ),
        "/deliveries/sending": [("GET", "/deliveries/sending", None)],
        "/deliveries/returned": [("GET", "/deliveries/returned", None)],
        "/deliveries/uncollected": [("GET", "/deliveries/uncollected?expired_too=true", None)],
        "/deliveries/register": [("GET", "/deliveries/register?first=2026-07-01&last=2026-07-31", None)],
        "/print-files": [("GET", "/print-files", None)],
        "/exchange": [("GET", "/exchange", None)],
        "/card-holdings": [("GET", "/card-holdings", None)],
        "/copay-waits": [("GET", "/copay-waits", None)],
        f"{own}/copay-rates": get("/copay-rates"),
        f"{own}/copay-notices": post("/copay-notices", {"valid_from": "2025-08-01"}),
        f"{own}/receipts-applications": post(
            "/receipts-applications", {"applied_on": "2026-07-13", "receipts": [{"resident_number": VICTIM, "receipts": 1}]}
        ),
        f"{own}/entries": get("/entries"),
        f"{own}/notices": post("/notices", moved),
        f"{own}/notices/preview": post("/notices/preview", moved),
        f"{own}/corrections": post("/corrections", cancelled),
        f"{own}/corrections/preview": post("/corrections/preview", cancelled),
        f"{own}/letters": post("/letters", {"kind": "acquisition"}),
        "/letters/{document_id}/document": [("GET", f"/letters/{found.ledger_letter_id}/document", None)],
        "/ledger/certified": [("GET", "/ledger/certified", None)],
        "/ledger/disability-applications": [("GET", "/ledger/disability-applications", None)],
        "/ledger/domicile-exceptions": [("GET", "/ledger/domicile-exceptions", None)],
        "/lists/{kind}": [("GET", f"/lists/{kind}?municipality={CHIYODA}&{which}", None) for kind, which in lists],
        "/lists/{kind}/files": [("POST", "/lists/ledger/files", LIST)],
        "/lists/files": [("GET", "/lists/files", None)],
        "/lists/files/{list_id}/{number}": [("GET", f"/lists/files/{found.list_id}/1", None)],
        "/migration": [("GET", "/migration", None)],
        "/migration/results": [("GET", "/migration/results", None)],
        "/people": [("GET", f"/people?{which}", None) for which in (f"number={VICTIM}", "kana=コウキ", "born_on=1940-05-05")],
        own: get(),
        f"{own}/certificates": post("/certificates"),
        "/certificates/{certificate_id}/document": [("GET", f"/certificates/{found.certificate_id}/document", None)],
        "/approvals": [("GET", f"/approvals?state={state}", None) for state in ("asked", "approved")],
        "/delivery-addresses": [("GET", "/delivery-addresses", None)],
        f"{own}/delivery-addresses": [*get("/delivery-addresses"), *post("/delivery-addresses", ENTRY)],
        f"{own}/delivery-addresses/check": post("/delivery-addresses/check", ENTRY),
        f"{own}/delivery-addresses/end": post(
            "/delivery-addresses/end",
            {"purpose": "everything", "ends_on": "2026-08-01", "applicant": "本人", "relationship": "本人", **reason},
        ),
        "/delivery-letters/{letter_id}/document": [("GET", f"/delivery-letters/{letter}/document", None) for letter in found.letter_ids],
        "/address-protections": [("GET", "/address-protections", None)],
        f"{own}/address-protection": [*get("/address-protection"), *post("/address-protection", PROTECTION)],
        f"{own}/address-protection/end": post("/address-protection/end", reason),
        f"{own}/address-releases": post("/address-releases", {"document": "screen", **reason}),
        "/handovers": [("GET", "/handovers", None)],
        "/residence-surveys": [("GET", "/residence-surveys", None), ("GET", "/residence-surveys?closed=true", None)],
        f"{own}/residence-surveys": [
            *get("/residence-surveys"), *post("/residence-surveys", {"cause": "report", "deadline": "2026-08-31", "remark": ""}),
        ],
        "/residence-surveys/{survey_id}/acts": [
            ("POST", f"/residence-surveys/{found.survey_id}/acts", {"act": "visit", "done_on": "2026-07-10", "remark": "不在"})
        ],
        "/residence-surveys/{survey_id}/document": [("GET", f"/residence-surveys/{found.survey_id}/document", None)],
        "/duplicates": [("GET", "/duplicates", None), ("GET", "/duplicates?decided=true", None)],
        "/duplicates/{candidate_id}": [("GET", f"/duplicates/{found.candidate_id}", None)],
        "/duplicates/{candidate_id}/decision": [("POST", f"/duplicates/{found.candidate_id}/decision", {"is_same": False, **reason})],
    }  # fmt: skip


@pytest.fixture
async def window(databases: Databases, keys: Path) -> AsyncIterator[Window]:
    """Two people of one household at the secret address, and a neighbour."""
    async with a_window(databases, keys) as found:
        await found.world.hear(resident(2, **WHERE), resident(3, name="後期　次郎", name_kana="コウキ　ジロウ", **WHERE), resident(4))
        yield found


async def ask(window: Window, method: str, path: str, body: object = None, *, user: str = "first", number: int = 0) -> httpx.Response:
    headers = {**window.as_("union_staff", of=None, user=user), "Idempotency-Key": f"{user}-{number}-{crc32(path.encode())}"}
    return await window.client.request(method, path, json=body, headers=headers)


async def approve_all(window: Window, *, by: str = "second") -> list[dict[str, object]]:
    waiting = (await ask(window, "GET", "/approvals", user=by)).json()
    done = [await ask(window, "POST", f"/approvals/{one['approval_id']}/decision", {"approved": True}, user=by) for one in waiting]
    assert all(answer.status_code == 200 for answer in done), [answer.text for answer in done]
    return [answer.json()["outcome"] for answer in done]


async def with_everything(window: Window) -> Found:
    """What shows an address, of each kind, from before the protection: cards, letters, a list, a place for post, a survey, a duplicate."""
    path = f"/people/{CHIYODA}/{VICTIM}"
    card = (await ask(window, "POST", f"{path}/certificates")).json()
    assert (await ask(window, "POST", f"{path}/certificates", {"by_post": True}, number=2)).status_code == 201
    ledger_letter = (await ask(window, "POST", f"{path}/letters", {"kind": "acquisition"})).json()
    await report(window.world, date(2026, 7, 13), oldest=date(2025, 5, 31), number=2)
    arrears_letter_id = await window.world.value("SELECT letter_id::text FROM arrears_letter")
    list_id = (await ask(window, "POST", "/lists/ledger/files", LIST)).json()["list_id"]
    assert (await ask(window, "POST", f"{path}/delivery-addresses", ENTRY)).status_code == 201
    (outcome,) = await approve_all(window)
    await ask(window, "POST", f"{path}/delivery-addresses", {**ENTRY, "purpose": "premium", "confirmed": True}, number=2)
    survey = await ask(window, "POST", f"{path}/residence-surveys", {"cause": "report", "deadline": "2026-08-31", "remark": ""})
    candidate = await window.world.value(
        "SELECT candidate_id::text FROM duplicate_candidate WHERE (first_number, second_number) = ($1, $2)", VICTIM, OTHER
    )
    letters = outcome["letters"]
    assert isinstance(letters, list)
    of_ledger = ledger_letter["document_id"]
    return Found(card["certificate_id"], letters, survey.json()["survey_id"], candidate, of_ledger, arrears_letter_id, list_id)


def said_of(answer: httpx.Response) -> str:
    if answer.headers.get("content-type") == "application/pdf":
        return text_of(answer.content)
    return re.sub(r"[\s　]", "", answer.text)


def shows(answer: httpx.Response) -> list[str]:
    said = said_of(answer)
    return [part for part in (*SECRET, "987-6543") if part in said]


def test_every_route_is_asked_about_a_protected_person_or_says_why_not() -> None:
    """I-39. A new route of eligibility without a line in `_asked` or NO_ADDRESS fails here."""
    paths = {route.path for router in SERVICE.routers for route in router.routes if isinstance(route, APIRoute)}

    assert paths == _asked(Found("", [], "", "", "", "", "")).keys() | NO_ADDRESS.keys()


async def test_without_protection_the_address_is_shown(window: Window) -> None:
    """The other test can fail: the same routes show the address while nobody is protected."""
    found = await with_everything(window)
    shown = {
        route
        for route, requests in _asked(found).items()
        for method, path, body in requests
        if method == "GET" and shows(await ask(window, method, path, body))
    }

    assert shown >= {
        "/people", "/people/{municipality_code}/{resident_number}", "/certificates/{certificate_id}/document", "/approvals",
        "/delivery-addresses", "/delivery-letters/{letter_id}/document", "/residence-surveys", "/residence-surveys/{survey_id}/document",
        "/duplicates/{candidate_id}", "/letters/{document_id}/document", "/deliveries/sending", "/lists/{kind}",
        "/people/{municipality_code}/{resident_number}/arrears/letters/{letter_id}/document", "/lists/files/{list_id}/{number}",
    }  # fmt: skip


async def test_no_route_shows_the_address_of_a_protected_person_or_of_the_household(window: Window) -> None:
    """I-39, E-30."""
    found = await with_everything(window)
    assert (await ask(window, "POST", f"/people/{CHIYODA}/{VICTIM}/address-protection", PROTECTION)).status_code == 201

    shown = {}
    for route, requests in _asked(found).items():
        for number, (method, path, body) in enumerate(requests):
            answer = await ask(window, method, path, body, user="third", number=number)
            assert answer.status_code < 500, (route, answer.text)
            if method == "GET" and (parts := shows(answer)):
                shown[path] = parts
            if method == "POST" and body is not ENTRY and (parts := shows(answer)):
                shown[path] = parts
    assert shown == {}
    search = (await ask(window, "GET", f"/people?number={VICTIM}")).json()
    assert search[0]["address"] == "支援措置により表示できません"
    assert (await ask(window, "GET", f"/certificates/{found.certificate_id}/document")).json()["code"] == "KOKI-E072"


async def test_every_paper_of_a_protected_person_is_without_the_address_and_waits_to_be_handed_over(window: Window) -> None:
    """I-39. The folders of documents/ are those of this test: a new paper must be added here with its proof."""
    assert set(PROVED) == PAPERS, "prove for the new paper that it shows no withheld address"
    await ask(window, "POST", f"/people/{CHIYODA}/{VICTIM}/address-protection", PROTECTION)
    await window.world.rows("UPDATE certificate SET state = 'withdrawn', decided_at = now() RETURNING 1")
    run_id = await jobs.prepare(IssueCards(), {}, window.world.units, by="tester")
    await jobs.approve(run_id, window.world.units, by="tester")

    await jobs.execute(IssueCards(), run_id, window.world.units)
    rows = await window.world.rows(
        "SELECT resident_number, document_key, address_withheld FROM certificate WHERE state = 'issued' ORDER BY resident_number"
    )
    waiting = (await ask(window, "GET", "/handovers")).json()

    assert {row["resident_number"]: row["address_withheld"] for row in rows} == {VICTIM: True, MEMBER: True, OTHER: False}
    files = {row["address_withheld"]: row["document_key"] for row in rows}
    for withheld, key in files.items():
        text = text_of(bytes(await (await obstore.get_async(window.world.units.store, key)).bytes_async()))
        assert ("記載を省略" in text) is withheld
        assert not any(part in text for part in SECRET)
    assert [one["resident_number"] for one in waiting] == [VICTIM, MEMBER]
    assert (await ask(window, "POST", f"/handovers/{waiting[0]['handover_id']}", {"manner": "窓口"})).status_code == 200
    assert [one["resident_number"] for one in (await ask(window, "GET", "/handovers")).json()] == [MEMBER]
    assert await window.world.rows("SELECT pages FROM print_file WHERE NOT by_hand") == [{"pages": 1}]
    assert [row["serial"] for row in (await ask(window, "GET", "/deliveries/sending")).json()] == [
        await window.world.value("SELECT serial FROM certificate WHERE resident_number = $1 AND state = 'issued'", OTHER)
    ]
    path, on = f"/certificates/{waiting[1]['certificate_id']}/delivery", {"on": "2026-07-13", "reason": ""}
    by_post = await ask(window, "POST", path, {"to": "sent", **on})
    handed = await ask(window, "POST", path, {"to": "handed_over", **on})
    states = await window.world.rows("SELECT delivery FROM certificate WHERE state = 'issued' AND address_withheld")
    assert (by_post.json()["code"], handed.status_code) == ("KOKI-E049", 200)
    assert ({row["delivery"] for row in states}, (await ask(window, "GET", "/handovers")).json()) == ({"handed_over"}, [])
