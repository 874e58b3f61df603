"""Moving between two municipalities of the union: what 名寄せ has decided carries the number on; on a real database."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis import approvals
from chassis.clock import uuid7
from chassis.database import driver
from chassis.testing import Databases
from contracts.events.eligibility import FormerDependantDetermined, InsuredAcquired, InsuredChanged, InsuredLost
from contracts.primitives import insurer_number
from eligibility_service.domain.contents import CONTENT
from eligibility_service.domain.entries import Source
from eligibility_service.jobs.check_ledger import CheckLedger
from eligibility_service.jobs.following import issue_next
from eligibility_service.store import duplicates, entries, qualifications
from sqlalchemy.exc import IntegrityError

from services.eligibility.tests.people import CHIYODA, HACHIOJI, resident
from services.eligibility.tests.world import World, a_world

OLD, NEW = (CHIYODA, f"{1:015d}"), (HACHIOJI, f"{9:015d}")
PAIR = (*OLD, *NEW)
MOVED_ON = date(2026, 5, 20)


async def decide(world: World, *, is_same: bool, pair: tuple[str, str, str, str] = PAIR) -> None:
    """Two officers decide whether two residents are one person."""
    async with world.units.open() as uow:
        raw = await driver(uow.connection)
        candidate_id = await raw.fetchval(
            """INSERT INTO duplicate_candidate VALUES ($1, $2, $3, $4, $5, true, true, true, false, true, 100, 'open', now())
            ON CONFLICT (first_code, first_number, second_code, second_number) DO UPDATE SET state = 'open' RETURNING candidate_id""",
            uuid7(), *pair,
        )  # fmt: skip
        approval_id = await approvals.ask(
            uow, act="same_person", municipality_code=pair[0], resident_number=pair[1], content={}, reason="住民票で確認", by="one"
        )
        await approvals.decide(uow, approval_id, approved=True, by="two")
        await duplicates.decide(uow, candidate_id, pair, is_same=is_same, reason="住民票で確認", approval_id=approval_id, by="one")


async def enter(world: World, person: tuple[str, str], effective_on: date, **content: Any) -> UUID:
    async with world.units.open() as uow:
        said = CONTENT.validate_python(content)
        approval_id = None
        if said.kind == "renumbered":
            approval_id = await approvals.ask(
                uow, act=said.kind, municipality_code=person[0], resident_number=person[1], content={}, reason="誤り", by="one"
            )
            await approvals.decide(uow, approval_id, approved=True, by="two")
        new = entries.entry(
            uow, *person, said, effective_on=effective_on, source=Source.AUTHORITY, by="one", reason="誤り", approval_id=approval_id
        )
        await entries.record(uow, new)
        return new.entry_id


def left(on: date = MOVED_ON, sequence: int = 2, **changed: Any) -> Any:
    return resident(1, sequence, status="2", changed_on=on, ended_on=on, **changed)


def came(on: date = MOVED_ON, sequence: int = 1, **changed: Any) -> Any:
    lives = {"address_municipality": "八王子市", "address_town": "元本郷町", "resident_since": on, "changed_on": on}
    return resident(9, sequence, municipality=HACHIOJI, **lives | changed)


async def lines(world: World) -> list[tuple[Any, ...]]:
    names = ("municipality_code", "acquired_on", "acquisition_ground", "lost_on", "loss_reason", "insured_number")
    return [tuple(row[name] for name in names) for row in await world.ledger()]


ONE_NUMBER = [
    (CHIYODA, date(2015, 5, 5), "age", MOVED_ON, "moved_within_union", "00000001"),
    (HACHIOJI, MOVED_ON, "moved_within_union", None, None, "00000001"),
]


async def test_whoever_moves_within_the_union_keeps_the_number_without_a_gap_or_an_overlap(databases: Databases) -> None:
    """E-04, A6: the link comes after both records; the loss is on the day of the move, not the day after. check-ledger agrees."""
    async with a_world(databases) as world:
        await world.hear(resident(1), left(), came())
        apart = await lines(world)
        await decide(world, is_same=True)

        assert [line[5] for line in apart] == ["00000001", "00000002"]
        assert apart[0][3] == date(2026, 5, 21)
        assert await lines(world) == ONE_NUMBER
        assert (await world.run(CheckLedger()))["differences"] == {}
        last = {message.event.municipality_code: message.event for message in await world.said()}
        assert isinstance(last[CHIYODA], InsuredLost | InsuredChanged)
        assert isinstance(last[HACHIOJI], InsuredChanged)
        assert last[CHIYODA].lost_on == last[HACHIOJI].acquired_on == MOVED_ON
        assert last[HACHIOJI].insurer_number == insurer_number(HACHIOJI)


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_link_that_is_known_before_the_records_gives_the_same_ledger(databases: Databases, sealed: bool) -> None:
    """E-04: in single changes and in a sealed batch alike, and where the old municipality says so only later."""
    async with a_world(databases) as world:
        elsewhere = resident(9, municipality=HACHIOJI, status="2", resident_since=date(2001, 4, 1), ended_on=date(2003, 4, 1))
        await world.hear(resident(1), elsewhere)
        await decide(world, is_same=True)
        if sealed:
            await world.hear_sealed([came(sequence=2)], municipality=HACHIOJI)
        else:
            await world.hear(came(sequence=2))
        before_leaving = await lines(world)
        await world.hear(left())

        assert before_leaving == await lines(world) == ONE_NUMBER
        assert await world.value("SELECT count(*) FROM insured_number_search") == 1
        acquired = [message.event for message in await world.said() if isinstance(message.event, InsuredAcquired)]
        assert [event.insured_number for event in acquired] == (["00000001"] if sealed else ["00000001", "00000001"])


async def test_taken_back_the_periods_are_as_before_and_nobody_gets_a_number_that_was_anothers(databases: Databases) -> None:
    """I-42: each of the two people goes on with a number that was never the other's; a later person gets neither."""
    async with a_world(databases) as world:
        await world.hear(resident(1), left(), came())
        apart = await lines(world)
        await decide(world, is_same=True)
        await decide(world, is_same=False)
        again = await lines(world)
        await world.hear(resident(3, born_on=date(1941, 1, 1)))

        assert again == apart
        assert {line[5] for line in await lines(world)} == {"00000001", "00000002", "00000003"}
        assert await world.value("SELECT count(*) FROM carried_number") == 0
        assert (await world.run(CheckLedger()))["differences"] == {}


async def test_somebody_acquired_as_the_same_person_gets_an_own_number_when_the_link_is_taken_back(databases: Databases) -> None:
    """I-42."""
    async with a_world(databases) as world:
        elsewhere = resident(9, municipality=HACHIOJI, status="2", resident_since=date(2001, 4, 1), ended_on=date(2003, 4, 1))
        await world.hear(resident(1), elsewhere)
        await decide(world, is_same=True)
        await world.hear(left(), came(sequence=2))
        await decide(world, is_same=False)

        assert [line[3:] for line in await lines(world)] == [(date(2026, 5, 21), "moved_out", "00000001"), (None, None, "00000002")]
        holders = await world.rows("SELECT insured_number, municipality_code FROM insured_number_holder ORDER BY 1")
        assert [tuple(row.values()) for row in holders] == [("00000001", CHIYODA), ("00000002", HACHIOJI)]


async def test_a_candidate_that_nobody_has_decided_links_nobody(databases: Databases) -> None:
    """I-42: the same name, birth and sex at another address are two people until two officers have said otherwise."""
    async with a_world(databases) as world:
        await world.hear(resident(1), left(), came())

        assert [line[2:5] for line in await lines(world)] == [("age", date(2026, 5, 21), "moved_out"), ("moved_in", None, None)]
        assert await world.value("SELECT count(*) FROM same_person") == 0


async def test_somebody_certified_stays_insured_in_the_next_municipality_and_an_exclusion_there_ends_it(databases: Databases) -> None:
    """E-14, E-04: what the union decided and what was declared holds wherever in the union the person lives."""
    async with a_world(databases) as world:
        young: dict[str, Any] = {"born_on": date(1955, 9, 1)}
        await world.hear(resident(1, **young), came(**young))
        await decide(world, is_same=True)
        certified: dict[str, Any] = {"application_id": str(uuid4()), "evidence": "physical", "grade": "1級"}
        await enter(world, OLD, date(2024, 4, 10), kind="disability_certified", **certified)
        await enter(world, NEW, date(2026, 6, 15), kind="exclusion_begun", cause="public_assistance")

        assert [line[:5] for line in await lines(world)] == [
            (CHIYODA, date(2024, 4, 10), "disability", MOVED_ON, "moved_within_union"),
            (HACHIOJI, MOVED_ON, "moved_within_union", date(2026, 6, 15), "public_assistance"),
        ]


async def test_a_stay_in_a_facility_between_two_municipalities_is_one_chain(databases: Databases) -> None:
    """E-26, 法55条: from Chiyoda into a facility elsewhere and from there to Hachioji, without a day uninsured."""
    async with a_world(databases) as world:
        into, back = date(2025, 3, 31), date(2026, 2, 1)
        await world.hear(resident(1), left(into), came(back))
        await decide(world, is_same=True)
        await enter(world, OLD, into, kind="domicile_exception_begun", facility="第一園", facility_address="千葉県千葉市")

        first, second = await lines(world)
        assert first == (CHIYODA, date(2015, 5, 5), "age", back, "moved_within_union", "00000001")
        assert second == (HACHIOJI, back, "moved_within_union", None, None, "00000001")


async def test_a_new_number_after_a_move_stands_and_the_old_one_finds_the_person(databases: Databases) -> None:
    """I-41."""
    async with a_world(databases) as world:
        await world.hear(resident(1), left(), came())
        await decide(world, is_same=True)
        line = (await world.ledger())[1]
        async with world.units.open() as uow:
            number = await qualifications.take_number(uow)
        content = {"insured_id": str(line["insured_id"]), "old_number": line["insured_number"], "new_number": number}
        await enter(world, NEW, date(2026, 7, 13), kind="renumbered", **content)
        await world.hear(came(sequence=2, household_number=f"{77:015d}"))

        assert [row[5] for row in await lines(world)] == ["00000001", number]
        found = "SELECT count(*) FROM insured_number_holder WHERE municipality_code = $1 AND insured_number = ANY ($2)"
        assert await world.value(found, HACHIOJI, ["00000001", number]) == 2
        assert (await world.run(CheckLedger()))["differences"] == {}


async def test_whose_number_changes_by_being_the_same_person_gets_a_new_card_by_itself(databases: Databases) -> None:
    """E-29, I-41: and the own number comes back when the link is taken back. Seen to fail without the number in `_CHANGED`."""
    async with a_world(databases) as world:
        await world.hear(resident(1), left(), came())

        async def issued() -> list[tuple[Any, ...]]:
            while await issue_next(world.units):
                pass
            query = """SELECT insured_number, issue_reason, collection FROM certificate
            WHERE municipality_code = $1 AND state = 'issued' ORDER BY serial"""
            return [tuple(row.values()) for row in await world.rows(query, HACHIOJI)]

        assert await issued() == [("00000002", "first", None)]
        await decide(world, is_same=True)
        linked = await issued()
        await decide(world, is_same=False)

        assert linked == [("00000002", "first", "due"), ("00000001", "number_changed", None)]
        assert (await issued())[1:] == [("00000001", "number_changed", "due"), ("00000002", "number_changed", None)]


async def test_a_former_dependant_is_said_and_stays_one_from_the_first_day_after_a_move(databases: Databases) -> None:
    """I-02, I-06: said when confirmed, for the next municipality with the day of joining; unknown is said as unknown, not as no."""
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await enter(world, OLD, date(2015, 5, 5), kind="previous_insurer", insurer="employee_dependant")
        await world.hear(left(), came())
        await decide(world, is_same=True)
        first = await world.value("SELECT count(*) FROM former_dependant_said")
        await enter(world, OLD, date(2015, 5, 5), kind="previous_insurer", insurer="unknown")
        await enter(world, OLD, date(2015, 5, 5), kind="previous_insurer", insurer="national")

        said = [m.event for m in await world.said() if isinstance(m.event, FormerDependantDetermined)]
        assert first == 2
        assert {event.joined_on for event in said} == {date(2015, 5, 5)}
        answers = {code: [event.former_dependant for event in said if event.municipality_code == code] for code in (CHIYODA, HACHIOJI)}
        assert answers == {CHIYODA: [True, None, False], HACHIOJI: [True, None, False]}
        assert [event.sequence for event in said if event.municipality_code == CHIYODA] == [1, 2, 3]


async def test_the_ledger_refuses_two_active_periods_and_a_foreign_number_of_linked_people(databases: Databases) -> None:
    """I-42: the second wall, below the pure function. Without linked_people_fit and changed_number_is_own it was stored."""
    async with a_world(databases) as world:
        await world.hear(resident(1), came())

        async def store(*statements: str) -> None:
            async with world.units.open() as uow:
                for statement in statements:
                    await (await driver(uow.connection)).execute(statement)

        link = f"""INSERT INTO same_person VALUES (gen_random_uuid(), '{OLD[0]}', '{OLD[1]}', '{NEW[0]}', '{NEW[1]}', true,
            'four_attributes', 'x', NULL, 'x', daterange(NULL, NULL), tstzrange(now(), NULL))"""
        with pytest.raises(IntegrityError, match="overlap"):
            await store(link)
        with pytest.raises(IntegrityError, match="two people"):
            await store(f"UPDATE qualification SET insured_number = '00000001' WHERE municipality_code = '{HACHIOJI}'")
