"""賦課 → 調定: an assessment becomes instalments and charges. One way for a single decision, a pack and a sealed batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from chassis.batches import open_sealed
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.premium import AssessmentsBatchSealed, PremiumAssessed

from collection_service import settings
from collection_service.domain.announcing import instalments_set
from collection_service.domain.charging import ASSESSED, KEY, Decided, decide
from collection_service.law import Calendar, calendar_of
from collection_service.store import charges, remissions
from collection_service.store.lowering import move_overpaid

ROWS_AT_ONCE = 50_000


async def on_premiums_assessed(messages: Sequence[Message[PremiumAssessed]], uow: UnitOfWork) -> None:
    """Premiums were decided: divide them, charge them, say the instalments."""
    await charges.share(await driver(uow.connection))
    rows = [message.event.model_dump(mode="python", include=set(ASSESSED)) for message in messages]
    texts = [{**row, "insured_id": str(row["insured_id"]), "assessment_id": str(row["assessment_id"])} for row in rows]
    frame = pl.DataFrame(texts, schema=ASSESSED).with_row_index("message")
    for turn in in_turns(frame):
        for decided in await charge(turn, uow):
            for event, cause in zip(instalments_set(decided), decided.people["message"].to_list(), strict=True):
                uow.publish(event, because=messages[cause])


async def on_assessments_batch_sealed(messages: Sequence[Message[AssessmentsBatchSealed]], uow: UnitOfWork) -> None:
    """The premiums of a run: charged at once; the instalments leave in packs."""
    for message in messages:
        frame = await open_sealed(uow.store, message.event, schema_name=PremiumAssessed.type)
        await charges.hold_alone(await driver(uow.connection))
        pack = uuid7()
        for turn in in_turns(frame.select(pl.col(name).cast(kind) for name, kind in ASSESSED.items())):
            for part in turn.iter_slices(ROWS_AT_ONCE):
                for decided in await charge(part, uow):
                    uow.publish(*instalments_set(decided), because=message, pack=pack)


async def charge(assessed: pl.DataFrame, uow: UnitOfWork) -> list[Decided]:
    """Charge people (ASSESSED, each person and fiscal year once); who is charged on a later assessment already is passed over."""
    raw = await driver(uow.connection)
    return await charge_anew(await charges.newer_than_known(raw, assessed), uow)


async def charge_anew(assessed: pl.DataFrame, uow: UnitOfWork) -> list[Decided]:
    """Charge assessments (ASSESSED and `revision`), less what is remitted of each; what was paid beyond is overpaid (過誤納)."""
    if not assessed.height:
        return []
    raw = await driver(uow.connection)
    left = await remissions.less_remitted(raw, assessed)
    decided = decide(left, await charges.live_charges(raw, left), _calendar, today=uow.today)
    for group in decided:
        await move_overpaid(raw, group.lowered(), uow.today)
        await charges.write(raw, group, uow.today)
    return decided


def in_turns(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Frames in which every person and fiscal year stands once, the lower sequences first; usually one."""
    turns = frame.sort("sequence", maintain_order=True).with_columns(turn=pl.int_range(pl.len()).over(*KEY))
    for turn in range(int(turns["turn"].max() or 0) + 1 if turns.height else 0):  # type: ignore[arg-type]
        yield turns.filter(pl.col("turn") == turn).drop("turn")


def _calendar(municipality_code: str, year: int) -> Calendar:
    return calendar_of(municipality_code, year, sample=settings.current().sample_data)
