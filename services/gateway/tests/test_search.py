"""What a clerk types is read as it was meant, and what is wrong with it is said at its field."""

import pytest
from gateway_service.domain.search import read_search
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ({"number": "00123456"}, {"number": "00123456"}),
        ({"number": " ００１２-３４５６ "}, {"number": "00123456"}),
        ({"number": "000000000012345"}, {"number": "000000000012345"}),
        ({"kana": "ｺｳｼﾞﾏﾁ"}, {"kana": "コウジマチ"}),
        ({"kana": " こうじまち　は "}, {"kana": "こうじまち は"}),
        ({"born_on": "S20.6.1"}, {"born_on": "1945-06-01"}),
        ({"born_on": "明治45年7月29日"}, {"born_on": "1912-07-29"}),
        ({"kana": "サトウ", "born_on": "3200601"}, {"kana": "サトウ", "born_on": "1945-06-01"}),
    ],
)
def test_numbers_readings_and_days_are_read_in_every_style(typed: dict[str, str], read: dict[str, str]) -> None:
    found = read_search(typed)
    assert (found.conditions, found.errors) == (read, {})


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({}, "number", "どれか一つ"),
        ({"number": "1234567"}, "number", "7桁です"),
        ({"number": "A0123456"}, "number", "数字だけ"),
        ({"kana": "麹町"}, "kana", "漢字の氏名では探せません"),
        ({"kana": "ア"}, "kana", "2文字以上"),
        ({"kana": "サトウ%"}, "kana", "以外の文字"),
        ({"born_on": "昭和64年1月8日"}, "born_on", "平成元年1月8日"),
        ({"born_on": "2月30日"}, "born_on", "読めません"),
        ({"born_on": "1945-02-30"}, "born_on", "暦にありません"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(typed: dict[str, str], field: str, words: str) -> None:
    found = read_search(typed)
    assert list(found.errors) == [field]
    assert words in found.errors[field]


@given(st.fixed_dictionaries({}, optional={name: st.text(max_size=20) for name in ("number", "kana", "born_on")}))
def test_whatever_is_typed_is_either_a_condition_or_an_error(typed: dict[str, str]) -> None:
    found = read_search(typed)
    assert found.conditions or found.errors
    assert not found.conditions.keys() & found.errors.keys()
