"""Small stand-ins for the services behind the gateway, so that its screens can be tried alone: they check token and scope as the real ones
do. The premium of the first couple was computed by `./koki estimate premium --explain`."""

from __future__ import annotations

import io
import json
import sys
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

import uvicorn
import yaml
from chassis import problems
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal, Verifier
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from pypdf import PdfWriter
from starlette.middleware.base import RequestResponseEndpoint

FOLDER = Path(__file__).parent
KNOWN = yaml.safe_load((FOLDER / "stand_ins.yaml").read_text(encoding="utf-8"))
PEOPLE = [{**KNOWN["same_for_all"], **KNOWN["residence"][found["municipality_code"]], **found} for found in KNOWN["people"]]
ESTIMATE = json.loads((FOLDER / "estimate.json").read_text(encoding="utf-8"))
SEARCHED = ("municipality_code", "resident_number", "insured_number", "name", "name_kana", "born_on", "sex", "status")
ISSUED: dict[str, list[dict[str, Any]]] = {}
app = FastAPI(openapi_url=None)
problems.install(app)
eligibility, premium, collection, statistics = (
    APIRouter(prefix=f"/{name}") for name in ("eligibility", "premium", "collection", "statistics")
)


def asking(request: Request, authorization: Annotated[str, Header()] = "") -> Principal:
    verifier: Verifier = request.app.state.verifier
    return verifier.principal(authorization.removeprefix("Bearer "), now=int(time.time()))


Asking = Annotated[Principal, Depends(asking)]


def find(who: Principal, code: str, number: str) -> dict[str, Any]:
    for person in PEOPLE:
        if who.may_see(code) and (person["municipality_code"], person["resident_number"]) == (code, number):
            return person
    raise Problem(404, *NOT_FOUND)


@eligibility.get("/exchange")
async def exchange(who: Asking) -> dict[str, Any]:
    """The feed has been waiting for an hour and a half, and a generation was stopped."""
    return dict(KNOWN["exchange"])


@eligibility.get("/card-holdings")
async def card_holdings(who: Asking) -> dict[str, Any]:
    return dict(KNOWN["card_holdings"])


def spells(person: dict[str, Any]) -> list[dict[str, Any]]:
    """The qualifications of a person: from 75, until death."""
    if not person["insured_number"]:
        return []
    born, died = date.fromisoformat(person["born_on"]), person["status"] == "3"
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
    reading = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in kana if c not in " 　")
    found = []
    for person in PEOPLE:
        fits = number in ("", person["insured_number"], person["resident_number"]) and born_on in ("", person["born_on"])
        if who.may_see(person["municipality_code"]) and fits and person["name_kana"].replace("　", "").startswith(reading):
            spell = (spells(person) or [{"acquired_on": None, "lost_on": None}])[0]
            address = f"{person['address_municipality']}{person['address_town']}{person['address_number']}"
            days = {"acquired_on": spell["acquired_on"], "lost_on": spell["lost_on"]}
            found.append({**{name: person[name] for name in SEARCHED}, **days, "address": address})
    return found[:limit]


@eligibility.get("/people/{code}/{number}")
async def person(code: str, number: str, who: Asking) -> dict[str, Any]:
    found = find(who, code, number)
    household = [
        {**{name: p[name] for name in ("resident_number", "name", "relationship", "born_on")}, "insured": bool(p["insured_number"])}
        for p in PEOPLE
        if p["household_number"] == found["household_number"]
    ]
    cards = ISSUED.get(f"{code}:{number}", [])
    return {
        "person": found, "qualifications": spells(found), "household": household, "certificates": cards, "history": KNOWN["history"],
    }  # fmt: skip


@eligibility.post("/people/{code}/{number}/certificates")
async def issue(code: str, number: str, who: Asking, idempotency_key: Annotated[str, Header()]) -> dict[str, Any]:
    found = find(who, code, number)
    if not spells(found) or found["status"] == "3":
        raise Problem(422, "KOKI-E005", "この人には、いま有効な資格がありません。", "資格の内容を確かめてください。")
    issued = ISSUED.setdefault(f"{code}:{number}", [])
    identifier = str(uuid5(NAMESPACE_URL, idempotency_key))
    if not any(card["certificate_id"] == identifier for card in issued):
        issued.append({**KNOWN["card"], "certificate_id": identifier, "serial": f"13-{len(issued) + 1:06d}", "document_sha256": "0" * 64})
    return next(card for card in issued if card["certificate_id"] == identifier)


@eligibility.get("/operations/insured-numbers/{number}")
async def whose_number(number: str, who: Asking) -> dict[str, str]:
    for found in PEOPLE:
        if found["insured_number"] == number:
            return {"municipality_code": found["municipality_code"], "resident_number": found["resident_number"]}
    raise Problem(404, *NOT_FOUND)


@eligibility.get("/certificates/{identifier}/document")
@premium.get("/assessments/{identifier}/document")
@premium.get("/assessments/{identifier}/change/document")
async def a_document(identifier: UUID, who: Asking) -> Response:
    return _pdf()


@collection.get("/people/{code}/{number}/notices/{year}/document")
async def notice(code: str, number: str, year: int, who: Asking) -> Response:
    return _pdf()


def _pdf() -> Response:
    writer, file = PdfWriter(), io.BytesIO()
    writer.add_blank_page(362, 257)
    writer.write(file)
    return Response(file.getvalue(), media_type="application/pdf")


@premium.get("/people/{code}/{number}/assessments")
async def assessments(code: str, number: str, who: Asking) -> list[dict[str, Any]]:
    found = find(who, code, number)
    if not spells(found) or found["status"] == "3":
        return []
    decided = {**ESTIMATE["persons"][1 if number.endswith("46") else 0], "fiscal_year": 2026, "provisional": True, "because": "income"}
    now = {**decided, "assessment_id": str(uuid5(NAMESPACE_URL, number)), "revision": 2, "decided_on": "2026-07-13"}
    first = {**decided, "assessment_id": str(uuid5(NAMESPACE_URL, number + "1")), "revision": 1, "decided_on": "2026-07-01"}
    return [now, {**first, "annual_amount": decided["annual_amount"] + 11_900}]


@collection.get("/people/{code}/{number}/instalments")
async def instalments(code: str, number: str, who: Asking) -> list[dict[str, Any]]:
    decided = await assessments(code, number, who)
    if not decided:
        return []
    total = decided[0]["annual_amount"]
    each = total // 8 // 100 * 100
    amounts = [total - each * 7] + [each] * 7
    rows = [{"number": n, "month": m, "due_on": d, "amount": a} for (n, m, d), a in zip(KNOWN["due_days"], amounts, strict=True)]
    return [{"fiscal_year": 2026, "annual_amount": total, "revision": 2, "instalments": rows}]


@statistics.get("/insured-counts")
async def insured_counts(who: Asking, on: str) -> dict[str, Any]:
    rows = [row for row in KNOWN["counts"] if who.may_see(row["municipality_code"])]
    return {"on": on, "rows": rows, "total": sum(row["count"] for row in rows)}


DOWN: set[str] = set()
"""Services that a test has switched off."""


@app.post("/switch/{service}/{state}")
async def switch(service: str, state: str) -> dict[str, str]:
    """Let a stand-in answer as if its service were down, or well again."""
    (DOWN.add if state == "off" else DOWN.discard)(service)
    return {service: state}


@app.middleware("http")
async def answer_unless_down(request: Request, go_on: RequestResponseEndpoint) -> Response:
    if request.url.path.split("/")[1] in DOWN:
        return Response(status_code=503)
    return await go_on(request)


def operations(router: APIRouter, *, run: dict[str, Any] | None = None, letter: dict[str, Any] | None = None) -> None:
    """Health, and what every service tells an operator."""

    @router.get("/health")
    async def health() -> dict[str, bool]:
        return {"database": True, "relay": True, "consumers": True}

    @router.get("/operations/summary")
    async def summary(who: Asking) -> dict[str, Any]:
        letters = int(letter is not None and letter["state"] == "open")
        return {"outbox": 0, "outbox_age_seconds": 0.0, "dead_letters": letters, "parked": 0, "jobs": [run] if run else []}

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
    @router.get("/operations/jobs/runs/{name}")
    async def one_run(name: str, who: Asking) -> dict[str, Any]:
        return run or {}

    @router.post("/operations/jobs/runs/{identifier}/approve")
    async def approve(identifier: UUID, who: Asking) -> dict[str, Any]:
        assert run is not None
        run.update(state="reconciled", approved_by=who.user, done=run["total"], finished_at="2026-07-13T00:15:00+00:00")
        run["result"] = KNOWN["run_result"]
        return run


operations(eligibility)
operations(premium, run=KNOWN["run"])
operations(collection, letter=KNOWN["letter"])
operations(statistics)
for part in (eligibility, premium, collection, statistics):
    app.include_router(part)

if __name__ == "__main__":
    app.state.verifier = Verifier(Path(sys.argv[2]))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
