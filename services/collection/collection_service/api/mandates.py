"""口座振替の登録: what a clerk sees (numbers masked), and what a clerk puts before a second officer."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from chassis import approvals
from chassis.commands import Clerk, Command, Key, carried_out
from chassis.database import driver
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from chassis.web import Asking, runtime_of
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from collection_service.api import mandate_acts as acts
from collection_service.domain.mandates import ACCOUNT_KINDS, HolderUnwritable, holder_kana
from collection_service.store import bank_branches, mandates
from collection_service.store.addressing import Known, known

router = APIRouter(tags=["mandates"])


class Shown(BaseModel):
    """A mandate on a screen: of the account number the last three digits."""

    mandate_id: UUID
    bank: str
    branch: str
    account_kind: str
    account_number: str
    holder_kana: str
    since: date | None
    until: date | None
    applied_on: date
    origin: str
    asked_by: str | None
    confirmed_by: str | None
    ended_because: str | None


class Given(Command):
    """口座振替依頼書: the account, when the resident has asked, and from when it is used."""

    bank_code: str = Field(pattern=r"^[0-9]{4}$")
    branch_code: str = Field(pattern=r"^[0-9]{3}$")
    account_kind: Literal["1", "2", "4", "9"]
    account_number: str = Field(pattern=r"^[0-9]{7}$")
    holder: str = Field(min_length=1, max_length=60)
    applied_on: date
    since: date


class Ended(Command):
    """From which account nothing is taken after `last_day`, and why."""

    last_day: date
    reason: str = Field(min_length=1, max_length=120)


@router.get("/people/{municipality_code}/{resident_number}/mandates")
async def of_person(municipality_code: str, resident_number: str, request: Request, who: Asking) -> list[Shown]:
    """Every mandate of a resident, the newest first; nothing for somebody whom the asker may not see."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await mandates.of_person(await driver(uow.connection), municipality_code, resident_number)
    return [_shown(one) for one in found]


@router.post("/people/{municipality_code}/{resident_number}/mandates", status_code=202)
async def give(municipality_code: str, resident_number: str, command: Given, request: Request, who: Clerk, key: Key) -> dict[str, Any]:
    """Ask for another account, or a first one; it is used only after a second officer has approved it."""

    async def act(uow: UnitOfWork, resident: Known) -> dict[str, Any]:
        if not command.applied_on <= uow.today <= command.since:
            raise Problem(422, "KOKI-C080", "日付の順が正しくありません。", "申込日は今日まで、開始日は今日からの日付で入れてください。")
        raw = await driver(uow.connection)
        names = await bank_branches.names_of(raw, command.bank_code, command.branch_code)
        if names is None:
            raise Problem(422, "KOKI-C081", "この番号の店舗はありません。", "通帳の金融機関コードと店番号を確かめてください。")
        try:
            kana = holder_kana(command.holder)
        except HolderUnwritable as error:
            raise Problem(422, "KOKI-C082", "口座名義人を読めません。", str(error)) from error
        content = {
            **command.model_dump(mode="json", exclude={"holder"}), "holder_kana": kana, "bank_name": names[0], "branch_name": names[1],
            "name": resident.name, "before": await _before(uow, resident),
        }  # fmt: skip
        return await _asked(uow, acts.GIVEN, resident, content, "口座振替依頼書による登録", who.user)

    return await carried_out(request, who, (municipality_code, resident_number), key, command, known, act)


@router.post("/people/{municipality_code}/{resident_number}/mandates/end", status_code=202)
async def end(municipality_code: str, resident_number: str, command: Ended, request: Request, who: Clerk, key: Key) -> dict[str, Any]:
    """Ask that nothing be taken from the account any more after a day; a second officer approves it."""

    async def act(uow: UnitOfWork, resident: Known) -> dict[str, Any]:
        before = await _before(uow, resident)
        if not before or command.last_day < uow.today:
            raise Problem(422, "KOKI-C085", "終了できる口座がありません。", "いまの口座と、今日からの日付を確かめてください。")
        content = {"last_day": command.last_day.isoformat(), "name": resident.name, "before": before}
        return await _asked(uow, acts.ENDED, resident, content, command.reason, who.user)

    return await carried_out(request, who, (municipality_code, resident_number), key, command, known, act)


async def _before(uow: UnitOfWork, resident: Known) -> str:
    """The account that is used now, masked; empty where there is none."""
    found = await mandates.of_person(await driver(uow.connection), *resident.person)
    holds = [one for one in found if one.since is not None and one.since <= uow.today and (one.until is None or one.until >= uow.today)]
    return " ".join((_place(holds[0]), ACCOUNT_KINDS[holds[0].account.account_kind], holds[0].account.masked)) if holds else ""


async def _asked(uow: UnitOfWork, act: str, resident: Known, content: dict[str, Any], reason: str, by: str) -> dict[str, Any]:
    code, number = resident.person
    asked = await approvals.ask(uow, act=act, municipality_code=code, resident_number=number, content=content, reason=reason, by=by)
    return {"approval_id": str(asked)}


def _place(one: mandates.Mandate) -> str:
    return f"{one.bank_name or one.account.bank_code} {one.branch_name or one.account.branch_code}"


def _shown(one: mandates.Mandate) -> Shown:
    account = one.account
    return Shown(
        mandate_id=one.mandate_id,
        bank=one.bank_name or account.bank_code,
        branch=one.branch_name or account.branch_code,
        account_kind=ACCOUNT_KINDS[account.account_kind],
        account_number=account.masked,
        holder_kana=account.holder_kana,
        since=one.since,
        until=one.until,
        applied_on=one.applied_on,
        origin=one.origin,
        asked_by=one.asked_by,
        confirmed_by=one.confirmed_by,
        ended_because=one.ended_because,
    )
