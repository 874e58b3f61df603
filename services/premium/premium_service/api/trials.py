"""試算: populations that are kept for what-if runs, rate trials on them, and how two scenarios differ. For staff of the union."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis.clock import derived_id
from chassis.documents import DocumentRefused
from chassis.law import LawError
from chassis.problems import NOT_FOUND, Problem
from chassis.runtime import Runtime
from chassis.web import runtime_of
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from premium_service.api.union_staff import FormKey, UnionStaff
from premium_service.documents.trial_table.build import trial_table_of
from premium_service.documents.trial_table.render import render_trial_table
from premium_service.domain.assessing import parameters_of
from premium_service.domain.income_table import TableRefused, read_income_table
from premium_service.domain.trials import COSTS, INCOMES, TrialRefused, TrialRequest, differing, try_rates
from premium_service.rules.rate_search import Unreachable
from premium_service.store import populations, trials
from premium_service.store.profiles import keep_table, profiles_for

router = APIRouter(tags=["trials"])
_NO_POPULATION = ("KOKI-P050", "この対象者は、まだ使えません。")
_NO_RATE = ("KOKI-P051", "この見込みでは、保険料率を計算できません。")


class PopulationAsked(BaseModel):
    """Whom to keep: everybody with a decision of the fiscal year in force on a day (today, where none is given)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    fiscal_year: int = Field(ge=2008, le=2040)
    known_on: date | None = None


class TableAsked(BaseModel):
    """An uploaded table of incomes (CSV) in place of the union's decisions."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    fiscal_year: int = Field(ge=2008, le=2040)
    table: str = Field(min_length=1, max_length=5_000_000)


class TrialAsked(BaseModel):
    """A scenario on a population."""

    model_config = ConfigDict(extra="forbid")

    population_id: UUID
    request: TrialRequest


class Places(BaseModel):
    """Municipality code → name, which the gateway knows."""

    model_config = ConfigDict(extra="forbid")

    places: dict[str, str] = Field(default_factory=dict, max_length=2_000)


@router.get("/populations")
async def list_populations(request: Request, who: UnionStaff) -> list[dict[str, Any]]:
    """Populations, newest first; `state` is making, ready or failed."""
    async with runtime_of(request).units.open() as uow:
        found = await populations.listing(uow.connection)
    return [{**row, "state": state_of(row["inputs_hash"] is not None, row)} for row in found]


@router.post("/populations", status_code=202)
async def keep_population(asked: PopulationAsked, request: Request, who: UnionStaff, key: FormKey) -> dict[str, UUID]:
    """Keep a population; a worker does it."""
    runtime = runtime_of(request)
    own_key = f"{who.user}:{key}"
    async with runtime.units.open() as uow:
        known = await populations.find_by_key(uow.connection, own_key)
        day = asked.known_on or uow.today
    parameters = {"name": asked.name, "fiscal_year": asked.fiscal_year, "known_on": str(day), "by": who.user, "key": own_key}
    return {"population_id": known or await runtime.begin_job("freeze-population", parameters, by=who.user)}


@router.post("/populations/table", status_code=201)
async def take_table(asked: TableAsked, request: Request, who: UnionStaff, key: FormKey) -> dict[str, UUID]:
    """Take an uploaded table of incomes as a population."""
    runtime = runtime_of(request)
    population_id, own_key = derived_id("population", who.user, key), f"{who.user}:{key}"
    try:
        people = (await asyncio.to_thread(read_income_table, asked.table)).people
    except TableRefused as refused:
        raise Problem(422, "KOKI-P052", "所得分布表を読めません。", str(refused)) from refused
    digest = hashlib.sha256(asked.table.encode()).hexdigest()
    async with runtime.units.open() as uow:
        if await populations.find_by_key(uow.connection, own_key) is None:
            await keep_table(uow.store, population_id, asked.table)
            await populations.register(
                uow.connection, population_id, name=asked.name, source="table", fiscal_year=asked.fiscal_year, known_on=None,
                by=who.user, at=uow.now, key=own_key,
            )  # fmt: skip
            await populations.complete(uow.connection, population_id, chunks=0, people=people, annual_amount=0, inputs_hash=digest)
    return {"population_id": population_id}


@router.get("/trials")
async def list_trials(request: Request, who: UnionStaff) -> dict[str, Any]:
    """The latest scenarios, and the names of the costs and incomes that a form asks for."""
    async with runtime_of(request).units.open() as uow:
        return {"trials": await trials.trials(uow.connection), "costs": COSTS, "incomes": INCOMES}


@router.post("/trials", status_code=201)
async def try_scenario(asked: TrialAsked, request: Request, who: UnionStaff, key: FormKey) -> dict[str, Any]:
    """Compute a scenario and keep it; the same key gives the kept one."""
    runtime = runtime_of(request)
    trial_id = derived_id("trial", who.user, key)
    async with runtime.units.open() as uow:
        if known := await trials.find_trial(uow.connection, trial_id):
            return known
        population = await usable_population(uow.connection, asked.population_id)
    result = await _tried(runtime, asked.request, population)
    async with runtime.units.open() as uow:
        await trials.add_trial(
            uow.connection, trial_id, population_id=asked.population_id, request=asked.request.model_dump(mode="json"), result=result,
            by=who.user, at=uow.now,
        )  # fmt: skip
        found = await trials.find_trial(uow.connection, trial_id)
    assert found is not None
    return found


@router.get("/trials/difference")
async def difference(first: UUID, second: UUID, request: Request, who: UnionStaff) -> dict[str, Any]:
    """シナリオの差: what two scenarios estimate differently, and both of them."""
    one, two = await _trial(request, first), await _trial(request, second)
    return {"first": one, "second": two, "differing": differing(one["request"], two["request"])}


@router.get("/trials/{trial_id}")
async def one(trial_id: UUID, request: Request, who: UnionStaff) -> dict[str, Any]:
    """A scenario with its result."""
    return await _trial(request, trial_id)


@router.post("/trials/{trial_id}/repeat")
async def repeat(trial_id: UUID, request: Request, who: UnionStaff) -> dict[str, Any]:
    """Compute a kept scenario again and say whether the result is the same; nothing is kept."""
    runtime, found = runtime_of(request), await _trial(request, trial_id)
    async with runtime.units.open() as uow:
        population = await usable_population(uow.connection, found["population_id"])
    again = await _tried(runtime, TrialRequest.model_validate(found["request"]), population)
    return {"same": again == found["result"], "law_hash": again["law_hash"], "inputs_hash": again["inputs_hash"]}


@router.post("/trials/{trial_id}/document")
async def document(trial_id: UUID, places: Places, request: Request, who: UnionStaff) -> Response:
    """試算表 as PDF, with the names of the municipalities as the asker has them; the same trial gives the same bytes."""
    found = await _trial(request, trial_id)
    try:
        pdf = await asyncio.to_thread(lambda: render_trial_table(trial_table_of(found, places.places)))
    except DocumentRefused as refused:
        raise Problem(422, "KOKI-P053", "試算表を作成できません。", str(refused)) from refused
    return Response(pdf, media_type="application/pdf")


async def _tried(runtime: Runtime, asked: TrialRequest, population: Mapping[str, Any]) -> dict[str, Any]:
    try:
        law = parameters_of(runtime.settings.union, asked.fiscal_year, sample=runtime.settings.sample_data)
        people = await profiles_for(runtime.store, population, law)
        return await asyncio.to_thread(try_rates, asked, people, law, inputs_hash=population["inputs_hash"])
    except LawError as unknown:
        raise Problem(422, *_NO_RATE, detail=unknown.message_ja) from unknown
    except TrialRefused as refused:
        raise Problem(422, *_NO_RATE, detail=str(refused)) from refused
    except Unreachable as unreachable:
        detail = "所得割率を上げても、賦課限度額のため必要な額に届きません。均等割額か限度額、費用の見込みを確かめてください。"
        raise Problem(422, *_NO_RATE, detail=detail) from unreachable


async def usable_population(connection: AsyncConnection, population_id: UUID) -> dict[str, Any]:
    """A population that is complete. Problem where it is not."""
    try:
        return await populations.get(connection, population_id)
    except populations.NoSuchPopulation as missing:
        raise Problem(409, *_NO_POPULATION, detail="作成が終わってから使ってください。") from missing


async def _trial(request: Request, trial_id: UUID) -> dict[str, Any]:
    async with runtime_of(request).units.open() as uow:
        found = await trials.find_trial(uow.connection, trial_id)
    if found is None:
        raise Problem(404, *NOT_FOUND)
    return found


def state_of(is_ready: bool, row: Mapping[str, Any]) -> str:
    """ready, failed or making, from the result and the run that makes it."""
    return "ready" if is_ready else "failed" if row["run_state"] in ("failed", "different") else "making"
