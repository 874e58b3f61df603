"""滞納統計リスト: by municipality, year and age of the debt, down to the people; and the worklist of arrears."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from chassis.commands import Clerk, require_own
from chassis.database import driver
from chassis.tokens import Principal
from chassis.web import runtime_of
from contracts.eras import format_day, format_fiscal_year
from fastapi import APIRouter, Path, Query, Request, Response

from collection_service.api.listing import Form, Place, listed
from collection_service.documents import arrears_lists
from collection_service.store import arrears_statistics
from collection_service.store.arrears_statistics import AGES

router = APIRouter(prefix="/arrears", tags=["arrears"])
Municipality = Annotated[str, Path(pattern=r"^(\d{6}|\*)$", description="市区町村コード。* は見る権限のある全部")]
Age = Literal["under_3_months", "under_6_months", "under_1_year", "under_2_years", "over_2_years"]
WHOLE: Final = "*"
KINDS: Final = {
    "demand_refused": "督促状を発行できない方",
    "demand_returned": "督促状の返戻",
    "promise_broken": "納付誓約の不履行",
    "to_hand_over": "手渡しする書面（支援措置）",
}


@router.get("/{municipality_code}/statistics", response_model=None)
async def statistics(
    municipality_code: Municipality, request: Request, who: Clerk, on: date | None = None, form: Form = "json", place: Place = ""
) -> Response | list[dict[str, Any]]:
    """滞納統計リスト as of a day: what was due before it and not paid up to it. A person may stand in several rows, once in each."""
    _require(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        today, day = uow.today, on or uow.today
        found = await arrears_statistics.added_up(await driver(uow.connection), municipality_code, day)
    rows = [
        row | {"age_term": AGES[row["age"]], "year": format_fiscal_year(row["fiscal_year"]), "place": row["municipality_code"]}
        for row in found
    ]
    return await listed(arrears_lists.STATISTICS, rows, form, place, f"{format_day(day)}現在", today)


@router.get("/{municipality_code}/people", response_model=None)
async def people(
    municipality_code: Municipality,
    request: Request,
    who: Clerk,
    on: date | None = None,
    fiscal_year: Annotated[int | None, Query(ge=2008, le=2999)] = None,
    age: Age | None = None,
    form: Form = "json",
    place: Place = "",
) -> Response | list[dict[str, Any]]:
    """滞納者一覧: the people behind the statistics, or behind one row of them."""
    _require(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        today, day = uow.today, on or uow.today
        raw = await driver(uow.connection)
        found = await arrears_statistics.people(raw, municipality_code, day, fiscal_year=fiscal_year, age=age)
    what = [f"{format_day(day)}現在"]
    what += [format_fiscal_year(fiscal_year)] if fiscal_year is not None else []
    what += [AGES[age]] if age is not None else []
    return await listed(arrears_lists.PEOPLE, found, form, place, "　".join(what), today)


@router.get("/{municipality_code}/worklist")
async def worklist(municipality_code: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """作業一覧 of arrears: demands that could not be sent or came back, broken promises, papers to hand over; gone when somebody acted."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await arrears_statistics.worklist(await driver(uow.connection), municipality_code)
    return [row | {"term": KINDS[row["kind"]]} for row in found]


def _require(who: Principal, municipality_code: str) -> None:
    if municipality_code != WHOLE:
        require_own(who, municipality_code)
