"""異動の記載: an entry goes into the log, the person's qualifications are decided anew, and what changed is said. The one way in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from chassis.clock import uuid7
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import announcing
from eligibility_service.domain.contents import AnyContent, Renumbered
from eligibility_service.domain.corrections import Decided
from eligibility_service.domain.entries import BASIS, Entry, Source
from eligibility_service.domain.periods import decided
from eligibility_service.domain.residence import Residence
from eligibility_service.store import certificates, copay_judging, entry_log, ledger, residents
from eligibility_service.store.bulk import literal_time

NEXT = 2**62
"""The place of an entry that is not in the log yet: after everything that is. The table gives it its own."""


class NoSuchResident(LookupError):
    """The municipality has said nothing about this person; entries speak of people who are known."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything from which the qualifications of one person follow; `record` is the present record."""

    record: dict[str, Any]
    residences: list[Residence]
    entries: list[Entry]

    def decided(self, *further: Entry, today: date) -> Decided:
        """What holds, or what would hold if `further` entries were recorded."""
        return decided(self.record["born_on"], self.residences, [*self.entries, *further], today=today)


async def known(uow: UnitOfWork, municipality_code: str, resident_number: str) -> Known:
    """What is known of a person, locked until the transaction ends. NoSuchResident."""
    people = await residents.known(uow, [(municipality_code, resident_number)])
    if people.height == 0:
        raise NoSuchResident(f"{municipality_code}:{resident_number} is not known.")
    lived = (await ledger.residences_of(uow, people)).select("since", "ended_on", "status")
    said = await entry_log.of_person(uow, municipality_code, resident_number)
    return Known(people.row(0, named=True), [Residence(*row) for row in lived.iter_rows()], said)


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
        legal_basis=BASIS[content.kind],
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
    if isinstance(new.content, Renumbered):
        parts = [await ledger.renumber(uow, people, new.content.insured_id, new.content.new_number)]
    else:
        parts = await ledger.follow(uow, people)
    revisions = pl.concat(parts) if parts else pl.DataFrame(schema=ledger.REVISION)
    uow.publish(*(event for _, event in announcing.events_of(revisions)))
    await certificates.after_entry(uow, revisions)
    await copay_judging.rejudge(uow, {(new.municipality_code, new.resident_number): None})
    return revisions
