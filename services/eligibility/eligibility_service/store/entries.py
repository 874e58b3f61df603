"""異動の記載: an entry goes into the log, the person's qualifications are decided anew, and what changed is said. The one way in."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import polars as pl
from chassis.clock import uuid7
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain import announcing
from eligibility_service.domain.entries import BASIS, Any_, Entry, Source
from eligibility_service.store import certificates, entry_log, ledger, residents
from eligibility_service.store.bulk import literal_time


class NoSuchResident(LookupError):
    """The municipality has said nothing about this person; entries speak of people who are known."""


def entry(
    uow: UnitOfWork,
    municipality_code: str,
    resident_number: str,
    content: Any_,
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
    )


async def record(uow: UnitOfWork, new: Entry) -> pl.DataFrame:
    """Write an entry, decide the person's qualifications anew, say what became of them; returns it (REVISION). NoSuchResident."""
    people = await residents.known(uow, [(new.municipality_code, new.resident_number)])
    if people.height == 0:
        raise NoSuchResident(f"{new.municipality_code}:{new.resident_number} is not known.")
    await entry_log.write(uow, new)
    revisions = await decide_anew(uow, people.with_columns(effective_on=pl.lit(new.effective_on)))
    await certificates.after_entry(uow, revisions)
    return revisions


async def decide_anew(uow: UnitOfWork, people: pl.DataFrame) -> pl.DataFrame:
    """Decide the qualifications of `people` (RECORD with effective_on) from all that is known, and say what became of them."""
    known = people.with_columns(literal_time(uow.now).alias("recorded_from"), row=pl.lit(None, pl.Int32))
    parts = await ledger.follow(uow, known)
    revisions = pl.concat(parts) if parts else pl.DataFrame(schema=ledger.REVISION)
    uow.publish(*(event for _, event in announcing.events_of(revisions)))
    return revisions
