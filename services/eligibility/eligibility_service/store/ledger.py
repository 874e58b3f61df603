"""What the municipalities say goes into the mirror, and the ledger follows: the one way for single records, packs, batches and jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import ledger
from eligibility_service.domain.entered import CARRIED, COMING, WANTED, qualifications_entered, qualifications_moved
from eligibility_service.domain.ledger import QUALIFICATION
from eligibility_service.domain.moves import Life
from eligibility_service.domain.records import KEY, in_turns
from eligibility_service.domain.residence import Residence, replay
from eligibility_service.store import entry_log, linked, numbers, phases, qualifications, residents, search
from eligibility_service.store.bulk import literal_time

PERSON: Final = ("household_number", "sex", "born_on", "changed_on")
REVISION: Final[dict[str, pl.DataType]] = {
    **QUALIFICATION,
    "turn": pl.String(),
    "begins": pl.Boolean(),
    "household_number": pl.String(),
    "sex": pl.String(),
    "born_on": pl.Date(),
    "changed_on": pl.Date(),
    "row": pl.Int32(),
}
"""A qualification as it is after a change, with what its event says of the person and the `row` of the record that caused it."""


async def take(uow: UnitOfWork, records: pl.DataFrame, *, alone: bool) -> pl.DataFrame:
    """Take records of residents into the mirror and bring the ledger in line; returns what became of qualifications (REVISION).

    `records`: RECORD with `turn`, and `row` where the caller wants to know causes. `alone`: no single change of these
    municipalities goes on at the same time (for batches).
    """
    codes = records["municipality_code"].unique().to_list()
    await residents.keep_apart(uow, codes, alone=alone, beside=await linked.municipalities_beside(uow, codes))
    if "row" not in records.columns:
        records = records.with_columns(row=pl.lit(None, pl.Int32))
    revisions: list[pl.DataFrame] = []
    for number, part in enumerate(in_turns(records)):
        accepted = await residents.accept(uow, part, number)
        revisions += await _take_new(uow, accepted.filter(pl.col("known_sequence").is_null()))
        revisions += await _take_changed(uow, accepted.filter(pl.col("known_sequence").is_not_null()))
    return pl.concat(revisions) if revisions else pl.DataFrame(schema=REVISION)


async def _take_new(uow: UnitOfWork, accepted: pl.DataFrame) -> list[pl.DataFrame]:
    """Residents that nobody knew: their qualifications follow from this record alone, while it is being written."""
    if accepted.height == 0:
        return []
    facts = ledger.qualifications_of(_present_residences(accepted)).drop(KEY)
    until = await phases.counted_until(uow)
    accepted = accepted.hstack(facts).with_columns(ledger.coming_day(until))
    deciding = asyncio.create_task(asyncio.to_thread(ledger.first_qualifications, accepted.filter(ledger.begun_by(until))))
    await residents.add(uow, accepted)
    new = await qualifications.add(uow, await deciding)
    return [new.select(*REVISION)] if new.height else []


async def _take_changed(uow: UnitOfWork, accepted: pl.DataFrame) -> list[pl.DataFrame]:
    if accepted.height == 0:
        return []
    until = await phases.counted_until(uow)
    coming = ledger.qualifications_of(_present_residences(accepted)).select(ledger.coming_day(until))
    await residents.replace(uow, accepted.with_columns(coming))
    restated = accepted.select(
        *KEY,
        household=pl.col("household_number") != pl.col("known_household"),
        person=(pl.col("sex") != pl.col("known_sex")) | (pl.col("born_on") != pl.col("known_birth")),
    )
    return await follow(uow, accepted, restated)


async def follow(uow: UnitOfWork, people: pl.DataFrame, restated: pl.DataFrame | None = None) -> list[pl.DataFrame]:
    """Decide the qualifications of known residents anew from everything their municipality has said and everything entered about them.

    `people`: the present records (RECORD) with `row` and `recorded_from`, and `effective_on` where the change counts from another day
    than that of the record.
    """
    people = await linked.with_linked(uow, people)
    wanted = await wanted_of(uow, people)
    counted = wanted.periods.filter(ledger.begun_by(await phases.counted_until(uow)))
    if wanted.coming.height:
        await residents.set_coming(uow, wanted.coming)
    held = await qualifications.held_by(uow, people)
    decision = ledger.decide(counted, held, _nothing_restated() if restated is None else restated)
    revised, new = await numbers.as_carried(uow, decision, held, wanted.carried)

    recorded_from = _later_than_known(people, held)
    await qualifications.replace(uow, revised.join(recorded_from, on=KEY))
    new = await qualifications.add(uow, new.join(recorded_from, on=KEY, maintain_order="left"))

    return [_of_person(part, people) for part in (revised, new) if part.height]


async def renumber(uow: UnitOfWork, people: pl.DataFrame, insured_id: UUID, number: str) -> pl.DataFrame:
    """被保険者番号の変更: the qualification goes on under another number; everything dated hangs on `insured_id` and stays (REVISION).

    `people`: as for `follow`. The old number stays searchable and is never given again.
    """
    held = (await qualifications.held_by(uow, people)).filter(pl.col("insured_id") == str(insured_id))
    recorded_from = _later_than_known(people, held)
    revised = held.with_columns(
        insured_number=pl.lit(number), revision=pl.col("revision") + 1, turn=pl.lit(ledger.Turn.CHANGED.value), begins=pl.lit(False)
    ).join(recorded_from, on=KEY)
    await qualifications.replace(uow, revised)
    await search.follow_numbers(await driver(uow.connection), revised)
    return _of_person(revised, people)


def _of_person(part: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    if "effective_on" in people.columns:
        people = people.with_columns(changed_on=pl.col("effective_on"))
    return part.join(people.select(*KEY, *PERSON, "row"), on=KEY, maintain_order="left").select(*REVISION)


async def residences_of(uow: UnitOfWork, people: pl.DataFrame) -> pl.DataFrame:
    """The residences that are believed of `people` (present records), in order: KEY, born_on, since, ended_on, status."""
    return _with_earlier(people, await residents.said_of_those_who_left(uow, people))


class Wanted(NamedTuple):
    """What follows from records and entries, however far in the future.

    `periods`: KEY with FACTS; `coming`: KEY with `acquires_on` of those whose record alone does not tell it; `carried`: CARRIED.
    """

    periods: pl.DataFrame
    coming: pl.DataFrame
    carried: pl.DataFrame


async def wanted_of(uow: UnitOfWork, people: pl.DataFrame) -> Wanted:
    """The qualifications that follow for `people` (present records); those of people who are linked follow from all their records."""
    residences = await residences_of(uow, people)
    entered = await entry_log.of_people(uow, people)
    today = await phases.counted_until(uow)
    together = await linked.groups_of(uow, people)
    if not entered and not together:
        return Wanted(ledger.qualifications_of(residences), pl.DataFrame(), pl.DataFrame(schema=CARRIED))
    periods, coming = qualifications_entered(residences, entered, today=today)
    moved, moving, carried = pl.DataFrame(schema=WANTED), pl.DataFrame(schema=COMING), pl.DataFrame(schema=CARRIED)
    if together:
        lives = await _lives_of(uow, [person for group in together for person in group])
        groups = [{person: lives[person] for person in group if person in lives} for group in together]
        moved, moving, carried = (found.join(people.select(KEY), on=KEY, how="semi") for found in qualifications_moved(groups, today=today))
        periods, coming = (found.join(moving, on=KEY, how="anti") for found in (periods, coming))
    coming = pl.concat([coming, moving])
    others = residences.join(coming, on=KEY, how="anti", maintain_order="left")
    return Wanted(pl.concat([ledger.qualifications_of(others), periods, moved.select(*KEY, *ledger.FACTS)]), coming, carried)


async def _lives_of(uow: UnitOfWork, known: list[linked.Person]) -> dict[linked.Person, Life]:
    """Records and entries of people who are linked."""
    people = await residents.present(uow, known)
    entered = await entry_log.of_people(uow, people)
    lives: dict[linked.Person, Life] = {}
    for (code, number), part in (await residences_of(uow, people)).group_by(KEY, maintain_order=True):
        person = str(code), str(number)
        lived = [Residence(*row) for row in part.select("since", "ended_on", "status").iter_rows()]
        lives[person] = Life(part["born_on"][0], lived, entered.get(person, []))
    return lives


async def lives_of(uow: UnitOfWork, people: pl.DataFrame) -> dict[linked.Person, Life]:
    """What is known of one person (present record): of the resident alone, or of all who are linked."""
    together = await linked.groups_of(uow, people)
    return await _lives_of(uow, together[0] if together else [people.select(KEY).row(0)])


def _later_than_known(people: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """KEY and the time from which a decision is known: that of the record, and after everything known of these qualifications."""
    latest = held.group_by(KEY).agg(pl.col("known_since").max())
    later = pl.max_horizontal("recorded_from", pl.col("known_since") + pl.duration(microseconds=1))
    return people.select(*KEY, "recorded_from").join(latest, on=KEY, how="left").select(*KEY, recorded_from=later)


def _present_residences(records: pl.DataFrame) -> pl.DataFrame:
    return records.select(
        *KEY,
        "born_on",
        since="resident_since",
        ended_on=pl.when(pl.col("status") != "1").then(pl.coalesce("ended_on", "changed_on")),
        status="status",
    )


def _with_earlier(people: pl.DataFrame, said: dict[residents.Person, list[Residence]]) -> pl.DataFrame:
    """The residences of people; of those who have left before, all that are believed now."""
    present = _present_residences(people)
    if not said:
        return present
    rows: list[tuple[object, ...]] = []
    for code, number, born_on, since, ended_on, status in present.iter_rows():
        last = Residence(since, ended_on, status)
        residences: Sequence[Residence] = replay([*said[code, number], last]) if (code, number) in said else [last]
        rows += [(code, number, born_on, *residence) for residence in residences]
    return pl.DataFrame(rows, schema=present.schema, orient="row")


def _nothing_restated() -> pl.DataFrame:
    return pl.DataFrame(schema={**dict.fromkeys(KEY, pl.String()), "household": pl.Boolean(), "person": pl.Boolean()})


async def acquire_those_whose_day_has_come(uow: UnitOfWork, people: pl.DataFrame) -> pl.DataFrame:
    """資格取得 by a day that has come: `people` are present records (RECORD) whose `acquires_on` is not after today, with it
    as `effective_on`; someone certified who has reached 75 goes on by age."""
    if people.height == 0:
        return pl.DataFrame(schema=REVISION)
    known = people.with_columns(literal_time(uow.now).alias("recorded_from"), row=pl.lit(None, pl.Int32))
    until = await phases.counted_until(uow)
    coming = ledger.qualifications_of(_present_residences(known)).select(ledger.coming_day(until))
    await residents.set_coming(uow, people.select(KEY).with_columns(coming))
    revisions = await follow(uow, known)
    return pl.concat(revisions) if revisions else pl.DataFrame(schema=REVISION)
