"""A single acquisition gets its certificate by itself, in the same trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from chassis import telemetry
from chassis.testing import Databases
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CertificateIssued
from eligibility_service.jobs import following
from eligibility_service.jobs.following import issue_next
from eligibility_service.store.issuing import issue

from services.eligibility.tests.people import message, resident
from services.eligibility.tests.world import a_world, another_day, only

TRACE = "0123456789abcdef0123456789abcdef"


async def test_a_single_acquisition_gets_a_certificate_of_its_own_in_the_trace_of_its_message(databases: Databases) -> None:
    telemetry.start("eligibility", "")
    async with a_world(databases) as world:
        heard = replace(message(resident(1)), traceparent=f"00-{TRACE}-0123456789abcdef-01")
        await world.consumer.apply([("on_residents_changed", heard)])

        assert await issue_next(world.units)
        assert not await issue_next(world.units)

        row = only(await world.rows("SELECT * FROM certificate"))
        assert (row["state"], row["document_page"], row["issued_on"]) == ("issued", 1, date(2026, 7, 13))
        issued = (await world.said())[-1]
        assert isinstance(issued.event, CertificateIssued)
        assert issued.traceparent is not None
        assert issued.traceparent.split("-")[1] == TRACE


async def test_packed_and_sealed_acquisitions_wait_for_the_job(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2), packed=True)
        await world.hear_sealed([resident(3)])

        assert await world.value("SELECT count(*) FROM certificate") == 0


async def test_a_loss_withdraws_the_certificate_that_was_due_and_its_cancellation_makes_one_due_again(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await world.hear(resident(1, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))
        assert not await issue_next(world.units)

        await world.hear(resident(1, 3, changed_on=date(2026, 7, 1)))

        assert [row["state"] for row in await world.rows("SELECT state FROM certificate ORDER BY made_due_at")] == ["withdrawn", "due"]
        assert await issue_next(world.units)


async def test_whoever_has_left_before_the_certificate_is_made_gets_none(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await world.hear(resident(1, 2, status="2", changed_on=date(2026, 7, 13), ended_on=date(2026, 7, 15)))
        assert await world.value("SELECT state FROM certificate") == "due"

        async with another_day(world, date(2026, 7, 16)) as later:
            assert await issue_next(later.units)

        assert await world.value("SELECT state FROM certificate") == "withdrawn"


async def test_a_name_that_cannot_be_printed_goes_to_the_worklist_and_comes_back_when_corrected(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1, name="●藤　花子"), resident(2))
        assert await issue_next(world.units)
        assert await issue_next(world.units)
        assert not await issue_next(world.units)
        assert [row["state"] for row in await world.rows("SELECT state FROM certificate ORDER BY resident_number")] == ["refused", "issued"]
        assert await world.value("SELECT count(*) FROM worklist_item WHERE closed_at IS NULL") == 1

        await world.hear(resident(1, 2, name="後藤　花子"))
        assert await issue_next(world.units)

        assert [row["state"] for row in await world.rows("SELECT state FROM certificate")] == ["issued", "issued"]
        assert await world.value("SELECT count(*) FROM worklist_item WHERE closed_at IS NULL") == 0


async def test_a_surprise_in_one_certificate_puts_it_aside_and_the_others_go_on(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        await world.hear(resident(2))
        real = issue
        calls = []

        async def breaks_once(uow: UnitOfWork, *arguments: object, **more: object) -> object:
            calls.append(arguments)
            if len(calls) == 1:
                raise RuntimeError("typesetting failed")
            return await real(uow, *arguments, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(following, "issue", breaks_once)
        assert await issue_next(world.units)
        assert await issue_next(world.units)

        assert [row["state"] for row in await world.rows("SELECT state FROM certificate ORDER BY resident_number")] == ["refused", "issued"]
