"""督促状, 催告書, 延滞金計算書 and 納付誓約書 at their fullest: read back, and on the pages that they should have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from chassis.clock import derived_id
from chassis.documents import DocumentRefused
from chassis.documents.glyphs import PageTexts
from chassis.documents.letter import Contact, Delivery
from collection_service.documents.arrears_letter import ArrearsLetter, Owed, render_letter
from collection_service.documents.late_charge_sheet import LateChargeSheet, SheetStep, render_sheets
from collection_service.documents.promise_paper import PromisePaper, render_paper
from collection_service.domain.arrears import Claim, overdue
from collection_service.domain.late_charge_steps import steps_of

CONTACT = Contact(office="千代田区 後期高齢者医療係", telephone="03-0000-0000")
DAY = date(2026, 12, 20)


def letter(count: int, **changes: Any) -> ArrearsLetter:
    first = [(2024 + number // 8, number % 8) for number in range(count)]
    owed = [
        Owed(
            fiscal_year=year,
            label=f"第{number + 1}期",
            due_on=date(year, 7, 31) + timedelta(30 * number),
            unpaid=99_900,
            fee=100,
            late_charge=12_300,
        )
        for year, number in first
    ]
    usual: dict[str, Any] = {
        "kind": "reminder",
        "delivery": Delivery(postal_code="1020072", address=("東京都千代田区飯田橋三丁目５番１号",), name="後期　太郎"),
        "insured_number": "01234567",
        "name": "後期　太郎",
        "owed": tuple(owed),
        "pay_by": date(2027, 1, 4),
        "issued_on": DAY,
        "issuer": "千代田区長",
        "contact": CONTACT,
        "review_board": "東京都後期高齢者医療審査会",
    }
    return ArrearsLetter.model_validate(usual | changes)


def test_a_reminder_of_more_than_the_page_holds_has_a_row_for_each_year() -> None:
    """C-06: 24 instalments of three years; the sum is that of all of them."""
    (seven,) = PageTexts(render_letter(letter(7)))
    (many,) = PageTexts(render_letter(letter(24)))
    assert [words for words in ("令和6年度第1期", "令和6年度第7期") if words not in seven] == []
    assert [words for words in ("令和6年度（8期分）", "令和8年度（8期分）", "令和6年7月31日から", "2,695,200円") if words not in many] == []


def test_a_demand_shows_its_fee_and_no_late_charge_that_is_not_counted_yet() -> None:
    """C-09"""
    owed = letter(1).owed[0].model_copy(update={"late_charge": 0})
    (page,) = PageTexts(render_letter(letter(1, kind="demand", owed=(owed,))))
    assert [words for words in ("納めていただく額100,000円", "99,900円100円別途合計99,900円100円別途") if words not in page] == []
    with pytest.raises(DocumentRefused, match="延滞金を納めていただきません"):
        render_letter(letter(1, kind="demand"))


def test_a_letter_that_asks_for_nothing_is_refused() -> None:
    nothing = Owed(fiscal_year=2026, label="第1期", due_on=date(2026, 7, 31), unpaid=0, fee=0, late_charge=0)
    with pytest.raises(DocumentRefused, match="納めていただく額がありません"):
        render_letter(letter(1, owed=(nothing,)))


def test_a_sheet_of_many_payments_goes_on_over_the_pages() -> None:
    """C-11: ten part payments and a deferral; each step stands on exactly one page, and the last is the late charge."""
    payments = tuple((date(2024, 10, 1) + timedelta(45 * number), 40_000) for number in range(10))
    claim = Claim(
        derived_id("insured", 1), 2024, 1, "131016", "1", 7, date(2024, 7, 31), 730_500, 0, payments, deferred_until=date(2024, 9, 30)
    )
    (found,) = overdue([claim], on=DAY)
    steps = tuple(SheetStep.of(step) for step in steps_of(found.late_charge))
    sheet = LateChargeSheet(
        insured_number="01234567", name="後期　太郎", fiscal_year=2024, label="第1期", due_on=claim.due_on, charged=claim.charged,
        unpaid=found.unpaid, until=DAY, late_charge=found.late_charge.amount, paid=0, steps=steps, provisional=True, made_on=DAY,
        issuer="千代田区長", contact=CONTACT,
    )  # fmt: skip
    pages = list(PageTexts(render_sheets([sheet])))
    assert len(pages) == 1 + -(-(len(steps) - 5) // 8)
    assert f"{found.late_charge.amount:,}円" in pages[-1]
    with pytest.raises(DocumentRefused, match="延滞金と違います"):
        render_sheets([sheet.model_copy(update={"late_charge": sheet.late_charge + 100})])


def paper(instalments: int, payments: int, *, short: int = 0) -> PromisePaper:
    rows = tuple((f"令和8年度第{number}期", date(2026, 12, 28), 120_000) for number in range(1, instalments + 1))
    each = instalments * 120_000 // payments if payments else 0
    days = [date(2026 + month // 12, month % 12 + 1, 15) for month in range(11, 11 + payments)]
    last = instalments * 120_000 - each * (payments - 1) - short
    plan = tuple((day, each if number < payments - 1 else last) for number, day in enumerate(days))
    return PromisePaper(
        insured_number="01234567", name="後期　太郎", issuer="千代田区長", made_on=DAY, rows=rows, payments=plan, contact=CONTACT
    )


@pytest.mark.parametrize(("instalments", "payments", "title"), [(10, 24, "納付誓約書"), (1, 1, "納付誓約書"), (10, 0, "債務承認書")])
def test_a_promise_of_any_size_is_one_page_to_sign(instalments: int, payments: int, title: str) -> None:
    """C-19"""
    (page,) = PageTexts(render_paper(paper(instalments, payments)))
    assert [words for words in (title, f"{instalments * 120_000:,}円", "時効は今日の翌日から", "本人との関係") if words not in page] == []


def test_a_plan_that_is_not_what_is_owed_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="計画の合計が未納額と違います"):
        render_paper(paper(2, 3, short=1))
