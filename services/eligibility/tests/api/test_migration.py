"""移行 → 経常: the gate, the steps with their second officer, the rehearsal that is emptied and repeated, the table of progress."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from chassis import dead_letters
from chassis.database import driver
from chassis.testing import SAMPLE_DAY, Databases
from contracts.envelope import decode, encode
from eligibility_service.domain.phases import Phase
from eligibility_service.store import phases, search

from services.eligibility.tests import first_load
from services.eligibility.tests.api.conftest import Window, a_window
from services.eligibility.tests.pdf import pages_of
from services.eligibility.tests.people import CHIYODA, HACHIOJI, message, resident
from services.eligibility.tests.world import World

ALL = None


async def ask(window: Window, act: str, *, key: str = "key-00000001", by: str = "first", **more: Any) -> Any:
    headers = {**window.as_("union_staff", of=ALL, user=by), "Idempotency-Key": key}
    return await window.client.post("/migration/steps", headers=headers, json={"act": act, "reason": "予定のとおり", **more})


async def approve(window: Window, approval_id: str, *, by: str = "second") -> Any:
    headers = window.as_("union_staff", of=ALL, user=by)
    return await window.client.post(f"/approvals/{approval_id}/decision", headers=headers, json={"approved": True})


async def phase_of(world: World) -> Phase:
    async with world.units.open() as uow:
        return await phases.present(uow)


async def ready(world: World) -> None:
    """A migration in which everything agrees."""
    await first_load.begin(world, Phase.MIGRATION)
    await first_load.load(world, [resident(1), resident(2)])
    await first_load.make_result_table(world)


async def make_searchable(world: World) -> None:
    while True:
        async with world.units.open() as uow:
            if not await search.follow_one_part(uow):
                return


async def test_the_gate_is_opened_by_a_second_officer_when_everything_agrees(databases: Databases, keys: Path) -> None:
    """T-12."""
    async with a_window(databases, keys) as window:
        await ready(window.world)

        asked = await ask(window, "open_routine")
        own = await approve(window, asked.json()["approval_id"], by="first")
        still = await phase_of(window.world)
        decided = await approve(window, asked.json()["approval_id"])

        assert (asked.status_code, own.json()["code"], still) == (201, "KOKI-E011", Phase.MIGRATION)
        assert (decided.status_code, decided.json()["outcome"]) == (200, {"phase": "routine"})
        assert await phase_of(window.world) is Phase.ROUTINE
        overview = (await window.client.get("/migration", headers=window.as_("union_staff", of=ALL))).json()
        assert [(step["phase"], step["approved_by"]) for step in overview["steps"]] == [("migration", None), ("routine", "second")]
        reached = {line["milestone"]: line["reached_on"] is not None for line in overview["milestones"]}
        assert reached["routine_begun"]
        assert reached["extracts_received"]
        assert reached["result_agrees"]
        assert not reached["cards_prepared"]


async def _no_plan(world: World) -> None:
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute("DELETE FROM expected_municipality")


async def _one_more_expected(world: World) -> None:
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute("INSERT INTO expected_municipality VALUES ($1)", HACHIOJI)


async def _returned(world: World) -> None:
    await first_load.load(world, [resident(1), resident(2)], generation=2, rejected=3)
    await first_load.make_result_table(world)


async def _returned_later(world: World) -> None:
    await first_load.load(world, [resident(1, 2)], generation=2, parked=1, complete_as_of=None)
    await first_load.make_result_table(world)


async def _not_counted(world: World) -> None:
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute("UPDATE municipal_batch SET sent = NULL")


async def _new_extract(world: World) -> None:
    await first_load.load(world, [resident(1), resident(2)], generation=2)


async def _later_change(world: World) -> None:
    await world.hear(resident(1, 2, name="後期　梅子"))


async def _different(world: World) -> None:
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute("DELETE FROM qualification WHERE resident_number = $1", f"{1:015d}")
    await first_load.make_result_table(world)


async def _dead_letter(world: World) -> None:
    async with world.units.open() as uow:
        body = encode([message(resident(9))])
        assert decode(body)
        await dead_letters.set_aside(uow, body=body, content_type="application/json", reason_code="Test", reason="invented")


async def _parked(world: World) -> None:
    await world.hear(resident(1, 9))


async def _not_acquired(world: World) -> None:
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute(
            "UPDATE resident_search SET acquires_on = $1 WHERE resident_number = $2", SAMPLE_DAY, f"{1:015d}"
        )


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (_no_plan, [("no_plan", "", 1)]),
        (_one_more_expected, [("no_extract", HACHIOJI, 1)]),
        (_returned, [("returned", CHIYODA, 3)]),
        (_returned_later, [("returned", CHIYODA, 1)]),
        (_not_counted, [("not_counted", CHIYODA, 1)]),
        (_new_extract, [("no_result", CHIYODA, 1)]),
        (_later_change, [("result_old", CHIYODA, 1)]),
        (_different, [("not_acquired", CHIYODA, 1)]),
        (_dead_letter, [("dead_letters", CHIYODA, 1)]),
        (_parked, [("parked", "", 1)]),
        (_not_acquired, [("not_acquired_yet", "", 1)]),
    ],
)
async def test_the_gate_refuses_and_names_each_difference(databases: Databases, keys: Path, break_it: Any, named: list[Any]) -> None:
    """T-12: refused when it is asked for, and refused again when what was agreed then does not agree at the approval.

    While `differences` answered nothing the gate opened, and this test failed."""
    async with a_window(databases, keys) as window:
        await ready(window.world)
        before = await ask(window, "open_routine")
        await break_it(window.world)

        asked = await ask(window, "open_routine", key="key-00000002")
        approved = await approve(window, before.json()["approval_id"])

        for answer in (asked, approved):
            assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-E053")
            assert [(one["kind"], one["municipality_code"], one["count"]) for one in answer.json()["differences"]] == named
        assert await phase_of(window.world) is Phase.MIGRATION


async def test_people_who_cannot_be_searched_yet_keep_the_gate_shut(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await ready(window.world)
        async with window.world.units.open() as uow:
            await (await driver(uow.connection)).execute(
                "INSERT INTO search_due (municipality_code, first_number, last_number) VALUES ($1, $2, $2)", CHIYODA, f"{1:015d}"
            )
        before = await first_load.differences(window.world)
        await make_searchable(window.world)

        assert before == [("not_searchable_yet", "", 1)]
        assert await first_load.differences(window.world) == []


async def test_no_phase_is_left_out_and_none_comes_again(databases: Databases, keys: Path) -> None:
    """The trigger was dropped once, and the table took the step back."""
    async with a_window(databases, keys) as window:
        await first_load.begin(window.world, Phase.REHEARSAL)

        too_early = await ask(window, "open_routine")
        with pytest.raises(asyncpg.CheckViolationError, match="there is no step to routine"):
            async with window.world.units.open() as uow:
                await phases.begin(uow, Phase.ROUTINE, reason="試験", asked_by="x")
        async with window.world.units.open() as uow:
            await phases.begin(uow, Phase.MIGRATION, reason="試験", asked_by="x")
        with pytest.raises(asyncpg.CheckViolationError, match="there is no step to rehearsal"):
            async with window.world.units.open() as uow:
                await phases.begin(uow, Phase.REHEARSAL, reason="試験", asked_by="x")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with window.world.units.open() as uow:
                await (await driver(uow.connection)).execute("DELETE FROM phase")

        assert (too_early.status_code, too_early.json()["code"]) == (409, "KOKI-E051")


async def test_the_window_issues_no_certificate_before_routine_work(databases: Databases, keys: Path) -> None:
    """Seen to fail without the question for the phase in `issue_now`: a card was made."""
    async with a_window(databases, keys) as window:
        await ready(window.world)
        headers = {**window.as_("window_clerk", of=frozenset({CHIYODA})), "Idempotency-Key": "key-00000009"}

        answer = await window.client.post(f"/people/{CHIYODA}/{1:015d}/certificates", headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (409, "KOKI-E050")


async def test_the_cut_off_day_stands_fast_once_somebody_is_loaded(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await first_load.begin(window.world, Phase.REHEARSAL)
        headers = window.as_("union_staff", of=ALL)
        other = {"cut_off_on": "2026-09-01", "municipalities": [CHIYODA, HACHIOJI]}
        before = await window.client.post("/migration/plan", headers=headers, json=other)
        await first_load.load(window.world, [resident(1)])

        day = await window.client.post("/migration/plan", headers=headers, json={**other, "cut_off_on": "2026-10-01"})
        municipalities = await window.client.post("/migration/plan", headers=headers, json={**other, "municipalities": [CHIYODA]})

        assert (before.status_code, day.status_code, day.json()["code"], municipalities.status_code) == (200, 409, "KOKI-E054", 200)
        plan = (await window.client.get("/migration", headers=headers)).json()["plan"]
        assert (plan["cut_off_on"], plan["municipalities"]) == ("2026-09-01", [CHIYODA])


async def test_milestones_are_written_by_hand_but_for_those_that_the_system_sees(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await first_load.begin(window.world, Phase.MIGRATION)
        headers, line = window.as_("union_staff", of=ALL), {"planned_on": "2026-07-20", "reached_on": "2026-07-13", "note": "全件一致"}
        for milestone in ("rehearsed", "extracts_received"):
            assert (await window.client.post(f"/migration/milestones/{milestone}", headers=headers, json=line)).status_code == 200

        found = (await window.client.get("/migration", headers=headers)).json()["milestones"]

        shown = {one["milestone"]: (one["planned_on"], one["reached_on"], one["note"]) for one in found}
        assert shown["rehearsed"] == ("2026-07-20", "2026-07-13", "全件一致")
        assert shown["extracts_received"] == ("2026-07-20", None, "全件一致")


async def test_the_migration_is_the_unions_alone(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        await first_load.begin(window.world, Phase.REHEARSAL)
        clerk = {**window.as_("window_clerk", of=frozenset({CHIYODA})), "Idempotency-Key": "key-00000001"}

        answers = [
            (await window.client.get("/migration", headers=clerk)).status_code,
            (await window.client.post("/migration/plan", headers=clerk, json={})).status_code,
            (await window.client.post("/migration/results", headers=clerk)).status_code,
            (await window.client.post("/migration/steps", headers=clerk, json={"act": "begin_migration", "reason": "x"})).status_code,
        ]

        assert answers == [403, 403, 403, 403]


async def test_the_result_table_is_made_by_a_job_and_refused_without_a_cut_off_day(databases: Databases, keys: Path) -> None:
    async with a_window(databases, keys) as window:
        headers = window.as_("union_staff", of=ALL)
        refused = await window.client.post("/migration/results", headers=headers)
        await first_load.begin(window.world, Phase.MIGRATION, cut_off_on=date(2026, 8, 1))

        made = await window.client.post("/migration/results", headers=headers)

        assert (refused.status_code, refused.json()["code"], made.status_code) == (409, "KOKI-E055", 202)
        assert await window.world.value("SELECT state FROM job_run") == "approved"


async def test_the_result_table_is_printed_with_the_names_of_the_municipalities_and_its_totals(databases: Databases, keys: Path) -> None:
    """T-02: 創設結果表 on paper, read back; nothing else than what the table holds."""
    async with a_window(databases, keys) as window:
        await ready(window.world)
        await _different(window.world)
        headers = window.as_("union_staff", of=ALL)
        answer = await window.client.post("/migration/results/document", headers=headers, json={CHIYODA: "千代田区"})
        (line,) = (await window.client.get("/migration/results", headers=headers)).json()
        assert (line["insured_words"], line["not_insured_words"]) == ("75歳到達 1", "")
        (page,) = pages_of(answer.content)
        for part in ("創設結果表", "基準日令和8年8月1日", "千代田区", "75歳到達1", "1市区町村住民2人被保険者1人不一致1人"):
            assert part in page, part
        clerk = window.as_("window_clerk", of=frozenset({CHIYODA}))
        assert (await window.client.post("/migration/results/document", headers=clerk, json={})).status_code == 403
