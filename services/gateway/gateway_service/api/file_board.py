"""ファイルの受け渡し: what is expected and what has come, what waits for the municipalities, and the freshness of the online feed."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Final

from chassis.business_days import business_moment
from chassis.problems import Problem
from contracts.eras import UnreadableDay, parse_day
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from gateway_service.api.gateway import Gateway, gateway_of
from gateway_service.api.guard import OwnForm, allowed
from gateway_service.api.pages import HEADERS, ScreenRoute, page
from gateway_service.domain import words
from gateway_service.domain.file_calendar import Direction, Expected, Slot, State, due_at
from gateway_service.domain.roles import Right
from gateway_service.store import file_calendar, municipalities
from gateway_service.store.sign_ins import Session

router = APIRouter(route_class=ScreenRoute, include_in_schema=False)
UnionStaff = Annotated[Session, allowed(Right.UNION_WORK)]
Operator = Annotated[Session, allowed(Right.OPERATE)]
STATES: Final = {
    State.COMING: ("時刻前", "quiet"),
    State.DONE: ("済", "good"),
    State.DONE_LATE: ("遅れて済", "warn"),
    State.OVERDUE: ("遅れ", "bad"),
    State.MISSING: ("未着", "bad"),
}
STEPS: Final = {"not_made": "未作成", "offered": "作成済み・取り出し待ち", "fetched": "取り出し済み・確認待ち", "confirmed": "受領確認済み"}
FEED_STATES: Final = {"making": ("作成中", "quiet"), "released": ("送出", "good"), "stopped": ("停止", "bad")}
KINDS: Final = {"up": ("residents", "incomes"), "down": ("qualifications",)}
DAYS_SHOWN: Final = 5
_UNREADABLE: Final = ("KOKI-S563", "予定を保存できませんでした。")


@router.get("/file-board")
async def union_board(request: Request, session: UnionStaff, changed: str = "") -> Response:
    return await _board(request, session, changed=bool(changed), may_change=True)


@router.get("/console/files")
async def operators_board(request: Request, session: Operator) -> Response:
    return await _board(request, session, changed=False, may_change=False)


async def _board(request: Request, session: Session, *, changed: bool, may_change: bool) -> Response:
    """The last business days by municipality; older days only where something is still missing."""
    gateway = gateway_of(request)
    async with gateway.runtime.units.open() as uow:
        slots = await file_calendar.slots_of(uow)
        settings = [found for found in await file_calendar.settings(uow.connection) if found.until is None or found.until > uow.today]
        names = await municipalities.names(uow.connection)
        at = business_moment(uow.today, uow.now)
    days = sorted({slot.day for slot in slots}, reverse=True)[:DAYS_SHOWN]
    shown = [(day, [slot for slot in slots if slot.day == day]) for day in days]
    older = [slot for slot in slots if slot.day not in days and slot.state.alerts]
    return page(
        request, "file_board.html", shown=shown, older=older, settings=settings, names=names, at=at, kinds=words.KINDS, states=STATES,
        steps=STEPS, feed_states=FEED_STATES, exchange=await _exchange(gateway, session), changed=changed, may_change=may_change,
        counts=_counts(slots), choices=KINDS, due_at=due_at, hour=_hour,
    )  # fmt: skip


def _counts(slots: list[Slot]) -> dict[str, int]:
    """How many files are late or missing, up and down."""
    return {way.value: sum(slot.state.alerts for slot in slots if slot.expected.direction is way) for way in Direction}


def _hour(moment: datetime | time) -> str:
    return moment.strftime("%H:%M")


async def _exchange(gateway: Gateway, session: Session) -> dict[str, Any] | None:
    """What eligibility says of the feed and of the files it has made; None when it does not answer."""
    reply = await gateway.upstream.ask("eligibility", "/exchange", session.principal)
    return reply.json() if reply.ok else None


@router.post("/file-board/settings", dependencies=[OwnForm])
async def change_setting(
    request: Request,
    session: UnionStaff,
    municipality_code: Annotated[str, Form()],
    file: Annotated[str, Form()],
    since: Annotated[str, Form()],
    by_hour: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "set",
) -> Response:
    """From a day on a file is expected by another hour, or no more. Days that have passed keep what held for them."""
    gateway = gateway_of(request)
    direction, _, kind = file.partition(":")
    async with gateway.runtime.units.open() as uow:
        known = municipality_code in await municipalities.names(uow.connection)
        if not known or kind not in KINDS.get(direction, ()):
            raise Problem(422, *_UNREADABLE, detail="市区町村とファイルを選び直してください。")
        first, hour = _day(since), _time(by_hour) if act == "set" else time()
        if first < uow.today:
            raise Problem(422, *_UNREADABLE, detail="過ぎた日の予定は変えられません。今日以後の日を入力してください。")
        expected = Expected(Direction(direction), municipality_code, kind, hour)
        if act == "set":
            await file_calendar.set_expected(uow, expected, since=first, by=session.user)
        else:
            await file_calendar.end_expected(uow, expected, since=first)
    await gateway.record(session, "file_calendar", "done", detail=f"{act} {direction} {kind} {municipality_code} {first} {by_hour}")
    return RedirectResponse("/file-board?changed=1", status_code=303, headers=HEADERS)


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except UnreadableDay as error:
        raise Problem(422, *_UNREADABLE, detail=str(error)) from error


def _time(text: str) -> time:
    try:
        found = time.fromisoformat(text.strip())
    except ValueError as error:
        raise Problem(422, *_UNREADABLE, detail="時刻は 18:00 の形で入力してください。") from error
    if found.tzinfo or found.second or found.microsecond:
        raise Problem(422, *_UNREADABLE, detail="時刻は 18:00 の形で入力してください。")
    return found


@router.get("/card-holdings")
async def card_holdings(request: Request, session: UnionStaff) -> Response:
    """マイナ保険証の保有: how many hold one, the files that were taken in, and the rows that name nobody for certain."""
    gateway = gateway_of(request)
    reply = await gateway.upstream.ask("eligibility", "/card-holdings", session.principal)
    if not reply.ok:
        raise Problem(
            503, "KOKI-S564", "いまは保有の状況を表示できません。", "資格サービスに接続できません。しばらく待って、もう一度開いてください。"
        )
    found = reply.json()
    await gateway.record(session, "see_card_holdings", "shown", detail=f"{len(found['refusals'])} refusals")
    generations = {row["batch_id"]: row["generation"] for row in found["imports"]}
    return page(request, "card_holdings.html", **found, reasons=words.HOLDING_REFUSALS, generations=generations)
