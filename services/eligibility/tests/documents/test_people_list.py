"""名簿 on paper: every column has room, in the widths that the template draws."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from chassis.documents import DocumentRefused
from chassis.documents.people_list import ListPaper, render
from chassis.documents.people_list.build import places
from eligibility_service.domain.lists import COLUMNS, TITLES, ListAsked, ListKind, NotAsked, month_of

from services.eligibility.tests.pdf import pages_of

RIGHT_EDGE = 814
"""Of the template, points."""


@pytest.mark.parametrize("kind", list(ListKind))
def test_the_columns_of_every_list_stand_within_the_paper(kind: ListKind) -> None:
    assert places(COLUMNS[kind])[-1] <= RIGHT_EDGE


def _paper(kind: ListKind, rows: int) -> ListPaper:
    return ListPaper(TITLES[kind], ("令和8年7月",), "千代田区", "令和8年7月13日 作成", f"合計 {rows}件", COLUMNS[kind], rows)


def _changes(rows: int) -> pl.DataFrame:
    row = {
        "recorded_on": date(2026, 7, 13), "effective_on": date(2026, 7, 1), "event": "資格喪失", "insured_number": "00000001",
        "name": "後期　花子", "before": "取得 2015-05-05", "after": "取得 2015-05-05 喪失 2026-07-02 死亡", "reason": "死亡",
        "cancelled": "取消済み",
    }  # fmt: skip
    return pl.DataFrame([row] * rows)


def test_days_are_eras_also_within_a_text() -> None:
    """E-12: before and after, as officers write days."""
    pdf, pages, marked = render(_paper(ListKind.CHANGES, 1), _changes(1), first=0)

    (text,) = pages_of(pdf)
    assert (pages, marked) == (1, 0)
    assert "取得H27.5.5喪失R8.7.2死亡" in text
    assert "取消済み" in text


def test_an_empty_list_is_one_page_that_says_so() -> None:
    pdf, pages, _ = render(_paper(ListKind.CHANGES, 0), _changes(1).clear(), first=0)

    assert pages == 1
    assert "合計0件" in pages_of(pdf)[0]


def test_a_volume_begins_with_a_page() -> None:
    with pytest.raises(DocumentRefused, match="ページの初め"):
        render(_paper(ListKind.CHANGES, 100), _changes(1), first=7)


def test_a_list_without_its_days_is_not_asked() -> None:
    with pytest.raises(NotAsked, match="基準日"):
        ListAsked(ListKind.LEDGER, "131016")
    with pytest.raises(NotAsked, match="期間"):
        ListAsked(ListKind.CHANGES, "131016", first_day=date(2026, 7, 2), last_day=date(2026, 7, 1))


def test_the_month_of_a_list_may_lie_in_the_next_year() -> None:
    assert month_of(date(2026, 12, 31), after=2) == (date(2027, 2, 1), date(2027, 2, 28))
    assert month_of(date(2026, 7, 13)) == (date(2026, 7, 1), date(2026, 7, 31))
