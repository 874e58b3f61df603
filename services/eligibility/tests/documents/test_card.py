# SPDX-License-Identifier: Apache-2.0
"""The card: what stands on it by the law of the day, for every length of name, and never an address that is withheld."""

from datetime import date
from io import BytesIO

import pytest
import segno
from chassis.documents import DocumentRefused, read_back
from chassis.documents.fitting import width
from chassis.documents.glyphs import PageTexts
from chassis.documents.letter import Contact, Delivery
from contracts.primitives import Sex
from eligibility_service.documents import qr
from eligibility_service.documents.bearer import COLOURS, ROOM, WITHHELD
from eligibility_service.documents.card import (
    CardData,
    CardLetterData,
    build,
    build_letter,
    kind_on,
    render_card,
    render_cards,
    render_letter,
)
from eligibility_service.documents.card.build import form_of
from eligibility_service.documents.card.render import renderer
from eligibility_service.domain.limits import CLASS_TERMS
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pypdf import PdfReader

ADDRESS = ("東京都千代田区飯田橋三丁目５番１号", "メゾン飯田橋１０２号室")
LONGEST = {
    "name": "ヴィクトリア　アレクサンドラ　コンスタンティノヴナ　デ・ラ・クルス　渡邉龍之介クリストファー",
    "kana": "ヴィクトリア　アレクサンドラ　コンスタンティノヴナ　デ・ラ・クルス　ワタナベリュウノスケ",
    "address": (
        "東京都西多摩郡奥多摩町氷川１２３４番地の５６７",
        "特別養護老人ホーム奥多摩清流苑アネックス第二新館東棟",
        "３階３０５号室　渡邉龍之介クリストファー様方",
    ),
}
CONTACT = Contact(office="千代田区 保険年金課 後期高齢者医療係", telephone="03-0000-0000")


def card(**changes: object) -> CardData:
    """後期 太郎 on the sample business day."""
    usual: dict[str, object] = {
        "insured_number": "01234567",
        "name": "後期　太郎",
        "kana": "コウキ　タロウ",
        "sex": Sex.MALE,
        "born_on": date(1945, 6, 1),
        "address": ADDRESS,
        "acquired_on": date(2020, 6, 1),
        "issued_on": date(2026, 7, 13),
        "valid_from": date(2025, 8, 1),
        "valid_through": date(2026, 7, 31),
        "copay_rate": "1割",
        "insurer_number": "39131016",
        "insurer_name": "東京都後期高齢者医療広域連合",
        "serial": "第000000001号",
    }
    return CardData.model_validate(usual | changes)


def _text(pdf: bytes) -> str:
    return "".join(PageTexts(pdf))


def test_the_card_of_the_sample_union_reads_as_this() -> None:
    text = _text(render_card(card()))
    assert text[: text.index("《")] == (
        "後期高齢者医療資格確認書有効期限被保険者番号住所氏名生年月日資格取得年月日発効期日交付年月日一部負担金の割合保険者番号"
        "保険者の名称及び印東京都後期高齢者医療広域連合広域連合長印"
        "令和8年7月31日01234567東京都千代田区飯田橋三丁目５番１号メゾン飯田橋１０２号室コウキタロウ後期太郎昭和20年6月1日男"
        "令和2年6月1日令和7年8月1日令和8年7月13日1割39131016"
    )
    assert text.endswith("》第000000001号")


@pytest.mark.parametrize(
    ("issued_on", "title"),
    [
        (date(2008, 4, 1), "後期高齢者医療被保険者証"),
        (date(2024, 12, 1), "後期高齢者医療被保険者証"),
        (date(2024, 12, 2), "後期高齢者医療資格確認書"),
        (date(2026, 7, 31), "後期高齢者医療資格確認書"),
    ],
)
def test_the_title_is_that_of_the_law_on_the_day_of_issue(issued_on: date, title: str) -> None:
    assert kind_on(issued_on).title == title
    days = {"acquired_on": date(2008, 4, 1), "valid_from": date(2008, 4, 1), "issued_on": issued_on}
    assert _text(render_card(card(**days))).startswith(title)


def test_no_card_is_issued_before_the_scheme_began() -> None:
    with pytest.raises(DocumentRefused, match="制度の開始"):
        kind_on(date(2008, 3, 31))


def test_the_page_measures_91_by_128_millimetres() -> None:
    box = PdfReader(BytesIO(render_card(card()))).pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (91, 128)


def test_a_rate_that_is_not_decided_shows_no_figure() -> None:
    text = _text(render_card(card(copay_rate=None)))
    assert "判定中" in text
    assert "割3" not in text.replace("の割合", "")


def test_the_longest_names_and_addresses_stand_on_the_card_whole_and_in_their_room() -> None:
    sheet = build(card(**LONGEST))
    for field in ("name", "kana", "address"):
        fitted = sheet.data[field]
        assert isinstance(fitted, dict)
        assert all(width(line) * fitted["size"] <= ROOM for line in fitted["lines"])
    heights = {"name": 28, "kana": 12, "address": 42}
    for field, height in heights.items():
        fitted = sheet.data[field]
        assert isinstance(fitted, dict)
        assert round(fitted["size"] * 1.2) * len(fitted["lines"]) <= height, field
    render_card(card(**LONGEST))


def test_a_name_without_room_is_refused_and_not_cut() -> None:
    with pytest.raises(DocumentRefused, match="欄に入りません"):
        build(card(name="長" * 150))


@pytest.mark.parametrize("name", ["𠮷田　太郎", "渡邉\U000e010f　太郎", "渡邉\U000e0100　太郎", "髙橋　﨑子", "O'BRIEN　JOSÉ"])
def test_names_with_rare_characters_and_variants_are_shown_as_recorded(name: str) -> None:
    assert "".join(name.split()) in _text(render_card(card(name=name)))


@pytest.mark.parametrize(
    ("name", "code"), [("●田　太郎", "placeholder"), ("渡邉\U000e0102　太郎", "unknown_variant"), ("😀　太郎", "missing_glyph")]
)
def test_a_name_that_cannot_be_shown_as_recorded_is_refused(name: str, code: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        render_card(card(name=name))
    assert (refused.value.code, refused.value.field) == (code, "氏名")


def test_a_withheld_address_is_on_no_document() -> None:
    withheld = card(address_withheld=True)
    elsewhere = Delivery(postal_code="1000001", address=("東京都千代田区千代田１番１号　相談所気付",), name="後期　太郎")
    for pdf in (
        render_card(withheld),
        *render_cards([withheld]),
        render_letter(CardLetterData(card=withheld, delivery=elsewhere, contact=CONTACT)),
    ):
        text = _text(pdf)
        assert WITHHELD in text
        assert not any(line in text for line in ADDRESS)


def test_a_card_without_address_must_say_that_it_is_withheld() -> None:
    with pytest.raises(ValidationError, match="住所がありません"):
        card(address=())


def test_days_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="この順になっていません"):
        card(valid_from=date(2020, 5, 31))


def test_a_wrong_check_digit_of_the_insurer_is_refused() -> None:
    with pytest.raises(ValidationError, match="検証番号"):
        card(insurer_number="39131017")


def test_a_birthday_that_is_not_known_is_printed_as_the_ledger_has_it() -> None:
    assert "昭和20年不詳" in _text(render_card(card(born_on_unknown_text="昭和20年不詳")))


def test_the_colour_changes_with_the_year_of_expiry() -> None:
    colours = [form_of(card(valid_through=date(year, 7, 31)))["deep"] for year in range(2026, 2031)]
    assert len(set(colours[:4])) == len(COLOURS)
    assert colours[0] == colours[4]


@given(st.integers(0, 99_999_999))
@settings(max_examples=60)
def test_the_code_is_the_qr_code_of_the_number(number: int) -> None:
    digits = f"{number:08d}"
    made = segno.make(digits, version=1, error="m", mode="numeric", mask=3, micro=False, boost_error=False)
    assert [bytes(255 * (1 - module) for module in row) for row in made.matrix] == [
        qr.modules(digits)[row * 21 : row * 21 + 21] for row in range(21)
    ]


def test_the_code_of_another_person_is_refused() -> None:
    sheet = build(card())
    swapped = renderer().render("card.typ", {**sheet.data, "code": list(qr.modules("01234568"))}, tags=False)
    with pytest.raises(DocumentRefused) as refused:
        read_back(swapped, sheet.pages)
    assert refused.value.field == "二次元コード"


@pytest.mark.parametrize(
    ("field", "printed", "named"),
    [
        ("insured_number", "0123456", "被保険者番号"),
        ("insured_number", "01234568", "被保険者番号"),
        ("valid_through", "令和8年7月3日", "有効期限"),
        ("insurer_number", "39131024", "保険者番号"),
        ("serial", "第00000001号", "記号番号"),
    ],
)
def test_a_card_that_differs_from_its_record_by_a_digit_is_refused(field: str, printed: str, named: str) -> None:
    """I-32"""
    sheet = build(card())
    pdf = renderer().render("card.typ", {**sheet.data, field: printed}, tags=False)
    with pytest.raises(DocumentRefused) as refused:
        read_back(pdf, sheet.pages)
    assert refused.value.field == named
    assert refused.value.page == 1


def test_a_print_file_has_one_card_a_page_in_order_and_little_more_than_a_kilobyte_each() -> None:
    cards = [
        card(
            insured_number=f"{number:08d}",
            serial=f"第{number:09d}号",
            name=f"{chr(0x5000 + number)}田　太郎" if number % 3 else "後期　花子",
        )
        for number in range(1_200)
        if chr(0x5000 + number) in renderable()
    ][:1_000]
    files = list(render_cards(cards, pages_per_file=500))
    texts = [text for file in files for text in PageTexts(file)]
    assert [len(PageTexts(file)) for file in files] == [500, len(cards) - 500]
    assert all(f"{one.insured_number}東京都" in text for one, text in zip(cards, texts, strict=True))
    (one_file,) = render_cards(cards)
    assert len(one_file) / len(cards) < 1_500


def renderable() -> frozenset[str]:
    from chassis.documents.fonts import typefaces

    return typefaces().faces["BIZ UDMincho"].characters


def test_cards_of_two_kinds_and_years_share_a_print_file() -> None:
    old = card(issued_on=date(2024, 12, 1), valid_from=date(2024, 8, 1), valid_through=date(2025, 7, 31))
    (file,) = render_cards([card(), old])
    assert [text[:12] for text in PageTexts(file)] == ["後期高齢者医療資格確認書", "後期高齢者医療被保険者証"]


def test_a_card_alone_and_in_a_print_file_say_the_same() -> None:
    (file,) = render_cards([card()])
    assert sorted(_text(file)) == sorted(_text(render_card(card())))


def test_the_same_card_is_the_same_file() -> None:
    assert render_card(card()) == render_card(card())
    assert list(render_cards([card()])) == list(render_cards([card()]))


def test_the_letter_is_one_page_with_the_address_and_the_card() -> None:
    delivery = Delivery(postal_code="1020072", address=ADDRESS, name="後期　太郎")
    for data in (card(), card(copay_rate=None), card(**LONGEST)):
        text = _text(render_letter(CardLetterData(card=data, delivery=delivery, contact=CONTACT)))
        assert text.startswith("〒102-0072東京都千代田区飯田橋三丁目５番１号メゾン飯田橋１０２号室後期太郎様令和8年7月13日発行")
        assert "01234567" in text
        assert text.endswith("電話03-0000-0000平日午前8時30分から午後5時まで")


def test_a_letter_whose_text_pushes_the_card_to_a_second_page_is_refused() -> None:
    delivery = Delivery(postal_code="1020072", address=ADDRESS, name="後期　太郎")
    letter = build_letter(CardLetterData(card=card(), delivery=delivery, contact=CONTACT))
    notes = letter.data["notes"]
    assert isinstance(notes, tuple)
    pdf = renderer().render("letter.typ", {**letter.data, "notes": notes * 4}, tags=True)
    with pytest.raises(DocumentRefused, match="ページ数"):
        read_back(pdf, letter.pages)


@pytest.mark.parametrize("term", sorted(set(CLASS_TERMS.values())))
def test_every_class_stands_on_the_card_within_its_edge(term: str) -> None:
    """W-02. Seen to fail with 10 points for every class: 「区分Ⅰ（老福）」 ran over the edge of the card."""
    with_class = card(limit_class=term, class_effective_on=date(2025, 8, 1))
    pdf = render_card(with_class)
    edge = float(PdfReader(BytesIO(pdf)).pages[0].mediabox.width)
    size = build(with_class).data["classes"][0]["size"]  # type: ignore[index]
    assert 190 + width(term) * size <= edge - 8
    assert f"適用区分{term}" in "".join(PageTexts(pdf))
