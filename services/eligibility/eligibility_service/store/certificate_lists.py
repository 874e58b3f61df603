"""送付一覧・返戻一覧・未回収一覧・交付簿: what the desk reads, under row-level security."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.certificate_delivery import OnItsWay, what_to_do
from eligibility_service.store.registers import delivery_of
from eligibility_service.store.replacing import ADDRESS_MARK

MOST: Final = 500
_COLUMNS: Final = """
c.certificate_id, c.municipality_code, c.resident_number, c.kind, c.serial, c.issued_on, c.valid_from, c.valid_until, c.issue_reason,
c.delivery, c.delivery_on, c.times_sent, c.collection, c.collection_on, c.collection_reason, r.name, q.insured_number, q.lost_on
"""
_FROM: Final = """
FROM certificate c JOIN resident_shown r USING (municipality_code, resident_number)
JOIN qualification q USING (municipality_code, resident_number, insured_id)
"""
_SENDING: Final = f"""
SELECT {_COLUMNS}, r.postal_code, r.address_withheld,
       concat(r.address_prefecture, r.address_municipality, r.address_town, r.address_number, r.address_building) AS address
{_FROM} WHERE c.state = 'issued' AND c.delivery = 'made' AND c.collection IS NULL AND c.valid_until >= $1
  AND NOT c.address_withheld AND ($3 = '' OR c.municipality_code = $3)
ORDER BY c.serial LIMIT $2
"""
_RETURNED: Final = f"""
SELECT {_COLUMNS}, a.reason AS returned_because, c.address_mark IS DISTINCT FROM {ADDRESS_MARK.replace("r.", "w.")} AS has_other_address
{_FROM} JOIN resident w USING (municipality_code, resident_number)
LEFT JOIN LATERAL (
    SELECT reason FROM certificate_act WHERE certificate_id = c.certificate_id AND act = 'returned' ORDER BY entered_at DESC LIMIT 1
) AS a ON true
WHERE c.delivery IN ('returned', 'kept') AND c.state = 'issued' AND c.collection IS NULL ORDER BY c.delivery_on, c.serial LIMIT $1
"""
_UNCOLLECTED: Final = f"""
SELECT {_COLUMNS} {_FROM} WHERE c.collection = 'due' AND c.state = 'issued' AND (c.valid_until >= $1 OR $3)
ORDER BY c.collection_on, c.serial LIMIT $2
"""
_REGISTER: Final = f"""
SELECT {_COLUMNS}, c.copay_rate, c.limit_class {_FROM} WHERE c.state = 'issued' AND c.issued_on BETWEEN $1 AND $2
  AND ($3 = '' OR c.kind = $3) ORDER BY c.serial LIMIT $4
"""


async def sending(uow: UnitOfWork, *, municipality_code: str = "") -> list[dict[str, Any]]:
    """送付一覧: what was made and has not left the house, with the place that it goes to (送付先, or the address in the register).

    What was printed without a protected address is not on the list: it is handed over. A certificate made before the protection is, with
    no address.
    """
    rows = [dict(row) for row in await (await driver(uow.connection)).fetch(_SENDING, uow.today, MOST, municipality_code)]
    named = await delivery_of(uow, [(row["municipality_code"], row["resident_number"]) for row in rows], on=uow.today)
    for row in rows:
        place = named.get((row["municipality_code"], row["resident_number"]))
        row["recipient"] = place.recipient if place else row["name"]
        row["is_named"] = place is not None
        if place is not None:
            row["postal_code"], row["address"] = place.postal_code, "".join(place.address)
        elif row["address_withheld"]:
            row["postal_code"], row["address"] = None, None
    return rows


async def returned(uow: UnitOfWork) -> list[dict[str, Any]]:
    """返戻一覧: what the post brought back, the longest waiting first, with what to do."""
    rows = [dict(row) for row in await (await driver(uow.connection)).fetch(_RETURNED, MOST)]
    named = await delivery_of(uow, [(row["municipality_code"], row["resident_number"]) for row in rows], on=uow.today)
    for row in rows:
        insured = row["lost_on"] is None or row["lost_on"] > uow.today
        is_named = (row["municipality_code"], row["resident_number"]) in named
        row["what_to_do"] = what_to_do(OnItsWay(row["times_sent"], row["has_other_address"] or is_named, insured))
    return rows


async def uncollected(uow: UnitOfWork, *, expired_too: bool = False) -> list[dict[str, Any]]:
    """未回収一覧: what is to be given back and was not; of no more use are those that have run out, listed only when asked for."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_UNCOLLECTED, uow.today, MOST, expired_too)]


async def register(uow: UnitOfWork, first: date, last: date, *, kind: str = "") -> list[dict[str, Any]]:
    """交付簿: what was issued from one day to another, in the order of the numbers; of one kind, or of all."""
    return [dict(row) for row in await (await driver(uow.connection)).fetch(_REGISTER, first, last, kind, MOST)]


async def print_files(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The print files of the runs that go to the post, the latest first, with how many in each have left the house."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT f.document_key, f.run_id, f.form, f.pages, f.document_sha256, f.first_serial, f.last_serial, f.made_at, f.sent_on,
                  CASE f.form WHEN 'copay_notice' THEN f.pages ELSE (
                      SELECT count(*) FROM certificate c WHERE c.document_key = f.document_key AND c.delivery <> 'made') END AS moved
        FROM print_file f WHERE NOT f.by_hand ORDER BY f.made_at DESC, f.first_serial LIMIT $1""",
        MOST,
    )
    return [dict(row) for row in rows]
