"""滞納処分: steps that only an appointed officer (徴税吏員) of the municipality takes, each with its paper."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from chassis.commands import Clerk, Command, Key, carried_out, require_own
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import role, runtime_of
from fastapi import APIRouter, Depends, Request
from pydantic import Field

from collection_service.api.write_off_acts import running_of
from collection_service.domain.arrears import ClaimKey
from collection_service.domain.enforcements import (
    NEEDS_AMOUNT,
    STATE_TERMS,
    STEP_TERMS,
    OutOfTurn,
    Share,
    State,
    Step,
    after,
    faults_of_distribution,
    faults_of_seizure,
)
from collection_service.domain.recipients import Recipient
from collection_service.store import arrears, arrears_reports, enforcements, money, recipients, reminders
from collection_service.store.enforcements import Officer, Taken
from collection_service.store.money import Account, Entry

router = APIRouter(tags=["enforcements"])
_PERSON = "/people/{municipality_code}/{resident_number}/enforcements"
Appointing = Annotated[Principal, Depends(role("municipal_manager"))]
SOURCE = "enforcement"
_CANNOT = ("KOKI-C127", "この滞納処分はできません。")


class Appointment(Command):
    """徴税吏員の任命."""

    user_name: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=40)
    certificate_number: str = Field(min_length=1, max_length=30)
    valid_from: date
    valid_until: date | None = None


class Instalment(Command):
    """An instalment that is enforced."""

    insured_id: UUID
    fiscal_year: int = Field(ge=2008, le=2999)
    number: int = Field(ge=1, le=199)

    @property
    def key(self) -> ClaimKey:
        return self.insured_id, self.fiscal_year, self.number


class Acting(Command):
    """A step: its day, what was done, and the paper of it (差押調書, 配当計算書 …) with its reference."""

    on: date
    what: str = Field(min_length=1, max_length=300)
    document_title: str = Field(min_length=1, max_length=60)
    document_reference: str = Field(min_length=1, max_length=60)


class Opening(Acting):
    """滞納処分の開始."""

    instalments: list[Instalment] = Field(min_length=1, max_length=40)


class ShareOf(Instalment):
    """配当 to an instalment, yen."""

    premium: int = Field(ge=0, le=9_999_999_999)
    late_charge: int = Field(default=0, ge=0, le=9_999_999_999)


class NextStep(Acting):
    """The next step. `amount`: yen, where something was converted; `shares` and `surplus` (残余金, given back) where it is distributed."""

    step: Literal["investigate", "seize", "convert", "distribute", "release", "withdraw", "end"]
    amount: int | None = Field(default=None, ge=1, le=9_999_999_999)
    shares: list[ShareOf] = Field(default_factory=list, max_length=40)
    surplus: int = Field(default=0, ge=0, le=9_999_999_999)


@router.get("/collection-officers/{municipality_code}")
async def officers(municipality_code: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """徴税吏員 of a municipality, and until when."""
    require_own(who, municipality_code)
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await enforcements.officers(await driver(uow.connection), municipality_code)


@router.post("/collection-officers/{municipality_code}", status_code=201)
async def appoint(municipality_code: str, form: Appointment, request: Request, who: Appointing) -> dict[str, Any]:
    """徴税吏員の任命 by the manager of the municipality, never of oneself; sent again, it changes nothing."""
    require_own(who, municipality_code)
    if form.user_name == who.user:
        raise Problem(409, "KOKI-C128", "自分を徴税吏員にすることはできません。", "別の管理者が登録してください。")
    async with runtime_of(request).units.open() as uow:
        await enforcements.appoint(
            await driver(uow.connection), municipality_code, form.user_name, name=form.name,
            certificate_number=form.certificate_number, first=form.valid_from, last=form.valid_until,
        )  # fmt: skip
    return form.model_dump(mode="json")


@router.get(_PERSON)
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Clerk) -> list[dict[str, Any]]:
    """The cases of a person, the newest first, with every step and its officer."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await enforcements.of_person(await driver(uow.connection), (municipality_code, resident_number))
    for case in found:
        case["state_term"] = STATE_TERMS[State(case["state"])]
        case["steps"] = [step | {"term": STEP_TERMS[Step(step["step"])]} for step in case["steps"]]
    return found


@router.post(_PERSON, status_code=201)
async def open_case(
    municipality_code: str, resident_number: str, form: Opening, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """滞納処分の開始: the search for what somebody owns begins, for instalments that were demanded in vain."""
    person = (municipality_code, resident_number)
    keys = list(dict.fromkeys(one.key for one in form.instalments))

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        officer = await _officer(uow, who, municipality_code, form.on)
        await _require_seizable(uow, person, keys)
        taken = Taken(Step.OPEN, form.on, form.what, None, form.document_title, form.document_reference)
        return {"enforcement_id": str(await enforcements.open_case(uow, person, keys, officer, taken))}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


@router.post(_PERSON + "/{enforcement_id}/steps", status_code=201)
async def take_step(
    municipality_code: str, resident_number: str, enforcement_id: UUID, form: NextStep, request: Request, who: Clerk, idempotency_key: Key
) -> dict[str, Any]:
    """The next step of a case. A distribution enters its yen into the ledger in the same transaction."""
    person, step = (municipality_code, resident_number), Step(form.step)

    async def act(uow: UnitOfWork, known: Recipient) -> dict[str, Any]:
        officer = await _officer(uow, who, municipality_code, form.on)
        raw = await driver(uow.connection)
        found = await enforcements.find(raw, enforcement_id, person)
        if found is None:
            raise Problem(404, *NOT_FOUND, detail="この方の滞納処分はありません。")
        before, keys, converted, last = found
        try:
            state = after(before, step)
        except OutOfTurn as error:
            raise Problem(409, *_CANNOT, detail=f"「{STATE_TERMS[before]}」のときに「{STEP_TERMS[step]}」はできません。") from error
        if form.on < last:
            raise Problem(409, *_CANNOT, detail=f"前の段階の日({last})より前の日は登録できません。")
        amount = sum(share.premium + share.late_charge for share in form.shares) or None if step is Step.DISTRIBUTE else form.amount
        if (step in NEEDS_AMOUNT) != (amount is not None):
            raise Problem(422, "KOKI-C129", "金額の入力に誤りがあります。", "金額は、換価・取立と配当のときにだけ入れてください。")
        if step is Step.SEIZE:
            await _require_seizable(uow, person, keys)
        if step is Step.DISTRIBUTE:
            shares = [Share(share.key, share.premium, share.late_charge) for share in form.shares]
            await _distribute(uow, enforcement_id, keys, converted, shares, form)
        what = f"{form.what}（残余金 {form.surplus:,}円を交付）" if form.surplus else form.what
        taken = Taken(step, form.on, what, amount, form.document_title, form.document_reference)
        await enforcements.keep(uow, enforcement_id, municipality_code, officer, taken, state)
        return {"enforcement_id": str(enforcement_id), "state": state.value, "term": STATE_TERMS[state]}

    return await carried_out(request, who, person, idempotency_key, form, recipients.known, act)


async def _officer(uow: UnitOfWork, who: Principal, municipality_code: str, on: date) -> Officer:
    """The appointment under which the asker acts. Refused without one that holds on the day of the step and today."""
    raw = await driver(uow.connection)
    found = await enforcements.officer(raw, municipality_code, who.user, on)
    today = await enforcements.officer(raw, municipality_code, who.user, uow.today)
    if found is None or today is None or on > uow.today:
        detail = "この市区町村の徴税吏員に任命されている日の処分だけを、任命されている間に登録できます。"
        raise Problem(403, "KOKI-C130", "徴税吏員の権限がありません。", detail)
    return found


async def _require_seizable(uow: UnitOfWork, person: tuple[str, str], keys: list[ClaimKey]) -> None:
    raw = await driver(uow.connection)
    running = await running_of(raw, keys, uow.today)
    of_person = [
        running[key]
        for key in keys
        if key in running and (running[key].claim.municipality_code, running[key].claim.resident_number) == person
    ]
    if len(of_person) != len(keys):
        raise Problem(409, *_CANNOT, detail="この方の期別ではないものがあります。")
    demanded, promised = await reminders.demanded(raw, person, on=uow.today), await reminders.promised(raw, person)
    if wrong := faults_of_seizure(of_person, demanded=demanded, promised=promised, on=uow.today):
        raise Problem(409, *_CANNOT, detail="　".join(wrong))


async def _distribute(uow: UnitOfWork, case: UUID, keys: list[ClaimKey], converted: int, shares: list[Share], form: NextStep) -> None:
    raw = await driver(uow.connection)
    await arrears.lock(raw, [key[0] for key in keys])
    claims = await arrears.of_keys(raw, keys)
    unpaid = {key: claim.unpaid_on(date.max) for key, claim in claims.items()}
    if wrong := faults_of_distribution(converted, shares, form.surplus, unpaid):
        raise Problem(409, *_CANNOT, detail="　".join(wrong))
    entries = [
        Entry(
            transaction_id=case,
            debit=Account.CASH,
            credit=account,
            municipality_code=claims[share.key].municipality_code,
            amount=amount,
            paid_on=form.on,
            source=SOURCE,
            insured_id=share.key[0],
            fiscal_year=share.key[1],
            number=share.key[2],
        )
        for share in shares
        for account, amount in ((Account.RECEIVABLE, share.premium), (Account.LATE_CHARGE, share.late_charge))
        if amount
    ]
    await money.enter(raw, entries, today=uow.today)
    await arrears_reports.report(uow, list({key[0] for key in keys}))
