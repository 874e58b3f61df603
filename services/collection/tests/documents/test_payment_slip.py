# SPDX-License-Identifier: Apache-2.0
"""Payment slips: every digit on every part, no bar code above the limit, and a letter that is made from its own slips."""

from __future__ import annotations

from datetime import date

import pytest
from chassis.documents import DocumentRefused, read_back
from chassis.documents.glyphs import PageTexts
from chassis.documents.letter import Contact, Delivery
from collection_service.documents.payment_slip import Slip, SlipLetter, build, renderer
from collection_service.documents.payment_slip.build import explain
from collection_service.documents.print_file import TEMPLATE
from collection_service.rules.slip_code import slip_code

DUE = [date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30), date(2026, 11, 2)]


def slips(*amounts: int, limit: int = 300_000, **changes: object) -> tuple[Slip, ...]:
    def code(number: int, amount: int) -> str | None:
        if amount > limit:
            return None
        return slip_code(company_code="999001", free=f"13101{number:016}", reissued=False, usable_until=DUE[number - 1], amount=amount)

    return tuple(
        Slip.model_validate(
            {
                "number": number, "label": f"第{number}期", "due_on": DUE[number - 1], "amount": amount, "usable_until": DUE[number - 1],
                "code": code(number, amount), **changes,
            }
        )
        for number, amount in enumerate(amounts, start=1)
    )  # fmt: skip


def letter(*enclosed: Slip, **changes: object) -> SlipLetter:
    usual: dict[str, object] = {
        "delivery": Delivery(postal_code="1020072", address=("東京都千代田区飯田橋三丁目５番１号",), name="後期　太郎"),
        "insured_number": "01234567",
        "name": "後期　太郎",
        "fiscal_year": 2026,
        "issued_on": date(2026, 7, 13),
        "issuer": "千代田区長",
        "convenience_limit": 300_000,
        "slips": enclosed,
        "contact": Contact(office="千代田区 後期高齢者医療係", telephone="03-0000-0000"),
    }
    return SlipLetter.model_validate(usual | changes)


def pages(found: SlipLetter) -> list[str]:
    return list(PageTexts(renderer().release(TEMPLATE, build(found))))


def test_each_slip_stands_three_times_on_its_strip_with_its_44_digits() -> None:
    """C-03."""
    cover, first, second = pages(letter(*slips(7_650, 7_200, 7_200, 7_200)))
    assert "第1期(納期限令和8年7月31日)から第4期(納期限令和8年11月2日)までの納付書をお送りします。" in cover
    assert "同封の納付書4枚の合計29,250円" in cover
    assert [first.count(f"第{number}期") for number in (1, 2, 3, 4)] == [3, 3, 3, 0]
    assert first.count("7,650円") == 3
    assert "(91)999001-1310100000000000000010-260731-0-007650-" in first
    assert second.count("納付書番号0000000004") == 3


def test_above_the_limit_of_the_stores_there_is_a_sentence_and_no_bar_code() -> None:
    cover, strip = pages(letter(*slips(300_000, 300_001)))
    assert strip.count("(91)") == 1
    assert strip.count("金額が300,000円を超えるため、コンビニエンスストアでは納められません。") == 1
    assert "1枚の金額が300,000円を超える納付書にはバーコードがなく" in cover
    assert "第1期令和8年7月31日金融機関・コンビニ300,000円第2期令和8年8月31日金融機関300,001円" in cover


def test_the_letter_names_no_month_of_which_there_is_no_slip() -> None:
    """I-30: letters with the wrong start month came from an old template; here the sentence is made of the slips."""
    later = slips(100, 200, 300, 400)[2:]
    assert explain(letter(*later)).startswith("第3期(納期限令和8年9月30日)から第4期")
    assert "第1期" not in "".join(pages(letter(*later)))
    (failed,) = slips(7_650, failed_because="資金不足")
    assert explain(letter(failed)) == "口座振替ができなかった第1期(資金不足)の納付書をお送りします。この納付書で納めてください。"


def test_a_letter_whose_slips_were_exchanged_afterwards_is_refused() -> None:
    sheet = build(letter(*slips(7_650, 7_200)))
    other = build(letter(*slips(7_200, 7_650)))
    pdf = renderer().render(TEMPLATE, {**sheet.data, "sheets": other.data["sheets"]}, tags=False)
    with pytest.raises(DocumentRefused):
        read_back(pdf, sheet.pages)


def test_two_slips_for_one_instalment_are_refused() -> None:
    (slip,) = slips(100)
    with pytest.raises(DocumentRefused, match="同じ期"):
        build(letter(slip, slip))


@pytest.mark.parametrize("mark", ["ocr_line", "el_qr"])
def test_a_line_whose_layout_nobody_has_entered_is_refused_and_never_made_up(mark: str) -> None:
    with pytest.raises(DocumentRefused, match="登録されていません"):
        build(letter(*slips(100), **{mark: "region_a"}))


def test_letters_follow_each_other_on_pages_of_their_own() -> None:
    many = [build(letter(*slips(*([100] * count)))) for count in (1, 4, 3)]
    (pdf,) = renderer().release_many(TEMPLATE, many)
    assert len(PageTexts(pdf)) == 2 + 3 + 2
