"""What a clerk sees of premiums: every decision with each of its steps."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import numpy as np
from asyncpg import Connection
from chassis.binary_copy import Records
from chassis.database import driver
from chassis.documents import DocumentRefused
from chassis.law import day_of
from chassis.problems import NOT_FOUND, Problem
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Request, Response

from premium_service.documents.decision_notice.of_decision import notice_of
from premium_service.documents.decision_notice.render import render_notice
from premium_service.domain.assessing import parameters_of, provisional_of, uuid_of
from premium_service.rules.assessment import assess
from premium_service.rules.columns import ASSESSMENT_DTYPE, Households
from premium_service.rules.explanation import explain
from premium_service.rules.steps import share_text
from premium_service.store import assessments, former_dependants, members, people

router = APIRouter(tags=["assessments"])


@router.get("/people/{municipality_code}/{resident_number}/assessments")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> list[dict[str, Any]]:
    """Every decision about a person, newest first, each yen explained."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await assessments.of_person(uow.connection, municipality_code, resident_number)
        raw, settings = await driver(uow.connection), runtime.settings
        return [await _explained(record, raw, settings.union, sample=settings.sample_data) for record in found]


@router.get("/assessments/{assessment_id}")
async def one(assessment_id: UUID, request: Request, who: Asking) -> dict[str, Any]:
    """One decision."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await assessments.by_id(uow.connection, assessment_id)
        if found is None:
            raise Problem(404, *NOT_FOUND)
        raw, settings = await driver(uow.connection), runtime.settings
        return await _explained(found, raw, settings.union, sample=settings.sample_data)


@router.get("/assessments/{assessment_id}/document")
async def document(assessment_id: UUID, request: Request, who: Asking) -> Response:
    """The decision with its calculation sheets (保険料額決定通知書・計算明細書) as PDF; the same decision gives the same bytes."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await assessments.by_id(uow.connection, assessment_id)
        insured_id = uuid_of(found[0]["insured_id"]) if found is not None else None
        person = await people.addressee(uow, insured_id) if insured_id is not None else None
        if found is None or person is None:
            raise Problem(404, *NOT_FOUND)
        settings = runtime.settings
        decision = await _explained(found, await driver(uow.connection), settings.union, sample=settings.sample_data)
    if not decision["explained"]:
        raise Problem(
            409,
            "KOKI-P409",
            "この決定の計算明細書は作成できません。",
            "決定のあとに法令・料率の登録が変わりました。金額は決定時のまま有効です。",
        )
    try:
        pdf = await asyncio.to_thread(render_notice, notice_of(decision, person, settings.union))
    except DocumentRefused as refused:
        raise Problem(422, "KOKI-P422", "計算明細書を作成できません。", str(refused)) from refused
    return Response(pdf, media_type="application/pdf")


async def _explained(record: Records, raw: Connection[Any], union: str, *, sample: bool) -> dict[str, Any]:
    """A decision as JSON: amounts, and the steps from its frozen inputs to the stored values.

    The household is assessed again from the frozen inputs, and every value must equal the stored one; where the law's files have
    been changed since the decision, only the stored amounts are shown, and the answer says so.
    """
    row = record[0]
    law = parameters_of(union, int(row["fiscal_year"]), sample=sample)
    inputs = await members.frozen(raw, uuid_of(row["run_id"]), int(row["household"]), int(row["household"]))
    result = assess(Households.from_records(inputs), law)
    index = int(np.flatnonzero(inputs["insured_id"] == row["insured_id"])[0])
    same = all(result[name][index] == row[name] for name in ASSESSMENT_DTYPE.names or ())
    return {
        "assessment_id": str(uuid_of(row["assessment_id"])),
        "fiscal_year": int(row["fiscal_year"]),
        "fiscal_year_name": law.fiscal_year.name,
        "revision": int(row["revision"]),
        "annual_amount": int(row["annual_amount"]),
        "months": int(row["months"]),
        "provisional": provisional_of(law),
        "former_dependant": (await former_dependants.known_of(raw, uuid_of(row["insured_id"])))[0],
        "decided_on": str(day_of(int(row["decided_on"]))),
        "explained": same,
        "parts": [part_amounts(record, part) for part in law.parts],
        "steps": [step.content() for step in explain(result, index)] if same else [],
    }


def part_amounts(record: Records, part: str) -> dict[str, Any]:
    """The stored amounts of one part (yen), and its reduction as `72/100`; None where there is none."""
    row = record[0]
    share = int(row[f"{part}_dependant_reduction"]) if row["dependant_months"] > 0 else int(row[f"{part}_reduction"])
    after = "per_capita_dependant" if row["dependant_months"] > 0 else "per_capita_reduced"
    return {
        "part": part,
        "per_capita": int(row[f"{part}_per_capita"]),
        "reduction": share_text(share) if share else None,
        "per_capita_after_reduction": int(row[f"{part}_{after}"]),
        "income_levy": int(row[f"{part}_income_levy"]),
        "capped": bool(row[f"{part}_capped"]),
        "amount": int(row[f"{part}_amount"]),
    }
