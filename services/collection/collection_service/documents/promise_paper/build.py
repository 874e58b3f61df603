# SPDX-License-Identifier: Apache-2.0
"""What stands on the paper of a promise, and what must be read back from it: both from one immutable record.

Law: 民法 第152条 (承認による時効の更新); the paper says so to the person who signs it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from chassis.documents import DocumentRefused, Expected, Sheet
from chassis.documents.fonts import typefaces
from chassis.documents.letter import Contact
from contracts.eras import format_day
from contracts.primitives import InsuredNumber
from pydantic import BaseModel, ConfigDict, Field

MOST_INSTALMENTS: Final = 10
MOST_PAYMENTS: Final = 24
PLANNED: Final = "次の未納の保険料があることを認め、下の計画のとおり納めることを誓約します。"
RECOGNISED: Final = "次の未納の保険料があることを認めます。"
CLOSING: Final = (
    "この書面により、時効は今日の翌日から新しく数えます。計画のとおり納められないときは、財産の調査や差押えを受けることがあります。"
    "延滞金は、納付の日までの日数に応じて別に計算します。"
)
SIGNATURE: Final = ("日付", "住所", "氏名", "本人との関係")


class PromisePaper(BaseModel):
    """納付誓約書 (with `payments`: day and yen) or 債務承認書 (without); `rows`: label, due day and yen of each instalment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    insured_number: InsuredNumber
    name: str = Field(min_length=1, max_length=16)
    issuer: str = Field(min_length=1)
    made_on: date
    rows: tuple[tuple[str, date, int], ...] = Field(min_length=1, max_length=MOST_INSTALMENTS)
    payments: tuple[tuple[date, int], ...] = Field(max_length=MOST_PAYMENTS)
    contact: Contact


def build(paper: PromisePaper) -> Sheet:
    """The paper as its template takes it. Raises `DocumentRefused`, also where the plan is not what is owed."""
    total = sum(amount for _, _, amount in paper.rows)
    if paper.payments and sum(amount for _, amount in paper.payments) != total:
        planned = sum(amount for _, amount in paper.payments)
        raise DocumentRefused(
            "inconsistent", "計画の合計が未納額と違います。", field="計画", expected=f"{total:,}円", found=f"{planned:,}円"
        )
    title = f"後期高齢者医療保険料　{'納付誓約書' if paper.payments else '債務承認書'}"
    addressed, lead = f"{paper.issuer}　様", PLANNED if paper.payments else RECOGNISED
    name_font = typefaces().choose_for_name(paper.name, field="被保険者氏名")
    facts = [("被保険者番号", paper.insured_number), ("被保険者氏名", paper.name), ("作成日", format_day(paper.made_on))]
    rows = [(label, format_day(due_on), f"{amount:,}円") for label, due_on, amount in paper.rows]
    cells = [(format_day(day), f"{amount:,}円") for day, amount in paper.payments]
    plan, owed = _side_by_side(cells, 3), _side_by_side(rows, 2)
    data: dict[str, object] = {
        "title": title,
        "addressed": addressed,
        "amount_label": "未納の保険料の合計",
        "amount": f"{total:,}円",
        "facts": [{"label": label, "value": value} | ({"font": name_font} if label == "被保険者氏名" else {}) for label, value in facts],
        "lead": lead,
        "rows": owed,
        "plan": plan,
        "closing": CLOSING,
        "signature": SIGNATURE,
        "contact": paper.contact.data(),
    }
    page: Expected = (
        ("表題", title),
        ("宛先", addressed),
        ("合計", f"{total:,}円"),
        *facts,
        ("本文", lead),
        *(("未納の保険料", cell) for row in owed for cell in row if cell),
        *(("計画", cell) for row in plan for cell in row if cell),
        ("注意", CLOSING),
        *(("署名", label) for label in SIGNATURE),
        *paper.contact.expected(),
    )
    return Sheet(data, (page,))


def _side_by_side(cells: Sequence[tuple[str, ...]], columns: int) -> list[tuple[str, ...]]:
    """Cells one below the other in so many columns, as lines of a table; what is over at the end is empty."""
    height = -(-len(cells) // columns)
    padded = [*cells, *[("",) * len(cells[0])] * (height * columns - len(cells))] if cells else []
    return [tuple(text for column in range(columns) for text in padded[column * height + line]) for line in range(height)]
