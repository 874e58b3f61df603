"""交付: due certificates are printed, kept under the SHA-256 of their exact document, and said."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import obstore
import polars as pl
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CertificateIssued, CertificateKind
from contracts.primitives import insurer_number

from eligibility_service.domain.certificates import needed
from eligibility_service.store.certificates import refuse

Row = dict[str, Any]


class PrintResult(Protocol):
    """What a printer gives: the file, and for each card its page or the reason why it was refused."""

    @property
    def pdf(self) -> bytes | None: ...
    @property
    def pages(self) -> Sequence[int | None]: ...
    @property
    def refusals(self) -> Sequence[str | None]: ...


Print = Callable[[Sequence[Row]], PrintResult]

_NEED: Final = {"born_on": pl.Date(), "acquired_on": pl.Date(), "holds": pl.Boolean()}
_FACTS: Final = """
SELECT c.certificate_id, c.municipality_code, c.resident_number, c.insured_id, c.valid_from, q.insured_number, q.acquired_on, q.lost_on,
       r.name, r.name_kana, r.sex, r.born_on, r.born_on_unknown_text, r.address_prefecture, r.address_municipality, r.address_town,
       r.address_number, r.address_building, h.holds, u.insurer_name
FROM certificate c
JOIN resident r USING (municipality_code, resident_number)
JOIN qualification q USING (municipality_code, resident_number, insured_id)
LEFT JOIN card_holding h USING (insured_id)
CROSS JOIN union_setting u
WHERE c.certificate_id = ANY ($1::uuid[]) AND c.state = 'due'
ORDER BY c.municipality_code, c.resident_number FOR UPDATE OF c
"""
_ISSUED = """
UPDATE certificate c SET state = 'issued', kind = k.kind, kind_reason = k.reason, valid_from = k.valid_from, valid_until = k.valid_until,
    serial = k.serial, document_page = k.page, document_key = $8, document_sha256 = $9, issued_on = $10, decided_at = $11
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::date[], $6::bigint[], $7::int[])
    AS k(id, kind, reason, valid_from, valid_until, serial, page)
WHERE c.certificate_id = k.id
"""
_WITHDRAWN = "UPDATE certificate SET state = 'withdrawn', decided_at = $2 WHERE certificate_id = ANY ($1::uuid[])"


async def issue(uow: UnitOfWork, certificates: Sequence[UUID], printer: Print, *, packed: bool = False) -> dict[str, int]:
    """Print due certificates into one file and keep it; returns how many were issued, refused and withdrawn.

    Each is of the kind and validity that the law gives on the business day. Who is insured no more gets none. What cannot be printed
    goes to the worklist with its reason. The document is read back by the printer before anything is stored.
    """
    raw = await driver(uow.connection)
    facts = [dict(row) for row in await raw.fetch(_FACTS, list(certificates))]
    gone = [row["certificate_id"] for row in facts if row["lost_on"] is not None and row["lost_on"] <= uow.today]
    if gone:
        await raw.execute(_WITHDRAWN, gone, uow.now)
    rows = await _with_needs(uow, [row for row in facts if row["certificate_id"] not in set(gone)])
    if not rows:
        return {"issued": 0, "refused": 0, "withdrawn": len(gone)}

    printed = await asyncio.to_thread(printer, [_fields(row, uow) for row in rows])

    issued = [{**row, "page": page} for row, page in zip(rows, printed.pages, strict=True) if page is not None]
    refused = [(row["certificate_id"], reason) for row, reason in zip(rows, printed.refusals, strict=True) if reason is not None]
    if printed.pdf is not None:
        await _keep(uow, issued, printed.pdf, packed=packed)
    if refused:
        await refuse(uow, refused)
    return {"issued": len(issued), "refused": len(refused), "withdrawn": len(gone)}


async def _with_needs(uow: UnitOfWork, facts: list[Row]) -> list[Row]:
    """Adds kind, reason, validity and serial: by the law of today, or of the first day of a certificate made in advance."""
    raw = await driver(uow.connection)
    serials = await raw.fetch("SELECT nextval('certificate_serial') AS serial FROM generate_series(1, $1::int)", len(facts))
    rows: list[Row] = []
    for on in sorted({max(uow.today, row["valid_from"]) for row in facts}):
        of_day = [row for row in facts if max(uow.today, row["valid_from"]) == on]
        frame = pl.DataFrame({name: [row[name] for row in of_day] for name in _NEED}, schema=_NEED)
        needs = needed(frame, on=on).select("kind", "kind_reason", "valid_from", "valid_until").iter_rows(named=True)
        rows += [{**row, **need} for row, need in zip(of_day, needs, strict=True)]
    return [{**row, "serial": serial["serial"]} for row, serial in zip(rows, serials, strict=True)]


def _fields(row: Row, uow: UnitOfWork) -> Row:
    address = [row["address_prefecture"] + row["address_municipality"] + row["address_town"] + row["address_number"]]
    if row["address_building"]:
        address.append(row["address_building"])
    return {
        "insured_number": row["insured_number"],
        "name": row["name"],
        "kana": row["name_kana"],
        "sex": row["sex"],
        "born_on": row["born_on"],
        "born_on_unknown_text": row["born_on_unknown_text"] or "",
        "address": tuple(address),
        "acquired_on": row["acquired_on"],
        "issued_on": uow.today,
        "valid_from": row["valid_from"],
        "valid_through": row["valid_until"],
        "insurer_number": insurer_number(row["municipality_code"]),
        "insurer_name": row["insurer_name"],
        "serial": f"{row['serial']:010d}",
    }


async def _keep(uow: UnitOfWork, issued: list[Row], pdf: bytes, *, packed: bool) -> None:
    """The exact file under its own hash, the rows with their pages, one event each."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    key = f"eligibility/certificates/{sha256}.pdf"
    await obstore.put_async(uow.store, key, pdf)
    names = ("certificate_id", "kind", "kind_reason", "valid_from", "valid_until", "serial", "page")
    columns = [[row[name] for row in issued] for name in names]
    await (await driver(uow.connection)).execute(_ISSUED, *columns, key, sha256, uow.today, uow.now)
    events = [
        CertificateIssued(
            effective_on=uow.today,
            certificate_id=row["certificate_id"],
            insured_id=row["insured_id"],
            municipality_code=row["municipality_code"],
            resident_number=row["resident_number"],
            kind=CertificateKind(row["kind"]),
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
            document_sha256=sha256,
        )
        for row in issued
    ]
    uow.publish(*events, pack=uuid7() if packed else None)
