"""資格に関する通知: made from the ledger, read back, kept, and given again byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from chassis.commands import Clerk, Key, carried_out
from chassis.documents import DocumentRefused
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import runtime_of, stored_file
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from eligibility_service.api.about_person import known_of, known_person, require_own
from eligibility_service.api.registering import WITHHELD
from eligibility_service.documents.ledger_letter import WORDS, LetterKind, render_letter
from eligibility_service.documents.letters import OF_QUALIFICATION, letter, of_change, of_entry, of_qualification
from eligibility_service.documents.printing import page_of
from eligibility_service.domain.entries import Entry
from eligibility_service.domain.history import last_change
from eligibility_service.law import UnionSettings, notice_days
from eligibility_service.store import addressing, letters, needs, registers
from eligibility_service.store.entries import Known

router = APIRouter(tags=["letters"])


class Wanted(BaseModel):
    """Which letter: of an entry (a receipt, or a letter once more), or of a qualification (the latest, if none is named)."""

    kind: LetterKind
    entry_id: UUID | None = None
    insured_id: UUID | None = None


@router.post("/people/{municipality_code}/{resident_number}/letters", status_code=201)
async def make_letter(
    municipality_code: str,
    resident_number: str,
    wanted: Wanted,
    request: Request,
    who: Clerk,
    idempotency_key: Key,
) -> dict[str, Any]:
    """A letter from what the ledger says now; the same Idempotency-Key gives the same letter again."""
    require_own(who, municipality_code)
    person = municipality_code, resident_number

    async def act(uow: UnitOfWork, known: Known) -> dict[str, Any]:
        settings = await needs.settings(uow)
        entry = next((one for one in known.entries if one.entry_id == wanted.entry_id), None)
        if (entry is None) != (wanted.kind in OF_QUALIFICATION):
            raise Problem(404, *NOT_FOUND, detail="この通知のもとになる記載がありません。")
        documents, refusals = await make(uow, *person, [wanted.kind], settings, by=who.user, entry=entry, insured_id=wanted.insured_id)
        if refusals:
            raise Problem(422, "KOKI-E026", "通知を作れません。", refusals[0])
        return documents[0]

    return await carried_out(request, who, person, idempotency_key, wanted, known_of, act)


@router.get("/letters/{document_id}/document")
async def document(document_id: UUID, request: Request, who: Clerk) -> Response:
    """The exact PDF that was kept, of a print file the page of this person alone; none with the address of whoever is protected now."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        found = await letters.find(uow, document_id)
        person = (found["municipality_code"], found["resident_number"]) if found else None
        protected = person is not None and person in await registers.protected_people(uow, [person], on=uow.today)
    if found is None:
        raise Problem(404, *NOT_FOUND, detail="この通知はないか、見る権限のない市区町村のものです。")
    if protected and found["shows_address"]:
        raise Problem(409, *WITHHELD, detail="住所を書いた通知のため、開けません。支援措置の対象の方です。")
    return await stored_file(runtime, found["document_key"], found["document_sha256"], cut=partial(page_of, page=found["document_page"]))


async def make(
    uow: UnitOfWork,
    code: str,
    number: str,
    kinds: Sequence[LetterKind],
    settings: UnionSettings,
    *,
    by: str,
    entry: Entry | None = None,
    insured_id: UUID | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Make and keep letters; returns them, and why one could not be printed. An entry stands even when its letter waits for a name."""
    made: list[dict[str, Any]] = []
    refusals: list[str] = []
    for kind in kinds:
        found = await letters.qualification(uow, code, number, insured_id)
        facts = await _of_last_change(uow, code, number) if kind is LetterKind.CHANGE else _facts(kind, entry, found)
        record = (await known_person(uow, code, number)).record
        delivery = (await addressing.deliveries(uow, [(code, number)]))[code, number]
        try:
            data = letter(
                kind,
                facts,
                record=record,
                delivery=delivery,
                insured_number=found["insured_number"] if found and kind is not LetterKind.DISABILITY_REFUSED else "",
                settings=settings,
                issued_on=uow.today,
            )
            pdf = await asyncio.to_thread(render_letter, data)
        except DocumentRefused as error:
            refusals.append(str(error))
            continue
        document_id = await letters.keep(
            uow, code, number, pdf, kind=kind.value, by=by,
            entry_id=entry.entry_id if entry else None, insured_id=found["insured_id"] if found else None,
            shows_address=delivery is not None,
        )  # fmt: skip
        made.append({"document_id": str(document_id), "kind": kind.value, "title": WORDS[kind].title})
    return made, refusals


async def _of_last_change(uow: UnitOfWork, code: str, number: str) -> tuple[tuple[str, str], ...]:
    changed = last_change(await letters.records(uow, code, number))
    if changed is None:
        raise Problem(409, "KOKI-E027", "この通知のもとになる資格がありません。", "住民情報の変更が届いていません。")
    return of_change(*changed)


def _facts(kind: LetterKind, entry: Entry | None, found: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    if entry is not None:
        return of_entry(kind, entry, notice_days=notice_days(on=entry.recorded_at.date()))
    if found is None or (kind is not LetterKind.ACQUISITION and found["lost_on"] is None):
        detail = "この方の資格の取得日と喪失日を確かめてください。"
        raise Problem(409, "KOKI-E027", "この通知のもとになる資格がありません。", detail)
    return of_qualification(kind, found)
