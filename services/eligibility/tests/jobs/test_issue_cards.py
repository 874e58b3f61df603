"""Certificates in print files: everybody due is issued, or refused with a reason; each page is the page of its person."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import obstore
import pytest
from chassis import jobs
from chassis.testing import Databases
from contracts.events.eligibility import CertificateIssued
from eligibility_service.jobs import issue_cards
from eligibility_service.jobs.issue_cards import IssueCards

from services.eligibility.tests.pdf import pages_of
from services.eligibility.tests.people import resident
from services.eligibility.tests.world import World, a_world, another_day, only


async def run(world: World, **parameters: str) -> tuple[UUID, dict[str, Any]]:
    job = IssueCards()
    run_id = await jobs.prepare(job, dict(parameters), world.units, by="tester")
    await jobs.approve(run_id, world.units, by="tester")
    return run_id, await jobs.execute(job, run_id, world.units)


async def test_everybody_due_is_issued_or_refused_and_each_page_shows_its_person(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue_cards, "PAGES", 3)
    async with a_world(databases) as world:
        people = [resident(number, name=f"後期　{name}") for number, name in enumerate("一二三四五", start=1)]
        await world.hear_sealed([*people, resident(6, name="●田　六"), resident(7, born_on=date(1960, 1, 1))])

        _, outcome = await run(world)

        assert outcome == {"totals": {"due": 6, "issued": 5, "refused": 1, "withdrawn": 0}, "differences": {}}
        rows = await world.rows(
            """SELECT c.*, q.insured_number FROM certificate c JOIN qualification q USING (municipality_code, resident_number)
            WHERE state = 'issued' ORDER BY c.resident_number"""
        )
        assert [row["document_page"] for row in rows] == [1, 2, 3, 1, 2]
        for row in rows:
            result = await obstore.get_async(world.units.store, row["document_key"])
            page = pages_of(bytes(await result.bytes_async()))[row["document_page"] - 1]
            assert row["insured_number"] in page
        refused = only(await world.rows("SELECT * FROM worklist_item"))
        assert (refused["resident_number"], refused["closed_at"]) == (f"{6:015d}", None)
        assert "氏名" in refused["detail"]
        said = [message.event for message in await world.said() if isinstance(message.event, CertificateIssued)]
        assert len(said) == 5


async def test_a_second_run_issues_nothing_again_and_a_corrected_name_is_tried_again(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2, name="●田　二")])
        await run(world)
        _, again = await run(world)
        assert again["totals"] == {"due": 1, "issued": 0, "refused": 1, "withdrawn": 0}

        await world.hear_sealed([resident(2, 2, name="戸田　二")])

        assert only(await world.rows("SELECT state, origin FROM certificate WHERE resident_number = $1", f"{2:015d}")) == {
            "state": "due",
            "origin": "acquisition",
        }
        assert await world.value("SELECT count(*) FROM worklist_item WHERE closed_at IS NULL") == 0


async def test_the_yearly_renewal_is_prepared_in_july_for_the_first_of_august(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2, born_on=date(1951, 7, 20)), resident(3, born_on=date(1941, 8, 1))])
        await run(world)

        run_id, outcome = await run(world, on="2026-08-01")

        assert outcome["totals"]["issued"] == 2
        rows = await world.rows("SELECT * FROM certificate WHERE run_id = $1 ORDER BY resident_number", run_id)
        assert {(row["valid_from"], row["valid_until"]) for row in rows} == {(date(2026, 8, 1), date(2027, 7, 31))}
        assert [row["kind_reason"] for row in rows] == ["age_85", "age_85"]


async def test_whoever_dies_between_approval_and_printing_gets_none(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2)])
        job = IssueCards()
        run_id = await jobs.prepare(job, {}, world.units, by="tester")
        await jobs.approve(run_id, world.units, by="tester")
        await world.hear(resident(1, 2, status="3", changed_on=date(2026, 7, 1), ended_on=date(2026, 7, 1)))

        outcome = await jobs.execute(job, run_id, world.units)

        assert outcome == {"totals": {"due": 1, "issued": 1, "refused": 0, "withdrawn": 0}, "differences": {}}
        assert await world.value("SELECT state FROM certificate WHERE resident_number = $1", f"{1:015d}") == "withdrawn"


async def test_the_day_of_a_coming_year_asks_the_law_of_that_year(databases: Databases) -> None:
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1, born_on=date(1950, 1, 1))])
        async with another_day(world, date(2026, 8, 3)) as august:
            await run(august)

        row = only(await world.rows("SELECT * FROM certificate"))
        assert (row["kind"], row["kind_reason"]) == ("eligibility_confirmation", "card_unknown")
