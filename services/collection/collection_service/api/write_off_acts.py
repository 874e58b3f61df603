"""不納欠損: what the second officer reads, and what the approval does: the claim leaves the ledger's receivables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from asyncpg import Connection
from chassis.approvals import Act, Approval
from chassis.database import driver
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork
from contracts.eras import format_day

from collection_service import settings
from collection_service.documents.labels import claim_label
from collection_service.domain.arrears import ClaimKey
from collection_service.domain.limitations import Running, clocks
from collection_service.law import confirmed_on
from collection_service.store import arrears, arrears_reports, limitations, money
from collection_service.store.money import Account, Entry

WRITE_OFF: Final = "write_off"
DECIDERS: Final = frozenset({"municipal_manager", "union_staff"})
CANNOT: Final = ("KOKI-C123", "不納欠損にできない期別があります。")


async def running_of(raw: Connection[Any], keys: Sequence[ClaimKey], today: date) -> dict[ClaimKey, Running]:
    """The clocks of instalments as they stand."""
    claims = await arrears.of_keys(raw, keys)
    happened = await limitations.happened(raw, list(claims))
    confirmed = confirmed_on(today, sample=settings.current().sample_data)
    return {each.claim.key: each for each in clocks(claims.values(), happened, confirmed=confirmed)}


def faults(running: dict[ClaimKey, Running], keys: Sequence[ClaimKey], today: date) -> list[str]:
    """Why instalments cannot be written off, in Japanese: only what is extinct can, by numbers that somebody has confirmed."""
    found = []
    for key in keys:
        each = running.get(key)
        if each is None or not each.claim.unpaid_on(today):
            found.append(f"{key[1]}年度の{key[2]}番の期別は、未納ではありません。")
            continue
        label = claim_label(each.claim)
        if each.provisional:
            found.append(f"{label}: 時効の法定数値に、担当者が確認していないもの({'、'.join(each.provisional)})があります。")
        elif not each.limitation.is_complete(today):
            until = each.limitation.completes_on
            found.append(f"{label}: 時効は" + (f"{format_day(until)}に完成します。" if until else "差押えなどにより完成しません。"))
    return found


def content_of(running: dict[ClaimKey, Running], keys: Sequence[ClaimKey], name: str, today: date) -> dict[str, Any]:
    """What is asked for: each instalment with its yen, and the words for the second officer."""
    rows = [running[key] for key in keys]
    return {
        "instalments": [
            {"insured_id": str(key[0]), "fiscal_year": key[1], "number": key[2], "amount": running[key].claim.unpaid_on(today)}
            for key in keys
        ],
        "shown": {
            "被保険者": name,
            "不納欠損とする額": f"{sum(each.claim.unpaid_on(today) for each in rows):,}円",
            "期別": "　".join(
                f"{claim_label(each.claim)} {each.claim.unpaid_on(today):,}円（{_extinct(each)}に時効完成）" for each in rows
            ),
            "根拠": "時効の完成（高齢者の医療の確保に関する法律 第160条、地方自治法 第236条）",
        },
    }


def shown(asked: Approval) -> dict[str, str]:
    """What the second officer reads."""
    return dict(asked.content["shown"])


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: written off to the yen that was asked for; a payment or a renewal since then needs a new request."""
    raw = await driver(uow.connection)
    wanted = {(UUID(one["insured_id"]), one["fiscal_year"], one["number"]): one["amount"] for one in asked.content["instalments"]}
    await arrears.lock(raw, [key[0] for key in wanted])
    running = await running_of(raw, list(wanted), uow.today)
    wrong = faults(running, list(wanted), uow.today)
    changed = [key for key, amount in wanted.items() if key in running and running[key].claim.unpaid_on(uow.today) != amount]
    if wrong or changed:
        detail = "　".join(wrong) or "申請したときから未納額が変わっています。差し戻して、もう一度申請してください。"
        raise Problem(409, *CANNOT, detail=detail)
    entries = [
        Entry(
            transaction_id=asked.approval_id,
            debit=Account.WRITTEN_OFF,
            credit=Account.RECEIVABLE,
            municipality_code=running[key].claim.municipality_code,
            amount=amount,
            paid_on=uow.today,
            source=WRITE_OFF,
            insured_id=key[0],
            fiscal_year=key[1],
            number=key[2],
        )
        for key, amount in wanted.items()
    ]
    made = await money.enter(raw, entries, today=uow.today)
    for entry_id, (key, amount) in zip(made, wanted.items(), strict=True):
        extinct_on = running[key].limitation.completes_on
        assert extinct_on is not None, "it is complete"
        await limitations.keep_write_off(raw, entry_id, asked.approval_id, running[key].claim, amount, extinct_on, uow.today)
    await arrears_reports.report(uow, list({key[0] for key in wanted}))
    return {"written_off": sum(wanted.values())}


def _extinct(each: Running) -> str:
    assert each.limitation.completes_on is not None, "only what is extinct is asked for"
    return format_day(each.limitation.completes_on)


ACTS: Final[dict[str, Act]] = {WRITE_OFF: Act("不納欠損", DECIDERS, shown, carry_out)}
