"""引渡し・返戻・回収: what happens to a certificate after it was made, by whom, and who still waits for one."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CaseKind

from eligibility_service.domain.certificate_delivery import DELIVERY_TERMS, WITH_ITS_OWNER, Collection, Delivery, moved, outstanding
from eligibility_service.store import handovers
from eligibility_service.store.cases import close_cases, raise_cases
from eligibility_service.store.needs import settings

_LOCKED: Final = """
SELECT certificate_id, municipality_code, resident_number, insured_id, kind, family, serial, delivery, collection, valid_until,
       address_withheld
FROM certificate WHERE certificate_id = $1 AND state = 'issued' FOR UPDATE
"""
_MOVE: Final = """
UPDATE certificate SET delivery = $2, delivery_on = $3, times_sent = times_sent + CASE WHEN $2 = 'sent' THEN 1 ELSE 0 END
WHERE certificate_id = $1
"""
_COLLECT: Final = """
UPDATE certificate SET collection = $2, collection_on = $3, collection_reason = COALESCE(collection_reason, $4) WHERE certificate_id = $1
"""
_ACT: Final = """
INSERT INTO certificate_act (act_id, certificate_id, municipality_code, act, reason, happened_on, entered_by, entered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_SENT: Final = """
WITH sent AS (
    UPDATE certificate SET delivery = 'sent', delivery_on = $2, times_sent = times_sent + 1
    WHERE document_key = $1 AND state = 'issued' AND delivery = 'made' AND collection IS NULL AND NOT address_withheld
    RETURNING certificate_id, municipality_code
), told AS (
    INSERT INTO certificate_act (act_id, certificate_id, municipality_code, act, reason, happened_on, entered_by, entered_at)
    SELECT gen_random_uuid(), certificate_id, municipality_code, 'sent', '', $2, $3, $4 FROM sent
)
SELECT count(*) FROM sent
"""
# GREATEST as domain.certificate_delivery.alarm_day; what is not valid any more, or is taken back, waits for nobody.
_OUTSTANDING: Final = """
FROM certificate c JOIN qualification q USING (insured_id)
WHERE c.state = 'issued' AND c.delivery = ANY ($1::text[]) AND c.collection IS NULL AND c.valid_until >= $2
  AND GREATEST(c.valid_from - $3::int, c.issued_on + $3::int) <= $2 AND (q.lost_on IS NULL OR q.lost_on > $2)
"""
_OPEN_CASES: Final = "SELECT resident_number FROM worklist_item WHERE kind = $1 AND closed_at IS NULL AND municipality_code = $2"


class NotIssued(Exception):
    """There is no issued certificate of that identifier."""


class ToBeHandedOver(Exception):
    """支援措置: the certificate goes into its owner's hands, and by no post."""


class NothingToCollect(Exception):
    """The certificate was collected already."""


async def locked(uow: UnitOfWork, certificate_id: UUID) -> dict[str, Any]:
    """An issued certificate, locked for an act. NotIssued where there is none."""
    row = await (await driver(uow.connection)).fetchrow(_LOCKED, certificate_id)
    if row is None:
        raise NotIssued(str(certificate_id))
    return dict(row)


async def move(uow: UnitOfWork, found: dict[str, Any], to: Delivery, *, on: date, reason: str, by: str) -> None:
    """The next state of delivery of a certificate that `locked` gave; a returned one is a case until it is with its owner, or kept.

    OutOfOrder where the state cannot follow; ToBeHandedOver where one without its protected address would go by post.
    """
    if to is Delivery.SENT and found["address_withheld"]:
        raise ToBeHandedOver(str(found["certificate_id"]))
    to = moved(Delivery(found["delivery"]), to)
    raw = await driver(uow.connection)
    await raw.execute(_MOVE, found["certificate_id"], to.value, on)
    await _keep_act(uow, found, to.value, on=on, reason=reason, by=by)
    person = [(found["municipality_code"], found["resident_number"])]
    if to is Delivery.RETURNED:
        await raise_cases(
            uow, CaseKind.CERTIFICATE_RETURNED, person, [f"交付番号 {found['serial']:010d} が返戻されました。{reason}".strip()]
        )
    else:
        await close_cases(uow, CaseKind.CERTIFICATE_RETURNED, person)
    if to in WITH_ITS_OWNER:
        await handovers.hand_by_certificate(uow, found["certificate_id"], by=by)
        await close_cases(uow, CaseKind.CERTIFICATE_UNDELIVERED, person)


async def collect(uow: UnitOfWork, found: dict[str, Any], outcome: Collection, *, on: date, reason: str, by: str) -> None:
    """回収: the certificate came back, or cannot (紛失). NothingToCollect where that is known already."""
    if found["collection"] in (Collection.COLLECTED, outcome):
        raise NothingToCollect(str(found["certificate_id"]))
    await (await driver(uow.connection)).execute(_COLLECT, found["certificate_id"], outcome.value, on, "given_back")
    await _keep_act(uow, found, outcome.value, on=on, reason=reason, by=by)
    person = [(found["municipality_code"], found["resident_number"])]
    for kind in (CaseKind.CERTIFICATE_RETURNED, CaseKind.CERTIFICATE_UNDELIVERED):
        await close_cases(uow, kind, person)


async def _keep_act(uow: UnitOfWork, found: dict[str, Any], act: str, *, on: date, reason: str, by: str) -> None:
    raw = await driver(uow.connection)
    await raw.execute(_ACT, uuid7(), found["certificate_id"], found["municipality_code"], act, reason, on, by, uow.now)


async def hand_over(uow: UnitOfWork, certificate_id: UUID, *, by: str) -> None:
    """A certificate goes into its owner's hands."""
    await move(uow, await locked(uow, certificate_id), Delivery.HANDED_OVER, on=uow.today, reason="", by=by)


async def file_sent(uow: UnitOfWork, document_key: str, *, on: date, by: str) -> int:
    """A whole print file has left the house: everything in it that nobody has stopped is sent. How many; 0 when it was sent before."""
    raw = await driver(uow.connection)
    count = int(await raw.fetchval(_SENT, document_key, on, by, uow.now))
    query = "UPDATE print_file SET sent_on = $2 WHERE document_key = $1 AND sent_on IS NULL RETURNING form, pages"
    file = await raw.fetchrow(query, document_key, on)
    return file["pages"] if file and file["form"] == "copay_notice" else count


async def municipalities_to_look_at(uow: UnitOfWork) -> list[tuple[str, int]]:
    """Where certificates have not reached their owners although their day is near, and how many; and where a case of that is open."""
    raw = await driver(uow.connection)
    query = f"""SELECT municipality_code, sum(count)::bigint AS count FROM (
            SELECT c.municipality_code, count(*) AS count {_OUTSTANDING} GROUP BY 1
            UNION ALL SELECT DISTINCT municipality_code, 0 FROM worklist_item WHERE kind = $4 AND closed_at IS NULL) AS found
        GROUP BY 1 ORDER BY 1"""
    rows = await raw.fetch(query, *await _outstanding(uow), CaseKind.CERTIFICATE_UNDELIVERED.value)
    return [(row["municipality_code"], row["count"]) for row in rows]


async def raise_overdue(uow: UnitOfWork, municipality_code: str) -> int:
    """A case for each such certificate of a municipality (I-05); what has come right meanwhile is closed. How many are overdue."""
    raw = await driver(uow.connection)
    query = f"""SELECT DISTINCT ON (c.resident_number) c.resident_number, c.serial, c.delivery {_OUTSTANDING}
        AND c.municipality_code = $4 ORDER BY c.resident_number, c.serial DESC"""
    rows = await raw.fetch(query, *await _outstanding(uow), municipality_code)
    people = [(municipality_code, row["resident_number"]) for row in rows]
    details = [
        f"交付番号 {row['serial']:010d} は「{DELIVERY_TERMS[Delivery(row['delivery'])]}」のまま、本人に届いていません。" for row in rows
    ]
    await raise_cases(uow, CaseKind.CERTIFICATE_UNDELIVERED, people, details)
    still = set(people)
    opened = await raw.fetch(_OPEN_CASES, CaseKind.CERTIFICATE_UNDELIVERED.value, municipality_code)
    gone = [(municipality_code, row["resident_number"]) for row in opened if (municipality_code, row["resident_number"]) not in still]
    await close_cases(uow, CaseKind.CERTIFICATE_UNDELIVERED, gone)
    return len(people)


async def overdue_without_case(uow: UnitOfWork) -> int:
    """How many people's certificates are overdue without standing on a worklist."""
    raw = await driver(uow.connection)
    query = f"""SELECT count(DISTINCT c.insured_id) {_OUTSTANDING} AND NOT EXISTS (
        SELECT FROM worklist_item w WHERE w.kind = $4 AND w.closed_at IS NULL
          AND (w.municipality_code, w.resident_number) = (c.municipality_code, c.resident_number))"""
    return int(await raw.fetchval(query, *await _outstanding(uow), CaseKind.CERTIFICATE_UNDELIVERED.value))


async def _outstanding(uow: UnitOfWork) -> tuple[list[str], date, int]:
    found = await settings(uow)
    return [state.value for state in outstanding(confirmed=found.delivery_confirmed)], uow.today, found.delivery_alert_days
