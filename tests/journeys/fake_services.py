"""Small stand-ins for eligibility, premium and collection, so that the screens can be worked with alone. They check token and scope as the
real ones do. The people are invented; the premium of the first couple was computed by `./koki estimate premium --explain`."""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

import uvicorn
from chassis import problems
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal, Verifier
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response

FOLDER = Path(__file__).parent
CHIYODA, HACHIOJI = "131016", "132012"
PDF = (FOLDER / "blank.pdf").read_bytes()


def resident(
    code: str, number: str, name: str, kana: str, born_on: str, sex: str, insured_number: str | None, **more: Any
) -> dict[str, Any]:
    town = {CHIYODA: ("1020083", "千代田区", "麹町１丁目"), HACHIOJI: ("1920051", "八王子市", "元本郷町３丁目")}[code]
    return {
        "municipality_code": code,
        "resident_number": number,
        "history_number": 3,
        "household_number": "000000000054321",
        "relationship": "02",
        "status": "1",
        "change_reason": "20",
        "changed_on": "2024-05-10",
        "notified_on": "2024-05-12",
        "name": name,
        "name_kana": kana,
        "sex": sex,
        "born_on": born_on,
        "born_on_unknown_text": None,
        "postal_code": town[0],
        "address_prefecture": "東京都",
        "address_municipality": town[1],
        "address_town": town[2],
        "address_number": "６番４号",
        "address_building": "麹町ハイツ　３０２号",
        "resident_since": "1988-04-01",
        "ended_on": None,
        "insured_number": insured_number,
        "insurer_number": "39131016" if code == CHIYODA else "39132014",
        **more,
    }


PEOPLE = [
    resident(CHIYODA, "000000000012345", "麹町　太郎", "コウジマチ　タロウ", "1945-06-01", "1", "00123456"),
    resident(CHIYODA, "000000000012346", "麹町　花子", "コウジマチ　ハナコ", "1947-02-11", "2", "00123457", relationship="11"),
    resident(CHIYODA, "000000000012347", "麹町　一郎", "コウジマチ　イチロウ", "1972-09-20", "1", None, relationship="20"),
    resident(CHIYODA, "000000000020001", "<script>alert(1)</script>", "コウジマチ　サブロウ", "1940-01-02", "1", "00200010"),
    resident(CHIYODA, "000000000020002", "神田　ミツ", "カンダ　ミツ", "1938-03-15", "2", "00200028", status="3", ended_on="2026-05-20"),
    resident(HACHIOJI, "000000000099001", "高尾　次郎", "タカオ　ジロウ", "1944-12-24", "1", "00990017"),
]
ESTIMATE = json.loads((FOLDER / "estimate.json").read_text(encoding="utf-8"))
DAYS = [(1, 7, "2026-07-31"), (2, 8, "2026-08-31"), (3, 9, "2026-09-30"), (4, 10, "2026-11-02"), (5, 11, "2026-11-30"), (6, 12, "2026-12-25"), (7, 1, "2027-02-01"), (8, 2, "2027-03-01")]  # fmt: skip
ISSUED: dict[str, list[dict[str, Any]]] = {}
ANSWERED: dict[str, dict[str, Any]] = {}
app = FastAPI(openapi_url=None)
problems.install(app)
eligibility, premium, collection = APIRouter(prefix="/eligibility"), APIRouter(prefix="/premium"), APIRouter(prefix="/collection")


def asking(request: Request, authorization: Annotated[str, Header()] = "") -> Principal:
    verifier: Verifier = request.app.state.verifier
    return verifier.principal(authorization.removeprefix("Bearer "), now=int(time.time()))


Asking = Annotated[Principal, Depends(asking)]


def find(who: Principal, code: str, number: str) -> dict[str, Any]:
    for person in PEOPLE:
        if who.may_see(code) and (person["municipality_code"], person["resident_number"]) == (code, number):
            return person
    raise Problem(404, *NOT_FOUND)


def qualification(person: dict[str, Any]) -> list[dict[str, Any]]:
    if not person["insured_number"]:
        return []
    born = date.fromisoformat(person["born_on"])
    died = person["status"] == "3"
    return [
        {
            "insured_id": str(uuid5(NAMESPACE_URL, person["resident_number"])),
            "acquired_on": born.replace(year=born.year + 75).isoformat(),
            "acquisition_ground": "age",
            "lost_on": "2026-05-21" if died else None,
            "loss_reason": "death" if died else None,
            "recorded_from": "2026-07-13T00:05:12+00:00",
        }
    ]


@eligibility.get("/people")
async def people(who: Asking, number: str = "", kana: str = "", born_on: str = "", limit: int = 50) -> list[dict[str, Any]]:
    found = []
    for person in PEOPLE:
        fits = number in ("", person["insured_number"], person["resident_number"]) and born_on in ("", person["born_on"])
        key = person["name_kana"].replace("　", "")
        if who.may_see(person["municipality_code"]) and fits and key.startswith(_katakana(kana)):
            spell = (qualification(person) or [{"acquired_on": None, "lost_on": None}])[0]
            shown = {
                k: person[k]
                for k in ("municipality_code", "resident_number", "insured_number", "name", "name_kana", "born_on", "sex", "status")
            }
            address = f"{person['address_municipality']}{person['address_town']}{person['address_number']}"
            found.append({**shown, "acquired_on": spell["acquired_on"], "lost_on": spell["lost_on"], "address": address})
    return found[:limit]


def _katakana(text: str) -> str:
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text).replace("　", "").replace(" ", "")


@eligibility.get("/people/{code}/{number}")
async def person(code: str, number: str, who: Asking) -> dict[str, Any]:
    found = find(who, code, number)
    household = [p for p in PEOPLE if p["municipality_code"] == code and number.startswith("0000000000123") and p["resident_number"].startswith("0000000000123")] or [found]  # fmt: skip
    return {
        "person": found,
        "qualifications": qualification(found),
        "household": [{**{k: p[k] for k in ("resident_number", "name", "relationship", "born_on")}, "relationship_name": {"02": "世帯主", "11": "妻", "20": "子"}[p["relationship"]], "insured": bool(p["insured_number"])} for p in household],  # fmt: skip
        "certificates": ISSUED.get(f"{code}:{number}", []),
        "history": [
            {"valid_from": "2024-05-10", "valid_until": None, "recorded_from": "2026-07-13T00:05:12+00:00", "recorded_until": None, "change_reason": "転居", "what": "住所 東京都千代田区麹町１丁目６番４号"},
            {"valid_from": "1988-04-01", "valid_until": "2024-05-10", "recorded_from": "2026-07-13T00:05:12+00:00", "recorded_until": None, "change_reason": "転入", "what": "住所 東京都千代田区三番町２番"},
            {"valid_from": "1988-04-01", "valid_until": "2024-05-11", "recorded_from": "2026-07-10T00:01:02+00:00", "recorded_until": "2026-07-13T00:05:12+00:00", "change_reason": "転入", "what": "住所 東京都千代田区三番町２番"},
        ],
    }  # fmt: skip


@eligibility.post("/people/{code}/{number}/certificates")
async def issue(code: str, number: str, who: Asking, idempotency_key: Annotated[str, Header()]) -> dict[str, Any]:
    found = find(who, code, number)
    if not qualification(found) or found["status"] == "3":
        raise Problem(422, "KOKI-E410", "この人には、いま有効な資格がありません。", "資格の内容を確かめてください。")
    if idempotency_key not in ANSWERED:
        issued = ISSUED.setdefault(f"{code}:{number}", [])
        card = {"certificate_id": str(uuid5(NAMESPACE_URL, idempotency_key)), "kind": "eligibility_confirmation", "kind_name": "後期高齢者医療資格確認書", "serial": f"13-{len(issued) + 1:06d}", "valid_from": "2026-08-01", "valid_until": "2027-07-31", "issued_on": "2026-07-13", "document_sha256": "0" * 64}  # fmt: skip
        issued.append(card)
        ANSWERED[idempotency_key] = card
    return ANSWERED[idempotency_key]


@eligibility.get("/certificates/{identifier}/document")
async def card_pdf(identifier: UUID, who: Asking) -> Response:
    return Response(PDF, media_type="application/pdf")


@premium.get("/people/{code}/{number}/assessments")
async def assessments(code: str, number: str, who: Asking) -> list[dict[str, Any]]:
    found = find(who, code, number)
    if not qualification(found) or found["status"] == "3":
        return []
    decided = ESTIMATE["persons"][1 if number.endswith("46") else 0]
    now = {**decided, "assessment_id": str(uuid5(NAMESPACE_URL, number)), "fiscal_year": 2026, "revision": 2, "provisional": True, "decided_on": "2026-07-13", "because": "income"}  # fmt: skip
    before = {**now, "assessment_id": str(uuid5(NAMESPACE_URL, number + "1")), "revision": 1, "decided_on": "2026-07-01", "annual_amount": now["annual_amount"] + 11_900}  # fmt: skip
    return [now, before]


@premium.get("/assessments/{identifier}/document")
async def assessment_pdf(identifier: UUID, who: Asking) -> Response:
    return Response(PDF, media_type="application/pdf")


@collection.get("/people/{code}/{number}/instalments")
async def instalments(code: str, number: str, who: Asking) -> list[dict[str, Any]]:
    decided = await assessments(code, number, who)
    if not decided:
        return []
    total = decided[0]["annual_amount"]
    each = total // 8 // 100 * 100
    amounts = [total - each * 7] + [each] * 7
    rows = [{"number": n, "month": m, "due_on": d, "amount": a} for (n, m, d), a in zip(DAYS, amounts, strict=True)]
    return [{"fiscal_year": 2026, "annual_amount": total, "revision": 2, "instalments": rows}]


@collection.get("/people/{code}/{number}/notices/{year}/document")
async def notice_pdf(code: str, number: str, year: int, who: Asking) -> Response:
    return Response(PDF, media_type="application/pdf")


RUN = {"id": "01980000-0000-7000-8000-000000000001", "job": "assess", "parameters": {"scope": "due"}, "state": "prepared", "preview": {"households": 1204, "people": 1630, "without_income": 12, "difference_to_last_run": {"people": 0}}, "result": {}, "started_by": "operator", "approved_by": None, "total": 1630, "done": 0, "prepared_at": "2026-07-13T00:12:00+00:00", "finished_at": None}  # fmt: skip
LETTER = {"id": "01980000-0000-7000-8000-000000000002", "type": "premium.assessed.v1", "subject": "131016:000000000012345", "reason_code": "ValueError", "reason": "ValueError: the amounts of the parts do not add up", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "arrived_at": "2026-07-13T00:20:00+00:00", "state": "open", "decided_by": None, "decision_reason": None}  # fmt: skip


def operations(router: APIRouter, *, run: dict[str, Any] | None = None, letter: dict[str, Any] | None = None) -> None:
    """Health and what every service tells an operator."""

    @router.get("/health")
    async def health() -> dict[str, bool]:
        return {"database": True, "relay": True, "consumers": True}

    @router.get("/operations/summary")
    async def summary(who: Asking) -> dict[str, Any]:
        open_letters = int(letter is not None and letter["state"] == "open")
        return {"outbox": 0, "outbox_age_seconds": 0.0, "dead_letters": open_letters, "parked": 0, "jobs": [run] if run else [], "loaded_batches": [], "said_batches": []}  # fmt: skip

    @router.get("/operations/dead-letters")
    async def dead_letters(who: Asking, state: str = "open") -> list[dict[str, Any]]:
        return [letter] if letter and letter["state"] == state else []

    @router.post("/operations/dead-letters/{identifier}/{act}")
    async def decide(identifier: UUID, act: str, who: Asking, request: Request) -> dict[str, str]:
        assert letter is not None
        reason = (await request.json())["reason"] if act == "abandon" else "replay"
        letter.update(state={"replay": "replayed", "abandon": "abandoned"}[act], decided_by=who.user, decision_reason=reason)
        return {"state": letter["state"]}

    @router.post("/operations/jobs/{name}")
    async def prepare(name: str, who: Asking) -> dict[str, Any]:
        return run or {}

    @router.post("/operations/jobs/runs/{identifier}/approve")
    async def approve(identifier: UUID, who: Asking) -> dict[str, Any]:
        assert run is not None
        run.update(state="reconciled", approved_by=who.user, done=run["total"], finished_at="2026-07-13T00:15:00+00:00", result={"totals": {"decided": 1618, "pending": 12, "annual_amount": 151_203_400}, "differences": {}})  # fmt: skip
        return run

    @router.get("/operations/jobs/runs/{identifier}")
    async def one_run(identifier: UUID, who: Asking) -> dict[str, Any]:
        return run or {}


operations(eligibility)
operations(premium, run=RUN)
operations(collection, letter=LETTER)
for part in (eligibility, premium, collection):
    app.include_router(part)

if __name__ == "__main__":
    app.state.verifier = Verifier(Path(sys.argv[2]))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
