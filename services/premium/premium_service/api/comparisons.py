"""法改正の影響と対象者の検索: who pays more or less under another law, and whom a wrong rule has met. For staff of the union."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.law import LawError
from chassis.problems import NOT_FOUND, Problem
from chassis.web import runtime_of
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from premium_service.api.trials import state_of, usable_population
from premium_service.api.union_staff import FormKey, UnionStaff
from premium_service.domain.affected import csv_of, letter_of, shown_people
from premium_service.domain.comparing import ComparisonRequest
from premium_service.domain.law_sets import LEFT_OUT, PackRefused
from premium_service.domain.predicate import columns_of_finder
from premium_service.rules.terms import TERMS
from premium_service.store import assessments, limits, trials

router = APIRouter(tags=["comparisons"])
ROWS_A_PAGE = 100
Order = Literal["place", "more", "less"]


class ComparisonAsked(BaseModel):
    """A comparison on a population."""

    model_config = ConfigDict(extra="forbid")

    population_id: UUID
    request: ComparisonRequest


@router.get("/comparisons/columns")
async def columns(request: Request, who: UnionStaff) -> dict[str, dict[str, str]]:
    """Every column that a condition may name, and those of incomes that a side may leave out, with their terms."""
    return {"columns": columns_of_finder(), "without": {name: TERMS[name][0] for name in LEFT_OUT}}


@router.get("/comparisons")
async def list_comparisons(request: Request, who: UnionStaff, kind: Literal["law_change", "finder"]) -> list[dict[str, Any]]:
    """The latest of a kind; `state` is making, ready or failed."""
    async with runtime_of(request).units.open() as uow:
        return [_shown(row) for row in await trials.comparisons(uow.connection, kind)]


@router.post("/comparisons", status_code=202)
async def compare(asked: ComparisonAsked, request: Request, who: UnionStaff, key: FormKey) -> dict[str, UUID]:
    """Check both sides and let a worker compare."""
    runtime = runtime_of(request)
    for side in (asked.request.before, asked.request.after):
        try:
            if side is not None:
                side.parameters(runtime.settings.union, sample=runtime.settings.sample_data)
        except LawError as unknown:
            raise Problem(422, "KOKI-P054", "この年度の法令では比べられません。", unknown.message_ja) from unknown
        except PackRefused as refused:
            raise Problem(422, "KOKI-P055", "法令パックを使えません。", str(refused)) from refused
    own_key = f"{who.user}:{key}"
    async with runtime.units.open() as uow:
        population = await usable_population(uow.connection, asked.population_id)
        known = await trials.find_comparison_by_key(uow.connection, own_key)
    if population["source"] != "decisions":
        raise Problem(422, "KOKI-P056", "所得分布表では、一人ひとりを比べられません。", "決定をもとにした対象者を選んでください。")
    parameters = {
        "population_id": str(asked.population_id), "request": asked.request.model_dump(mode="json"), "by": who.user, "key": own_key,
    }  # fmt: skip
    return {"comparison_id": known or await runtime.begin_job("compare-effects", parameters, by=who.user)}


@router.get("/comparisons/{comparison_id}")
async def one(comparison_id: UUID, request: Request, who: UnionStaff) -> dict[str, Any]:
    """A comparison with its tables."""
    return _shown(await _get(request, comparison_id))


@router.get("/comparisons/{comparison_id}/people")
async def people(
    comparison_id: UUID, request: Request, who: UnionStaff, order: Order = "place", page: Annotated[int, Query(ge=1)] = 1
) -> dict[str, Any]:
    """A hundred of the people listed, with name, letters sent and legal limits as of today."""
    found, listed = await _people(request, comparison_id, order)
    here = listed.slice((page - 1) * ROWS_A_PAGE, ROWS_A_PAGE)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        known = await assessments.letters_of(uow.connection, here["insured_id"].to_list(), _year(found))
        closes = await limits.closes_on(await driver(uow.connection), here, _year(found), runtime_of(request).settings.union, uow.today)
        rows = shown_people(here, known, closes, uow.today)
    return {"rows": rows, "total": listed.height, "page": page, "pages": max(1, -(-listed.height // ROWS_A_PAGE))}


@router.get("/comparisons/{comparison_id}/people.csv")
async def people_csv(comparison_id: UUID, request: Request, who: UnionStaff, order: Order = "place") -> Response:
    """Everybody listed, as CSV for a spreadsheet; identifiers and amounts, no names."""
    found, listed = await _people(request, comparison_id, order)
    async with runtime_of(request).units.open() as uow:
        closes = await limits.closes_on(await driver(uow.connection), listed, _year(found), runtime_of(request).settings.union, uow.today)
    text = await asyncio.to_thread(csv_of, listed, closes, uow.today)
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8")


@router.get("/comparisons/{comparison_id}/letter")
async def letter(comparison_id: UUID, request: Request, who: UnionStaff) -> dict[str, str]:
    """文案: the draft of a letter to the people listed, for an officer to finish."""
    found, _ = await _people(request, comparison_id, "place")
    today = runtime_of(request).clock.today()
    return {"text": letter_of(found["result"]["listed"]["whole"], fiscal_year=_year(found), today=today)}


async def _people(request: Request, comparison_id: UUID, order: Order) -> tuple[Mapping[str, Any], pl.DataFrame]:
    found = await _get(request, comparison_id)
    if found["result"] is None:
        raise Problem(409, "KOKI-P057", "この比較は、まだ終わっていません。", "しばらく待って、もう一度開いてください。")
    listed = await trials.people_of(runtime_of(request).store, comparison_id)
    if order != "place":
        listed = listed.sort(pl.col("after") - pl.col("before"), descending=order == "more", maintain_order=True)
    return found, listed


async def _get(request: Request, comparison_id: UUID) -> dict[str, Any]:
    async with runtime_of(request).units.open() as uow:
        found = await trials.find_comparison(uow.connection, comparison_id)
    if found is None:
        raise Problem(404, *NOT_FOUND)
    return found


def _year(found: Mapping[str, Any]) -> int:
    return int(found["population_fiscal_year"])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "state": state_of(row["result"] is not None, row)}
