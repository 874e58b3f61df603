"""被用者保険の被扶養者であった者: what the entries tell of each qualification goes to those who assess premiums, when it changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import polars as pl
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import FormerDependantDetermined

from eligibility_service.domain.contents import PreviousInsurer
from eligibility_service.domain.corrections import SCHEME
from eligibility_service.domain.entries import Entry, standing
from eligibility_service.domain.ledger import holds_some_day
from eligibility_service.domain.moves import Person
from eligibility_service.domain.notices import was_dependant
from eligibility_service.domain.records import KEY
from eligibility_service.rules.previous_insurer import FormerDependant
from eligibility_service.store import entry_log, linked, qualifications

_ANSWER: Final = {FormerDependant.YES: True, FormerDependant.NO: False, FormerDependant.TO_CONFIRM: None}
_DAY_BEFORE: Final = timedelta(days=1)
"""What insured a person is confirmed for the day before the acquisition (法 第99条), and that is the day that stands on the notice."""
_ANY: Final = "SELECT EXISTS (SELECT FROM ledger_entry WHERE kind = 'previous_insurer')"
_SAID: Final = """
SELECT insured_id::text, joined_on, former_dependant, revision FROM former_dependant_said WHERE insured_id = ANY ($1::uuid[])
"""
_KEEP: Final = """
INSERT INTO former_dependant_said AS s VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (insured_id) DO UPDATE SET joined_on = excluded.joined_on, former_dependant = excluded.former_dependant,
    revision = excluded.revision
"""


async def follow(uow: UnitOfWork, people: pl.DataFrame) -> None:
    """Say of each qualification of `people` (KEY), and of those linked with them, what has become known or unknown. Nothing is said of
    somebody about whom nobody was ever asked."""
    raw = await driver(uow.connection)
    if people.height == 0 or not await raw.fetchval(_ANY):
        return
    groups = await linked.groups_of(uow, people)
    grouped = {person for group in groups for person in group}
    groups += [[person] for person in people.select(KEY).unique().iter_rows() if person not in grouped]
    everybody = pl.DataFrame(sorted({person for group in groups for person in group}), schema=KEY, orient="row")
    entered = await entry_log.of_people(uow, everybody)
    held = (await qualifications.held_by(uow, everybody)).filter(holds_some_day()).sort("acquired_on")
    said = {row[0]: row for row in await raw.fetch(_SAID, held["insured_id"].to_list())}
    lines = list(held.iter_rows(named=True))
    for group in groups:
        log = [entry for person in group for entry in entered.get(person, ())]
        for line, joined_on, answer in _answers([one for one in lines if _person(one) in group], log):
            before = said.get(line["insured_id"])
            if (before is None and answer is None) or (before is not None and (before[1], before[2]) == (joined_on, answer)):
                continue
            revision = before[3] + 1 if before is not None else 1
            await raw.execute(_KEEP, line["insured_id"], *_person(line), joined_on, answer, revision)
            uow.publish(
                FormerDependantDetermined(
                    effective_on=joined_on, sequence=revision, insured_id=line["insured_id"], municipality_code=line["municipality_code"],
                    resident_number=line["resident_number"], joined_on=joined_on, former_dependant=answer,
                )
            )  # fmt: skip


def _answers(lines: list[dict[str, Any]], log: list[Entry]) -> list[tuple[dict[str, Any], Any, bool | None]]:
    """(qualification, day of joining, answer): the last confirmation that speaks of the time from joining to the loss counts."""
    confirmations = [entry for entry in standing(sorted(log, key=lambda one: one.position)) if isinstance(entry.content, PreviousInsurer)]
    found: list[tuple[dict[str, Any], Any, bool | None]] = []
    joined_on: date = SCHEME
    for line in lines:
        continues = line["acquisition_ground"] == "moved_within_union" and found and found[-1][0]["lost_on"] == line["acquired_on"]
        joined_on = joined_on if continues else line["acquired_on"]
        end = _end_of_chain(lines, line)
        about = [one for one in confirmations if one.effective_on >= joined_on - _DAY_BEFORE and (end is None or one.effective_on < end)]
        content = about[-1].content if about else None
        answer = _ANSWER[was_dependant(content, on=max(joined_on, SCHEME))] if isinstance(content, PreviousInsurer) else None
        found.append((line, joined_on, answer))
    return found


def _end_of_chain(lines: list[dict[str, Any]], line: dict[str, Any]) -> Any:
    """The day on which the person is insured no more, moves within the union left aside."""
    end = line["lost_on"]
    for later in lines:
        if end is not None and later["acquired_on"] == end and later["acquisition_ground"] == "moved_within_union":
            end = later["lost_on"]
    return end


def _person(line: dict[str, Any]) -> Person:
    return line["municipality_code"], line["resident_number"]
