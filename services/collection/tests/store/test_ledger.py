"""The charge ledger under attack: what does not add up is refused by the database itself, whoever writes it."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest
from chassis.testing import Databases, TestDatabase

from services.collection.tests.people import ROOT, apply, assessed, instalments

PERSON = "(SELECT insured_id FROM assessment)"
ENTRY = (
    "INSERT INTO charge_entry (insured_id, fiscal_year, number, revision, reverses, municipality_code, month, due_on, amount, charged_on) "
)


@pytest.fixture
async def database(databases: Databases) -> TestDatabase:
    """One person, charged 58,050 yen in eight instalments, the first 7,650."""
    made = await databases("collection", ROOT)
    async with made.units() as units:
        await apply(units, assessed(1, 58_050))
    return made


ATTACKS = {
    "another charge": f"{ENTRY} SELECT insured_id, 2026, 9, 2, 0, '131016', 3, '2027-03-31', 1, '2026-07-13' FROM assessment",
    "a reversal with nothing in its place": (
        f"{ENTRY} SELECT insured_id, 2026, 1, 2, 1, '131016', 7, '2026-07-31', -7650, '2026-07-13' FROM assessment"
    ),
    "a reversal of another amount, balanced by a charge": (
        f"{ENTRY} SELECT insured_id, 2026, 1, 2, r, '131016', 7, '2026-07-31', a, '2026-07-13' "
        "FROM assessment, (VALUES (1, -7000), (0, 7000)) AS v(r, a)"
    ),
    "a reversal of a charge that was never made": (
        f"{ENTRY} SELECT insured_id, 2026, 9, 3, r, '131016', 3, '2027-03-31', a, '2026-07-13' "
        "FROM assessment, (VALUES (2, -7650), (0, 7650)) AS v(r, a)"
    ),
    "charges of somebody who has no assessment": (
        f"{ENTRY} VALUES ('00000000-0000-0000-0000-000000000001', 2026, 1, 1, 0, '131016', 7, '2026-07-31', 100, '2026-07-13')"
    ),
    "another annual amount": "UPDATE assessment SET annual_amount = annual_amount + 100",
    "an assessment without charges": (
        "INSERT INTO assessment SELECT '00000000-0000-0000-0000-000000000001', fiscal_year, municipality_code, '2', assessment_id, 100, "
        "provisional, 1, 1, calendar_hash, decided_on, 100 FROM assessment"
    ),
    "an entry edited": "UPDATE charge_entry SET amount = amount + 1 WHERE number = 1",
    "an entry removed": "DELETE FROM charge_entry WHERE number = 8",
    "the assessment removed": "DELETE FROM assessment",
    "a charge of nothing": f"{ENTRY} SELECT insured_id, 2026, 9, 2, 0, '131016', 3, '2027-03-31', 0, '2026-07-13' FROM assessment",
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("role", ["app", "owner"])
async def test_what_does_not_add_up_is_refused_by_the_database(database: TestDatabase, attack: str, role: str) -> None:
    connection = await asyncpg.connect(database.url if role == "app" else database.owner_url)
    try:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(ATTACKS[attack])
    finally:
        await connection.close()
    async with database.units() as units:
        assert sum((await instalments(units)).values()) == 58_050


async def test_a_charge_is_reversed_only_once(database: TestDatabase) -> None:
    async with database.units() as units:
        await apply(units, assessed(1, 57_650, sequence=2))
        twice = (
            f"{ENTRY} SELECT insured_id, 2026, 1, 3, r, '131016', 7, '2026-07-31', a, '2026-07-13' "
            "FROM assessment, (VALUES (1, -7650), (0, 7650)) AS v(r, a)"
        )
        connection = await asyncpg.connect(database.url)
        try:
            with pytest.raises(asyncpg.UniqueViolationError):
                await connection.execute(twice)
        finally:
            await connection.close()
        assert (await instalments(units))[1] == 7_250


async def test_the_application_cannot_empty_the_ledger(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("TRUNCATE charge_entry")
    finally:
        await connection.close()


async def test_a_handler_that_writes_too_little_leaves_nothing_behind(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    from collection_service.domain import charging
    from collection_service.handlers import assessments

    honest = charging.decide

    def forgetful(*arguments: object, today: date) -> object:
        decided = honest(*arguments, today=today)  # type: ignore[arg-type]
        return [type(group)(group.people, group.slots, group.instalments, group.entries.slice(1)) for group in decided]

    monkeypatch.setattr(assessments, "decide", forgetful)
    async with database.units() as units:
        with pytest.raises(Exception, match="add up"):
            await apply(units, assessed(2, 10_000))
        assert await instalments(units, 2) == {}
