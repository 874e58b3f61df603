"""資格ファイル: every field agrees with the ledger or nothing leaves; differences after changes; freshness (E-31)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from chassis import jobs
from chassis.testing import Databases
from eligibility_service.domain import outgoing as rows_of
from eligibility_service.domain.conformance import EMPTY_WHERE_THE_LEDGER_IS, FILLED, HELD, counted, faults
from eligibility_service.domain.outgoing import FEED
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.jobs.send_eligibility_feed import SendEligibilityFeed
from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.store import feed, outgoing

from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.rates import decide, decide_all
from services.eligibility.tests.world import World, a_world, only


async def send(world: World, **parameters: str) -> dict[str, Any]:
    job = SendEligibilityFeed()
    run_id = await jobs.prepare(job, dict(parameters), world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    return await jobs.execute(job, run_id, world.units)


async def issue(world: World) -> None:
    run_id = await jobs.prepare(IssueCards(), {}, world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    await jobs.execute(IssueCards(), run_id, world.units)


async def row_of(world: World, number: int, code: str = CHIYODA) -> dict[str, Any]:
    """The row of one person that left last."""
    async with world.units.open() as uow:
        frame = await outgoing.last_sent(uow, FEED, code, through=1_000)
    row: dict[str, Any] = only(frame.filter(pl.col("resident_number") == f"{number:015d}").iter_rows(named=True))
    return row


async def test_a_whole_generation_holds_everybody_with_every_field(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await world.hear_sealed([resident(1, municipality=HACHIOJI)], municipality=HACHIOJI)
        await decide_all(world)
        await issue(world)

        outcome = await send(world, whole="true")

        assert (outcome["differences"], outcome["totals"]["rows"]) == ({}, 3)
        row = await row_of(world, 1)
        assert [name for name in FEED.layout.names if row[name] is None] == ["lost_on"]
        assert (row["copay_rate"], row["limit_class"], row["limit_class_from"]) == ("1", "21", date(2025, 8, 1))
        files = await world.rows("SELECT municipality_code, rows FROM outgoing_file ORDER BY 1")
        assert [(file["municipality_code"], file["rows"]) for file in files] == [(CHIYODA, 2), (HACHIOJI, 1)]


@pytest.mark.parametrize("name", [name for name in FEED.layout.names if name != "lost_on"])
@pytest.mark.parametrize("spoilt", ["empty", "missing"])
async def test_a_field_that_fell_out_of_the_mapping_stops_the_file_and_is_named(name: str, spoilt: str) -> None:
    """I-40: every outbound field, empty for everybody and not there at all. Seen to fail with any branch of `faults` left out."""
    rows = pl.DataFrame([dict.fromkeys(FEED.layout.names, "x")] * 3)
    spoilt_rows = rows.drop(name) if spoilt == "missing" else rows.with_columns(pl.lit(None, pl.String).alias(name))
    everybody = dict.fromkeys(FEED.layout.names, 3)
    held = counted(FEED.layout, HELD, everybody)
    counts = counted(FEED.layout, FILLED, rows_of.filled(spoilt_rows, FEED.layout.names))

    assert faults(FEED.layout, {"rows": 3, **held, **counted(FEED.layout, FILLED, everybody)}, is_whole=True) == {}
    found = faults(FEED.layout, {"rows": 3, **held, **counts}, is_whole=True)

    assert list(found) == [name]
    assert FEED.layout.field(name).term in found[name]
    if FEED.layout.field(name).required:
        assert list(faults(FEED.layout, {"rows": 3, **counts}, is_whole=False)) == [name]
    if name not in EMPTY_WHERE_THE_LEDGER_IS:
        # What was lost on the side of the ledger too is still empty for everybody.
        assert list(faults(FEED.layout, {"rows": 3, **held, HELD + FEED.layout.field(name).term: 0, **counts}, is_whole=True)) == [name]


async def test_a_setting_that_loses_the_rates_of_everybody_stops_the_generation(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-40, as in Kumamoto: 負担割合 and 限度額区分 fall out of the mapping. Seen to leave with the call of `faults` taken out."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide_all(world)
        await issue(world)
        right = rows_of.as_feed
        lost = pl.lit(None, pl.String)
        monkeypatch.setattr(rows_of, "as_feed", lambda facts: right(facts).with_columns(copay_rate=lost, limit_class=lost))

        outcome = await send(world, whole="true")

        assert set(outcome["differences"]) == {"copay_rate", "limit_class"}
        assert "全員" in outcome["differences"]["copay_rate"]
        generation = only(await world.rows("SELECT state, faults FROM feed_generation"))
        assert generation["state"] == "stopped"
        assert set(generation["faults"]) == {"copay_rate", "limit_class"}
        assert only(await world.rows("SELECT kind FROM exchange_alert WHERE closed_at IS NULL")) == {"kind": "feed_stopped"}
        assert await world.value("SELECT count(*) FROM feed_sent") == 0

        monkeypatch.undo()
        assert (await send(world, whole="true"))["differences"] == {}
        assert await world.rows("SELECT kind FROM exchange_alert WHERE closed_at IS NULL") == []


async def test_one_person_whose_row_says_something_else_than_the_window_stops_the_generation(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-40: counts agree, values do not; the sample of the first day compares person by person. Seen to leave without the sample."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide(world, f"{1:015d}", 10, LimitClass.LOW_1)
        await decide(world, f"{2:015d}", 30, LimitClass.WORKING_1)
        await issue(world)
        right = rows_of.as_feed
        monkeypatch.setattr(rows_of, "as_feed", lambda facts: right(facts).with_columns(copay_rate=pl.lit("1")))

        outcome = await send(world, whole="true")

        assert list(outcome["differences"]) == ["copay_rate"]


async def test_a_union_without_any_rate_gets_no_feed_out(databases: Databases) -> None:
    """I-40: empty for everybody stops the file whatever the reason."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1)])
        assert set((await send(world, whole="true"))["differences"]) == {
            "copay_rate", "copay_rate_from", "limit_class", "limit_class_from",
        }  # fmt: skip


async def test_differences_hold_what_changed_since_the_last_generation_that_left(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide_all(world)
        await send(world, whole="true")
        await world.hear(resident(2, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))

        outcome = await send(world)

        assert (outcome["differences"], outcome["totals"]["rows"]) == ({}, 1)
        row = await row_of(world, 2)
        assert (row["history_number"], row["lost_on"], row["copay_rate"]) == (2, date(2026, 7, 2), None)
        assert (await send(world))["totals"] == {"rows": 0, "changed": 0}


async def test_what_a_stopped_generation_held_leaves_with_the_next_one(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide_all(world)
        await send(world, whole="true")
        await world.hear(resident(2, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))
        right = rows_of.as_feed
        monkeypatch.setattr(rows_of, "as_feed", lambda facts: right(facts).with_columns(sex=pl.lit("")))
        assert list((await send(world))["differences"]) == ["sex"]
        monkeypatch.undo()

        assert (await send(world))["totals"]["rows"] == 1
        assert (await row_of(world, 2))["lost_on"] == date(2026, 7, 2)


async def test_a_run_that_a_newer_one_has_overtaken_does_not_leave(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1)])
        await decide_all(world)
        job = SendEligibilityFeed()
        old = await jobs.prepare(job, {"whole": "true"}, world.units, by="tester")
        await jobs.approve(old, world.units, by="tester")
        await send(world, whole="true")

        outcome = await jobs.execute(job, old, world.units)

        assert outcome["differences"] == {"generation": feed.OVERTAKEN}
        states = await world.rows("SELECT generation, state FROM feed_generation ORDER BY 1")
        assert [tuple(row.values()) for row in states] == [(1, "stopped"), (2, "released")]


async def test_a_new_number_keeps_every_dated_attribute(databases: Databases) -> None:
    """I-41: attributes hang on the surrogate key. Seen to fail with the rows that have left found by 被保険者番号."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide_all(world)
        await issue(world)
        await send(world, whole="true")
        before = await row_of(world, 1)
        await world.rows(
            "UPDATE qualification SET insured_number = '87654321', recorded_from = now() WHERE resident_number = $1 RETURNING 1",
            f"{1:015d}",
        )

        outcome = await send(world)

        assert (outcome["differences"], outcome["totals"]["rows"]) == ({}, 1)
        assert await row_of(world, 1) == {**before, "insured_number": "87654321", "history_number": 2}
        assert before["limit_class_from"] == date(2025, 8, 1)


async def test_no_table_of_eligibility_hangs_anything_on_a_number(databases: Databases) -> None:
    """I-41: 被保険者番号 is an attribute; only the tables that find people by it are keyed by it. Seen to fail with a key on the number."""
    async with a_world(databases) as world:
        keyed = await world.rows(
            """SELECT DISTINCT i.indrelid::regclass::text AS name FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[]) AND a.attname = 'insured_number'
            WHERE i.indisunique OR i.indisexclusion"""
        )
        assert [row["name"] for row in keyed] == ["carried_number", "insured_number_search"]


async def test_freshness_is_the_age_of_what_has_not_left_yet(databases: Databases) -> None:
    """I-43: end to end, from the change to the feed."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2), resident(3)])
        async with world.units.open() as uow:
            assert (await feed.waiting(uow)).people == 3
        await decide_all(world)
        await send(world, whole="true")
        async with world.units.open() as uow:
            assert await feed.waiting(uow) == (0, None)

        await world.hear(resident(2, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)), resident(3, 2, name="別　名"))

        changed = await world.value("SELECT recorded_from FROM qualification WHERE resident_number = $1", f"{2:015d}")
        async with world.units.open() as uow:
            assert await feed.waiting(uow) == (1, changed)
        await send(world)
        async with world.units.open() as uow:
            assert (await feed.waiting(uow)).people == 0


async def test_a_change_that_was_being_committed_while_a_generation_was_made_is_in_the_next_one(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        await decide_all(world)
        await send(world, whole="true")
        await world.hear(resident(2, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))
        begun = await world.value("SELECT begun_at FROM feed_generation")
        await world.rows("UPDATE qualification SET recorded_from = $1 WHERE lost_on IS NOT NULL RETURNING 1", begun - timedelta(minutes=5))
        assert (await send(world))["totals"]["rows"] == 1


def test_ids_of_the_feed_are_those_of_the_ledger() -> None:
    assert FEED.layout.field("insured_id").length == len(str(UUID(int=0)))
