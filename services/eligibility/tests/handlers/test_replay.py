"""Whatever is recorded and entered, in whatever order it arrives: the ledger is what a replay of its log gives, and the past stays."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from chassis import approvals
from chassis.testing import SAMPLE_DAY, Databases
from contracts.events.municipal import ResidentChanged
from eligibility_service.domain.contents import CONTENT
from eligibility_service.domain.entries import Source
from eligibility_service.domain.periods import decided
from eligibility_service.domain.residence import Residence, replay
from eligibility_service.store import checking, entries, entry_log
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.eligibility.tests.people import CHIYODA, HACHIOJI, heard, resident
from services.eligibility.tests.world import World, a_world

_people = itertools.count(1)
DAYS = st.integers(0, 14).map(lambda month: date(2025, 6, 1) + timedelta(days=29 * month))
BIRTHS = st.sampled_from([date(1940, 5, 5), date(1951, 1, 20), date(1951, 7, 13), date(1951, 9, 1), date(1956, 2, 29), date(1961, 1, 1)])
PLAIN: list[dict[str, Any]] = [
    {"kind": "disability_certified", "application_id": "", "evidence": "mental", "grade": "1級"},
    {"kind": "disability_withdrawn"},
    {"kind": "disability_ended"},
    {"kind": "exclusion_begun", "cause": "public_assistance"},
    {"kind": "exclusion_ended", "cause": "public_assistance"},
    {"kind": "exclusion_begun", "cause": "other"},
    {"kind": "domicile_exception_begun", "facility": "園", "facility_address": "県", "under_national_insurance": True},
    {"kind": "domicile_exception_ended"},
    {"kind": "other_union_begun", "other_union": "県", "facility": "園"},
    {"kind": "other_union_ended"},
    {"kind": "loss_notified", "cause": "moved_to_other_union"},
    {"kind": "loss_notified", "cause": "death"},
]


@st.composite
def _record(draw: st.DrawFn, born_on: date) -> dict[str, Any]:
    status = draw(st.sampled_from(["1", "1", "2", "2", "3", "4"]))
    changed_on = draw(DAYS)
    return {
        "status": status,
        "changed_on": changed_on,
        "ended_on": changed_on if status != "1" else None,
        "resident_since": draw(st.one_of(st.just(date(1990, 4, 1)), DAYS)),
        "born_on": born_on,
    }


@st.composite
def _life(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Records and entries of one person as they happened: the first is a record."""
    born_on = draw(BIRTHS)
    first = draw(_record(born_on))
    steps: list[tuple[str, Any]] = [("record", {**first, "status": "1", "ended_on": None})]
    for _ in range(draw(st.integers(1, 7))):
        what = draw(st.sampled_from(["record", "entry", "entry", "correction"]))
        if what == "record":
            steps.append(("record", draw(_record(born_on))))
        elif what == "entry":
            steps.append(("entry", (draw(DAYS), draw(st.sampled_from(PLAIN)))))
        else:
            steps.append(("correction", (draw(st.sampled_from(["cancelled", "amended", "taken_back"])), draw(st.integers(0, 3)))))
    return steps


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], report_multiple_bugs=False)
@given(life=_life(), data=st.data())
async def test_the_ledger_is_a_replay_of_its_log_however_it_arrived_and_what_was_known_stays(
    the_world: World, life: list[tuple[str, Any]], data: st.DataObject
) -> None:
    """E-01, E-07, E-02, and the number is never reused."""
    world, number = the_world, next(_people)
    key = f"{number:015d}"
    snapshots: list[tuple[Any, list[tuple[Any, ...]]]] = []
    log: list[tuple[date, dict[str, Any]]] = []
    records: list[dict[str, Any]] = []
    for what, step in life:
        if what == "record":
            records.append(step)
            event = resident(number, len(records), **step)
            await _apply(world, [event, *data.draw(st.lists(st.just(event), max_size=1))])
        else:
            said = (step[0], _identified(step[1], len(log))) if what == "entry" else await _correction(world, key, log, *step)
            if said:
                log.append(said)
                await _enter(world, CHIYODA, key, *said, place=len(log))
        for moment, known in snapshots:
            assert await _known_at(world, key, moment) == known
        now = await world.value("SELECT clock_timestamp()")
        snapshots.append((now, await _known_at(world, key, now)))

    held = await _holding(world, CHIYODA, key)
    async with world.units.open() as uow:
        entered = await entry_log.of_person(uow, CHIYODA, key)
        people = await checking.people_between(uow, f"{CHIYODA}:{key}", f"{CHIYODA}:{key}")
        found = await checking.differences(uow, people)
    assert found.rows() == []
    assert held == _replayed(records, entered)
    _require_apart(held)

    # The same at another municipality: records out of order and twice, the entries as early as they may come.
    events = [resident(number, place, municipality=HACHIOJI, **record) for place, record in enumerate(records, start=1)]
    await _apply(world, events[:1])
    for place, said in enumerate(log, start=1):
        await _enter(world, HACHIOJI, key, *said, place=place)
    await _apply(world, data.draw(st.permutations([*events[1:], *events[:2]])))
    assert await _holding(world, HACHIOJI, key) == held
    numbers = await world.rows("SELECT insured_number FROM qualification")
    assert len({row["insured_number"] for row in numbers}) == len(numbers)


@pytest.fixture(scope="module")
async def the_world(databases: Databases) -> Any:
    async with a_world(databases) as world:
        yield world


async def _apply(world: World, events: list[ResidentChanged]) -> None:
    for event in events:
        await world.consumer.apply(heard([event]))


def _identified(content: dict[str, Any], place: int) -> dict[str, Any]:
    return {**content, "application_id": str(UUID(int=place))} if "application_id" in content else content


async def _correction(
    world: World, key: str, log: list[tuple[date, dict[str, Any]]], kind: str, choice: int
) -> tuple[date, dict[str, Any]] | None:
    """A correction of what the ledger shows now; None where it shows nothing."""
    if kind == "taken_back":
        untouched = [place for place in range(1, len(log) + 1) if place not in {said.get("place") for _, said in log}]
        return (SAMPLE_DAY, {"kind": kind, "place": untouched[choice % len(untouched)]}) if untouched else None
    held = await _holding(world, CHIYODA, key)
    if not held:
        return None
    acquired_on, _, lost_on, reason = held[choice % len(held)]
    if kind == "cancelled":
        return acquired_on, {"kind": kind, "acquired_on": acquired_on.isoformat()}
    later = acquired_on + timedelta(days=3 * choice - 2)
    new_lost_on = lost_on + timedelta(days=7) if lost_on else acquired_on + timedelta(days=40)
    if new_lost_on <= later:
        return None
    content = {"acquired_on": acquired_on, "lost_on": lost_on, "new_acquired_on": later, "new_lost_on": new_lost_on}
    return acquired_on, {"kind": kind, **content, "new_loss_reason": reason or "moved_out"}


async def _enter(world: World, municipality: str, key: str, effective_on: date, content: dict[str, Any], *, place: int) -> None:
    def identifier(of: int) -> UUID:
        return uuid5(UUID(int=0), f"{municipality}:{key}:{of}")

    content = dict(content)
    if "place" in content:
        content["entry_id"] = str(identifier(content.pop("place")))
    if "application_id" in content:
        content["application_id"] = str(identifier(-place))
    said = CONTENT.validate_python(content)
    async with world.units.open() as uow:
        approval_id = await approvals.ask(
            uow, act=said.kind, municipality_code=municipality, resident_number=key, content={}, reason="誤り", by="first"
        )
        new = entries.entry(
            uow, municipality, key, said, effective_on=effective_on, source=Source.AUTHORITY, by="first", reason="誤り",
            approval_id=approval_id,
        )  # fmt: skip
        await entries.record(uow, new.model_copy(update={"entry_id": identifier(place)}))


async def _known_at(world: World, key: str, moment: Any) -> list[tuple[Any, ...]]:
    query = """SELECT ordinal, acquired_on, acquisition_ground, lost_on, loss_reason FROM qualification_as_known
    WHERE (municipality_code, resident_number) = ($1, $2) AND recorded_during @> $3::timestamptz ORDER BY 1"""
    return [tuple(row.values()) for row in await world.rows(query, CHIYODA, key, moment)]


async def _holding(world: World, municipality: str, key: str) -> list[tuple[Any, ...]]:
    query = """SELECT acquired_on, acquisition_ground, lost_on, loss_reason FROM qualification
    WHERE (municipality_code, resident_number) = ($1, $2) AND (lost_on IS NULL OR lost_on > acquired_on) ORDER BY 1"""
    return [tuple(row.values()) for row in await world.rows(query, municipality, key)]


def _replayed(records: list[dict[str, Any]], entered: list[Any]) -> list[tuple[Any, ...]]:
    said = [Residence(r["resident_since"], r["ended_on"], r["status"]) for r in records]
    left = any(record["status"] != "1" for record in records[:-1])
    periods = decided(records[-1]["born_on"], replay(said) if left else said[-1:], entered, today=SAMPLE_DAY).periods
    return [
        (one.acquired_on, one.ground.value, one.lost_on, one.loss_reason and one.loss_reason.value)
        for one in periods
        if one.acquired_on <= SAMPLE_DAY
    ]


def _require_apart(held: list[tuple[Any, ...]]) -> None:
    for (_, _, lost_on, reason), (acquired_on, _, _, _) in itertools.pairwise(held):
        assert lost_on is not None
        assert reason is not None
        assert lost_on <= acquired_on
