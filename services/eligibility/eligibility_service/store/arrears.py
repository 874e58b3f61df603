"""滞納による措置: what the process says, shown to people: lists, letters, cases, and the certificates that follow."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import obstore
from chassis.clock import uuid7
from chassis.database import driver
from chassis.process import advance
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Message
from contracts.events.collection import ArrearsReported
from contracts.events.eligibility import CaseKind

from eligibility_service.domain.arrears import Arrears, ArrearsHeard, ArrearsSteps, Step
from eligibility_service.law import long_arrears_months
from eligibility_service.rules.arrears import Remedy, arrears_remedy
from eligibility_service.store import addressing
from eligibility_service.store.cases import close_cases, raise_cases
from eligibility_service.store.facts import Row
from eligibility_service.store.issuing import PrintResult
from eligibility_service.store.needs import settings

PROCESS: Final = ArrearsSteps()
PrintLetter = Callable[[str, Sequence[Row]], PrintResult]
AT_A_TIME: Final = 100

_NEWS: Final = """
SELECT p.key, p.state::text AS state, p.changed_at, a.step AS shown_step, COALESCE(a.short_term, false) AS shown_short_term
FROM process_instance p LEFT JOIN arrears_case a ON a.insured_id = p.key::uuid
WHERE p.process = 'arrears' AND a.process_changed_at IS DISTINCT FROM p.changed_at
ORDER BY p.key LIMIT $1 FOR UPDATE OF p SKIP LOCKED
"""
_SHOWN: Final = (
    "municipality_code", "resident_number", "step", "unpaid_amount", "oldest_due_on", "reported_on", "noticed_on", "explain_by",
    "explanation", "remedy", "approval_id", "return_by", "return_overdue", "short_term", "ended_on", "ending",
)  # fmt: skip
_SHOW: Final = f"""
INSERT INTO arrears_case (insured_id, process_changed_at, {", ".join(_SHOWN)})
VALUES ($1, $2, {", ".join(f"${number}" for number in range(3, 3 + len(_SHOWN)))})
ON CONFLICT (insured_id) DO UPDATE SET process_changed_at = excluded.process_changed_at,
    {", ".join(f"{name} = excluded.{name}" for name in _SHOWN)}
"""
_GIVE_BACK: Final = """
UPDATE certificate SET collection = 'due', collection_on = $2, collection_reason = 'arrears'
WHERE insured_id = $1 AND family = 'card' AND state = 'issued' AND collection IS NULL AND valid_until >= $2
"""
_MAY_KEEP: Final = """
UPDATE certificate SET collection = NULL, collection_on = NULL, collection_reason = NULL
WHERE insured_id = $1 AND collection = 'due' AND collection_reason = 'arrears'
"""
_ANOTHER_CARD: Final = """
INSERT INTO certificate (certificate_id, municipality_code, resident_number, insured_id, origin, state, issue_reason, kind, kind_reason,
                         valid_from, valid_until, made_due_at)
SELECT $1, municipality_code, resident_number, insured_id, 'change', 'due', 'arrears', 'insurance_card', 'arrears', $3, $3, $4
FROM qualification WHERE insured_id = $2 AND (lost_on IS NULL OR lost_on > $3)
"""
_LETTER: Final = """
INSERT INTO arrears_letter (
    letter_id, municipality_code, resident_number, insured_id, kind, issued_on, document_key, document_sha256, refusal, shows_address)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
"""


async def hear(uow: UnitOfWork, messages: Sequence[Message[ArrearsReported]]) -> None:
    """Reports of arrears, in order, each by the law and the union's settings of its own day."""
    happened = []
    for message in messages:
        event = message.event
        days = (await settings(uow, on=event.effective_on)).explanation_days
        heard = ArrearsHeard(
            on=event.effective_on,
            municipality_code=event.municipality_code,
            resident_number=event.resident_number,
            unpaid_amount=event.unpaid_amount,
            oldest_due_on=event.oldest_due_on,
            last_paid_on=event.last_paid_on,
            months=long_arrears_months(event.effective_on),
            explain_by=uow.today + timedelta(days=days),
            remedy=arrears_remedy.on(event.effective_on)(),
        )
        happened.append((str(event.insured_id), heard, message))
    await advance(PROCESS, happened, uow)


async def take_step(uow: UnitOfWork, insured_id: UUID, event: Any, printer: PrintLetter) -> None:
    """Let something happen to one person's process, and show what follows in the same transaction. OutOfTurn where it cannot happen."""
    await advance(PROCESS, [(str(insured_id), event, None)], uow)
    await show(uow, printer)


async def show(uow: UnitOfWork, printer: PrintLetter) -> int:
    """Show every state that is not shown yet, with its letters, cases and certificates; how many there were.

    A deadline passes without anybody's command: this is how its state comes to the lists.
    """
    raw = await driver(uow.connection)
    news = await raw.fetch(_NEWS, AT_A_TIME)
    for row in news:
        state = Arrears.model_validate_json(row["state"])
        before = Step(row["shown_step"]) if row["shown_step"] else None
        values = [getattr(state, name) for name in _SHOWN]
        await raw.execute(_SHOW, state.insured_id, row["changed_at"], *(getattr(value, "value", value) for value in values))
        await _cases(uow, state)
        if state.step is not before:
            await _certificates(uow, state, before)
            await _letter(uow, state, printer)
        if state.short_term != row["shown_short_term"] and state.step is not Step.ISSUED:
            await _another_card(uow, state)
    return len(news)


async def _cases(uow: UnitOfWork, state: Arrears) -> None:
    person = [(state.municipality_code, state.resident_number)]
    if state.step is Step.TO_DECIDE:
        said = state.explanation or "期限までに弁明がありませんでした。"
        await raise_cases(uow, CaseKind.ARREARS_TO_DECIDE, person, [f"弁明: {said}"])
    else:
        await close_cases(uow, CaseKind.ARREARS_TO_DECIDE, person)
    if state.return_overdue:
        await raise_cases(uow, CaseKind.CARD_NOT_COLLECTED, person, [f"被保険者証の返還の期限({state.return_by})を過ぎました。"])
    else:
        await close_cases(uow, CaseKind.CARD_NOT_COLLECTED, person)


async def _certificates(uow: UnitOfWork, state: Arrears, before: Step | None) -> None:
    """The card is to be given back, stays with its owner after all, or is made anew."""
    raw = await driver(uow.connection)
    if state.step is Step.APPROVED:
        await raw.execute(_GIVE_BACK, state.insured_id, uow.today)
    elif state.step is Step.STOPPED and before is Step.APPROVED:
        await raw.execute(_MAY_KEEP, state.insured_id)
    elif state.step is Step.STOPPED and before in (Step.RETURNED, Step.ISSUED):
        await _another_card(uow, state)


async def _another_card(uow: UnitOfWork, state: Arrears) -> None:
    """A card of the kind that is right now; the one that it replaces is to be collected."""
    await (await driver(uow.connection)).execute(_ANOTHER_CARD, uuid7(), state.insured_id, uow.today, uow.now)


async def _letter(uow: UnitOfWork, state: Arrears, printer: PrintLetter) -> None:
    """The letter that the step asks for; one that cannot be printed is kept with its reason."""
    kind = {Step.NOTICED: "explanation", Step.APPROVED: "card_return", Step.SPECIAL_MEDICAL: "special_medical"}.get(state.step)
    if kind is None:
        return
    raw = await driver(uow.connection)
    number = await raw.fetchval("SELECT insured_number FROM qualification WHERE insured_id = $1", state.insured_id)
    found = await settings(uow)
    whose = (state.municipality_code, state.resident_number)
    delivery = (await addressing.deliveries(uow, [whose]))[whose]
    fields: Row = {
        "kind": kind,
        "remedy": state.remedy,
        "issued_on": uow.today,
        "insurer_name": found.insurer_name,
        "insured_number": number,
        "unpaid_amount": state.unpaid_amount,
        "oldest_due_on": state.oldest_due_on,
        "reply_by": {"explanation": state.explain_by, "card_return": state.return_by}.get(kind),
        "delivery": delivery,
        "contact": {"office": found.contact_office, "telephone": found.contact_telephone},
    }
    printed = await asyncio.to_thread(printer, "arrears_letter", [fields])
    key, sha256 = None, None
    if printed.pdf is not None:
        sha256 = hashlib.sha256(printed.pdf).hexdigest()
        key = f"eligibility/letters/{sha256}.pdf"
        await obstore.put_async(uow.store, key, printed.pdf)
    person = (state.municipality_code, state.resident_number, state.insured_id)
    await raw.execute(_LETTER, uuid7(), *person, kind, uow.today, key, sha256, printed.refusals[0], delivery is not None)
    if printed.refusals[0] is not None:
        detail = f"滞納による措置の通知を作れません。{printed.refusals[0]}"
        await raise_cases(uow, CaseKind.CERTIFICATE_UNPRINTABLE, [person[:2]], [detail])


async def card_in_force(uow: UnitOfWork, insured_id: UUID) -> date | None:
    """The last day of the card that a person holds today; None without one."""
    raw = await driver(uow.connection)
    found: date | None = await raw.fetchval(
        """SELECT max(valid_until) FROM certificate WHERE insured_id = $1 AND family = 'card' AND state = 'issued' AND collection IS NULL
        AND valid_until >= $2 AND kind <> 'status_certificate'""",
        insured_id,
        uow.today,
    )
    return found


async def listing(uow: UnitOfWork, *, ended_too: bool = False, limit: int = 500) -> list[dict[str, Any]]:
    """対象者一覧: everybody in a step, those that wait for a decision first."""
    raw = await driver(uow.connection)
    rows = await raw.fetch(
        """SELECT a.*, r.name, q.insured_number FROM arrears_case a JOIN resident_shown r USING (municipality_code, resident_number)
        JOIN qualification q USING (municipality_code, resident_number, insured_id)
        WHERE $2 OR a.step NOT IN ('stopped', 'watched') OR a.short_term
        ORDER BY a.step <> 'to_decide', a.noticed_on NULLS LAST, a.resident_number LIMIT $1""",
        limit,
        ended_too,
    )
    return [dict(row) for row in rows]


async def of_person(uow: UnitOfWork, municipality_code: str, resident_number: str) -> dict[str, Any] | None:
    """The steps of one person, with the letters; None where there never was one."""
    raw = await driver(uow.connection)
    row = await raw.fetchrow(
        "SELECT * FROM arrears_case WHERE (municipality_code, resident_number) = ($1, $2) ORDER BY reported_on DESC LIMIT 1",
        municipality_code,
        resident_number,
    )
    if row is None:
        return None
    letters = await raw.fetch(
        "SELECT letter_id, kind, issued_on, document_sha256, refusal FROM arrears_letter WHERE insured_id = $1 ORDER BY issued_on DESC",
        row["insured_id"],
    )
    return {**dict(row), "letters": [dict(letter) for letter in letters]}


def remedy_today(uow: UnitOfWork) -> Remedy:
    """What the law lets the union decide today."""
    return arrears_remedy.on(uow.today)()


async def waits_for_return(uow: UnitOfWork, insured_id: UUID) -> bool:
    """Whether the union waits for the card of a person."""
    raw = await driver(uow.connection)
    return bool(await raw.fetchval("SELECT EXISTS (SELECT FROM arrears_case WHERE insured_id = $1 AND step = 'approved')", insured_id))


async def letter_file(uow: UnitOfWork, municipality_code: str, resident_number: str, letter_id: UUID) -> dict[str, Any] | None:
    """Where a letter lies, and whether it shows an address; None where there is none of this person that the reader may see."""
    row = await (await driver(uow.connection)).fetchrow(
        """SELECT document_key, shows_address FROM arrears_letter
        WHERE letter_id = $1 AND (municipality_code, resident_number) = ($2, $3) AND document_key IS NOT NULL""",
        letter_id,
        municipality_code,
        resident_number,
    )
    return dict(row) if row else None
