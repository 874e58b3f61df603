"""還付の通知と受け取る人: the notice with its claim, the account that the claim names, and the representative of the heirs."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, Literal
from uuid import UUID

import obstore
from chassis.commands import Clerk, Command, Key
from chassis.database import driver
from chassis.problems import NOT_FOUND, Problem
from chassis.web import once, runtime_of, stored_file
from contracts.primitives import PostalCode
from fastapi import APIRouter, Request, Response
from pydantic import Field

from collection_service.api import refund_acts
from collection_service.api.refund_asking import ask, require_none_waiting, required_case, required_decision
from collection_service.documents.demands import CannotBeSent
from collection_service.documents.refund_letters import claim_code, notice_pdf
from collection_service.domain.refund_payees import ACCOUNT_TYPES, DOCUMENTS, documents_missing
from collection_service.domain.refunding import limit_of
from collection_service.domain.refunds import Payee, RefundKind
from collection_service.law.limitation import limitation_law
from collection_service.store import refund_payees, refunds

router = APIRouter(tags=["refunds"])
FOLDER = "collection/refund-notices"
_NO_NOTICE = ("KOKI-C145", "通知書を作成できません。")
_CODE = ("KOKI-C146", "請求書の通知番号が、この還付のものと違います。")
_ACCOUNT = ("KOKI-C147", "口座を登録できません。")
_HEIR = ("KOKI-C148", "相続人代表者を登録できません。")
KANA = r"^[ｱ-ﾟァ-ヶーｰA-Z0-9０-９Ａ-Ｚ .()\-（）．－　]+$"


class Account(Command):
    """振込口座 as it stands on the claim. `claim_code`: the number on the claim, empty for a pension payer, who sends none."""

    claim_code: str = Field(default="", pattern=r"^(R\d{7}-\d)?$")
    bank_code: str = Field(pattern=r"^\d{4}$")
    bank_name: str = Field(min_length=1, max_length=30)
    branch_code: str = Field(pattern=r"^\d{3}$")
    branch_name: str = Field(min_length=1, max_length=30)
    account_type: Literal[1, 2, 4]
    account_number: str = Field(pattern=r"^\d{7}$")
    holder_kana: str = Field(min_length=1, max_length=30, pattern=KANA)


class Representative(Command):
    """相続人代表者, with what a clerk has seen (`DOCUMENTS`)."""

    name: str = Field(min_length=1, max_length=40)
    relationship: str = Field(min_length=1, max_length=20)
    postal_code: PostalCode
    address: list[str] = Field(min_length=1, max_length=4)
    documents: list[str] = Field(min_length=1, max_length=len(DOCUMENTS))


@router.post("/refund-decisions/{decision_id}/notice", status_code=201)
async def issue_notice(decision_id: UUID, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """通知書の作成, of everything that was decided at once; again after a change of the payee, with a new number."""
    runtime = runtime_of(request)
    async with runtime.units.open() as uow:
        decision, case = await required_decision(uow, decision_id, who)

        async def act() -> dict[str, Any]:
            raw = await driver(uow.connection)
            decisions = [one for one in await refunds.of_approval(raw, decision["approval_id"]) if one["taken_back_on"] is None]
            if not decisions or decision["kind"] in (RefundKind.PENSION_RETURN, RefundKind.EXTINCTION) or decision["paid_on"] is not None:
                raise Problem(409, *_NO_NOTICE, detail="通知書のない決定か、取り消し済み、または支払済みです。")
            code = claim_code(await refunds.next_claim_number(raw))
            pays = any(one["kind"] == RefundKind.REFUND for one in decisions)
            limit_on = limit_of(uow.today, limitation_law(uow.today)) if pays else None
            uses = await refunds.uses_of(raw, [one["decision_id"] for one in decisions])
            representative = await refund_payees.representative_of(raw, case.insured_id)
            try:
                pdf = await asyncio.to_thread(
                    notice_pdf, case, decisions, uses, representative,
                    code=code, union=runtime.settings.union, limit_on=limit_on, issued_on=uow.today,
                )  # fmt: skip
            except CannotBeSent as reason:
                raise Problem(422, *_NO_NOTICE, detail=str(reason)) from reason
            sha256 = hashlib.sha256(pdf).hexdigest()
            await obstore.put_async(uow.store, f"{FOLDER}/{sha256}.pdf", pdf)
            ids = [one["decision_id"] for one in decisions]
            by_hand = case.addressee is not None and case.addressee.by_hand and not case.has_died
            await refunds.notify(raw, ids, code, sha256, by_hand=by_hand, limit_on=limit_on, on=uow.today)
            return {"claim_code": code, "document_sha256": sha256}

        return await once(uow, who, idempotency_key, request.url.path.encode(), act)


@router.get("/refund-decisions/{decision_id}/notice", response_class=Response)
async def notice(decision_id: UUID, request: Request, who: Clerk) -> Response:
    """The last notice of a decision, as it was made."""
    runtime = runtime_of(request)
    async with runtime.units.open(seen_by=who) as uow:
        decision, case = await required_decision(uow, decision_id, who)
    sha256 = decision["document_sha256"]
    if sha256 is None:
        raise Problem(404, *NOT_FOUND, detail="通知書は、まだ作成していません。")
    if case.addressee is not None and case.addressee.by_hand and not case.has_died and not decision["by_hand"]:
        raise Problem(409, "KOKI-C003", "支援措置により表示できません。", "住所を書いた通知書のため、開けません。")
    return await stored_file(runtime, f"{FOLDER}/{sha256}.pdf", sha256)


@router.post("/refund-decisions/{decision_id}/account", status_code=201)
async def give_account(decision_id: UUID, account: Account, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """口座の登録: what a clerk reads from the claim; a second officer confirms it against the paper."""
    async with runtime_of(request).units.open() as uow:
        decision, case = await required_decision(uow, decision_id, who)

        async def act() -> dict[str, Any]:
            if decision["payee"] is None or decision["taken_back_on"] or decision["payment_state"] in ("planned", "ordered", "paid"):
                raise Problem(409, *_ACCOUNT, detail="支払いのない決定か、すでに支払いの手続に入っています。")
            if decision["payee"] == Payee.INSURED and case.has_died:
                raise Problem(409, *_ACCOUNT, detail="被保険者が亡くなっています。相続人代表者を登録し、請求書を受け取ってください。")
            if decision["payee"] != Payee.PENSION_PAYER and account.claim_code != decision["claim_code"]:
                raise Problem(422, *_CODE, detail="請求書に印字された通知番号と、画面の被保険者を確かめてください。")
            await require_none_waiting(uow, "decision_id", decision_id)
            shown = {
                "被保険者": case.addressee.name if case.addressee else "",
                "受け取る人": decision["payer_name"] or Payee(decision["payee"]).term,
                "通知番号": account.claim_code or "なし",
                "支払う額": f"{decision['amount'] + decision['refund_addition']:,}円",
                "金融機関": f"{account.bank_name}（{account.bank_code}）",
                "支店": f"{account.branch_name}（{account.branch_code}）",
                "口座": f"{ACCOUNT_TYPES[account.account_type]} {account.account_number}",
                "口座名義": account.holder_kana,
            }
            content = {"decision_id": str(decision_id), "account": account.model_dump(exclude={"claim_code"}), "shown": list(shown.items())}
            return await ask(uow, refund_acts.ACCOUNT, case, content, "請求書による口座の登録", who)

        return await once(uow, who, idempotency_key, f"{request.url.path} {account.model_dump_json()}".encode(), act)


@router.post("/refund-cases/{case_id}/representative", status_code=201)
async def name_representative(case_id: UUID, given: Representative, request: Request, who: Clerk, idempotency_key: Key) -> dict[str, Any]:
    """相続人代表者の登録: only of somebody who has died, and only with the papers that show it."""
    async with runtime_of(request).units.open() as uow:
        case = await required_case(uow, case_id, who)

        async def act() -> dict[str, Any]:
            if not case.has_died:
                raise Problem(409, *_HEIR, detail="住民情報では、被保険者は亡くなっていません。")
            if strange := sorted(set(given.documents) - DOCUMENTS.keys()):
                raise Problem(422, *_HEIR, detail=f"書類の種類が正しくありません（{'、'.join(strange)}）。")
            if missing := documents_missing(given.documents):
                raise Problem(422, *_HEIR, detail=f"次の書類を確かめてください: {'、'.join(missing)}")
            await require_none_waiting(uow, "representative_of", case.insured_id)
            shown = {
                "被保険者": case.addressee.name if case.addressee else "",
                "相続人代表者": f"{given.name}（{given.relationship}）",
                "送付先": f"〒{given.postal_code} {' '.join(given.address)}",
                "確かめた書類": "、".join(DOCUMENTS[name] for name in given.documents),
            }
            content = {
                "insured_id": str(case.insured_id), "representative_of": str(case.insured_id),
                "representative": given.model_dump(), "shown": list(shown.items()),
            }  # fmt: skip
            return await ask(uow, refund_acts.REPRESENTATIVE, case, content, "相続人代表者指定届による", who)

        return await once(uow, who, idempotency_key, f"{request.url.path} {given.model_dump_json()}".encode(), act)
