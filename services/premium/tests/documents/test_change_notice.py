# SPDX-License-Identifier: Apache-2.0
"""The notice of change: it says its difference in three ways, and they are one."""

from datetime import date

import pytest
from chassis.documents import DocumentRefused, read_back
from chassis.documents.glyphs import PageTexts
from chassis.documents.letter import Contact, Delivery
from hypothesis import given, settings
from hypothesis import strategies as st
from premium_service.documents.change_notice import ChangeNoticeData, build, render_notice, render_notices
from premium_service.documents.change_notice.build import signed
from premium_service.documents.change_notice.render import renderer

WHY = (
    "保険料のかかる月数が、12か月から3か月に変わりました（資格を取得した月から、喪失した月の前の月までを数えます）。",
    "賦課のもととなる所得金額が、770,000円から970,000円に変わりました。",
    "均等割額の軽減が、5割から2割に変わりました（世帯の軽減判定所得 1,050,000円から1,250,000円、判定の対象となる被保険者 2人から2人）。",
)
STEPS = (
    {"decided_on": date(2026, 7, 13), "events": "所得の決定または更正（令和8年7月13日付）", "difference": 36_400},
    {"decided_on": date(2026, 7, 13), "events": "資格の喪失（令和8年7月11日付）", "difference": -106_400},
)
PARTS = ({"term": "医療分", "before": 102_700, "after": 34_600}, {"term": "子ども・子育て支援納付金分", "before": 2_600, "after": 700})


def notice(**changes: object) -> ChangeNoticeData:
    usual: dict[str, object] = {
        "delivery": Delivery(postal_code="1020072", address=("東京都千代田区飯田橋三丁目５番１号",), name="後期　太郎"),
        "insured_number": "01234567",
        "name": "後期　太郎",
        "fiscal_year": 2026,
        "issued_on": date(2026, 7, 13),
        "issuer": "東京都後期高齢者医療広域連合長",
        "review_board": "東京都後期高齢者医療審査会",
        "before": 105_300,
        "after": 35_300,
        "parts": PARTS,
        "why": WHY,
        "steps": STEPS,
        "contact": Contact(office="東京都後期高齢者医療広域連合 保険部 管理課", telephone="0570-000-000"),
    }
    return ChangeNoticeData.model_validate(usual | changes)


def test_the_notice_reads_as_this() -> None:
    (page,) = PageTexts(render_notice(notice()))
    assert page.startswith(
        "〒102-0072東京都千代田区飯田橋三丁目５番１号後期太郎様令和8年7月13日発行東京都後期高齢者医療広域連合長"
        "令和8年度後期高齢者医療保険料額変更決定通知書変更後の令和8年度の保険料(年額)35,300円"
        "被保険者番号01234567被保険者氏名後期太郎変更前の年額105,300円増減－70,000円"
    )
    assert "医療分102,700円34,600円－68,100円子ども・子育て支援納付金分2,600円700円－1,900円合計(年額)105,300円35,300円－70,000円" in page
    assert "変更の理由・保険料のかかる月数が、12か月から3か月に変わりました" in page
    assert "令和8年7月13日所得の決定または更正（令和8年7月13日付）＋36,400円" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"parts": PARTS[:1]}, "変更前"),
        ({"after": 35_400}, "変更後"),
        ({"steps": STEPS[:1]}, "変更の経過"),
    ],
)
def test_a_notice_that_says_its_change_in_two_ways_is_refused(changes: dict[str, object], field: str) -> None:
    """P-07. Without `_agree` in build.py all three were printed."""
    with pytest.raises(DocumentRefused) as refused:
        build(notice(**changes))
    assert refused.value.field == field


@given(st.integers(1, 60))
@settings(max_examples=8, deadline=None)
def test_any_number_of_steps_is_shown_without_losing_one(count: int) -> None:
    steps = [{**STEPS[0], "difference": 100} for _ in range(count - 1)]
    steps.append({**STEPS[1], "difference": -70_000 - 100 * (count - 1)})
    data = notice(steps=steps)
    pages = list(PageTexts(render_notice(data)))
    assert len(pages) == len(build(data).pages)
    assert sum(page.count("資格の喪失（") + page.count("所得の決定または更正（") for page in pages) == count


@given(st.lists(st.sampled_from([*WHY, "世帯の所得の申告がそろいました。"]), min_size=1, max_size=8), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_any_reasons_are_shown_on_the_pages_that_were_counted_on(why: list[str], more: int) -> None:
    """Up to the most that a change can say; with everything on the first page whatever its length, long ones made a page too many."""
    data = notice(why=why, steps=(*STEPS, *[{**STEPS[0], "difference": 0}] * more))
    pages = list(PageTexts(render_notice(data)))
    assert len(pages) == len(build(data).pages)
    assert sum(page.count("変わりました") + page.count("そろいました") for page in pages) >= len(why)


def test_an_amount_that_differs_by_a_digit_is_refused() -> None:
    sheet = build(notice())
    spoiled = build(
        notice(before=105_400, parts=({**PARTS[0], "before": 102_800}, PARTS[1]), steps=(STEPS[0], {**STEPS[1], "difference": -106_500}))
    )
    with pytest.raises(DocumentRefused):
        read_back(renderer().render("template.typ", spoiled.data, tags=True), sheet.pages)


def test_seven_of_eight_digits_of_the_number_are_refused() -> None:
    """I-32."""
    sheet = build(notice())
    facts = [{**fact, "value": "0123456"} if fact["label"] == "被保険者番号" else fact for fact in sheet.data["facts"]]  # type: ignore[attr-defined]
    with pytest.raises(DocumentRefused):
        read_back(renderer().render("template.typ", {**sheet.data, "facts": facts}, tags=True), sheet.pages)


def test_a_difference_has_its_sign() -> None:
    assert [signed(amount) for amount in (1_200, -1_200, 0)] == ["＋1,200円", "－1,200円", "0円"]


def test_print_files_are_the_same_every_time() -> None:
    many = [notice(insured_number=f"{number:08d}") for number in range(3)]
    files = list(render_notices(many, pages_per_file=2))
    assert [len(PageTexts(file)) for file in files] == [2, 1]
    assert files == list(render_notices(many, pages_per_file=2))
