from pathlib import Path

from chassis.testing import Databases


async def test_a_unit_of_work_commits_its_outbox(databases: Databases, broker: str) -> None:
    database = await databases("premium", Path("services/premium"))
    async with database.units() as units, units.open() as uow:
        uow.send(b"{}", exchange="premium.events", routing_key="x", subject="s")
