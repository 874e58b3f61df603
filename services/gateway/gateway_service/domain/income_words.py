"""The words in which the screens show the states of incomes, the reasons of the morning check, and kinds of income. Pure."""

from __future__ import annotations

from typing import Final

GAPS: Final = {
    "undeclared": ("未申告", "申告がなく、均等割の軽減を判定できません。簡易申告をご案内ください。"),
    "inquiring": ("照会中", "ほかの市区町村からの回答を待っています。回答が届くと、自動で確定します。"),
    "other_municipality": ("他市課税", "1月1日にここに住んでいなかった方です。前の市区町村に照会してください。"),
    "missing": ("未着", "1月1日にここに住んでいたのに、所得の記録が届いていません。税の担当に確かめてください。"),
}
"""State → (term, what to do). None of them is an income of zero."""
STATUS: Final = {0: "記録なし", 1: "確定", 2: "未申告", 3: "照会中"}
REASONS: Final = {
    "here_on_tax_day": "1月1日に住んでいた（この市区町村が課税）",
    "determined": "所得が確定している",
    "being_inquired": "照会中",
    "young": "20歳未満",
    "came_later": "1月2日以後に住民となった",
    "came_later_undeclared": "1月2日以後に住民となり、未申告とされている",
    "since_unknown": "住民となった日がわからない",
}
KINDS: Final = {
    "public_pension_receipts": "公的年金等収入",
    "salary_receipts": "給与収入",
    "business_income": "事業所得",
    "other_income": "その他の所得",
    "capital_gains": "譲渡所得",
    "capital_gains_special_deduction": "譲渡所得特別控除",
    "family_employee_deduction": "専従者控除額",
    "family_employee_salary_received": "専従者給与収入",
    "loss_carried_forward": "繰越損失",
    "total_income": "総所得金額等",
    "rows": "件数",
    "sent": "送付件数",
}
ENDINGS: Final = {
    "answered": "回答を反映",
    "undeclared_there": "照会先でも未申告",
    "declared_here": "簡易申告",
    "mistaken": "照会の誤り",
    "waiting": "回答待ち",
}
AGES: Final = {"": (0, 150, "すべて"), "young": (0, 74, "74歳以下"), "old": (75, 84, "75〜84歳"), "oldest": (85, 150, "85歳以上")}
"""Choice → (first age, last age, term)."""
