"""簡易申告: what is declared at the window by somebody who files no tax return, and on what evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FIELDS: Final = {
    "public_pension_receipts": "公的年金等の収入",
    "salary_receipts": "給与の収入",
    "business_income": "事業所得",
    "other_income": "その他の所得",
}
"""Kinds that the form asks for; whoever has others, or losses, files a return."""
EVIDENCE: Final = {
    "pension_slip": "公的年金等の源泉徴収票",
    "salary_slip": "給与の源泉徴収票",
    "books": "帳簿・収支の控え",
    "statement": "本人の申立て（収入がなかった）",
    "other": "その他の書類",
}
LARGEST: Final = 999_999_999


def faults(amounts: Mapping[str, int], evidence: list[str], *, no_income: bool) -> list[str]:
    """What is wrong with a declaration, in Japanese. No income is said in so many words; an empty form is no declaration of zero."""
    found: list[str] = []
    if no_income and any(amounts.values()):
        found.append("「収入がなかった」と、収入・所得の金額の、どちらか一方にしてください。")
    if not no_income and not any(amounts.values()):
        found.append("収入・所得の金額を入れるか、収入がなかったときは「収入がなかった」を選んでください。")
    if any(not 0 <= amount <= LARGEST for amount in amounts.values()):
        found.append("金額は、0円から9億9,999万9,999円までにしてください。損失があるときは、税の申告をご案内ください。")
    if not evidence:
        found.append("確かめた書類を選んでください。")
    if unknown := sorted(set(evidence) - EVIDENCE.keys()):
        found.append(f"書類の種類が正しくありません（{'、'.join(unknown)}）。")
    return found
