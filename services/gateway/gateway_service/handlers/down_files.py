"""Files for the municipalities: kept here byte for byte when they are what was announced, and offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import obstore
from chassis.batches import SealBroken
from chassis.business_days import business_moment
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.eligibility import ExpectedInsuredFileSealed, FileForMunicipality, QualificationFileSealed
from pydantic_core import to_json

from contracts.layouts import sha256_of
from gateway_service.domain import answers
from gateway_service.store import file_calendar

KINDS: Final[dict[type[FileForMunicipality], str]] = {
    QualificationFileSealed: "qualifications",
    ExpectedInsuredFileSealed: "expected_insured",
}
"""What a file is called at the municipalities' door: the name of its layout."""


async def on_files_for_municipalities(messages: Sequence[Message[FileForMunicipality]], uow: UnitOfWork) -> None:
    """Keep each file with its control file, and tell its municipality; made again, it is told again."""
    for message in messages:
        event = message.event
        kind = KINDS[type(event)]
        data = await _verified(uow, event.key, event.seal.sha256)
        control = await _verified(uow, event.control_key, event.control_sha256)
        place = f"down/{event.municipality_code}/{kind}/{event.generation:06}"
        keys = {"data_key": f"{place}.csv", "control_key": f"{place}.control.json"}
        await obstore.put_async(uow.store, keys["data_key"], data)
        await obstore.put_async(uow.store, keys["control_key"], control)
        file = {"kind": kind, "generation": event.generation, "is_whole": event.is_whole, "rows": event.seal.rows}
        sums = {"data_sha256": event.seal.sha256, "control_sha256": event.control_sha256}
        values = {"municipality_code": event.municipality_code, **file, **keys, **sums}
        await file_calendar.offer(uow, values, business_moment(uow.today, uow.now))
        told = answers.offer(str(message.id), **file, sha256=event.seal.sha256)
        code = event.municipality_code
        uow.send(to_json(told), exchange=answers.EXCHANGE, routing_key=code, subject=code, content_type=answers.CONTENT_TYPE)


async def _verified(uow: UnitOfWork, key: str, sha256: str) -> bytes:
    try:
        content = bytes(await (await obstore.get_async(uow.store, key)).bytes_async())
    except FileNotFoundError as error:
        raise SealBroken(f"{key} is not in the object store.") from error
    if (found := sha256_of(content)) != sha256:
        raise SealBroken(f"{key}: SHA-256 is {found}, the event says {sha256}.")
    return content
