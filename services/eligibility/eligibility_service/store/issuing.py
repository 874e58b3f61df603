"""交付: due certificates are printed, kept under the SHA-256 of their exact document, and said."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Final, Protocol
from uuid import UUID

import obstore
import polars as pl
from chassis import batches
from chassis.clock import uuid7
from chassis.database import driver
from chassis.unit_of_work import UnitOfWork
from contracts.events.eligibility import CertificateIssued, CertificateKind

from eligibility_service.store import handovers
from eligibility_service.store.certificates import refuse
from eligibility_service.store.facts import Row, facts_of, fields_of, form_of
from eligibility_service.store.replacing import ADDRESS_MARK, NAME_MARK, collect_replaced

LIST_SCHEMA: Final = "eligibility.print_list.v1"
"""発行一覧 of a print file: page, serial, insured_number, municipality_code, kind, valid_from, valid_until."""


class PrintResult(Protocol):
    """What a printer gives: the file, and for each certificate in order its page or the reason why it was refused."""

    @property
    def pdf(self) -> bytes | None: ...
    @property
    def pages(self) -> Sequence[int | None]: ...
    @property
    def refusals(self) -> Sequence[str | None]: ...


Print = Callable[[str, Sequence[Row]], PrintResult]
"""(form, the fields of each certificate) → what came of it."""

_ISSUED_COLUMNS: Final = {
    "certificate_id": "uuid", "kind": "text", "kind_reason": "text", "valid_from": "date", "valid_until": "date", "serial": "bigint",
    "page": "int", "copay_rate": "smallint", "limit_class": "text", "class_effective_on": "date", "long_stay_from": "date",
    "approval_id": "uuid", "address_withheld": "boolean", "insured_number": "text",
}  # fmt: skip
_TAKEN = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_ISSUED_COLUMNS.values(), start=1))
_LATER = len(_ISSUED_COLUMNS)
_ISSUED: Final = f"""
UPDATE certificate c SET state = 'issued', kind = k.kind, kind_reason = k.kind_reason, valid_from = k.valid_from,
    valid_until = k.valid_until, serial = k.serial, document_page = k.page, copay_rate = k.copay_rate, limit_class = k.limit_class,
    class_effective_on = k.class_effective_on, long_stay_from = k.long_stay_from, approval_id = k.approval_id,
    address_withheld = k.address_withheld, insured_number = k.insured_number,
    name_mark = {NAME_MARK}, address_mark = {ADDRESS_MARK},
    document_key = ${_LATER + 1}, document_sha256 = ${_LATER + 2}, issued_on = ${_LATER + 3}, decided_at = ${_LATER + 4}
FROM unnest({_TAKEN}) AS k({", ".join(_ISSUED_COLUMNS)}), resident r
WHERE c.certificate_id = k.certificate_id AND (r.municipality_code, r.resident_number) = (c.municipality_code, c.resident_number)
"""
_WITHDRAWN: Final = "UPDATE certificate SET state = 'withdrawn', decided_at = $2 WHERE certificate_id = ANY ($1::uuid[])"
_PRINT_FILE: Final = """
INSERT INTO print_file (
    document_key, run_id, form, pages, document_sha256, first_serial, last_serial, list_key, list_seal, made_at, by_hand)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def issue(
    uow: UnitOfWork,
    certificates: Sequence[UUID],
    printer: Print,
    *,
    packed: bool = False,
    run_id: UUID | None = None,
    released: Row | None = None,
) -> dict[str, int]:
    """Print due certificates, one file for each form, and keep them; returns how many were issued, refused and withdrawn.

    Under 支援措置 they are printed without the address into a file of their own, for the list of what is handed over; `released`:
    the address columns that a second officer has released for the one certificate.

    Each is of the kind and validity that the law gives on the business day. Who is insured no more gets none. What cannot be printed
    goes to the worklist with its reason. The document is read back by the printer before anything is stored. With `run_id` each file
    is kept as a print file of the run, its list sealed beside it.
    """
    raw = await driver(uow.connection)
    rows, refused, gone = await facts_of(uow, certificates)
    if gone:
        await raw.execute(_WITHDRAWN, gone, uow.now)
    if released is not None:
        rows = [{**row, **released, "address_withheld": False} for row in rows]
    files: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        files.setdefault((form_of(row), row["address_withheld"]), []).append(row)
    issued = 0
    for (form, by_hand), of_file in files.items():
        printed = await asyncio.to_thread(printer, form, [fields_of(row, uow) for row in of_file])
        done = [{**row, "page": page} for row, page in zip(of_file, printed.pages, strict=True) if page is not None]
        refused += [(row["certificate_id"], why) for row, why in zip(of_file, printed.refusals, strict=True) if why is not None]
        if printed.pdf is not None:
            await _keep(uow, form, done, printed.pdf, packed=packed, run_id=run_id)
            issued += len(done)
            if by_hand:
                await handovers.add(uow, [row["certificate_id"] for row in done if row["origin"] != "window"])
    if refused:
        await refuse(uow, refused)
    return {"issued": issued, "refused": len(refused), "withdrawn": len(gone)}


async def _keep(uow: UnitOfWork, form: str, issued: list[Row], pdf: bytes, *, packed: bool, run_id: UUID | None) -> None:
    """The exact file under its own hash, the rows with their pages, one event each."""
    raw = await driver(uow.connection)
    sha256 = hashlib.sha256(pdf).hexdigest()
    key = f"eligibility/certificates/{sha256}.pdf"
    await obstore.put_async(uow.store, key, pdf)
    columns = [[row[name] for row in issued] for name in _ISSUED_COLUMNS]
    await raw.execute(_ISSUED, *columns, key, sha256, uow.today, uow.now)
    await collect_replaced(uow, [row["certificate_id"] for row in issued])
    if run_id is not None:
        await keep_list(uow, form, issued, key, sha256, run_id, by_hand=issued[0]["address_withheld"])
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


async def keep_list(uow: UnitOfWork, form: str, issued: list[Row], key: str, sha256: str, run_id: UUID, *, by_hand: bool) -> None:
    """The print file, and 発行一覧: what stands on which page, sealed with the number of rows and the sum of the serials.

    `by_hand`: it goes to no post.
    """
    names = ("page", "serial", "insured_number", "municipality_code", "kind", "valid_from", "valid_until")
    frame = pl.DataFrame({name: [row[name] for row in issued] for name in names})
    list_key = f"eligibility/certificates/{sha256}.parquet"
    seal = await batches.seal(uow.store, list_key, frame, schema_name=LIST_SCHEMA, totals=("page", "serial"))
    serials = [row["serial"] for row in issued]
    whose = (form, len(issued), sha256, min(serials), max(serials), list_key, json.dumps(seal.model_dump()), uow.now)
    await (await driver(uow.connection)).execute(_PRINT_FILE, key, run_id, *whose, by_hand)
