"""異動の記載: an entry goes into the log, the person's qualifications are decided anew, and what changed is said. The one way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from chassis.clock import uuid7
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import announcing
from eligibility_service.domain.contents import AnyContent, Renumbered
from eligibility_service.domain.corrections import SCHEME, Decided
from eligibility_service.domain.entries import Entry, Source
from eligibility_service.domain.moves import Life, Person, decided_together
from eligibility_service.domain.periods import decided
from eligibility_service.domain.records import KEY
from eligibility_service.law import legal_basis
from eligibility_service.store import certificates, copay_judging, entry_log, former_dependants, ledger, residents
from eligibility_service.store.bulk import literal_time

NEXT = 2**62
"""The place of an entry that is not in the log yet: after everything that is. The table gives it its own."""


class NoSuchResident(LookupError):
    """The municipality has said nothing about this person; entries speak of people who are known."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything from which the qualifications of one person follow; `record` is the present record."""

    record: dict[str, Any]
    lives: dict[Person, Life]
    """The resident, and everybody who is the same person."""

    @property
    def person(self) -> Person:
        return self.record["municipality_code"], self.record["resident_number"]

    @property
    def entries(self) -> Sequence[Entry]:
        """The log of this resident."""
        return self.lives[self.person].entries

    @property
    def entered(self) -> list[Entry]:
        """The log of the person, wherever it was written."""
        return sorted((entry for life in self.lives.values() for entry in life.entries), key=lambda one: one.position)

    def decided(self, *further: Entry, today: date) -> Decided:
        """What holds for this resident, or what would hold if `further` entries were recorded."""
        own = self.lives[self.person]
        own = own._replace(entries=[*own.entries, *further])
        if len(self.lives) == 1:
            return decided(own.born_on, own.residences, own.entries, today=today)
        moved = decided_together(self.lives | {self.person: own}, today=today)
        return Decided(tuple(part for part in moved.parts if part.person == self.person), moved.without_effect)


async def known(uow: UnitOfWork, municipality_code: str, resident_number: str) -> Known:
    """What is known of a person, locked until the transaction ends. NoSuchResident."""
    people = await residents.known(uow, [(municipality_code, resident_number)])
    if people.height == 0:
        raise NoSuchResident(f"{municipality_code}:{resident_number} is not known.")
    return Known(people.row(0, named=True), await ledger.lives_of(uow, people))


def entry(
    uow: UnitOfWork,
    municipality_code: str,
    resident_number: str,
    content: AnyContent,
    *,
    effective_on: date,
    source: Source,
    by: str,
    reason: str = "",
    notified_on: date | None = None,
    late_reason: str | None = None,
    approval_id: UUID | None = None,
) -> Entry:
    """An entry that is to be recorded now, with the articles its kind rests on."""
    return Entry(
        entry_id=uuid7(),
        municipality_code=municipality_code,
        resident_number=resident_number,
        content=content,
        effective_on=effective_on,
        notified_on=notified_on,
        late_reason=late_reason,
        legal_basis=legal_basis(content.kind, on=max(effective_on, SCHEME))[0],
        source=source,
        reason=reason,
        recorded_by=by,
        recorded_at=uow.now,
        approval_id=approval_id,
        position=NEXT,
    )


async def record(uow: UnitOfWork, new: Entry) -> pl.DataFrame:
    """Write an entry, decide the person's qualifications anew, say what became of them; returns it (REVISION). NoSuchResident.

    Certificates follow, and the copay rates of the household are judged again.
    """
    people = await residents.known(uow, [(new.municipality_code, new.resident_number)])
    if people.height == 0:
        raise NoSuchResident(f"{new.municipality_code}:{new.resident_number} is not known.")
    await entry_log.write(uow, new)
    people = people.with_columns(literal_time(uow.now).alias("recorded_from"), row=pl.lit(None, pl.Int32), effective_on=new.effective_on)
    renumbered = []
    if isinstance(new.content, Renumbered):
        renumbered = [await ledger.renumber(uow, people, new.content.insured_id, new.content.new_number)]
    revisions = await _say(uow, people, [*renumbered, *await ledger.follow(uow, people)])
    await former_dependants.follow(uow, people)
    return revisions


async def decide_anew(uow: UnitOfWork, known_people: list[tuple[str, str]]) -> pl.DataFrame:
    """名寄せ has said that these residents are one person, or are not: their qualifications are decided anew (REVISION)."""
    people = await residents.known(uow, known_people)
    people = people.with_columns(literal_time(uow.now).alias("recorded_from"), row=pl.lit(None, pl.Int32), effective_on=uow.today)
    revisions = await _say(uow, people, await ledger.follow(uow, people))
    await former_dependants.follow(uow, people)
    return revisions


async def _say(uow: UnitOfWork, people: pl.DataFrame, parts: list[pl.DataFrame]) -> pl.DataFrame:
    revisions = pl.concat(parts) if parts else pl.DataFrame(schema=ledger.REVISION)
    uow.publish(*(event for _, event in announcing.events_of(revisions)))
    await certificates.after_entry(uow, revisions)
    await copay_judging.rejudge(uow, dict.fromkeys(people.select(KEY).iter_rows()))
    return revisions
