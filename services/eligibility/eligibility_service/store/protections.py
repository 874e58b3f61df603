"""支援措置: registered at once, prolonged, ended by a second officer; every change is told to whoever keeps addresses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import AddressProtected, CaseKind

from eligibility_service.store.cases import Person, close_cases, raise_cases

_CURRENT = """
SELECT p.*, lower(p.valid_during) AS valid_from, upper(p.valid_during) AS valid_until FROM address_protection p
WHERE (municipality_code, resident_number) = ($1, $2) AND upper_inf(recorded_during) ORDER BY lower(valid_during) DESC LIMIT 1 FOR UPDATE
"""
_REVISION = "SELECT COALESCE(max(revision), 0) + 1 FROM address_protection WHERE (municipality_code, resident_number) = ($1, $2)"
_SUPERSEDE = """
UPDATE address_protection
SET recorded_during = tstzrange(lower(recorded_during), GREATEST($2, lower(recorded_during) + interval '1 microsecond'))
WHERE protection_id = $1 AND upper_inf(recorded_during)
"""
_KEEP = """
INSERT INTO address_protection (protection_id, municipality_code, resident_number, revision, applicant, ground, expires_on, remark, kept_by,
    valid_during, recorded_during)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, daterange($10, $11), tstzrange(GREATEST($12, max(upper(recorded_during))), NULL)
FROM address_protection WHERE (municipality_code, resident_number) = ($2, $3)
"""
_LISTED = """
SELECT p.municipality_code, p.resident_number, r.name, r.name_kana, r.born_on, p.applicant, p.ground, p.expires_on, p.remark, p.kept_by,
       lower(p.valid_during) AS valid_from, upper(p.valid_during) AS valid_until
FROM address_protection p JOIN resident_shown r USING (municipality_code, resident_number)
WHERE upper_inf(p.recorded_during) AND ($1::text IS NULL OR (p.municipality_code, p.resident_number) = ($1, $2))
  AND ($1::text IS NOT NULL OR upper_inf(p.valid_during))
ORDER BY upper_inf(p.valid_during) DESC, p.expires_on, p.municipality_code, p.resident_number LIMIT $3
"""
_LINKED = """
SELECT second_code AS m, second_number AS n FROM same_person
WHERE (first_code, first_number) = ($1, $2) AND is_same AND upper_inf(recorded_during) AND upper_inf(valid_during)
UNION SELECT first_code, first_number FROM same_person
WHERE (second_code, second_number) = ($1, $2) AND is_same AND upper_inf(recorded_during) AND upper_inf(valid_during)
"""
_RUNNING_OUT = """
SELECT municipality_code, resident_number, expires_on FROM address_protection
WHERE upper_inf(recorded_during) AND upper_inf(valid_during) AND expires_on BETWEEN $1 AND $2
"""


async def protect(
    uow: UnitOfWork, person: Person, *, applicant: str, ground: str, valid_from: date, expires_on: date, remark: str, by: str
) -> None:
    """Withhold the address of a person, and of whoever was found to be the same person, from now on; or prolong what there is.

    Raises `ValueError` where the period ends before it begins.
    """
    if expires_on < valid_from:
        raise ValueError("The period ends before it begins.")
    for one in [person, *await linked_to(uow, person)]:
        known = await _current(uow, one)
        goes_on = known is not None and known["valid_until"] is None
        earlier = known["valid_until"] if known is not None and not goes_on else None
        await _replace(
            uow,
            one,
            known if goes_on else None,
            protection_id=known["protection_id"] if known is not None and goes_on else uuid7(),
            applicant=applicant,
            ground=ground,
            expires_on=expires_on,
            remark=remark,
            by=by,
            valid_from=known["valid_from"] if known is not None and goes_on else max(valid_from, earlier or valid_from),
            valid_until=None,
        )
        for kind in (CaseKind.PROTECTION_EXPIRING, CaseKind.PROTECTION_EXPIRED):
            await close_cases(uow, kind, [one])


async def end(uow: UnitOfWork, person: Person, *, by: str, remark: str) -> bool:
    """The address may be shown again, from today on; False where nothing was protected."""
    ended = False
    for one in [person, *await linked_to(uow, person)]:
        known = await _current(uow, one)
        if known is None or known["valid_until"] is not None:
            continue
        ended = True
        await _replace(
            uow,
            one,
            known,
            **{name: known[name] for name in ("protection_id", "applicant", "ground", "expires_on", "valid_from")},
            remark=remark,
            by=by,
            valid_until=max(uow.today, known["valid_from"] + timedelta(days=1)),
        )
        for kind in (CaseKind.PROTECTION_EXPIRING, CaseKind.PROTECTION_EXPIRED):
            await close_cases(uow, kind, [one])
    return ended


async def cover(uow: UnitOfWork, first: Person, second: Person, *, by: str) -> None:
    """Two residents were found to be one person: what protects one of them protects both."""
    for one in (first, second):
        known = await _current(uow, one)
        if known is not None and known["valid_until"] is None:
            kept = {name: known[name] for name in ("applicant", "ground", "valid_from", "expires_on", "remark")}
            await protect(uow, one, **kept, by=by)
            return


async def linked_to(uow: UnitOfWork, person: Person) -> list[Person]:
    """The other residents who were decided to be the same person."""
    return [(row["m"], row["n"]) for row in await (await driver(uow.connection)).fetch(_LINKED, *person)]


async def listing(uow: UnitOfWork, *, limit: int = 500) -> list[dict[str, Any]]:
    """登録一覧: the open protections that the reader may see, the first to run out first. No address."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_LISTED, None, None, limit)]


async def of_person(uow: UnitOfWork, person: Person) -> list[dict[str, Any]]:
    """The protections of a person as known now, the one in force first."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_LISTED, *person, 50)]


async def remind(uow: UnitOfWork) -> None:
    """A case before the period runs out, and another one when it has: the address stays withheld until somebody decides."""
    raw = await driver(uow.connection)
    ahead = timedelta(days=await raw.fetchval("SELECT protection_alert_days FROM union_setting"))
    soon = await raw.fetch(_RUNNING_OUT, uow.today, uow.today + ahead)
    await _raise(uow, CaseKind.PROTECTION_EXPIRING, soon, "支援措置の期間が{day}に終わります。延長するか、本人に確かめてください。")
    over = await raw.fetch(_RUNNING_OUT, date.min, uow.today - timedelta(days=1))
    await close_cases(uow, CaseKind.PROTECTION_EXPIRING, [(row["municipality_code"], row["resident_number"]) for row in over])
    said = "支援措置の期間が{day}に終わりました。延長または終了を決めるまで、住所は表示しません。"
    await _raise(uow, CaseKind.PROTECTION_EXPIRED, over, said)


async def _raise(uow: UnitOfWork, kind: CaseKind, rows: Sequence[Any], said: str) -> None:
    people = [(row["municipality_code"], row["resident_number"]) for row in rows]
    await raise_cases(uow, kind, people, [said.format(day=row["expires_on"].isoformat()) for row in rows])


async def _current(uow: UnitOfWork, person: Person) -> Any | None:
    return await (await driver(uow.connection)).fetchrow(_CURRENT, *person)


async def _replace(
    uow: UnitOfWork,
    person: Person,
    known: Any | None,
    *,
    protection_id: UUID,
    applicant: str,
    ground: str,
    expires_on: date,
    remark: str,
    by: str,
    valid_from: date,
    valid_until: date | None,
) -> None:
    raw = await driver(uow.connection)
    revision = await raw.fetchval(_REVISION, *person)
    if known is not None:
        await raw.execute(_SUPERSEDE, known["protection_id"], uow.now)
    await raw.execute(_KEEP, protection_id, *person, revision, applicant, ground, expires_on, remark, by, valid_from, valid_until, uow.now)
    code, number = person
    uow.publish(
        AddressProtected(
            effective_on=valid_until or valid_from,
            sequence=revision,
            municipality_code=code,
            resident_number=number,
            valid_from=valid_from,
            valid_until=valid_until,
        )
    )
