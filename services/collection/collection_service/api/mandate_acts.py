"""口座振替の登録・変更・終了: what a second officer reads, holds against the paper, and approves."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from chassis.approvals import Act, Approval
from chassis.database import driver
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from contracts.eras import format_day

from collection_service.domain.mandates import ACCOUNT_KINDS, Account
from collection_service.store import mandates

GIVEN, ENDED = "mandate_given", "mandate_ended"
_OFFICERS: Final = frozenset({"window_clerk", "municipal_manager", "union_staff"})


def account_of(content: dict[str, Any]) -> Account:
    """The account of an act."""
    return Account(**{name: content[name] for name in ("bank_code", "branch_code", "account_kind", "account_number", "holder_kana")})


def shown_given(asked: Approval) -> dict[str, str]:
    """The account in full: the second officer holds each digit against the application."""
    content, account = asked.content, account_of(asked.content)
    return {
        "被保険者": content["name"],
        "金融機関": f"{content['bank_name']}（{account.bank_code}）",
        "店舗": f"{content['branch_name']}（{account.branch_code}）",
        "口座": f"{ACCOUNT_KINDS[account.account_kind]} {account.account_number}",
        "口座名義人": account.holder_kana,
        "申込日": format_day(date.fromisoformat(content["applied_on"])),
        "開始日": format_day(date.fromisoformat(content["since"])),
        "いまの口座": content["before"] or "なし",
    }


def shown_ended(asked: Approval) -> dict[str, str]:
    """Which account is not used any more, and from when."""
    content = asked.content
    return {"被保険者": content["name"], "口座": content["before"], "最後の日": format_day(date.fromisoformat(content["last_day"]))}


async def give(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: the account is used from its first day on."""
    content, number = asked.content, asked.resident_number
    assert number is not None, "a mandate concerns a resident"
    since = max(date.fromisoformat(content["since"]), uow.today)
    try:
        mandate_id = await mandates.give(
            await driver(uow.connection), asked.municipality_code, number, account_of(content), since=since,
            applied_on=date.fromisoformat(content["applied_on"]), approval_id=asked.approval_id,
        )  # fmt: skip
    except mandates.MandateLater as error:
        raise Problem(409, "KOKI-C083", "この日以後に始まる口座があります。", "差し戻して、口座の一覧を確かめてください。") from error
    return {"mandate_id": str(mandate_id), "since": since.isoformat()}


async def end(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: nothing is taken from the account after its last day."""
    assert asked.resident_number is not None, "a mandate concerns a resident"
    raw, last_day = await driver(uow.connection), date.fromisoformat(asked.content["last_day"])
    if not await mandates.end(raw, asked.municipality_code, asked.resident_number, last_day=last_day, because=asked.reason):
        raise Problem(409, "KOKI-C084", "この日に使われている口座がありません。", "差し戻して、口座の一覧を確かめてください。")
    return {"last_day": last_day.isoformat()}


ACTS: Final[dict[str, Act]] = {
    GIVEN: Act("口座振替の登録・変更", _OFFICERS, shown_given, give),
    ENDED: Act("口座振替の終了", _OFFICERS, shown_ended, end),
}
