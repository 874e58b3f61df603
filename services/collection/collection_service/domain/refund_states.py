"""還付の進み具合: where a decision stands, and what somebody must do next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from collection_service.domain.refunds import Payee, RefundKind


def state_of(decision: Mapping[str, Any], *, on: date = date.max) -> str:
    """Where a decision stood at the end of a day, in Japanese; `decision` is a row of store.refunds.DECISIONS."""
    if _until(decision["taken_back_on"], on):
        return "取消し"
    if decision["payee"] is None:
        return "充当済" if decision["kind"] == RefundKind.APPROPRIATION else "収入済"
    if _until(decision["ordered_on"], on):
        was_paid = decision["payment_state"] == "paid" or decision["returned_on"] is not None
        failed = _until(decision["returned_on"], on) or (not was_paid and _until(decision["result_on"], on))
        if failed:
            return "口座確認済" if _until(decision["account_on"], on) else "振込不能"
        return "支払済" if was_paid and _until(decision["result_on"], on) else "振込手続中"
    if _until(decision["account_on"], on):
        return "口座確認済"
    if _until(decision["notified_on"], on):
        return "請求待ち"
    return "通知前"


def next_step(decision: Mapping[str, Any], *, has_died: bool, today: date) -> str | None:
    """What is to be done with a decision, in Japanese; None where nothing is."""
    state = state_of(decision)
    if state in ("取消し", "充当済", "収入済", "支払済"):
        return None
    if state == "振込手続中":
        return "振込結果の登録"
    if has_died and decision["payee"] == Payee.INSURED:
        return "相続人代表者の登録（被保険者が亡くなっています）"
    if decision["limit_on"] is not None and decision["limit_on"] <= today:
        return "時効を過ぎた還付の確認（決定を取り消し、特別返還金または収入とする）"
    if state == "振込不能":
        return "口座の確かめ直し（前回の振込不能）"
    if state == "口座確認済":
        return "支払い" if decision["account_payee"] == decision["payee"] else "口座の登録（受け取る人が変わりました）"
    if state == "請求待ち":
        return "請求書の受付（口座の登録）"
    return "口座の登録" if decision["payee"] == Payee.PENSION_PAYER else "通知書の作成"


def _until(day: date | None, on: date) -> bool:
    return day is not None and day <= on
