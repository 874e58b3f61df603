"""送付先 and 支援措置 as others ask for them."""

from __future__ import annotations

from datetime import date

from chassis import approvals
from chassis.database import driver
from chassis.testing import Databases
from eligibility_service.store import registers

from services.eligibility.tests.people import CHIYODA, resident
from services.eligibility.tests.world import World, a_world

DAY = date(2026, 7, 13)
ONE, TWO, THREE = ((CHIYODA, f"{number:015d}") for number in (2, 3, 4))


async def deliver(world: World, person: tuple[str, str], purpose: str, town: str, *, since: date = date(2026, 1, 1)) -> None:
    async with world.units.open() as uow:
        approval_id = await approvals.ask(
            uow, act="delivery_address", municipality_code=person[0], resident_number=person[1], content={}, reason="入院", by="first"
        )
        await (await driver(uow.connection)).execute(
            """INSERT INTO delivery_address VALUES
            (gen_random_uuid(), $1, $2, $3, '後期　一郎', '長男', '後期　一郎', '1000002', ARRAY[$4], $5, daterange($6, NULL),
             tstzrange($7, NULL))""",
            *person,
            purpose,
            town,
            approval_id,
            since,
            uow.now,
        )


async def protect(world: World, person: tuple[str, str], *, since: date = date(2026, 1, 1)) -> None:
    async with world.units.open() as uow:
        await (await driver(uow.connection)).execute(
            """INSERT INTO address_protection VALUES (
            gen_random_uuid(), $1, $2, 1, '本人', 'domestic_violence', $3::date + 364, '', 'first', daterange($3, NULL),
            tstzrange($4, NULL))""",
            *person,
            since,
            uow.now,
        )


async def test_a_delivery_address_for_the_purpose_goes_before_the_one_for_everything(databases: Databases) -> None:
    """E-30"""
    async with a_world(databases) as world:
        await world.hear(resident(2), resident(3), resident(4))
        await deliver(world, ONE, "everything", "東京都千代田区丸の内1番")
        await deliver(world, ONE, "premium", "東京都千代田区大手町2番")
        await deliver(world, TWO, "premium", "東京都千代田区大手町3番")

        async with world.units.open() as uow:
            certificate = await registers.delivery_of(uow, [ONE, TWO, THREE], on=DAY)
            premium = await registers.delivery_of(uow, [ONE, TWO, THREE], on=DAY, purpose="premium")
            before = await registers.delivery_of(uow, [ONE], on=date(2025, 12, 31))

        assert {person: found.address for person, found in certificate.items()} == {ONE: ("東京都千代田区丸の内1番",)}
        assert {person: found.purpose for person, found in premium.items()} == {ONE: "premium", TWO: "premium"}
        assert before == {}


async def test_a_protected_person_and_the_household_are_withheld_and_have_no_delivery_address(databases: Databases) -> None:
    """I-39. Residents 2 and 3 live in one household."""
    async with a_world(databases) as world:
        await world.hear(resident(2), resident(3), resident(4))
        await deliver(world, ONE, "everything", "東京都千代田区丸の内1番")
        await protect(world, ONE)

        async with world.units.open() as uow:
            assert await registers.protected_people(uow, [ONE, TWO, THREE], on=DAY) == {ONE, TWO}
            assert await registers.protected_people(uow, [ONE], on=date(2025, 12, 31)) == set()
            assert await registers.delivery_of(uow, [ONE], on=DAY) == {}
        shown = await world.rows("SELECT resident_number, address_withheld, address_town, postal_code FROM resident_shown ORDER BY 1")
        assert [(row["address_withheld"], row["address_town"], row["postal_code"]) for row in shown] == [
            (True, None, None), (True, None, None), (False, "千代田", "1000001"),
        ]  # fmt: skip
