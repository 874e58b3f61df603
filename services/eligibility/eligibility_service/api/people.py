"""`/people`: search, and the screen of one person."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import jaconv
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.web import OPERATOR, role, runtime_of
from contracts.events.eligibility import CertificateKind
from contracts.primitives import insurer_number
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import to_json

from eligibility_service.domain import history
from eligibility_service.domain.certificate_delivery import COLLECTION_TERMS, DELIVERY_TERMS, NEXT, Collection, Delivery
from eligibility_service.domain.certificates import KIND_NAMES, IssueReason
from eligibility_service.domain.limits import CLASS_TERMS
from eligibility_service.store import queries

READERS = ("window_clerk", "municipal_manager", "union_staff")
router = APIRouter(tags=["people"])
Reader = Annotated[Principal, Depends(role(*READERS))]

_QUALIFICATION = (
    "insured_id", "insured_number", "acquired_on", "acquisition_ground", "lost_on", "loss_reason", "revision", "recorded_from",
)  # fmt: skip
_CERTIFICATE = (
    "certificate_id", "kind", "kind_reason", "family", "issue_reason", "serial", "valid_from", "valid_until", "issued_on",
    "document_sha256", "copay_rate", "limit_class", "class_effective_on", "long_stay_from", "delivery", "delivery_on", "times_sent",
    "collection", "collection_on", "collection_reason",
)  # fmt: skip
_WAITING = ("certificate_id", "kind", "state", "refusal", "valid_from", "valid_until")


@router.get("/people")
async def search(
    request: Request,
    who: Reader,
    number: Annotated[str, Query(pattern=r"^\d{0,15}$")] = "",
    kana: Annotated[str, Query(max_length=60)] = "",
    born_on: date | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[dict[str, Any]]:
    """People of the asker's municipalities by number, by the beginning of the reading (any width, hiragana too), by day of birth."""
    reading = jaconv.hira2kata(kana)
    if not (number or reading.strip() or born_on):
        raise Problem(
            422, "KOKI-E001", "検索する条件がありません。", "被保険者番号・宛名番号、カナ氏名、生年月日のどれかを入れてください。"
        )
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await queries.search(uow, number=number, kana=reading, born_on=born_on, municipalities=who.municipalities, limit=limit)


@router.get("/people/{municipality_code}/{resident_number}", response_model=dict[str, Any])
async def one(municipality_code: str, resident_number: str, request: Request, who: Reader) -> Response:
    """Everything about one person: record, qualifications, household, certificates, history in both times."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await queries.person(uow, municipality_code, resident_number)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この宛名番号の住民はいないか、見る権限のない市区町村の住民です。")
    holding = [row for row in reversed(found["qualifications"]) if row["lost_on"] != row["acquired_on"]]
    issued = [row for row in found["certificates"] if row["state"] == "issued"]
    waiting = [row for row in found["certificates"] if row["state"] in ("due", "refused")]
    answer = {
        "person": {
            **found["person"],
            "insured_number": holding[0]["insured_number"] if holding else None,
            "insurer_number": insurer_number(municipality_code),
        },
        "qualifications": [_qualification(row) for row in holding],
        "household": found["household"],
        "certificates": [_certificate(row, _CERTIFICATE) for row in issued],
        "certificates_waiting": [_certificate(row, _WAITING) for row in waiting],
        "history": history.of_person(found["records"], found["revisions"]),
    }
    return Response(to_json(answer), media_type="application/json")


def _qualification(row: dict[str, Any]) -> dict[str, Any]:
    terms = {"ground_term": history.GROUND[row["acquisition_ground"]], "loss_term": history.LOSS.get(row["loss_reason"], "")}
    return {**{name: row[name] for name in _QUALIFICATION}, **terms}


def _certificate(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    found = {**{name: row[name] for name in names}, "kind_name": KIND_NAMES[CertificateKind(row["kind"])]}
    if row["state"] != "issued":
        return found
    delivery = Delivery(row["delivery"])
    return {
        **found,
        "issue_term": IssueReason(row["issue_reason"]).term,
        "class_term": CLASS_TERMS[row["limit_class"]] if row["limit_class"] else "",
        "delivery_term": DELIVERY_TERMS[delivery],
        "delivery_next": [{"to": to, "term": DELIVERY_TERMS[to]} for to in NEXT[delivery]],
        "collection_term": COLLECTION_TERMS[Collection(row["collection"])] if row["collection"] else "",
    }


@router.get("/operations/insured-numbers/{number}")
async def whose_number(number: str, request: Request, who: Annotated[Principal, Depends(role(OPERATOR))]) -> dict[str, str]:
    """Whose 被保険者番号 it is, as municipality code and 宛名番号: for an operator who follows a trace, without any name."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await queries.holder_of(uow, number)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この被保険者番号の人はいません。")
    return found
