# SPDX-License-Identifier: Apache-2.0
"""Long texts get less size or more lines and are never cut."""

import pytest
from chassis.documents import MINCHO, DocumentRefused, fit
from chassis.documents.fitting import width
from hypothesis import assume, given
from hypothesis import strategies as st

SIZES = ((18.0, 1), (12.0, 2), (8.0, 4))
TEXTS = st.text(alphabet="渡邉太郎アイウー、。（）ABCxyz0123456789１２３　 \U000e0100", min_size=1, max_size=60)


@given(TEXTS)
def test_what_fits_keeps_every_character_and_every_line_has_room(text: str) -> None:
    assume(width(text) * 8.0 <= 170.0 * 3)
    fitted = fit(text, field="氏名", room=170.0, sizes=SIZES, font=MINCHO)
    assert "".join("".join(fitted.lines).split()) == "".join(text.split())
    assert all(width(line) * fitted.size <= 170.0 + 1e-9 for line in fitted.lines)
    assert len(fitted.lines) <= dict(SIZES)[fitted.size]


def test_a_short_name_gets_the_largest_size() -> None:
    assert fit("後期　太郎", field="氏名", room=170.0, sizes=SIZES, font=MINCHO).size == 18.0


def test_a_name_breaks_at_its_space_before_it_shrinks_further() -> None:
    fitted = fit("アレクサンドロヴィチ　コンスタンティン", field="氏名", room=170.0, sizes=SIZES, font=MINCHO)
    assert fitted.lines == ("アレクサンドロヴィチ", "コンスタンティン")


def test_a_house_number_is_not_torn_apart() -> None:
    fitted = fit("東京都八王子市元本郷町１２３４番地", field="住所", room=170.0, sizes=SIZES, font=MINCHO)
    assert fitted.lines == ("東京都八王子市元本郷町", "１２３４番地")


def test_the_lines_of_an_address_begin_lines() -> None:
    fitted = fit("東京都\nメゾン", field="住所", room=170.0, sizes=SIZES, font=MINCHO)
    assert fitted.lines == ("東京都", "メゾン")


def test_a_text_without_room_is_refused_with_its_field() -> None:
    with pytest.raises(DocumentRefused, match="欄に入りません") as refused:
        fit("長" * 200, field="氏名", room=170.0, sizes=SIZES, font=MINCHO)
    assert (refused.value.code, refused.value.field) == ("too_long", "氏名")
