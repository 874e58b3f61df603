"""不均一賦課: who lives in an area of uneven rates pays its rate, and of whom nobody knows it waits (P-14, never the wrong rate)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from chassis import jobs
from chassis.database import driver
from chassis.law import FiscalYear, Rate
from chassis.settings import Settings
from chassis.testing import Databases
from chassis.unit_of_work import Units
from contracts.envelope import Event
from premium_service.jobs.assess import Assess
from premium_service.law import premium_parameters
from premium_service.rules.parameters import MEDICAL, Parameters, RateArea
from premium_service.store import rate_areas
from premium_service.store.rate_areas import NoSuchResident, Residence
from sqlalchemy import text

from services.premium.tests.facts import ROOT, apply, income, insured, resident

OGANO, SAITAMA_CITY = "113654", "111007"
BORN, BEGAN = date(1930, 5, 1), date(2008, 4, 1)
IN_2009 = date(2009, 7, 13)
_FOUND = """
SELECT r.resident_number, a.annual_amount, a.medical_per_capita, (
    SELECT i.rate_area FROM assessment_input i WHERE i.run_id = a.run_id AND i.insured_id = a.insured_id) AS rate_area
FROM assessment a JOIN insured i USING (insured_id) JOIN resident r ON r.number = i.resident WHERE a.fiscal_year = {year} ORDER BY 1
"""
Chosen = Callable[[str], None]


@pytest.fixture
def of_union(monkeypatch: pytest.MonkeyPatch) -> Chosen:
    """The test's installation is that of another union."""

    def choose(union: str) -> None:
        monkeypatch.setattr("premium_service.settings.current", lambda: Settings(service="premium", union=union))

    return choose


def somebody(number: str, municipality: str, income_year: int = 2008) -> list[Event]:
    """Somebody insured since 2008 who lives alone, with a pension of 3 million yen: 1,470,000 levy base, no reduction."""
    facts: list[Event] = [
        resident(number, household=number, born=BORN),
        income(number, pension=3_000_000).model_copy(update={"income_year": income_year}),
        insured(number, born=BORN, acquired=BEGAN),
    ]
    return [fact.model_copy(update={"municipality_code": municipality}) for fact in facts]


async def found(units: Units, year: int = 2009) -> list[tuple[Any, ...]]:
    async with units.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(_FOUND.format(year=year)))]


async def waits(units: Units) -> list[str]:
    """What the people whose decision waits are waiting for."""
    query = "SELECT state->>'kind' FROM process_instance WHERE state->>'step' = 'waiting' ORDER BY key"
    async with units.engine.connect() as connection:
        return [row[0] for row in await connection.execute(text(query))]


async def test_a_whole_municipality_takes_its_uneven_rate_and_the_others_the_even_one(databases: Databases, of_union: Chosen) -> None:
    """Saitama FY2009: Ogano 35,760 + 1,470,000 x 6.70 % = 134,250; elsewhere 42,530 + 1,470,000 x 7.96 % = 159,542, to ten yen each part.

    Seen to fail with the area not looked up (0 for everybody).
    """
    of_union("11")
    async with (await databases("premium", ROOT)).units(today=IN_2009) as units:
        await apply(units, *somebody("1", OGANO), *somebody("2", SAITAMA_CITY))

        assert await found(units) == [("1", 134_200, 35_760, 1), ("2", 159_500, 42_530, 0)]
        assert await waits(units) == []


async def test_the_same_municipality_has_the_even_rate_again_when_the_uneven_one_has_ended(databases: Databases, of_union: Chosen) -> None:
    of_union("11")
    async with (await databases("premium", ROOT)).units(today=date(2014, 7, 14)) as units:
        await apply(units, *somebody("1", OGANO, income_year=2013))

        assert [row[2:] for row in await found(units, 2014)] == [(42_440, 0)]


@pytest.mark.parametrize(
    ("union", "municipality", "kind"),
    [
        ("47", "472018", "rate_area_missing"),  # Okinawa to FY2013: uneven rates, and nobody has entered where
        ("23", "232211", "rate_missing"),  # Shinshiro in Aichi: an area by name, its figures have not been read
    ],
)
async def test_nobody_is_decided_by_a_rate_that_may_be_the_wrong_one(
    databases: Databases, of_union: Chosen, union: str, municipality: str, kind: str
) -> None:
    """Seen to fail with the even rate for whoever's area is not known."""
    of_union(union)
    async with (await databases("premium", ROOT)).units(today=IN_2009) as units:
        await apply(units, *somebody("1", municipality))

        assert await found(units) == []
        assert await waits(units) == [kind]


async def test_who_lives_outside_the_named_areas_of_aichi_is_decided(databases: Databases, of_union: Chosen) -> None:
    of_union("23")
    async with (await databases("premium", ROOT)).units(today=IN_2009) as units:
        await apply(units, *somebody("1", "231002"))

        assert [row[1:] for row in await found(units)] == [(149_300, 40_175, 0)]


MOUNTAINS = RateArea("山間部", None, SAITAMA_CITY, is_known=True)
"""An invented area within a municipality."""


@pytest.fixture
def with_mountains(monkeypatch: pytest.MonkeyPatch, of_union: Chosen) -> None:
    """Saitama with one more area, smaller than its municipality, at 30,000 yen and 5 %."""
    of_union("11")

    def invented(union: str, year: int, *, sample: bool) -> Parameters:
        law = premium_parameters(union, FiscalYear(year))
        medical = law.parts[MEDICAL]
        rates = replace(medical, per_capita=(*medical.per_capita, 30_000), income_rate=(*medical.income_rate, Rate(5, 100)))
        return replace(law, areas=(*law.areas, MOUNTAINS), parts={MEDICAL: rates})

    for module in ("store.rate_areas", "store.deciding"):
        monkeypatch.setattr(f"premium_service.{module}.parameters_of", invented)


async def _lives(units: Units, number: str, area: str, since: date) -> None:
    async with units.open() as uow:
        await rate_areas.record(SAITAMA_CITY, number, Residence(since, area, "saitama-1", "住所を地番で確かめた"), uow)


async def _run_due(units: Units) -> None:
    run_id = await jobs.prepare(Assess(), {"scope": "due"}, units, by="tester")
    await jobs.approve(run_id, units, by="approver")
    await jobs.execute(Assess(), run_id, units)


@pytest.mark.usefixtures("with_mountains")
async def test_an_area_within_a_municipality_waits_for_the_register_and_takes_what_it_says_of_the_judging_day(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units(today=IN_2009) as units:
        await apply(units, *somebody("1", SAITAMA_CITY), *somebody("2", SAITAMA_CITY), *somebody("3", SAITAMA_CITY))
        assert await found(units) == []
        assert await waits(units) == ["rate_area_missing"] * 3

        await _lives(units, "1", "山間部", date(2009, 4, 1))
        await _lives(units, "2", "", date(2008, 4, 1))
        await _lives(units, "3", "山間部", date(2009, 4, 2))  # the day after the judging day
        await _run_due(units)

        assert await found(units) == [("1", 103_500, 30_000, 2), ("2", 159_500, 42_530, 0)]
        assert await waits(units) == ["rate_area_missing"]


@pytest.mark.usefixtures("with_mountains")
async def test_a_correction_of_the_register_ends_what_was_believed_and_decides_again(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units(today=IN_2009) as units:
        await apply(units, *somebody("1", SAITAMA_CITY))
        await _lives(units, "1", "", date(2008, 4, 1))
        await _run_due(units)
        await _lives(units, "1", "山間部", date(2008, 4, 1))
        await _run_due(units)

        assert [row[2:] for row in await found(units)] == [(42_530, 0), (30_000, 2)]
        async with units.open() as uow:
            recorded = await rate_areas.of_person(SAITAMA_CITY, "1", uow)
        assert [(row["area"], row["believed"]) for row in recorded] == [("山間部", True), ("", False)]
        with pytest.raises(NoSuchResident, match="No resident 9"):
            await _lives(units, "9", "", date(2008, 4, 1))


async def test_a_union_with_even_rates_looks_nothing_up(databases: Databases) -> None:
    async with (await databases("premium", ROOT)).units() as units, units.open() as uow:
        assert await (await driver(uow.connection)).fetchval("SELECT count(*) FROM rate_area_residence") == 0
    assert rate_areas.expression_of(premium_parameters("13", FiscalYear(2026))) == "0::smallint"
