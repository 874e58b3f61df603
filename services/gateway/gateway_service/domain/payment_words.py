"""The words in which the screens show the entries of the ledger of money. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SOURCES: Final = {
    "counter": "窓口",
    "bank": "金融機関",
    "convenience": "コンビニ",
    "pension": "年金",
    "transfer": "口座振替",
    "assessment": "賦課の変更",
    "appropriation": "充当の決定",
    "refund": "還付の決定",
    "special_refund": "特別返還金の決定",
    "pension_return": "年金保険者への返納",
    "extinction": "時効",
    "refund_payment": "還付金の振込",
    "taken_back": "決定の取消し",
}
AXES: Final = {"paid_on": "収納日", "entered_on": "記帳日"}
_MOVES: Final = {
    ("cash", "receivable"): "収納",
    ("cash", "overpaid"): "納めすぎ（過誤納）",
    ("unidentified", "receivable"): "不明入金の消込",
    ("unidentified", "overpaid"): "不明入金（過誤納）",
    ("receivable", "overpaid"): "減額により過誤納へ",
    ("overpaid", "receivable"): "過誤納からの消込（充当など）",
    ("overpaid", "refund_payable"): "還付の決定",
    ("refund_payable", "cash"): "還付の支払",
    ("overpaid", "transfer"): "ほかの年度への充当",
    ("transfer", "receivable"): "ほかの年度からの充当",
    ("overpaid", "extinct_refund"): "時効による収入",
    ("refund_addition", "refund_payable"): "還付加算金",
    ("written_off", "receivable"): "不納欠損",
    ("receivable", "written_off"): "不納欠損の取崩し",
    ("cash", "late_charge"): "延滞金の収納",
    ("cash", "fee"): "督促手数料の収納",
    ("overpaid", "late_charge"): "延滞金への充当",
}


def move_of(entry: Mapping[str, Any]) -> str:
    """What an entry did, in words; of a reversal, what it took back."""
    accounts = (entry["debit"], entry["credit"])
    if entry["is_reversal"]:
        return f"{_MOVES.get(accounts[::-1], '記帳')}の取消"
    return _MOVES.get(accounts, f"{accounts[1]}から{accounts[0]}へ")


def source_of(name: str) -> str:
    """Through which channel or by which act an entry was made."""
    return SOURCES.get(name, name)
