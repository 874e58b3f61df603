"""What is declared, decided and corrected about a person becomes the ledger, and is said; on a real database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from chassis import approvals
from chassis.database import driver
from chassis.testing import Databases
from contracts.events.eligibility import InsuredAcquired, InsuredChanged, InsuredLost
from eligibility_service.domain.contents import CONTENT
from eligibility_service.domain.entries import Source
from eligibility_service.jobs.acquire_on_birthday import AcquireOnBirthday
from eligibility_service.store import entries, qualifications

from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.world import World, a_world, another_day, only

FIRST = f"{1:015d}"
GRAVE = {"corrected", "amended", "cancelled", "renumbered", "taken_back"}


async def enter(world: World, effective_on: date, number: str = FIRST, **content: Any) -> UUID:
    """Record an entry about a person, a grave one with its approval; its identifier."""
    said = CONTENT.validate_python(content)
    async with world.units.open() as uow:
        approval_id = None
        if said.kind in GRAVE:
            approval_id = await approvals.ask(
                uow, act=said.kind, municipality_code=CHIYODA, resident_number=number, content={}, reason="誤り", by="first"
            )
            await approvals.decide(uow, approval_id, approved=True, by="second")
        new = entries.entry(
            uow, CHIYODA, number, said, effective_on=effective_on, source=Source.AUTHORITY, by="first", reason="誤り",
            approval_id=approval_id,
        )  # fmt: skip
        await entries.record(uow, new)
        return new.entry_id


async def certify(world: World, on: date, number: str = FIRST) -> UUID:
    return await enter(world, on, number, kind="disability_certified", application_id=str(uuid4()), evidence="physical", grade="1級")


async def test_a_certified_person_of_68_is_acquired_and_at_75_goes_on_by_age_without_a_break(databases: Databases) -> None:
    """E-02, E-14. The ground is said as changed on the birthday; the number, and the day of acquisition, stay."""
    async with a_world(databases) as world:
        await world.hear(resident(born_on=date(1951, 9, 1)))
        await certify(world, date(2024, 4, 10))

        line = only(await world.ledger())
        assert (line["acquired_on"], line["acquisition_ground"]) == (date(2024, 4, 10), "disability")
        assert await world.value("SELECT acquires_on FROM resident") == date(2026, 9, 1)

        async with another_day(world, date(2026, 9, 3)) as later:
            await _run_birthdays(later)
            after = only(await later.ledger())
            last = (await later.said())[-1].event

        assert (after["acquired_on"], after["acquisition_ground"], after["lost_on"]) == (date(2024, 4, 10), "age", None)
        assert after["insured_number"] == line["insured_number"]
        assert isinstance(last, InsuredChanged)
        assert (last.acquisition_ground, last.effective_on) == ("age", date(2026, 9, 1))
        assert await world.value("SELECT acquires_on FROM resident") is None


async def _run_birthdays(world: World) -> None:
    job = AcquireOnBirthday()
    async with world.units.open() as uow:
        plan = await job.prepare({}, uuid4(), uow)
        for chunk in plan.chunks:
            await job.execute({}, uuid4(), chunk, uow)


async def test_a_death_of_a_certified_person_under_75_that_the_municipality_reports_is_a_loss(databases: Databases) -> None:
    """E-14: somebody certified stands in the extract of the register although under 75, and its changes count."""
    async with a_world(databases) as world:
        await world.hear(resident(born_on=date(1957, 10, 1)))
        await certify(world, date(2026, 4, 10))
        await world.hear(resident(1, 2, born_on=date(1957, 10, 1), status="3", changed_on=date(2026, 6, 30), ended_on=date(2026, 6, 30)))

        line = only(await world.ledger())
        assert (line["lost_on"], line["loss_reason"]) == (date(2026, 7, 1), "death")
        assert [type(message.event) for message in await world.said()] == [InsuredAcquired, InsuredLost]


async def test_an_entry_may_come_before_the_record_that_it_needs(databases: Databases) -> None:
    """E-26: 住所地特例 is declared before the municipality has said that the person moved out; the loss never happens."""
    async with a_world(databases) as world:
        await world.hear(resident())
        day = date(2026, 3, 31)
        await enter(world, day, kind="domicile_exception_begun", facility="第一園", facility_address="千葉県千葉市")
        await world.hear(resident(1, 2, status="2", changed_on=day, ended_on=day))

        line = only(await world.ledger())
        assert (line["lost_on"], line["revision"]) == (None, 1)
        assert [type(message.event) for message in await world.said()] == [InsuredAcquired]


async def test_a_late_entry_opens_the_lost_qualification_again_with_its_number(databases: Databases) -> None:
    """E-26: the other order of the same two."""
    async with a_world(databases) as world:
        day = date(2026, 3, 31)
        await world.hear(resident())
        await world.hear(resident(1, 2, status="2", changed_on=day, ended_on=day))
        lost = only(await world.ledger())
        await enter(world, day, kind="domicile_exception_begun", facility="第一園", facility_address="千葉県千葉市")

        again = only(await world.ledger())
        assert (lost["lost_on"], again["lost_on"]) == (day + timedelta(days=1), None)
        assert lost["insured_number"] == again["insured_number"]
        assert [type(message.event) for message in await world.said()] == [InsuredAcquired, InsuredLost, InsuredChanged]


async def test_public_assistance_gives_a_second_qualification_with_a_new_number(databases: Databases) -> None:
    """E-02, E-03."""
    async with a_world(databases) as world:
        await world.hear(resident())
        await enter(world, date(2025, 11, 15), kind="exclusion_begun", cause="public_assistance")
        await enter(world, date(2026, 3, 1), kind="exclusion_ended", cause="public_assistance")

        first, second = await world.ledger()
        assert (first["lost_on"], first["loss_reason"]) == (date(2025, 11, 15), "public_assistance")
        assert (second["acquired_on"], second["acquisition_ground"], second["lost_on"]) == (date(2026, 3, 1), "exclusion_ended", None)
        assert first["insured_number"] != second["insured_number"]


async def test_a_cancelled_acquisition_is_said_as_lost_on_its_own_day_and_its_certificate_is_withdrawn(databases: Databases) -> None:
    """E-06: card, premium and benefits hear that there never was a qualification; taken back, it holds again under its number."""
    async with a_world(databases) as world:
        await world.hear(resident())
        before = only(await world.ledger())
        entry_id = await enter(world, date(2015, 5, 5), kind="cancelled", acquired_on="2015-05-05")
        cancelled = only(await world.ledger())
        said = (await world.said())[-1].event
        waiting = await world.rows("SELECT state FROM certificate")
        await enter(world, date(2015, 5, 5), kind="taken_back", entry_id=str(entry_id))

        assert (cancelled["lost_on"], cancelled["loss_reason"]) == (cancelled["acquired_on"], None)
        assert isinstance(said, InsuredLost)
        assert (said.lost_on, said.sequence) == (date(2015, 5, 5), 2)
        assert [row["state"] for row in waiting] == ["withdrawn"]
        again = only(await world.ledger())
        assert (again["lost_on"], again["insured_number"], again["revision"]) == (None, before["insured_number"], 3)
        assert isinstance((await world.said())[-1].event, InsuredAcquired)


async def test_a_correction_keeps_the_old_value_visible_as_of_the_time_it_was_believed(databases: Databases) -> None:
    """E-05."""
    async with a_world(databases) as world:
        await world.hear(resident(resident_since=date(2020, 10, 1)))
        before = await world.value("SELECT clock_timestamp()")
        await enter(
            world, date(2020, 10, 1), kind="corrected", acquired_on="2020-10-01", fact="acquisition_ground", old="moved_in", new="age"
        )

        query = "SELECT acquisition_ground FROM qualification_as_known WHERE recorded_during @> $1::timestamptz"
        assert await world.value(query, before) == "moved_in"
        assert await world.value(query, await world.value("SELECT clock_timestamp()")) == "age"
        assert isinstance((await world.said())[-1].event, InsuredChanged)


async def test_a_new_number_leaves_everything_dated_where_it_was_and_the_old_one_is_nobodys(databases: Databases) -> None:
    """I-41: what is dated hangs on the qualification, not on its number."""
    async with a_world(databases) as world:
        await world.hear(resident())
        line = only(await world.ledger())
        await enter(world, date(2026, 4, 1), kind="previous_insurer", insurer="employee_dependant")
        async with world.units.open() as uow:
            number = await qualifications.take_number(uow)
        content = {"insured_id": str(line["insured_id"]), "old_number": line["insured_number"], "new_number": number}
        await enter(world, date(2026, 7, 13), kind="renumbered", **content)
        await world.hear(resident(2))

        after, other = await world.ledger()
        kept = ("insured_id", "acquired_on", "acquisition_ground", "residence_since")
        assert {name: after[name] for name in kept} == {name: line[name] for name in kept}
        assert (after["insured_number"], other["insured_number"]) == (number, "00000003")
        numbers = await world.rows("SELECT insured_number, resident_number FROM insured_number_search ORDER BY 1")
        assert [row["insured_number"] for row in numbers] == ["00000001", "00000002", "00000003"]
        certificates = "SELECT count(*) FROM certificate WHERE insured_id = $1 AND state <> 'withdrawn'"
        assert await world.value(certificates, after["insured_id"]) == 1
        assert await world.value("SELECT count(*) FROM ledger_entry WHERE kind = 'previous_insurer'") == 1
        (changed,) = [message.event for message in await world.said() if isinstance(message.event, InsuredChanged)]
        assert (changed.insured_number, changed.sequence) == (number, 2)


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET reason = 'x'", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry"])
async def test_an_entry_is_never_edited_or_removed(databases: Databases, statement: str) -> None:
    """E-05. Without the trigger ledger_entry_only_grows UPDATE and DELETE went through (TRUNCATE is also refused by the role)."""
    async with a_world(databases) as world:
        await world.hear(resident())
        await enter(world, date(2026, 4, 1), kind="change_notified", what="氏名")

        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.InsufficientPrivilegeError)):
            async with world.units.open() as uow:
                await (await driver(uow.connection)).execute(statement)


async def test_a_grave_entry_without_an_approval_cannot_be_stored(databases: Databases) -> None:
    """E-05, E-06: the second officer is in the table's own rules. Without grave_entry_is_approved it was stored."""
    async with a_world(databases) as world:
        await world.hear(resident())

        async def cancel_alone() -> None:
            async with world.units.open() as uow:
                content = CONTENT.validate_python({"kind": "cancelled", "acquired_on": "2015-05-05"})
                day = date(2015, 5, 5)
                new = entries.entry(uow, CHIYODA, FIRST, content, effective_on=day, source=Source.AUTHORITY, by="one", reason="誤り")
                await entries.record(uow, new)

        with pytest.raises(asyncpg.CheckViolationError, match="grave_entry_is_approved"):
            await cancel_alone()


async def test_nothing_is_entered_about_somebody_whom_no_municipality_has_reported(databases: Databases) -> None:
    async with a_world(databases) as world:
        with pytest.raises(entries.NoSuchResident):
            await enter(world, date(2026, 4, 1), kind="change_notified", what="氏名")


async def test_a_move_out_and_a_death_make_their_deemed_notices_with_legal_basis_and_a_birthday_needs_none(databases: Databases) -> None:
    """E-25: from the records alone, in single changes and in a sealed batch alike."""
    async with a_world(databases) as world:
        out: dict[str, Any] = {
            "status": "2",
            "changed_on": date(2026, 3, 31),
            "ended_on": date(2026, 3, 31),
            "notified_on": date(2026, 4, 20),
        }
        await world.hear(resident(1), resident(2, resident_since=date(2024, 10, 1), notified_on=date(2024, 10, 5)))
        await world.hear(resident(1, 2, **out))
        await world.hear_sealed([resident(3, resident_since=date(2025, 1, 1))])

        found = await world.rows("SELECT resident_number, kind, cause, effective_on, notified_on, source, legal_basis FROM deemed_notice")
        seen = {(row["resident_number"][-1], row["kind"], row["cause"], row["effective_on"], row["source"]) for row in found}
        assert seen == {
            ("1", "loss", "moved_out", date(2026, 4, 1), "deemed"),
            ("2", "acquisition", "moved_in", date(2024, 10, 1), "deemed"),
            ("3", "acquisition", "moved_in", date(2025, 1, 1), "deemed"),
        }
        assert all("第54条" in row["legal_basis"] for row in found)
