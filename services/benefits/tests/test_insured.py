"""Was this person insured on this day? The copy of the insured, and the question that claim checks ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
import polars as pl
import pytest
from benefits_service.bootstrap import SERVICE
from benefits_service.handlers.routing import ROUTES
from chassis.batches import SealBroken, seal
from chassis.clock import derived_id
from chassis.consumer import Consumer
from chassis.settings import Settings
from chassis.testing import Databases, TestDatabase
from chassis.tokens import Principal
from chassis.unit_of_work import Units
from chassis.web import create_app, principal
from contracts.envelope import Event, Message
from contracts.events.eligibility import AcquisitionGround, InsuredAcquired, InsuredBatchSealed, InsuredLost, LossReason
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

ROOT = Path("services/benefits")
DAY = date(2026, 7, 13)
CHIYODA, HACHIOJI = "131016", "132012"


def acquired(qualification: int, number: str = "00000001", *, sequence: int = 1, **changes: Any) -> InsuredAcquired:
    """The person with this 被保険者番号 is insured from 1 May 2020 on."""
    record: dict[str, Any] = {
        "effective_on": DAY,
        "sequence": sequence,
        "insured_id": derived_id("insured", qualification),
        "insured_number": number,
        "insurer_number": "39131016",
        "municipality_code": CHIYODA,
        "resident_number": str(qualification),
        "household_number": "1",
        "born_on": date(1945, 5, 1),
        "sex": "2",
        "acquired_on": date(2020, 5, 1),
        "acquisition_ground": AcquisitionGround.AGE,
    }
    return InsuredAcquired(**{**record, **changes})


def lost(event: InsuredAcquired, on: date) -> InsuredLost:
    """The same qualification ends on `on`."""
    return InsuredLost(**{**dict(event), "sequence": (event.sequence or 0) + 1, "lost_on": on, "loss_reason": LossReason.MOVED_OUT})


async def apply(units: Units, *events: Event) -> None:
    """What the consumer does with a batch of messages; the same event is the same message."""
    found = []
    for event in events:
        identifier = derived_id("message", event.type, event.model_dump_json())
        message = Message(identifier, "eligibility", datetime(2026, 7, 13, tzinfo=UTC), event, identifier)
        found.append((ROUTES.handler_of(event.type), message))
    await Consumer(units=units, routes=ROUTES, broker_url="").apply(found)


async def sealed(units: Units, events: Sequence[InsuredAcquired]) -> InsuredBatchSealed:
    """The events as rows of a sealed batch in the store of `units`."""
    rows = [{key: str(value) if isinstance(value, UUID) else value for key, value in dict(event).items()} for event in events]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    found = await seal(units.store, "insured.parquet", frame, schema_name=InsuredAcquired.type, totals=())
    return InsuredBatchSealed(effective_on=DAY, batch_id=derived_id(found.sha256), key="insured.parquet", seal=found)


async def kept(units: Units) -> list[tuple[Any, ...]]:
    """Everything benefits keeps of the insured."""
    async with units.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text("SELECT * FROM insured ORDER BY insured_id"))]


async def asked(database: TestDatabase, path: str, municipalities: frozenset[str] | None = None) -> httpx.Response:
    """GET in the place of the gateway, for somebody who may see these municipalities (None: all)."""
    setup = Settings(service="benefits", database_url=database.url, business_date=DAY, object_store=".koki/test/objects")
    app = create_app(SERVICE, setup, worker=False)
    app.dependency_overrides[principal] = lambda: Principal("clerk", frozenset({"window"}), municipalities)
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://benefits") as client:
            return await client.get(path)
    finally:
        await app.state.runtime.engine.dispose()


@pytest.mark.parametrize(
    ("on", "insured"),
    [("2020-04-30", False), ("2020-05-01", True), ("2026-06-30", True), ("2026-07-01", False), ("2026-07-13", False)],
)
async def test_one_is_insured_from_the_day_of_acquisition_up_to_the_day_before_the_loss(
    databases: Databases, on: str, insured: bool
) -> None:
    database = await databases("benefits", ROOT)
    async with database.units() as units:
        await apply(units, acquired(1), lost(acquired(1), date(2026, 7, 1)))
    found = (await asked(database, f"/insured/00000001?on={on}")).json()
    assert (found["on"], found["insured"]) == (on, insured)
    assert (found["holding"] is not None) == insured
    assert [(period["acquired_on"], period["lost_on"]) for period in found["periods"]] == [("2020-05-01", "2026-07-01")]


async def test_a_move_within_the_union_keeps_the_number_and_the_day_decides_the_insurer(databases: Databases) -> None:
    database = await databases("benefits", ROOT)
    moved = acquired(2, municipality_code=HACHIOJI, insurer_number="39132014", acquired_on=date(2026, 4, 1))
    async with database.units() as units:
        await apply(units, acquired(1), lost(acquired(1), date(2026, 4, 1)), moved)
    before = (await asked(database, "/insured/00000001?on=2026-03-31")).json()
    after = (await asked(database, "/insured/00000001?on=2026-04-01")).json()
    assert (before["holding"]["insurer_number"], after["holding"]["insurer_number"]) == ("39131016", "39132014")


async def test_a_qualification_that_was_undone_holds_on_no_day(databases: Databases) -> None:
    database = await databases("benefits", ROOT)
    async with database.units() as units:
        await apply(units, acquired(1), lost(acquired(1), date(2020, 5, 1)))
    assert (await asked(database, "/insured/00000001?on=2020-05-01")).json()["insured"] is False


CORRECTIONS: dict[str, tuple[dict[str, Any], bool]] = {
    "cancelled": ({"lost_on": date(2020, 5, 1)}, False),
    "lost in the past": ({"lost_on": date(2026, 3, 1), "loss_reason": LossReason.PUBLIC_ASSISTANCE}, False),
    "acquired later than said": ({"acquired_on": date(2026, 8, 1)}, False),
    "acquired earlier than said": ({"acquired_on": date(2019, 5, 1)}, True),
    "certified under 75": ({"born_on": date(1957, 1, 1), "acquisition_ground": AcquisitionGround.DISABILITY}, True),
}


@pytest.mark.parametrize("what", CORRECTIONS)
@pytest.mark.parametrize("in_a_batch", [False, True])
async def test_the_last_knowledge_of_a_corrected_qualification_decides(
    databases: Databases, tmp_path: Path, what: str, in_a_batch: bool
) -> None:
    """E-06: a cancelled acquisition pays no benefit on any day, whether it was said alone or in a file."""
    changed, insured = CORRECTIONS[what]
    database = await databases("benefits", ROOT)
    corrected = acquired(1).model_copy(update={**changed, "sequence": 2})
    async with database.units(store=tmp_path) as units:
        await apply(units, acquired(1))
        await apply(units, await sealed(units, [corrected]) if in_a_batch else corrected)
    assert (await asked(database, "/insured/00000001")).json()["insured"] is insured


async def test_whoever_has_a_new_number_is_found_by_it_and_not_by_the_old_one(databases: Databases) -> None:
    """I-41: what is dated hangs on the qualification."""
    database = await databases("benefits", ROOT)
    async with database.units() as units:
        await apply(units, acquired(1), acquired(1, "00000077", sequence=2))
    assert (await asked(database, "/insured/00000077")).json()["holding"]["insured_id"] == str(acquired(1).insured_id)
    assert (await asked(database, "/insured/00000001")).status_code == 404


async def test_without_a_day_the_business_day_counts(databases: Databases) -> None:
    database = await databases("benefits", ROOT)
    async with database.units() as units:
        await apply(units, acquired(1))
    found = (await asked(database, "/insured/00000001")).json()
    assert (found["on"], found["insured"]) == ("2026-07-13", True)


async def test_a_number_that_is_not_known_or_of_another_municipality_is_not_found(databases: Databases) -> None:
    database = await databases("benefits", ROOT)
    async with database.units() as units:
        await apply(units, acquired(1))
    assert (await asked(database, "/insured/00000002")).status_code == 404
    assert (await asked(database, "/insured/00000001", frozenset({HACHIOJI}))).status_code == 404
    assert (await asked(database, "/insured/00000001", frozenset({CHIYODA}))).status_code == 200


async def test_a_number_that_is_none_is_refused(databases: Databases) -> None:
    response = await asked(await databases("benefits", ROOT), "/insured/1234567")
    assert (response.status_code, response.json()["code"]) == (422, "KOKI-422")


async def test_a_message_that_comes_twice_or_late_changes_nothing(databases: Databases) -> None:
    ended = lost(acquired(1), date(2026, 7, 1))
    async with (await databases("benefits", ROOT)).units() as units:
        await apply(units, ended)
        assert await kept(units) == [], "the loss waits for the acquisition"
        await apply(units, acquired(1))
        state = await kept(units)
        assert state[0][-2:] == (date(2026, 7, 1), 2)
        await apply(units, acquired(1), ended)
        assert await kept(units) == state


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.tuples(st.integers(1, 5), st.dates(date(2008, 4, 1), date(2026, 7, 1))), min_size=1, max_size=10))
async def test_a_sealed_batch_and_the_same_rows_as_single_events_give_the_same_state(
    databases: Databases, drawn: list[tuple[int, date]]
) -> None:
    revisions: dict[int, int] = {}
    events = []
    for number, day in drawn:
        revisions[number] = revisions.get(number, 0) + 1
        events.append(acquired(number, f"{number:08}", sequence=revisions[number], acquired_on=day))
    async with (await databases("benefits", ROOT)).units() as units:
        await apply(units, *events)
        single = await kept(units)
    with TemporaryDirectory() as folder:
        async with (await databases("benefits", ROOT)).units(store=Path(folder)) as units:
            await apply(units, await sealed(units, events))
            assert await kept(units) == single


async def test_a_file_that_is_not_what_the_event_announced_is_refused_whole(databases: Databases, tmp_path: Path) -> None:
    async with (await databases("benefits", ROOT)).units(store=tmp_path) as units:
        event = await sealed(units, [acquired(1), acquired(2, "00000002")])
        with pytest.raises(SealBroken):
            await apply(units, event.model_copy(update={"seal": event.seal.model_copy(update={"rows": 3})}))
        assert await kept(units) == []
