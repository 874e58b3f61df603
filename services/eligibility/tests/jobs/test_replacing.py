"""A certificate whose name, address or rate is no longer true gets a successor by itself, and the old one is to be collected."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from typing import Any

from chassis import telemetry
from chassis.testing import Databases
from contracts.events.eligibility import CertificateIssued
from eligibility_service.jobs.following import issue_next
from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.store import qualifications
from eligibility_service.store.replacing import replace_after_rates

from services.eligibility.tests.handlers.test_entries import enter
from services.eligibility.tests.people import message, resident
from services.eligibility.tests.rates import decided
from services.eligibility.tests.world import World, a_world, only

YEAR = (date(2025, 8, 1), date(2026, 7, 31))
TRACE = "0123456789abcdef0123456789abcdef"


async def states(world: World) -> list[tuple[Any, ...]]:
    rows = await world.rows("SELECT origin, issue_reason, copay_rate, collection FROM certificate WHERE state = 'issued' ORDER BY serial")
    return [tuple(row.values()) for row in rows]


async def test_a_new_name_and_a_new_address_make_a_new_card_in_the_trace_of_the_record_within_five_seconds(databases: Databases) -> None:
    """E-21, W-01: from the record to the card in one trace."""
    telemetry.start("eligibility", "")
    async with a_world(databases) as world:
        await world.hear(resident(1))
        assert await issue_next(world.units)
        changed = replace(message(resident(1, 2, name="後期　桜子")), traceparent=f"00-{TRACE}-0123456789abcdef-01")

        started = time.perf_counter()
        await world.consumer.apply([("on_residents_changed", changed)])
        assert await issue_next(world.units)
        assert time.perf_counter() - started < 5

        issued = (await world.said())[-1]
        assert isinstance(issued.event, CertificateIssued)
        assert issued.traceparent is not None
        assert issued.traceparent.split("-")[1] == TRACE
        await world.hear(resident(1, 3, name="後期　桜子", address_number="2番2号"))
        assert await issue_next(world.units)
        assert not await issue_next(world.units)
        assert await states(world) == [
            ("acquisition", "first", None, "due"), ("change", "name_changed", None, "due"), ("change", "address_changed", None, None),
        ]  # fmt: skip


async def test_a_record_that_says_the_same_makes_no_new_card(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        assert await issue_next(world.units)

        await world.hear(resident(1, 2, household_number="000000000000099"))

        assert not await issue_next(world.units)


async def test_a_name_that_changes_twice_before_printing_makes_one_card(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        assert await issue_next(world.units)
        await world.hear(resident(1, 2, name="後期　桜子"))
        await world.hear(resident(1, 3, name="後期　梅子"))

        assert await issue_next(world.units)
        assert not await issue_next(world.units)


async def test_a_batch_with_a_new_address_makes_new_cards_too(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1), resident(2))
        while await issue_next(world.units):
            pass

        await world.hear_sealed([resident(1, 2, address_building="別館"), resident(2, 2)])

        assert await issue_next(world.units)
        assert not await issue_next(world.units)
        assert [reason for _, reason, _, _ in await states(world)] == ["first", "first", "address_changed"]


async def test_a_rate_that_is_decided_or_changes_makes_a_new_card_that_shows_it(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        assert await issue_next(world.units)
        insured_id = await world.value("SELECT insured_id FROM qualification")
        for percent in (10, 10, 20):
            await decided(world, insured_id, percent, LimitClass.GENERAL_1, *YEAR)
            async with world.units.open() as uow:
                await replace_after_rates(uow, {insured_id: None})
            while await issue_next(world.units):
                pass

        assert await states(world) == [
            ("acquisition", "first", None, "due"), ("change", "rate_changed", 10, "due"), ("change", "rate_changed", 20, None),
        ]  # fmt: skip


async def test_a_successor_that_cannot_be_printed_waits_for_the_right_name(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear(resident(1))
        assert await issue_next(world.units)
        await world.hear(resident(1, 2, name="●期　桜子"))
        assert await issue_next(world.units)
        assert await world.value("SELECT state FROM certificate WHERE origin = 'change'") == "refused"

        await world.hear(resident(1, 3, name="後期　桜子"))
        while await issue_next(world.units):
            pass

        assert (await states(world))[-1][:2] == ("change", "name_changed")
        assert await world.value("SELECT count(*) FROM certificate WHERE state = 'issued' AND collection IS NULL") == 1


async def test_a_new_number_makes_new_cards_by_itself_and_the_old_ones_are_to_be_collected(databases: Databases) -> None:
    """I-41, E-22. Seen to fail without the number in `_CHANGED`: the card went on showing a number that is nobody's."""
    async with a_world(databases) as world:
        await world.hear(resident(1))
        assert await issue_next(world.units)
        line = only(await world.ledger())
        async with world.units.open() as uow:
            number = await qualifications.take_number(uow)
        content = {"insured_id": str(line["insured_id"]), "old_number": line["insured_number"], "new_number": number}
        await enter(world, date(2026, 7, 13), kind="renumbered", **content)

        assert await issue_next(world.units)
        assert not await issue_next(world.units)
        assert [row[:2] + row[3:] for row in await states(world)] == [("acquisition", "first", "due"), ("change", "number_changed", None)]
        printed = await world.rows("SELECT insured_number, collection_reason FROM certificate ORDER BY serial")
        assert [tuple(row.values()) for row in printed] == [(line["insured_number"], "number_changed"), (number, None)]
