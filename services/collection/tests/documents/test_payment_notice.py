# SPDX-License-Identifier: Apache-2.0
"""The payment notice: every instalment to the yen, the sum the amount of the year, one page."""

from datetime import date, timedelta

import pytest
from chassis.documents import DocumentRefused, read_back
from chassis.documents.glyphs import PageTexts
from chassis.documents.letter import Contact, Delivery
from collection_service.documents.payment_notice import Instalment, NoticeData, PaymentMethod, build, render_notice, render_notices
from collection_service.documents.payment_notice.render import renderer
from hypothesis import given, settings
from hypothesis import strategies as st

DUE = [
    date(2026, 7, 31),
    date(2026, 8, 31),
    date(2026, 9, 30),
    date(2026, 11, 2),
    date(2026, 11, 30),
    date(2026, 12, 25),
    date(2027, 2, 1),
    date(2027, 3, 1),
]


def instalments(*amounts: int, method: PaymentMethod = PaymentMethod.SLIP) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(
            label=f"第{number}期",
            due_on=DUE[number - 1] if number <= len(DUE) else DUE[-1] + timedelta(days=number),
            amount=amount,
            method=method,
        )
        for number, amount in enumerate(amounts, start=1)
    )


def notice(**changes: object) -> NoticeData:
    parts = changes.get("instalments", instalments(12_500, *[11_800] * 7))
    assert isinstance(parts, tuple)
    usual: dict[str, object] = {
        "delivery": Delivery(
            postal_code="1020072", address=("東京都千代田区飯田橋三丁目５番１号", "メゾン飯田橋１０２号室"), name="後期　太郎"
        ),
        "insured_number": "01234567",
        "name": "後期　太郎",
        "fiscal_year": 2026,
        "issued_on": date(2026, 7, 13),
        "issuer": "千代田区長",
        "annual_amount": sum(part.amount for part in parts),
        "instalments": parts,
        "explanation": "令和8年度の保険料が決まりましたので、お知らせします。",
        "contact": Contact(office="千代田区 保険年金課 後期高齢者医療係", telephone="03-0000-0000"),
    }
    return NoticeData.model_validate(usual | changes)


def _text(pdf: bytes) -> str:
    return "".join(PageTexts(pdf))


def test_the_notice_of_the_sample_union_reads_as_this() -> None:
    assert _text(render_notice(notice())) == (
        "〒102-0072東京都千代田区飯田橋三丁目５番１号メゾン飯田橋１０２号室後期太郎様令和8年7月13日発行千代田区長"
        "令和8年度後期高齢者医療保険料納入通知書令和8年度の保険料(年額)95,100円被保険者番号01234567被保険者氏名後期太郎"
        "令和8年度の保険料が決まりましたので、お知らせします。期別納期限納め方金額"
        "第1期令和8年7月31日納付書12,500円第2期令和8年8月31日納付書11,800円第3期令和8年9月30日納付書11,800円"
        "第4期令和8年11月2日納付書11,800円第5期令和8年11月30日納付書11,800円第6期令和8年12月25日納付書11,800円"
        "第7期令和9年2月1日納付書11,800円第8期令和9年3月1日納付書11,800円合計95,100円"
        "お納め方法・納付書：同封の納付書で、金融機関かコンビニエンスストアでお納めください。"
        "・高齢者の医療の確保に関する法律と市区町村の条例により納めていただく保険料です。"
        "・納期限を過ぎると、督促状をお送りし、延滞金をいただくことがあります。納めるのが難しいときは、早めにご相談ください。"
        "お問い合わせ先千代田区保険年金課後期高齢者医療係電話03-0000-0000平日午前8時30分から午後5時まで"
    )


def test_instalments_that_are_not_the_amount_of_the_year_are_refused() -> None:
    with pytest.raises(DocumentRefused, match="期別の合計が年額と違います") as refused:
        build(notice(annual_amount=95_200))
    assert (refused.value.expected, refused.value.found) == ("95,200円", "95,100円")


def test_due_days_out_of_order_are_refused() -> None:
    first, second = instalments(1_000, 1_000)
    with pytest.raises(DocumentRefused, match="納期限"):
        build(notice(instalments=(second, first)))


@given(st.lists(st.integers(0, 850_000), min_size=1, max_size=12), st.sampled_from(PaymentMethod))
@settings(max_examples=15, deadline=None)
def test_every_number_of_instalments_stands_on_one_page(amounts: list[int], method: PaymentMethod) -> None:
    pdf = render_notice(notice(instalments=instalments(*amounts, method=method)))
    assert len(PageTexts(pdf)) == 1


def test_twelve_instalments_by_all_methods_and_a_long_explanation_stand_on_one_page() -> None:
    mixed = tuple(
        part.model_copy(update={"method": list(PaymentMethod)[number % 3]}) for number, part in enumerate(instalments(*[70_833] * 12))
    )
    text = _text(render_notice(notice(instalments=mixed, explanation="加入された月からの保険料です。" * 5)))
    assert text.count("年金から差引き") == 4 + 1


def test_only_the_ways_of_paying_that_occur_are_explained() -> None:
    text = _text(render_notice(notice(instalments=instalments(1_000, method=PaymentMethod.ACCOUNT))))
    assert "口座振替：" in text
    assert "納付書：" not in text


@pytest.mark.parametrize(("row", "column", "printed"), [(0, 3, "12,400円"), (3, 3, "1,800円"), (7, 1, "令和9年3月31日"), (2, 3, "11,80円")])
def test_a_notice_that_differs_by_a_digit_is_refused(row: int, column: int, printed: str) -> None:
    sheet = build(notice())
    rows = [list(cells) for cells in sheet.data["rows"]]  # type: ignore[attr-defined]
    rows[row][column] = printed
    pdf = renderer().render("template.typ", {**sheet.data, "rows": rows}, tags=True)
    with pytest.raises(DocumentRefused) as refused:
        read_back(pdf, sheet.pages)
    assert refused.value.field == f"第{row + 1}期の{('期別', '納期限', '納め方', '金額')[column]}"


def test_two_instalments_in_each_others_place_are_refused() -> None:
    sheet = build(notice())
    rows = list(sheet.data["rows"])  # type: ignore[call-overload]
    rows[0], rows[1] = rows[1], rows[0]
    pdf = renderer().render("template.typ", {**sheet.data, "rows": rows}, tags=True)
    with pytest.raises(DocumentRefused):
        read_back(pdf, sheet.pages)


def test_a_name_with_a_placeholder_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="代わりの記号"):
        render_notice(notice(name="●田　太郎"))


def test_notices_are_printed_one_a_page_and_the_same_record_is_the_same_file() -> None:
    many = [notice(insured_number=f"{number:08d}") for number in range(5)]
    files = list(render_notices(many, pages_per_file=2))
    assert [len(PageTexts(file)) for file in files] == [2, 2, 1]
    assert files == list(render_notices(many, pages_per_file=2))
