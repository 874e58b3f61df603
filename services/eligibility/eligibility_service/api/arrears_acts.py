"""What an approval of the union does after arrears: the remedy of the day's law, or a short-term card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.approvals import Approval
from chassis.problems import Problem
from chassis.process import OutOfTurn
from chassis.unit_of_work import UnitOfWork

from eligibility_service.documents.printing import print_one
from eligibility_service.domain.arrears import Approved, ShortTermApproved
from eligibility_service.rules.arrears import Remedy
from eligibility_service.store import arrears
from eligibility_service.store.needs import settings

_REMEDIES = {Remedy.STATUS_CERTIFICATE: "被保険者資格証明書の交付", Remedy.SPECIAL_MEDICAL: "特別療養費の支給"}


def shown(asked: Approval) -> dict[str, str]:
    """The act as the second officer reads it."""
    content = asked.content
    return {
        "措置": _REMEDIES[Remedy(content["remedy"])] if asked.act == "arrears_remedy" else "短期被保険者証の交付",
        "滞納額": f"{content['unpaid_amount']:,}円",
        "最も古い納期限": content["oldest_due_on"],
        "弁明": content["explanation"] or "なし",
    }


async def decide_remedy(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """The remedy that the law gives today; with a card in force its return is asked for."""
    insured_id = UUID(asked.content["insured_id"])
    remedy = arrears.remedy_today(uow)
    days = (await settings(uow)).card_return_days
    ends_on = await arrears.card_in_force(uow, insured_id)
    return_by = None if ends_on is None or days is None else uow.today + timedelta(days=days)
    await _step(uow, insured_id, Approved(uow.today, asked.approval_id, remedy, return_by, ends_on))
    return {"remedy": remedy, "return_by": return_by}


async def decide_short_term(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """A short-term card takes the place of the regular one."""
    insured_id = UUID(asked.content["insured_id"])
    await _step(uow, insured_id, ShortTermApproved(uow.today))
    return {"insured_id": insured_id}


async def _step(uow: UnitOfWork, insured_id: UUID, event: Any) -> None:
    try:
        await arrears.take_step(uow, insured_id, event, print_one)
    except OutOfTurn as error:
        detail = "申請の後に、納付や弁明で段階が変わりました。差し戻してください。"
        raise Problem(409, "KOKI-E048", "申請の後に段階が変わっています。", detail) from error
