"""Which file is expected when, what has come, and who is told when it has not: on several days, at any hour, without the real clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from chassis.business_days import business_day_after, is_business_day
from chassis.clock import JAPAN, Clock
from chassis.testing import Databases
from gateway_service.domain.file_calendar import Direction, Expected, Happened, State, board, due_at
from gateway_service.handlers.calendar import watch_once
from gateway_service.store import file_calendar
from sqlalchemy import text

from services.gateway.tests.municipal import CHIYODA, HACHIOJI, resident, residents_file
from services.gateway.tests.test_down_files import offered, qualification
from services.gateway.tests.world import GatewayWorld, a_gateway, hidden

MONDAY, TUESDAY = date(2026, 7, 13), date(2026, 7, 14)
UP = Expected(Direction.UP, CHIYODA, "residents", time(18))
DOWN = Expected(Direction.DOWN, CHIYODA, "qualifications", time(12))


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 7, 17), True),
        (date(2026, 7, 18), False),  # Saturday
        (date(2026, 7, 20), False),  # 海の日
        (date(2026, 9, 22), False),  # 国民の休日
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2026, 12, 31), False),
        (date(2027, 1, 1), False),
        (date(2027, 1, 2), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
    ],
)
def test_business_days_are_those_of_the_offices(day: date, is_open: bool) -> None:
    assert is_business_day(day) is is_open


def test_the_year_ends_on_28_december_and_goes_on_after_the_third() -> None:
    assert business_day_after(date(2026, 12, 28)) == date(2027, 1, 4)
    assert due_at(DOWN, date(2026, 12, 28)) == datetime(2027, 1, 4, 12, tzinfo=JAPAN)


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=JAPAN)


def came(at: datetime, **changes: Any) -> Happened:
    return replace(Happened(Direction.UP, CHIYODA, "residents", MONDAY, 1, 5, at), **changes)


@pytest.mark.parametrize(
    ("arrived", "at", "state"),
    [
        (None, moment(MONDAY, 17, 59), State.COMING),
        (None, moment(MONDAY, 18), State.OVERDUE),
        (None, moment(TUESDAY, 0), State.MISSING),
        (moment(MONDAY, 18), moment(MONDAY, 18, 1), State.DONE),
        (moment(MONDAY, 18, 1), moment(MONDAY, 18, 2), State.DONE_LATE),
    ],
)
def test_a_file_is_coming_overdue_missing_or_there(arrived: datetime | None, at: datetime, state: State) -> None:
    (slot,) = board([UP], [came(arrived)] if arrived else [], {}, [MONDAY], at=at)
    assert slot.state is state


@pytest.mark.parametrize(
    ("fetched", "confirmed", "at", "state", "step"),
    [
        (None, None, moment(TUESDAY, 11), State.COMING, "offered"),
        (moment(TUESDAY, 9), None, moment(TUESDAY, 12), State.OVERDUE, "fetched"),
        (moment(TUESDAY, 9), moment(TUESDAY, 12), moment(TUESDAY, 13), State.DONE, "confirmed"),
        (moment(TUESDAY, 9), moment(TUESDAY, 13), moment(TUESDAY, 14), State.DONE_LATE, "confirmed"),
        (moment(TUESDAY, 9), None, moment(date(2026, 7, 15), 0), State.MISSING, "fetched"),
    ],
)
def test_a_file_down_is_done_when_it_is_confirmed(fetched: Any, confirmed: Any, at: datetime, state: State, step: str) -> None:
    file = came(moment(MONDAY, 20), direction=Direction.DOWN, kind="qualifications", fetched_at=fetched, confirmed_at=confirmed)
    (slot,) = board([DOWN], [file], {}, [MONDAY], at=at)
    assert (slot.state, slot.step) == (state, step)


def test_a_second_file_down_that_nobody_has_confirmed_is_not_made_up_for_by_the_first() -> None:
    first = came(moment(MONDAY, 20), direction=Direction.DOWN, kind="qualifications", confirmed_at=moment(TUESDAY, 9))
    second = replace(first, generation=2, confirmed_at=None)
    (slot,) = board([DOWN], [second, first], {}, [MONDAY], at=moment(TUESDAY, 12))
    assert slot.state is State.OVERDUE


def test_nothing_is_expected_on_days_off_nor_outside_the_days_of_a_setting() -> None:
    setting = replace(UP, since=TUESDAY, until=date(2026, 7, 16))
    week = [date(2026, 7, day) for day in range(12, 20)]
    assert [slot.day.day for slot in board([setting], [], {}, week, at=moment(MONDAY, 9))] == [14, 15]


@dataclass(frozen=True, slots=True)
class SetClock(Clock):
    """A clock that stands at one moment."""

    at: datetime = datetime(2026, 7, 13, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def units_at(gateway: GatewayWorld, day: date, hour: int) -> Any:
    return replace(gateway.runtime.units, clock=SetClock(day, moment(day, hour).astimezone(UTC)))


@pytest.fixture
async def still(databases: Databases, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GatewayWorld]:
    """A gateway whose own watch does not look, with one expected file up and one down, of 千代田区."""
    monkeypatch.setattr("gateway_service.seed._EXPECTED", ())
    async with a_gateway(databases, broker, tmp_path, monkeypatch, worker=False) as gateway:
        async with gateway.runtime.units.open() as uow:
            await file_calendar.set_expected(uow, UP, since=MONDAY, by="tester")
            await file_calendar.set_expected(uow, DOWN, since=MONDAY, by="tester")
        yield gateway


async def alerts(gateway: GatewayWorld) -> list[tuple[str, str, date]]:
    rows = await gateway.rows(
        "SELECT direction, municipality_code, business_day FROM file_alert WHERE closed_at IS NULL ORDER BY 3, 1 DESC"
    )
    return [tuple(row) for row in rows]


async def test_a_file_that_has_not_come_by_its_hour_raises_one_alert_until_it_comes(still: GatewayWorld) -> None:
    found = {}
    for day, hour in ((MONDAY, 17), (MONDAY, 18), (MONDAY, 19), (TUESDAY, 10)):
        await watch_once(units_at(still, day, hour))
        found[f"{day.day}:{hour}"] = await alerts(still)
    monday = ("up", CHIYODA, MONDAY)
    assert found == {"13:17": [], "13:18": [monday], "13:19": [monday], "14:10": [monday]}

    await _arrives(still, MONDAY, 1)
    await watch_once(units_at(still, TUESDAY, 11))
    assert await alerts(still) == []


async def test_a_refused_file_is_no_arrival(still: GatewayWorld) -> None:
    await _arrives(still, MONDAY, 1, state="refused")
    slots = await watch_once(units_at(still, MONDAY, 18))
    assert [(slot.state, slot.refused) for slot in slots if slot.expected == replace(UP, since=MONDAY)] == [(State.OVERDUE, 1)]
    assert await alerts(still) == [("up", CHIYODA, MONDAY)]


async def test_a_file_down_that_is_not_confirmed_by_its_hour_raises_an_alert(still: GatewayWorld) -> None:
    """E-19. The municipality confirms late, and the alert closes."""
    await _arrives(still, MONDAY, 1)
    await _arrives(still, TUESDAY, 2)
    file = residents_file([qualification(1)], kind="qualifications")
    await offered(still, file)
    await watch_once(units_at(still, TUESDAY, 11))
    assert await alerts(still) == []
    await watch_once(units_at(still, TUESDAY, 12))
    assert await alerts(still) == [("down", CHIYODA, MONDAY)]

    at = "/municipal/files/down/qualifications/1"
    data = await still.client.get(at, auth=still.secret())
    await still.client.post(f"{at}/receipt", json={"sha256": data.headers["X-Content-SHA256"]}, auth=still.secret())
    await watch_once(units_at(still, TUESDAY, 13))
    assert await alerts(still) == []


async def _arrives(gateway: GatewayWorld, day: date, generation: int, *, state: str = "accepted") -> None:
    """A municipal file as it stands when it has been processed."""
    async with gateway.runtime.units.open() as uow:
        await uow.connection.execute(
            text(
                """INSERT INTO intake_file (
                    id, municipality_code, file_name, data_key, data_sha256, data_bytes, control_key, control_sha256,
                    received_at, business_day, state, kind, generation, finished_at)
                VALUES (gen_random_uuid(), :code, 'a', 'a', :sha, 0, 'a', :sha, :at, :day, :state, 'residents', :generation, :at)"""
            ),
            {
                "code": CHIYODA,
                "sha": f"{day}{generation}{state}",
                "at": moment(day, 9),
                "day": day,
                "state": state,
                "generation": generation,
            },
        )


@asynccontextmanager
async def a_browser(gateway: GatewayWorld, user: str) -> AsyncIterator[Any]:
    browser = await gateway.sign_in(user)
    try:
        yield browser
    finally:
        await browser.aclose()


async def test_a_file_handed_in_stands_on_the_board_of_union_and_operator(gateway: GatewayWorld) -> None:
    await gateway.taken_in(residents_file([resident(1), resident(2)]))
    await gateway.taken_in(residents_file([], generation=1, code=HACHIOJI), HACHIOJI)
    for user, path in (("union", "/file-board"), ("operator", "/console/files")):
        async with a_browser(gateway, user) as browser:
            page = await browser.get(path)
            assert page.status_code == 200
            assert "住民情報" in page.text
            assert "第1世代 2件" in page.text
            assert "第1世代 0件" in page.text
            assert "資格サービスに接続できない" in page.text


async def test_a_clerk_of_a_municipality_does_not_see_the_board(gateway: GatewayWorld) -> None:
    async with a_browser(gateway, "chiyoda") as browser:
        assert [(await browser.get(path)).status_code for path in ("/file-board", "/console/files", "/card-holdings")] == [403] * 3


async def test_union_staff_changes_what_is_expected_from_a_day_on(still: GatewayWorld) -> None:
    async with a_browser(still, "union") as browser:
        csrf = hidden(await browser.get("/file-board"))
        form = {"csrf": csrf, "municipality_code": CHIYODA, "file": "up:residents", "since": "R8.7.15", "by_hour": "09:30"}
        assert (await browser.post("/file-board/settings", data=form)).status_code == 303
        past = await browser.post("/file-board/settings", data={**form, "since": "R8.7.1"})
        odd = await browser.post("/file-board/settings", data={**form, "by_hour": "夕方"})
        assert [answer.status_code for answer in (past, odd)] == [422, 422]
        ended = await browser.post("/file-board/settings", data={**form, "since": "R8.7.20", "act": "end"})
        assert ended.status_code == 303
    rows = await still.rows("SELECT by_hour, valid_during::text FROM expected_file WHERE direction = 'up' ORDER BY valid_during")
    assert [tuple(row) for row in rows] == [(time(18), "[2026-07-13,2026-07-15)"), (time(9, 30), "[2026-07-15,2026-07-20)")]


async def test_the_worklist_of_a_municipality_shows_its_own_late_files_alone(still: GatewayWorld) -> None:
    async with still.runtime.units.open() as uow:
        await file_calendar.set_expected(uow, replace(UP, municipality_code=HACHIOJI), since=MONDAY, by="tester")
    await _arrives(still, MONDAY, 1)
    await watch_once(units_at(still, MONDAY, 18))
    async with a_browser(still, "chiyoda") as browser:
        assert "届いていない" not in (await browser.get("/worklist")).text
    async with a_browser(still, "hachioji") as browser:
        assert "この日のファイルを送ってください" in (await browser.get("/worklist")).text
