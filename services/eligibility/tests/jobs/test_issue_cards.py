"""Certificates in print files: everybody due is issued, or refused with a reason; each page is the page of its person."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import obstore
import pytest
from chassis import batches, jobs
from chassis.testing import Databases
from contracts.batches import Seal
from contracts.events.eligibility import CertificateIssued, InsuredBatchSealed
from eligibility_service.jobs import issue_cards
from eligibility_service.jobs.issue_cards import IssueCards
from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.store.issuing import LIST_SCHEMA

from services.eligibility.tests.pdf import pages_of
from services.eligibility.tests.people import resident
from services.eligibility.tests.rates import decided
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


async def test_the_preview_of_the_renewal_shows_what_differs_by_kind_rate_and_municipality(databases: Databases) -> None:
    """E-28."""
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2), resident(3, born_on=date(1951, 7, 20))])
        await run(world)
        first = await world.value("SELECT insured_id FROM qualification WHERE resident_number = $1", f"{1:015d}")
        await decided(world, first, 20, LimitClass.GENERAL_2, date(2026, 8, 1), date(2027, 7, 31))
        await world.hear(resident(4))

        run_id = await jobs.prepare(IssueCards(), {"on": "2026-08-01"}, world.units, by="tester")

        preview = json.loads(await world.value("SELECT preview::text FROM job_run WHERE id = $1", run_id))
        assert preview["交付する件数"] == 3
        assert preview["前日に有効な証との差"] == {
            "種類": {"後期高齢者医療資格確認書": {"前": 2, "今回": 3, "差": 1}},
            "負担割合": {"2割": {"前": 0, "今回": 1, "差": 1}, "判定中": {"前": 2, "今回": 2, "差": 0}},
            "市区町村": {"131016": {"前": 2, "今回": 3, "差": 1}},
        }
        assert await world.value("SELECT count(*) FROM certificate WHERE run_id = $1 AND state = 'issued'", run_id) == 0


async def test_each_print_file_has_a_sealed_list_of_its_pages(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-04, E-28: 発行一覧; a list that was touched is refused."""
    monkeypatch.setattr(issue_cards, "PAGES", 2)
    async with a_world(databases) as world:
        await world.hear_sealed([resident(1), resident(2), resident(3)])
        run_id, outcome = await run(world)

        files = await world.rows("SELECT * FROM print_file WHERE run_id = $1 ORDER BY first_serial", run_id)
        assert [(row["pages"], row["first_serial"], row["last_serial"]) for row in files] == [(2, 1, 2), (1, 3, 3)]
        assert outcome["differences"] == {}
        for row in files:
            announced = InsuredBatchSealed(
                effective_on=date(2026, 7, 13), batch_id=run_id, key=row["list_key"], seal=Seal(**row["list_seal"])
            )
            listed = await batches.open_sealed(world.units.store, announced, schema_name=LIST_SCHEMA)
            pages = pages_of(bytes(await (await obstore.get_async(world.units.store, row["document_key"])).bytes_async()))
            assert all(number in pages[page - 1] for number, page in listed.select("insured_number", "page").iter_rows())
        await obstore.put_async(world.units.store, announced.key, b"touched")
        with pytest.raises(batches.SealBroken):
            await batches.open_sealed(world.units.store, announced, schema_name=LIST_SCHEMA)


async def test_a_year_of_two_issues_gives_everybody_two_cards(databases: Databases) -> None:
    """E-28: 2022-08-01 to 2022-09-30, and from 2022-10-01."""
    async with a_world(databases, today=date(2022, 7, 4)) as world:
        await world.hear_sealed([resident(1)])
        await run(world, on="2022-08-01")
        await run(world, on="2022-10-01")
        assert (await run(world, on="2022-10-01"))[1]["totals"] == {}

        rows = await world.rows("SELECT valid_from, valid_until FROM certificate ORDER BY valid_from")
        assert [tuple(row.values()) for row in rows] == [
            (date(2022, 8, 1), date(2022, 9, 30)), (date(2022, 10, 1), date(2024, 7, 31)),
        ]  # fmt: skip
