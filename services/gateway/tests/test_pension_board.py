"""特別徴収の情報交換: the board shows the twelve steps of each cycle, and every boundary that does not agree (C-14, C-15, I-07)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from gateway_service.api.upstream import Reply, Upstream
from gateway_service.domain.pension_steps import Step, countdown, steps_of

from services.gateway.tests.municipal import CHIYODA, HACHIOJI, OKUTAMA
from services.gateway.tests.world import Gateways

NAMES = {CHIYODA: "千代田区", HACHIOJI: "八王子市", OKUTAMA: "奥多摩町"}
ZERO = dict.fromkeys(
    ("listed", "identified", "not_insured", "unknown", "doubtful", "without_verdict", "sent", "collected", "sent_yen", "accepted",
     "rejected", "timed_out", "unanswered", "accepted_yen"),
    0,
)  # fmt: skip
RIGHT = {**ZERO, "listed": 1_500, "identified": 1_480, "not_insured": 20, "sent": 1_500, "collected": 1_400, "sent_yen": 10_080_000,
         "accepted": 1_500, "accepted_yen": 10_080_000}  # fmt: skip
WRONG = {**ZERO, "listed": 900, "identified": 880, "doubtful": 20, "sent": 890, "collected": 800, "sent_yen": 5_760_000,
         "accepted": 850, "accepted_yen": 5_500_000, "rejected": 15, "timed_out": 5, "unanswered": 20}  # fmt: skip
CYCLE = {
    "captured_on": "2026-04-01", "candidates": "candidates", "request": "request", "arrives_by": "2026-05-29", "due_on": "2026-08-31",
    "starts_on": "2026-10-01", "days_left": 6, "towns": {CHIYODA: RIGHT, HACHIOJI: WRONG, OKUTAMA: ZERO},
}  # fmt: skip
PAYMENTS = [
    {"paid_month": "2026-10-01", "municipality_code": CHIYODA, "lines": 1_400, "expected_yen": 10_080_000, "deducted_yen": 10_072_800,
     "paid_in_yen": 10_072_800, "differing": 1},
    {"paid_month": "2026-10-01", "municipality_code": HACHIOJI, "lines": 750, "expected_yen": 5_500_000, "deducted_yen": 5_500_000,
     "paid_in_yen": 5_400_000, "differing": 0},
]  # fmt: skip
REFUSED = [{"captured_on": "2026-04-01", "municipality_code": HACHIOJI, "notice": "candidates", "on_day": "2026-05-28",
            "refusal": "KOKI-F005 件数が合いません。"}]  # fmt: skip
BOARD = {"today": "2026-08-25", "cycles": [CYCLE], "payments": PAYMENTS, "refused": REFUSED, "open_work": 45}


def steps(**changes: Any) -> dict[str, Step]:
    found = steps_of({**CYCLE, **changes}, PAYMENTS, NAMES, today=date(2026, 8, 25))
    return {step.marks: step for step in found}


def test_each_boundary_names_what_does_not_agree_there() -> None:
    found = steps()

    assert [step.lines for step in found.values()] == [None, None, 2_400, 2_380, 2_390, None, 2_365, 2_150, None]
    assert found["⑤"].wrong == ("届いていない市区町村: 奥多摩町",)
    assert found["⑥"].wrong == ("疑義 20件",)
    assert found["⑦"].wrong == ("依頼が済んでいない市区町村: 八王子市（10件）",)
    assert found["⑨⑩"].wrong == ("拒否 15件", "期限切れ 5件", "回答待ち 20件")
    assert found["⑪"].wrong == ("予定と違う 1件（差 -7,200円）",)
    assert found["⑫"].wrong == ("徴収した額との差 -100,000円",)


def test_a_cycle_in_which_everything_agrees_shows_nothing_in_red() -> None:
    agreeing = steps_of({**CYCLE, "towns": {CHIYODA: RIGHT}}, [], NAMES, today=date(2026, 8, 25))
    assert [step.wrong for step in agreeing] == [()] * 9


def test_a_list_that_is_not_due_yet_is_not_missing() -> None:
    assert steps_of({**CYCLE, "arrives_by": "2026-08-25"}, [], NAMES, today=date(2026, 8, 25))[2].wrong == ()


@pytest.mark.parametrize(("days", "said"), [(6, "締切まであと6日"), (0, "今日が締切です"), (-2, "締切を2日過ぎました")])
def test_the_cut_off_is_counted_down(days: int, said: str) -> None:
    assert countdown(days) == said


@pytest.fixture
def collection(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Collection answers with the board, while the list holds True."""
    answers = [True]

    async def ask(self: Upstream, service: str, path: str, principal: Any, **more: Any) -> Reply:
        if not answers[0]:
            return Reply(service, 0)
        found = BOARD if path == "/pension-exchange" else []
        return Reply(service, 200, json.dumps(found).encode(), "application/json")

    monkeypatch.setattr(Upstream, "ask", ask)
    return answers


async def test_union_staff_and_operators_see_the_board_and_window_clerks_do_not(gateways: Gateways, collection: list[bool]) -> None:
    async with gateways() as world:
        for user, path in (("union", "/pension-board"), ("operator", "/console/pensions")):
            shown = (await (await world.sign_in(user)).get(path)).text
            assert "締切まであと6日" in shown
            assert "届いていない市区町村: 奥多摩町" in shown
            assert "KOKI-F005" in shown
        assert (await (await world.sign_in("chiyoda")).get("/pension-board")).status_code == 403


async def test_the_board_says_that_collection_does_not_answer(gateways: Gateways, collection: list[bool]) -> None:
    collection[0] = False
    async with gateways() as world:
        answer = await (await world.sign_in("union")).get("/pension-board")
    assert answer.status_code == 503
    assert "いまは特別徴収の状況を表示できません。" in answer.text
