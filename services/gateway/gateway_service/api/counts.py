"""How many people are insured on a day, by municipality, age and sex: what the statistics service counts."""

from __future__ import annotations

import re
from typing import Annotated, Any

from chassis.problems import Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Request, Response

from gateway_service.api.gateway import gateway_of
from gateway_service.api.guard import allowed
from gateway_service.api.pages import ScreenRoute, page
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)


@router.get("/counts")
async def counts(request: Request, session: Annotated[Session, allowed(Right.SEE_COUNTS)], on: str = "") -> Response:
    """The counts of a day: one table with a row for each age band and two columns for each municipality."""
    gateway = gateway_of(request)
    day, error = gateway.runtime.clock.today(), ""
    if on.strip():
        try:
            day = parse_day(on)
        except UnreadableDay as unreadable:
            error = str(unreadable)
    found: dict[str, Any] = {"rows": [], "total": 0}
    if not error:
        reply = await gateway.upstream.ask("statistics", "/insured-counts", session.principal, params={"on": day.isoformat()})
        if not reply.ok:
            raise Problem(
                503, "KOKI-S506", "いまは人数を表示できません。", "統計サービスに接続できません。しばらく待って、もう一度開いてください。"
            )
        found = reply.json()
    async with gateway.runtime.units.open() as uow:
        names = await municipalities.names(uow.connection)
    table, sums = _table(found["rows"])
    return page(
        request, "counts.html", status=422 if error else 200, day=day, typed=on[:40], error=error, names=names, table=table, sums=sums,
        codes=sorted(sums), total=found["total"], band_term=band_term,
    )  # fmt: skip


def _table(rows: list[dict[str, Any]]) -> tuple[dict[str, dict[tuple[str, str], int]], dict[str, dict[str, int]]]:
    """Age band → (municipality, sex) → count, in the order of the bands; and municipality → sex → sum."""
    table: dict[str, dict[tuple[str, str], int]] = {}
    sums: dict[str, dict[str, int]] = {}
    for row in sorted(rows, key=lambda row: _youngest(row["age_band"])):
        code, sex = row["municipality_code"], row["sex"]
        table.setdefault(row["age_band"], {})[code, sex] = row["count"]
        of_code = sums.setdefault(code, {})
        of_code[sex] = of_code.get(sex, 0) + row["count"]
    return table, sums


def band_term(band: str) -> str:
    """75-79 as 75〜79歳, 100+ as 100歳以上, 0-64 as 65歳未満."""
    first, _, last = band.partition("-")
    if first == "0" and last.isdigit():
        return f"{int(last) + 1}歳未満"
    return f"{first}〜{last}歳" if last else f"{band.removesuffix('+')}歳以上"


def _youngest(band: str) -> int:
    """The first age of a band; those below every band come first."""
    digits = re.match(r"\d+", band)
    return int(digits.group()) if digits else 0
