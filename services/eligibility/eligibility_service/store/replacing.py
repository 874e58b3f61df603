"""差替えと回収: a certificate whose number, name, address or rate is true no more gets a successor, and the old one is to be collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.rules.copay.columns import LimitClass
from eligibility_service.store import phases
from eligibility_service.store.cases import Person
from eligibility_service.store.copay_rates import code_of
from eligibility_service.store.needs import settings

NAME_MARK: Final = "hashtextextended(r.name, 0)"
ADDRESS_MARK: Final = (
    "hashtextextended(concat_ws('|', r.address_prefecture, r.address_municipality, r.address_town, r.address_number, "
    "r.address_building), 0)"
)
"""What a certificate keeps of a name and an address: enough to see that they are others now, nothing to read them from."""

_CLASSES: Final = " ".join(f"WHEN {found.value} THEN '{code_of(found)}'" for found in LimitClass if found is not LimitClass.UNDECIDED)
_CLASS_NOW: Final = f"CASE w.limit_class {_CLASSES} END"
_CHANGED: Final = f"""
INSERT INTO certificate (
    municipality_code, resident_number, insured_id, origin, state, family, issue_reason, replaces, kind, kind_reason, valid_from,
    valid_until, application_id, disease, traceparent, made_due_at)
SELECT c.municipality_code, c.resident_number, c.insured_id, 'change', 'due', c.family,
       CASE WHEN c.insured_number <> q.insured_number THEN 'number_changed'
            WHEN c.name_mark <> {NAME_MARK} THEN 'name_changed'
            WHEN c.address_mark <> {ADDRESS_MARK} AND NOT c.address_withheld THEN 'address_changed' ELSE 'rate_changed' END,
       c.certificate_id, c.kind, c.kind_reason, c.valid_from, c.valid_until, c.application_id, c.disease, k.traceparent, $2
FROM {{people}}
JOIN qualification q USING (municipality_code, resident_number, insured_id)
JOIN resident r USING (municipality_code, resident_number)
LEFT JOIN LATERAL (
    SELECT rate_percent, limit_class, valid_from FROM copay_rate
    WHERE insured_id = c.insured_id AND GREATEST($1::date, c.valid_from) BETWEEN valid_from AND valid_until
    UNION ALL
    SELECT rate_percent, limit_class, valid_from FROM copay_rate_history
    WHERE insured_id = c.insured_id AND valid_during @> GREATEST($1::date, c.valid_from) AND upper_inf(recorded_during)
    LIMIT 1) AS w ON true
WHERE c.state = 'issued' AND c.collection IS NULL AND c.valid_until >= $1 AND (q.lost_on IS NULL OR q.lost_on > $1)
  AND (c.insured_number <> q.insured_number OR c.name_mark <> {NAME_MARK} OR (c.address_mark <> {ADDRESS_MARK} AND NOT c.address_withheld)
       OR (c.family = 'card' AND w.rate_percent IS DISTINCT FROM c.copay_rate AND w.rate_percent IS NOT NULL
           AND c.kind NOT IN ('status_certificate'))
       OR (c.family = 'card' AND c.limit_class IS NOT NULL AND {_CLASS_NOW} <> c.limit_class))
ON CONFLICT DO NOTHING
"""
_OF_PEOPLE: Final = """
unnest($3::text[], $4::text[], $5::text[]) AS k(m, n, traceparent)
JOIN certificate c ON (c.municipality_code, c.resident_number) = (k.m, k.n)
"""
_OF_INSURED: Final = """
unnest($3::uuid[], $4::text[]) AS k(id, traceparent) JOIN certificate c ON c.insured_id = k.id
"""
_OF_EVERYBODY: Final = """
(SELECT NULL::text AS traceparent) AS k CROSS JOIN certificate c
"""
_REPLACED: Final = """
UPDATE certificate o SET collection = CASE n.issue_reason WHEN 'loss' THEN 'lost' ELSE 'due' END, collection_on = $2,
    collection_reason = n.issue_reason
FROM certificate n
WHERE n.certificate_id = ANY ($1::uuid[]) AND o.insured_id = n.insured_id AND o.family = n.family
  AND o.certificate_id <> n.certificate_id AND o.state = 'issued' AND o.collection IS NULL
  AND o.valid_until >= GREATEST(n.valid_from, $2)
"""
_LEFT: Final = """
UPDATE certificate SET collection = 'due', collection_on = $2, collection_reason = 'qualification_lost'
WHERE insured_id = ANY ($1::uuid[]) AND state = 'issued' AND collection IS NULL AND valid_until >= $2
"""
_AFTER_ALL: Final = """
UPDATE certificate SET collection = NULL, collection_on = NULL, collection_reason = NULL
WHERE insured_id = ANY ($1::uuid[]) AND collection = 'due' AND collection_reason = 'qualification_lost' AND valid_until >= $2
"""


async def replace_changed(uow: UnitOfWork, traces: Mapping[Person, str | None]) -> None:
    """Make a successor due for each certificate in force of these people that shows another number, name, address or rate than is now.

    `traces`: whose, with the trace of what has changed, which goes on when the successor is made. A setting of the union.
    """
    await _replace(uow, _OF_PEOPLE, [code for code, _ in traces], [number for _, number in traces], list(traces.values()))


async def replace_after_rates(uow: UnitOfWork, traces: Mapping[UUID, str | None]) -> None:
    """The same for insured people whose copay rate or limit class was decided anew, as far as it counts today already."""
    await _replace(uow, _OF_INSURED, list(traces), list(traces.values()))


async def anything_issued(uow: UnitOfWork) -> bool:
    """Whether there is a certificate that could be replaced; in a first load there is none."""
    return bool(await (await driver(uow.connection)).fetchval("SELECT EXISTS (SELECT FROM certificate WHERE state = 'issued')"))


async def replace_in_municipalities(uow: UnitOfWork, municipalities: Sequence[str]) -> None:
    """The same for everybody of municipalities whose records came as a batch since the certificate was made."""
    newer = " AND c.municipality_code = ANY ($3::text[]) AND r.recorded_from > c.decided_at"
    await _replace(uow, _OF_EVERYBODY, list(municipalities), also=newer)


async def replace_whose_rate_begins(uow: UnitOfWork) -> None:
    """The same for everybody whose rate was decided for a later day, and that day has come since the certificate was made."""
    await _replace(uow, _OF_EVERYBODY, also=" AND w.valid_from BETWEEN c.issued_on AND $1")


async def _replace(uow: UnitOfWork, people: str, *arguments: Any, also: str = "") -> None:
    if all(arguments) and (await settings(uow)).reissue_after_change and await phases.is_routine(uow):
        statement = _CHANGED.replace("{people}", people).replace("\nON CONFLICT", f"{also}\nON CONFLICT")
        await (await driver(uow.connection)).execute(statement, uow.today, uow.now, *arguments)


async def collect_replaced(uow: UnitOfWork, successors: Sequence[UUID]) -> None:
    """What these certificates take the place of is to be collected; one that was lost cannot be."""
    await (await driver(uow.connection)).execute(_REPLACED, list(successors), uow.today)


async def collect_from_those_who_left(uow: UnitOfWork, insured_ids: Sequence[Any]) -> None:
    """Whoever is insured no more gives the certificate back."""
    await (await driver(uow.connection)).execute(_LEFT, list(insured_ids), uow.today)


async def keep_after_all(uow: UnitOfWork, insured_ids: Sequence[Any]) -> None:
    """A loss was cancelled: what was to be collected for it stays with its owner."""
    await (await driver(uow.connection)).execute(_AFTER_ALL, list(insured_ids), uow.today)
