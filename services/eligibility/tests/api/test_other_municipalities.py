"""Never another municipality's people: every route is asked from another municipality, shows nothing and changes nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
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
from services.eligibility.tests.pdf import text_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, income, resident

ONE, TWO, FAR = (f"{number:015d}" for number in (4711, 4712, 9001))
SECRET = ("秘見", "隠田", "隠れ荘")
"""Name and address of the people of Chiyoda; nobody and nothing of Hachiōji has them."""
WHO: dict[str, Any] = {"name": "秘見　花子", "name_kana": "ヒミ　ハナコ", "address_town": SECRET[1], "address_building": SECRET[2]}
OWN = f"/people/{CHIYODA}/{ONE}"
PERSON = "/people/{municipality_code}/{resident_number}"
DAY = "2026-07-13"
REASON = {"reason": "確認のため"}
ENTRY = {
    "purpose": "premium", "applicant": "後期　一郎", "relationship": "長男", "recipient": "後期　一郎", "postal_code": "1500001",
    "address": ["東京都渋谷区神宮前1番"], "valid_from": "2026-07-01", "reason": "施設に入所",
}  # fmt: skip
PROTECTION = {"applicant": "本人", "ground": "other", "valid_from": "2026-07-01", "expires_on": "2027-06-30", "remark": ""}
NOTICE = {"content": {"kind": "loss_notified", "cause": "other"}, "effective_on": "2026-07-10", "notified_on": DAY}
CORRECTION = {"content": {"kind": "cancelled", "acquired_on": "2015-05-05"}, **REASON}
LISTED = {"municipality": CHIYODA, "form": "csv", "place": "千代田区"}
LIST_KINDS = ("ledger", "changes", "reached", "expected")
OF_THE_UNION = {
    "/print-files", "/print-files/sent", "/exchange", "/card-holdings", "/migration", "/migration/results", "/migration/plan",
    "/migration/milestones/{milestone}", "/migration/steps", "/operations/insured-numbers/{number}",
}  # fmt: skip
"""Work of the union as a whole: closed to every municipality by its role. The others are asked with all roles at once."""

Request = tuple[str, str, object]


@dataclass(frozen=True)
class Known:
    """Identifiers of what the people of Chiyoda have, as somebody of another municipality may have come by them."""

    number: str
    certificate_id: str
    document_id: str
    delivery_letter_id: str
    arrears_letter_id: str
    survey_id: str
    pairs: list[str]
    list_id: str
    approvals: list[str]
    release_id: str
    handover_id: str


NOTHING = Known("", "", "", "", "", "", [], "", [], "", "")


def _asked(known: Known) -> dict[str, list[Request]]:
    """Every route → how it is asked. A new route belongs here."""

    def get(path: str) -> list[Request]:
        return [("GET", path, None)]

    def post(path: str, body: object = None) -> list[Request]:
        return [("POST", path, body)]

    days = f"first_day=2026-01-01&last_day={DAY}&first=2026-01-01&last={DAY}"
    certificate = f"/certificates/{known.certificate_id}"
    ends = {"purpose": "everything", "ends_on": "2026-08-01", "applicant": "本人", "relationship": "本人", **REASON}
    return {
        "/people": [("GET", f"/people?{which}", None) for which in (f"number={known.number}", "kana=ヒミ", "born_on=1940-05-05")],
        PERSON: get(OWN),
        "/operations/insured-numbers/{number}": get(f"/operations/insured-numbers/{known.number}"),
        f"{PERSON}/notices": post(f"{OWN}/notices", NOTICE),
        f"{PERSON}/notices/preview": post(f"{OWN}/notices/preview", NOTICE),
        f"{PERSON}/entries": get(f"{OWN}/entries"),
        f"{PERSON}/corrections": post(f"{OWN}/corrections", CORRECTION),
        f"{PERSON}/corrections/preview": post(f"{OWN}/corrections/preview", CORRECTION),
        f"{PERSON}/letters": post(f"{OWN}/letters", {"kind": "acquisition"}),
        "/letters/{document_id}/document": get(f"/letters/{known.document_id}/document"),
        "/ledger/disability-applications": get("/ledger/disability-applications"),
        "/ledger/certified": get("/ledger/certified"),
        "/ledger/domicile-exceptions": get("/ledger/domicile-exceptions"),
        "/lists/files": get("/lists/files"),
        "/lists/files/{list_id}/{number}": get(f"/lists/files/{known.list_id}/1"),
        "/lists/{kind}": [
            ("GET", f"/lists/{kind}?municipality={whose}&{days}", None) for kind in LIST_KINDS for whose in (CHIYODA, "*")
        ],
        "/lists/{kind}/files": [("POST", "/lists/ledger/files", {**LISTED, "municipality": whose}) for whose in (CHIYODA, "*")],
        f"{PERSON}/certificates": post(f"{OWN}/certificates", {}),
        "/certificates/{certificate_id}/document": get(f"{certificate}/document"),
        "/certificates/{certificate_id}/delivery": post(f"{certificate}/delivery", {"to": "returned", "on": DAY}),
        "/certificates/{certificate_id}/collection": post(f"{certificate}/collection", {"on": DAY}),
        f"{PERSON}/certificate-applications": [
            *get(f"{OWN}/certificate-applications"),
            *post(f"{OWN}/certificate-applications", {"subject": "eligibility_confirmation", "applied_on": DAY}),
        ],
        f"{PERSON}/certificate-applications/{{subject}}/withdrawal": post(
            f"{OWN}/certificate-applications/eligibility_confirmation/withdrawal", {"withdrawn": True}
        ),
        "/deliveries/sending": get(f"/deliveries/sending?municipality_code={CHIYODA}"),
        "/deliveries/returned": get("/deliveries/returned"),
        "/deliveries/uncollected": get("/deliveries/uncollected?expired_too=true"),
        "/deliveries/register": get(f"/deliveries/register?{days}"),
        "/print-files": get("/print-files"),
        "/print-files/sent": post("/print-files/sent", {"document_key": "cards/1.pdf", "on": DAY}),
        "/arrears": get("/arrears?ended_too=true"),
        f"{PERSON}/arrears": get(f"{OWN}/arrears"),
        f"{PERSON}/arrears/explanation": post(f"{OWN}/arrears/explanation", {"text": "入院していた", "is_special": True}),
        f"{PERSON}/arrears/approval": post(f"{OWN}/arrears/approval", {"act": "arrears_remedy", **REASON}),
        f"{PERSON}/arrears/end": post(f"{OWN}/arrears/end"),
        f"{PERSON}/arrears/status-certificate": post(f"{OWN}/arrears/status-certificate"),
        f"{PERSON}/arrears/letters/{{letter_id}}/document": [
            *get(f"{OWN}/arrears/letters/{known.arrears_letter_id}/document"),
            *get(f"/people/{HACHIOJI}/{FAR}/arrears/letters/{known.arrears_letter_id}/document"),
        ],
        "/approvals": [("GET", f"/approvals?state={state}", None) for state in ("asked", "approved")],
        "/approvals/{approval_id}/decision": [
            ("POST", f"/approvals/{one}/decision", {"approved": approved, "remark": "不明"})
            for one in known.approvals
            for approved in (True, False)
        ],
        "/delivery-addresses": get("/delivery-addresses"),
        f"{PERSON}/delivery-addresses": [*get(f"{OWN}/delivery-addresses"), *post(f"{OWN}/delivery-addresses", ENTRY)],
        f"{PERSON}/delivery-addresses/check": [
            *post(f"{OWN}/delivery-addresses/check", ENTRY),
            *post(f"/people/{HACHIOJI}/{FAR}/delivery-addresses/check", ENTRY),
        ],
        f"{PERSON}/delivery-addresses/end": post(f"{OWN}/delivery-addresses/end", ends),
        "/delivery-letters/{letter_id}/document": get(f"/delivery-letters/{known.delivery_letter_id}/document"),
        "/address-protections": get("/address-protections"),
        f"{PERSON}/address-protection": [*get(f"{OWN}/address-protection"), *post(f"{OWN}/address-protection", PROTECTION)],
        f"{PERSON}/address-protection/end": post(f"{OWN}/address-protection/end", REASON),
        f"{PERSON}/address-releases": post(f"/people/{CHIYODA}/{TWO}/address-releases", {"document": "screen", **REASON}),
        f"{PERSON}/address-releases/{{release_id}}/use": [
            ("POST", f"/people/{whose}/address-releases/{known.release_id}/use", None)
            for whose in (f"{CHIYODA}/{TWO}", f"{HACHIOJI}/{FAR}")
        ],
        "/handovers": get("/handovers"),
        "/handovers/{handover_id}": post(f"/handovers/{known.handover_id}", {"manner": "窓口"}),
        "/residence-surveys": [("GET", f"/residence-surveys?closed={closed}", None) for closed in ("false", "true")],
        f"{PERSON}/residence-surveys": [
            *get(f"{OWN}/residence-surveys"),
            *post(f"/people/{CHIYODA}/{TWO}/residence-surveys", {"cause": "report", "deadline": "2026-08-31"}),
        ],
        "/residence-surveys/{survey_id}/acts": post(
            f"/residence-surveys/{known.survey_id}/acts", {"act": "found", "done_on": DAY, "remark": "在宅"}
        ),
        "/residence-surveys/{survey_id}/document": get(f"/residence-surveys/{known.survey_id}/document"),
        "/duplicates": [("GET", f"/duplicates?decided={decided}", None) for decided in ("false", "true")],
        "/duplicates/{candidate_id}": [("GET", f"/duplicates/{pair}", None) for pair in known.pairs],
        "/duplicates/{candidate_id}/decision": [
            ("POST", f"/duplicates/{pair}/decision", {"is_same": True, **REASON}) for pair in known.pairs
        ],
        f"{PERSON}/copay-rates": get(f"{OWN}/copay-rates"),
        f"{PERSON}/copay-notices": post(f"{OWN}/copay-notices", {"valid_from": "2026-08-01"}),
        f"{PERSON}/receipts-applications": post(
            f"{OWN}/receipts-applications", {"applied_on": DAY, "receipts": [{"resident_number": ONE, "receipts": 1_000_000}]}
        ),
        "/copay-waits": get("/copay-waits"),
        "/exchange": get("/exchange"),
        "/card-holdings": get("/card-holdings"),
        "/migration": get("/migration"),
        "/migration/results": [*get("/migration/results"), *post("/migration/results")],
        "/migration/plan": post("/migration/plan", {"cut_off_on": "2026-04-01", "municipalities": [HACHIOJI]}),
        "/migration/milestones/{milestone}": post("/migration/milestones/routine", {"planned_on": DAY}),
        "/migration/steps": post("/migration/steps", {"act": "reset_rehearsal", **REASON}),
    }  # fmt: skip


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
    handover_id = await world.value("SELECT handover_id::text FROM handover WHERE handed_on IS NULL")
    pairs = [row["id"] for row in await world.rows("SELECT candidate_id::text AS id FROM duplicate_candidate ORDER BY second_code")]
    assert len(pairs) >= 2, "one within Chiyoda, one with Hachiōji"
    waiting = [await done(f"{OWN}/corrections", CORRECTION), await done(f"/duplicates/{pairs[-1]}/decision", {"is_same": True, **REASON})]
    number = await world.value("SELECT insured_number FROM qualification WHERE resident_number = $1", ONE)
    arrears_letter = await world.value("SELECT letter_id::text FROM arrears_letter")
    return Known(
        number, card["certificate_id"], letter["document_id"], letters[0], arrears_letter, survey["survey_id"], pairs, made["list_id"],
        [one["approval_id"] for one in waiting], release["release_id"], handover_id,
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

    asked = {(method, route) for route, requests in _asked(NOTHING).items() for method, _, _ in requests}
    asked |= {("POST", route) for route in ("/approvals/{approval_id}/decision", "/duplicates/{candidate_id}/decision")}
    assert routes == asked | {("GET", "/duplicates/{candidate_id}")}


async def test_the_own_municipality_is_shown_what_another_one_is_not(window: Window) -> None:
    """The next test can fail: the same questions show the people of Chiyoda to Chiyoda and to the union."""
    known = await with_everything(window)
    officer = window.as_("window_clerk", "municipal_manager", "union_staff", of=None, user="third")

    shown = {
        route
        for route, requests in _asked(known).items()
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
    for route, requests in _asked(known).items():
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
