"""減免・徴収猶予の決定: what a second officer approves, worked out when it is proposed and again when it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.approvals import Approval
from chassis.commands import Command
from chassis.law import FiscalYear
from chassis.problems import NOT_FOUND, Problem
from chassis.unit_of_work import UnitOfWork
from contracts.eras import format_day
from pydantic import Field

from premium_service import settings
from premium_service.domain import applications as domain
from premium_service.domain.remission_packs import Grant, NotGranted, deferral_months, grant_of, packs_of
from premium_service.store import applications, deferrals, remissions

REVOKE: Final = "application_revoked"
TERMS: Final = {
    "remission_granted": "保険料の減免の決定",
    "remission_refused": "保険料の減免の却下",
    "deferral_granted": "保険料の徴収猶予の決定",
    "deferral_refused": "保険料の徴収猶予の却下",
    REVOKE: "減免・徴収猶予の取消し",
}
_CANNOT = ("KOKI-P043", "この内容では決定できません。")
_CHANGED = ("KOKI-P044", "申請したときから、保険料か申請の状態が変わっています。")


class Revocation(Command):
    """Why a decision is taken back."""

    reason: str = Field(min_length=1, max_length=120)


def act_of(kind: str, *, grant: bool) -> str:
    return f"{kind}_{'granted' if grant else 'refused'}"


async def worked_out(uow: UnitOfWork, application: Mapping[str, Any], given: Mapping[str, Any], union: str) -> dict[str, str]:
    """What a grant would do today, Japanese term → text; a Problem where it cannot be granted."""
    if application["kind"] == "deferral":
        return _deferred(application, union)
    grant, premium, share = await _remitted(uow, application, given, union)
    others = await remissions.remitted_now(uow, application["insured_id"], application["fiscal_year"])
    left = max(0, premium["annual_amount"] - others - share.amount)
    base = "所得割額（年額）" if grant.of == "income_levy" else "年間保険料額"
    whole = f"{premium['income_levy']:,}円" if grant.of == "income_levy" else f"{premium['annual_amount']:,}円"
    months = f"{share.months}か月/{12 if grant.of == 'income_levy' else premium['months']}か月"
    return {
        "減免の割合": f"{base}の{_share(grant)}",
        "減免する月": f"{format_day(grant.first).removesuffix('1日')}から（賦課月のうち{share.months}か月）",
        "年間保険料額": f"{premium['annual_amount']:,}円",
        "減免額": f"{share.amount:,}円（{whole}×{months}×{_share(grant)}、減免後の{grant.unit:,}円未満は切捨て）",
        "減免後の年額": f"{left:,}円",
        "根拠": f"{grant.authority}（{grant.law}）",
    }


def _share(grant: Grant) -> str:
    found = grant.share.fraction
    return "全部" if found == 1 else f"{found.numerator:,}/{found.denominator:,}"


async def _remitted(
    uow: UnitOfWork, application: Mapping[str, Any], given: Mapping[str, Any], union: str
) -> tuple[Grant, dict[str, Any], remissions.Share]:
    content, year = application["content"], FiscalYear(int(application["fiscal_year"]))
    pack = packs_of(union).get(content["pack"])
    if pack is None:
        raise Problem(409, *_CANNOT, detail="申請のときの減免の基準が、登録されていません。")
    premium = await remissions.premium_in_force(uow, application["insured_id"], year.year)
    if premium is None:
        raise Problem(409, *_CANNOT, detail="この年度の保険料が、まだ決定していません。")
    incomes = None
    if content.get("previous_income") is not None and content.get("expected_income") is not None:
        incomes = int(content["previous_income"]), int(content["expected_income"])
    try:
        grant = grant_of(
            pack, degree=content["degree"], applied_on=application["applied_on"],
            happened_on=date.fromisoformat(content["happened_on"]), fiscal_year=year, incomes=incomes, stated=_stated(given),
        )  # fmt: skip
    except NotGranted as refused:
        raise Problem(409, *_CANNOT, detail=refused.message_ja) from refused
    return grant, premium, remissions.preview(grant, premium, year.year)


def _stated(given: Mapping[str, Any]) -> tuple[date, date] | None:
    """First month and the one after the last, of the months that an officer has stated."""
    if not given.get("stated"):
        return None
    first, last = (date.fromisoformat(day).replace(day=1) for day in given["stated"])
    return first, domain.later(last, 1)


def _deferred(application: Mapping[str, Any], union: str) -> dict[str, str]:
    content = application["content"]
    until = date.fromisoformat(content["until"])
    if wrong := domain.faults_of_deferral(content["instalments"], until, months_at_most=deferral_months(union)):
        raise Problem(409, *_CANNOT, detail="　".join(wrong))
    return {"猶予する期限": format_day(until), "根拠": "後期高齢者医療に関する条例（徴収猶予）（高齢者の医療の確保に関する法律 第111条）"}


def shown(asked: Approval) -> dict[str, str]:
    """What the second officer reads: the application, and what the decision does."""
    content = asked.content
    about = {"被保険者": f"{content['name']}（被保険者番号 {content['insured_number']}）"} if "name" in content else {}
    return {**about, **dict(content["shown"])}


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: the decision is kept, and what it does to the premium is worked out once more; a difference needs a new proposal."""
    application = await applications.find(uow, UUID(asked.content["application_id"]), lock=True)
    if application is None:
        raise Problem(404, *NOT_FOUND)
    union = settings.current().union
    granted = bool(asked.content["grant"])
    decision: dict[str, Any] = {"grant": granted, "reason": asked.reason, "shown": dict(asked.content["shown"])}
    if granted:
        now = await worked_out(uow, application, asked.content, union)
        if any(decision["shown"].get(term) != text for term, text in now.items()):
            raise Problem(409, *_CHANGED, detail="差し戻して、もう一度決定の内容を確かめてください。")
        decision |= await _granted(uow, application, asked, union)
    if not await applications.decide(uow, application["application_id"], "granted" if granted else "refused", decision, asked.approval_id):
        raise Problem(409, *_CHANGED)
    return {"application_id": str(application["application_id"])}


async def _granted(uow: UnitOfWork, application: dict[str, Any], asked: Approval, union: str) -> dict[str, Any]:
    if application["kind"] == "deferral":
        until = date.fromisoformat(application["content"]["until"])
        await deferrals.change(uow, application, {int(one["number"]): until for one in application["content"]["instalments"]})
        return {}
    grant, premium, share = await _remitted(uow, application, asked.content, union)
    if not await remissions.keep(uow, application, grant):
        raise Problem(409, *_CANNOT, detail="減免する月の一部が、ほかの決定ですでに減免されています。")
    total = (await remissions.follow(uow, application["fiscal_year"], [application["insured_id"]]))[application["insured_id"]]
    return {
        "annual_amount": premium["annual_amount"],
        "remitted_amount": share.amount,
        "left_amount": premium["annual_amount"] - total,
        "assessment_id": str(premium["assessment_id"]),
    }


async def revoke(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: nothing is remitted or deferred by this application any more."""
    application = await applications.find(uow, UUID(asked.content["application_id"]), lock=True)
    if application is None or application["state"] != "granted":
        raise Problem(409, *_CHANGED)
    if application["kind"] == "remission":
        await remissions.revoke(uow, application["application_id"])
        await remissions.follow(uow, application["fiscal_year"], [application["insured_id"]])
    else:
        await deferrals.change(uow, application, {int(one["number"]): None for one in application["content"]["instalments"]})
    decision = {**application["decision"], "revoked_because": asked.reason}
    kept = await applications.decide(uow, application["application_id"], "revoked", decision, asked.approval_id, before=("granted",))
    assert kept, "locked above"
    return {"application_id": str(application["application_id"])}
