# SPDX-License-Identifier: Apache-2.0
"""The decision notice: what was decided, and every step of the calculation on sheets that never lose one."""

from datetime import date

import pytest
from chassis.documents import DocumentRefused, read_back
from chassis.documents.glyphs import PageTexts
from chassis.documents.letter import Contact, Delivery
from hypothesis import given, settings
from hypothesis import strategies as st
from premium_service.documents.decision_notice import DecisionNoticeData, DecisionStep, build, render_notice, render_notices
from premium_service.documents.decision_notice.render import renderer
from pydantic import ValidationError

DECREE = "高齢者の医療の確保に関する法律施行令 第18条"
LEVY = f"{DECREE}、後期高齢者医療に関する条例（所得割額）"
STEPS: tuple[dict[str, object], ...] = (
    {
        "term": "公的年金等に係る雑所得",
        "formula": "2,200,000円 − 1,100,000円 = 1,100,000円",
        "value": 1_100_000,
        "unit": "yen",
        "law": "所得税法 第35条",
    },
    {"term": "賦課のもととなる所得金額", "formula": "1,100,000円 − 430,000円 = 670,000円", "value": 670_000, "unit": "yen", "law": DECREE},
    {"term": "給与所得者等の数", "formula": "給与・年金の収入が基準を超える者 1人", "value": 1, "unit": "persons", "law": DECREE},
    {"term": "均等割額の軽減区分（割）", "formula": "世帯の軽減判定所得 950,000円 → 5割軽減", "value": 5, "unit": "tenths", "law": DECREE},
    {
        "part": "medical",
        "term": "軽減後の均等割額",
        "formula": "53,300円 × (1 − 5/10) = 26,650円",
        "value": 26_650,
        "unit": "yen",
        "law": DECREE,
    },
    {"part": "medical", "term": "所得割額", "formula": "670,000円 × 9.88% = 66,196円", "value": 66_196, "unit": "yen", "law": LEVY},
    {"part": "medical", "term": "保険料額", "formula": "92,846円 → 92,800円", "value": 92_800, "unit": "yen", "law": DECREE},
    {"part": "child_support", "term": "保険料額", "formula": "2,392円 → 2,300円", "value": 2_300, "unit": "yen", "law": DECREE},
    {
        "term": "年間保険料額",
        "formula": "92,800円 + 2,300円 = 95,100円",
        "value": 95_100,
        "unit": "yen",
        "law": "後期高齢者医療に関する条例",
    },
)
PARTS = (
    {"part": "medical", "per_capita_after_reduction": 26_650, "reduction": "5割", "income_levy": 66_196, "amount": 92_800},
    {"part": "child_support", "per_capita_after_reduction": 650, "reduction": "5割", "income_levy": 1_742, "amount": 2_300},
)


def notice(**changes: object) -> DecisionNoticeData:
    usual: dict[str, object] = {
        "delivery": Delivery(postal_code="1020072", address=("東京都千代田区飯田橋三丁目５番１号",), name="後期　太郎"),
        "insured_number": "01234567",
        "name": "後期　太郎",
        "fiscal_year": 2026,
        "issued_on": date(2026, 7, 13),
        "issuer": "東京都後期高齢者医療広域連合長",
        "review_board": "東京都後期高齢者医療審査会",
        "explanation": "令和7年中の所得をもとに、令和8年度の保険料額を決定しましたので、お知らせします。",
        "annual_amount": 95_100,
        "parts": PARTS,
        "household_total": 122_300,
        "steps": STEPS,
        "contact": Contact(office="東京都後期高齢者医療広域連合 保険部 管理課", telephone="0570-000-000"),
    }
    return DecisionNoticeData.model_validate(usual | changes)


def test_the_decision_of_the_sample_union_reads_as_this() -> None:
    first, sheet = PageTexts(render_notice(notice()))
    assert first == (
        "〒102-0072東京都千代田区飯田橋三丁目５番１号後期太郎様令和8年7月13日発行東京都後期高齢者医療広域連合長"
        "令和8年度後期高齢者医療保険料額決定通知書令和8年度の保険料(年額)95,100円被保険者番号01234567被保険者氏名後期太郎"
        "世帯の保険料の合計122,300円令和7年中の所得をもとに、令和8年度の保険料額を決定しましたので、お知らせします。"
        "区分均等割額所得割額保険料額医療分26,650円（5割軽減）66,196円92,800円"
        "子ども・子育て支援納付金分650円（5割軽減）1,742円2,300円合計(年額)95,100円"
        "計算の一つ一つは、次のページからの計算明細書をごらんください。納める期日と方法は、市区町村からの納入通知書でお知らせします。"
        "決定に不服があるとき・この決定に不服があるときは、この通知を受け取った日の翌日から3か月以内に、"
        "東京都後期高齢者医療審査会に審査請求をすることができます。"
        "・決定の取消しの訴えは、審査請求の裁決を受けた後でなければ起こせません(裁決を知った日の翌日から6か月以内)。"
        "お問い合わせ先東京都後期高齢者医療広域連合保険部管理課電話0570-000-000平日午前8時30分から午後5時まで"
    )
    assert sheet.startswith("令和8年度後期高齢者医療保険料計算明細書被保険者番号01234567所得と軽減項目計算と根拠結果")
    assert "所得割額670,000円×9.88%=66,196円" + "".join(LEVY.split()) + "66,196円" in sheet
    assert sheet.endswith("年間保険料額項目計算と根拠結果年間保険料額92,800円+2,300円=95,100円後期高齢者医療に関する条例95,100円")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"annual_amount": 95_200}, "区分ごとの保険料の合計"),
        ({"parts": PARTS[:1]}, "区分ごとの保険料の合計"),
        ({"steps": STEPS[:-1]}, "計算明細の最後の額"),
    ],
)
def test_a_notice_that_says_its_amount_in_two_ways_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(DocumentRefused, match=reason):
        build(notice(**changes))


def test_a_part_given_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="同じ区分"):
        notice(parts=(PARTS[0], PARTS[0]))


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1_100_000, "yen", "1,100,000円"),
        (2, "persons", "2人"),
        (7, "tenths", "7割"),
        (12, "months", "12か月"),
        (None, "yen", "なし"),
        (True, "", "はい"),
        ("72/100", "share", "72/100"),
    ],
)
def test_a_result_is_written_with_its_unit(value: int | str | bool | None, unit: str, shown: str) -> None:
    assert DecisionStep(term="項", formula="式", value=value, unit=unit, law="法").result == shown


@given(st.lists(st.integers(0, len(STEPS) - 2), max_size=60), st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_any_number_of_steps_is_spread_over_sheets_without_losing_one(chosen: list[int], longer: int) -> None:
    steps = [STEPS[number] | {"formula": str(STEPS[number]["formula"]) * longer} for number in chosen]
    data = notice(steps=(*steps, STEPS[-1]))
    pages = list(PageTexts(render_notice(data)))
    assert len(pages) == len(build(data).pages)
    assert sum(page.count("".join(str(STEPS[1]["term"]).split())) for page in pages[1:]) == chosen.count(1)


def test_the_household_total_is_left_out_where_it_is_not_to_be_shown() -> None:
    assert "世帯の保険料" not in PageTexts(render_notice(notice(household_total=None)))[0]


def test_a_step_that_differs_by_a_digit_is_refused() -> None:
    sheet = build(notice())
    spoiled = build(notice(steps=(STEPS[0] | {"value": 1_100_001}, *STEPS[1:])))
    pdf = renderer().render("template.typ", spoiled.data, tags=True)
    with pytest.raises(DocumentRefused) as refused:
        read_back(pdf, sheet.pages)
    assert (refused.value.page, refused.value.field) == (2, "公的年金等に係る雑所得の結果")
    assert (refused.value.expected, refused.value.found) == ("1,100,000円", "1,100,001円")


def test_notices_keep_their_pages_together_in_print_files_and_are_the_same_every_time() -> None:
    many = [notice(insured_number=f"{number:08d}") for number in range(3)]
    files = list(render_notices(many, pages_per_file=5))
    assert [len(PageTexts(file)) for file in files] == [4, 2]
    assert files == list(render_notices(many, pages_per_file=5))
