"""What a clerk sees of a case of 過誤納: its age, where it stands, what is to be done next and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.database import driver
from chassis.unit_of_work import UnitOfWork

from collection_service.api import refund_deciding
from collection_service.domain.refund_case import Case
from collection_service.domain.refund_states import next_step, state_of
from collection_service.domain.refunds import Occasion, Part, RefundKind
from collection_service.store import refund_cases, refund_payees, refunds


async def worklist_row(uow: UnitOfWork, case: Case, decisions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A line of the worklist. `limit_on`: the first day on which some of it can be claimed no more; `days_left` until then."""
    parts = await refund_deciding.parts(uow, case) if case.overpaid else []
    steps = [next_step(one, has_died=case.has_died, today=uow.today) for one in decisions]
    undecided = [_undecided(part) for part in parts]
    limits = [part.limit_on for part in parts if part.limit_on] + [one["limit_on"] for one in decisions if _waits(one) and one["limit_on"]]
    limit_on = min(limits, default=None)
    return {
        "case_id": case.case_id,
        "municipality_code": case.municipality_code,
        "resident_number": case.resident_number,
        "insured_number": case.insured_number,
        "name": case.addressee.name if case.addressee else None,
        "fiscal_year": case.fiscal_year,
        "found_on": case.found_on,
        "age_days": (uow.today - case.found_on).days,
        "overpaid": case.overpaid,
        "payable": case.payable,
        "occasions": list(dict.fromkeys(part.occasion.term for part in parts)),
        "next": list(dict.fromkeys(step for step in (*undecided, *steps) if step)),
        "limit_on": limit_on,
        "days_left": (limit_on - uow.today).days if limit_on else None,
        "has_died": case.has_died,
    }


async def case_shown(uow: UnitOfWork, case: Case) -> dict[str, Any]:
    """A case with the payments and debts behind it and its decisions."""
    raw = await driver(uow.connection)
    found = await refund_cases.overpayment_of(raw, case, today=uow.today)
    parts = await refund_deciding.parts(uow, case) if case.overpaid else []
    decisions = await refunds.of_cases(raw, [case.case_id])
    uses = await refunds.uses_of(raw, [one["decision_id"] for one in decisions])
    representative = await refund_payees.representative_of(raw, case.insured_id)
    return {
        **await worklist_row(uow, case, decisions),
        "closed_on": case.closed_on,
        "parts": [_part(part) for part in parts],
        "debts": [
            {"fiscal_year": debt.fiscal_year, "number": debt.number, "due_on": debt.due_on, "unpaid": debt.unpaid} for debt in found.debts
        ],
        "decisions": [_decision(one, uses, has_died=case.has_died, today=uow.today) for one in decisions],
        "representative": representative and {name: representative[name] for name in ("name", "relationship", "confirmed_on")},
    }


def _waits(decision: dict[str, Any]) -> bool:
    return decision["payee"] is not None and decision["paid_on"] is None and decision["taken_back_on"] is None


def _undecided(part: Part) -> str:
    return {
        RefundKind.REFUND: "還付・充当の決定",
        RefundKind.SPECIAL_REFUND: "特別返還金の決定（還付の時効が過ぎています）",
        RefundKind.EXTINCTION: "時効を過ぎた過誤納の確認",
        RefundKind.PENSION_RETURN: "年金保険者への返納の決定",
    }[part.kind]


def _part(part: Part) -> dict[str, Any]:
    return {
        "paid_on": part.payment.paid_on,
        "source": part.payment.source,
        "amount": part.amount,
        "occasion": part.occasion.term,
        "arose_on": part.arose_on,
        "limit_on": part.limit_on,
        "kind": part.kind,
        "kind_term": part.kind.term,
    }


def _decision(one: dict[str, Any], uses: Sequence[dict[str, Any]], *, has_died: bool, today: date) -> dict[str, Any]:
    names = (
        "decision_id", "kind", "fiscal_year", "legal_basis", "amount", "refund_addition", "payee", "payer_name", "decided_on", "limit_on",
        "claim_code", "notified_on", "document_sha256", "account_on", "pay_on", "payment_reason", "paid_on", "taken_back_on",
    )  # fmt: skip
    return {
        **{name: one[name] for name in names},
        "kind_term": RefundKind(one["kind"]).term,
        "occasion": Occasion(one["occasion"]).term,
        "state": state_of(one),
        "next": next_step(one, has_died=has_died, today=today),
        "uses": [
            {name: use[name] for name in ("fiscal_year", "number", "amount", "as_of")}
            for use in uses
            if use["decision_id"] == one["decision_id"]
        ],
    }
