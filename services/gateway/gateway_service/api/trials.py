"""試算: the people that are kept for trials, scenarios of rates, what they mean for whom, and scenarios side by side."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID, uuid4

from chassis.problems import NOT_FOUND, Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from gateway_service.api.commands import carry
from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.api.upstream import Reply
from gateway_service.domain import trial_form
from gateway_service.domain.charts import average_chart
from gateway_service.domain.lists import STATES
from gateway_service.domain.roles import Right
from gateway_service.store import municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(prefix="/trials", route_class=ScreenRoute, include_in_schema=False)
Staff = Annotated[Session, allowed(Right.UNION_WORK)]
PARTS = {"medical": "医療分", "child_support": "子ども・子育て支援納付金分"}
MOST_COMPARED = 4
_LARGEST_TABLE = 5_000_000


@router.get("")
async def overview(request: Request, session: Staff, done: str = "") -> Response:
    """Populations, and the scenarios tried on them."""
    gateway = gateway_of(request)
    ask, who = gateway.upstream.ask, session.principal
    populations, trials = await asyncio.gather(ask("premium", "/populations", who), ask("premium", "/trials", who))
    for reply in (populations, trials):
        require(reply)
    await gateway.record(session, "see_trials", "shown")
    today = gateway.runtime.clock.today()
    year = today.year if today.month >= 4 else today.year - 1
    return page(
        request, "trials.html", populations=populations.json(), trials=trials.json()["trials"], states=STATES, parts=PARTS,
        key=str(uuid4()), year=year, done=done[:20],
    )  # fmt: skip


@router.post("/populations", dependencies=[OwnForm])
async def keep_population(
    request: Request,
    session: Staff,
    key: Annotated[UUID, Form()],
    name: Annotated[str, Form(min_length=1, max_length=60)],
    fiscal_year: Annotated[int, Form(ge=2008, le=2040)],
    known_on: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Keep everybody with a decision of a fiscal year as they are on a day."""
    try:
        day = parse_day(known_on).isoformat() if known_on.strip() else None
    except UnreadableDay as error:
        raise Problem(422, "KOKI-S590", "対象者の日付を読めません。", str(error)) from error
    body = {"name": name, "fiscal_year": fiscal_year, "known_on": day}
    await carry(
        gateway_of(request), session, "premium", "/populations", body, key=key, action="keep_population", what="作成", look="「試算」を開き"
    )
    return _to("/trials?done=population")


@router.post("/populations/table", dependencies=[OwnForm])
async def take_table(
    request: Request,
    session: Staff,
    key: Annotated[UUID, Form()],
    name: Annotated[str, Form(min_length=1, max_length=60)],
    fiscal_year: Annotated[int, Form(ge=2008, le=2040)],
    table: Annotated[UploadFile, File()],
) -> Response:
    """Take an income distribution from a file."""
    content = await table.read(_LARGEST_TABLE + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if not text.strip() or len(content) > _LARGEST_TABLE:
        raise Problem(422, "KOKI-S591", "所得分布表のファイルを読めません。", "UTF-8 の CSV（5MBまで）を選んでください。")
    body = {"name": name, "fiscal_year": fiscal_year, "table": text}
    await carry(
        gateway_of(request), session, "premium", "/populations/table", body, key=key, action="keep_population", look="「試算」を開き"
    )
    return _to("/trials?done=table")


@router.get("/new")
async def form(request: Request, session: Staff, population: UUID, like: UUID | None = None) -> Response:
    """The form of a scenario; `like` begins with what another one estimated."""
    gateway = gateway_of(request)
    found = await _population(gateway, session, population)
    typed = trial_form.begin(found["fiscal_year"], found["people"])
    if like is not None:
        kept = await _trial(gateway, session, like)
        typed = trial_form.typed_of(kept["request"]) | {"name": f"{kept['request']['name'][:55]}（2）"}
    await gateway.record(session, "see_trials", "shown", detail="form")
    return _form(request, found, typed, {})


@router.post("", dependencies=[OwnForm])
async def try_scenario(request: Request, session: Staff, key: Annotated[UUID, Form()], population: Annotated[UUID, Form()]) -> Response:
    """Compute a scenario and keep it."""
    gateway = gateway_of(request)
    typed = {name: str(value)[:60] for name, value in (await request.form()).items() if isinstance(value, str)}
    asked, errors = trial_form.read_trial(typed)
    if errors:
        found = await _population(gateway, session, population)
        return _form(request, found, trial_form.begin(found["fiscal_year"], None) | typed, errors)
    body = {"population_id": str(population), "request": asked}
    kept = await carry(gateway, session, "premium", "/trials", body, key=key, action="try_rates", what="試算", look="「試算」を開き")
    return _to(f"/trials/{kept['trial_id']}")


@router.get("/compare")
async def compare(request: Request, session: Staff, trial: Annotated[list[UUID], Query(min_length=1)]) -> Response:
    """Up to four scenarios side by side, and what the first two estimate differently."""
    gateway = gateway_of(request)
    chosen = list(dict.fromkeys(trial))[:MOST_COMPARED]
    found = await asyncio.gather(*(_trial(gateway, session, identifier) for identifier in chosen))
    differing: list[dict[str, Any]] = []
    if len(chosen) > 1:
        params = {"first": str(chosen[0]), "second": str(chosen[1])}
        reply = await gateway.upstream.ask("premium", "/trials/difference", session.principal, params=params)
        require(reply)
        differing = [_difference(row) for row in reply.json()["differing"] if row["name"] != "name"]
    await gateway.record(session, "see_trials", "shown", detail="・".join(str(identifier) for identifier in chosen))
    first = found[0]["result"]["effects"]
    charts = {
        kind: average_chart(
            [("現在", first[kind], "average_before"), *((one["name"], one["result"]["effects"][kind], "average_after") for one in found)]
        )
        for kind in ("bands", "tiers")
    }
    return page(request, "trials_compared.html", trials=found, differing=differing, charts=charts, parts=PARTS)


@router.get("/{trial_id}")
async def one(request: Request, session: Staff, trial_id: UUID) -> Response:
    """A scenario: its rates, how they came about, and what they mean for whom."""
    gateway = gateway_of(request)
    found = await _trial(gateway, session, trial_id)
    await gateway.record(session, "see_trials", "shown", detail=str(trial_id))
    result = found["result"]["effects"]
    chart = average_chart([("現在", result["bands"], "average_before"), ("試算", result["bands"], "average_after")])
    return page(request, "trial.html", trial=found, result=found["result"], chart=chart, parts=PARTS, names=await _names(gateway))


@router.get("/{trial_id}/table.pdf")
async def table(request: Request, session: Staff, trial_id: UUID) -> Response:
    """試算表."""
    gateway = gateway_of(request)
    path, body = f"/trials/{trial_id}/document", {"places": await _names(gateway)}
    reply = await gateway.upstream.ask("premium", path, session.principal, method="POST", json=body)
    await gateway.record(session, "see_trials", "shown" if reply.ok else "failed", detail=f"{trial_id} pdf")
    require(reply)
    headers = {
        **HEADERS,
        "Content-Disposition": f'inline; filename="trial-{trial_id}.pdf"',
        "Content-Security-Policy": "default-src 'none'",
    }
    return Response(reply.content, media_type="application/pdf", headers=headers)


def require(reply: Reply) -> None:
    """Go on with an answer; a refusal is told as the service put it."""
    if reply.unavailable:
        raise Problem(
            503, "KOKI-S592", "いまは試算・比較を表示できません。", "賦課サービスに接続できません。保存したものは失われていません。"
        )
    if not reply.ok:
        raise Problem(404, *NOT_FOUND, detail=str(reply.problem.get("detail") or ""))


async def ready_populations(gateway: Gateway, session: Session) -> list[dict[str, Any]]:
    """The populations that can be used."""
    reply = await gateway.upstream.ask("premium", "/populations", session.principal)
    require(reply)
    return [found for found in reply.json() if found["state"] == "ready"]


async def _population(gateway: Gateway, session: Session, population: UUID) -> dict[str, Any]:
    for found in await ready_populations(gateway, session):
        if found["population_id"] == str(population):
            return found
    raise Problem(404, *NOT_FOUND, detail="この対象者はまだ作成中か、ありません。")


async def _trial(gateway: Gateway, session: Session, trial_id: UUID) -> dict[str, Any]:
    reply = await gateway.upstream.ask("premium", f"/trials/{trial_id}", session.principal)
    require(reply)
    found: dict[str, Any] = reply.json()
    return found


async def _names(gateway: Gateway) -> dict[str, str]:
    async with gateway.runtime.units.open() as uow:
        return await municipalities.names(uow.connection)


def _difference(row: dict[str, Any]) -> dict[str, Any]:
    """An estimate that differs, in the words of the form."""
    terms = {field.name: field.term for field in (*trial_form.PERIOD, *trial_form.CHOICES, *trial_form.CHILD)}
    terms |= {"income_growth": "所得の伸び", "fiscal_year": "年度", "income_coefficient": "所得割と均等割の比"}
    group, _, name = row["name"].rpartition(".")
    where = {"years[0]": "1年目の", "years[1]": "2年目の", "child": PARTS["child_support"], "child.choices": PARTS["child_support"]}
    return {**row, "term": f"{where.get(group, '')}{terms.get(name, name)}"}


def _form(request: Request, population: dict[str, Any], typed: dict[str, str], errors: dict[str, str]) -> Response:
    return page(
        request, "trial_form.html", status=422 if errors else 200, population=population, typed=typed, errors=errors, form=trial_form,
        key=str(uuid4()),
    )  # fmt: skip


def _to(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303, headers=HEADERS)
