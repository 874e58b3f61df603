# SPDX-License-Identifier: Apache-2.0
from datetime import date
from typing import Any

import pytest
from contracts.primitives import (
    ClerkDay,
    FiscalYear,
    IncomeYear,
    InsuredNumber,
    InsurerNumber,
    MunicipalityCode,
    PostalCode,
    ResidentNumber,
    Sex,
    UnionCode,
    Yen,
    insurer_check_digit,
    insurer_number,
    is_full_width_kana,
    municipality_check_digit,
    municipality_code,
    require_insured_number,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

# Worked examples: http://www5f.biglobe.ne.jp/~h-it/mlcont/mc0124.htm (33120015), and the published numbers of two wards of Tokyo.
INSURERS = [("3312001", "5"), ("3913101", "6"), ("3913115", "6")]
# 千代田区, 札幌市, 八王子市, 奥多摩町.
MUNICIPALITIES = [("13101", "6"), ("01100", "2"), ("13201", "2"), ("13308", "6")]


def refusal(annotated: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(annotated).validate_python(value)
    (error,) = caught.value.errors()
    assert error["type"].startswith("koki_")
    return error["msg"]


@pytest.mark.parametrize(("first_seven", "check"), INSURERS)
def test_the_check_digit_of_an_insurer_number_is_the_published_one(first_seven: str, check: str) -> None:
    assert insurer_check_digit(first_seven) == check


@pytest.mark.parametrize(("first_five", "check"), MUNICIPALITIES)
def test_the_check_digit_of_a_municipality_code_is_the_published_one(first_five: str, check: str) -> None:
    assert municipality_check_digit(first_five) == check
    assert municipality_code(first_five) == first_five + check


def test_the_insurer_number_of_a_municipality_holds_its_prefecture_and_number() -> None:
    assert insurer_number("131016") == "39131016"
    assert insurer_number(municipality_code("13115")) == "39131156"


@given(st.integers(0, 9_999_999), st.integers(0, 6), st.integers(1, 9))
def test_one_wrong_digit_in_an_insurer_number_is_always_noticed(number: int, position: int, shift: int) -> None:
    right = f"{number:07d}"
    wrong = right[:position] + str((int(right[position]) + shift) % 10) + right[position + 1 :]
    assert insurer_check_digit(right) != insurer_check_digit(wrong)


def test_a_wrong_check_digit_is_refused_and_the_right_one_is_named() -> None:
    assert "先頭5桁が正しければ6です" in refusal(MunicipalityCode, "131017")
    assert "先頭7桁が正しければ6です" in refusal(InsurerNumber, "39131015")


def test_a_number_of_another_scheme_is_refused_as_insurer_number() -> None:
    assert "39で始まっていません" in refusal(InsurerNumber, "33120015")


def test_the_check_digit_of_an_insured_number_counts_only_where_the_union_uses_it() -> None:
    assert TypeAdapter(InsuredNumber).validate_python("00000001") == "00000001"
    with pytest.raises(ValueError, match="先頭7桁が正しければ0です"):
        require_insured_number("00000001", has_check_digit=True)
    assert require_insured_number("33120015", has_check_digit=True) == "33120015"


@pytest.mark.parametrize(
    ("annotated", "value", "said"),
    [
        (Yen, 1.0, "円単位の整数"),
        (Yen, True, "円単位の整数"),
        (Yen, "100", "円単位の整数"),
        (Yen, 2**63, "範囲"),
        (FiscalYear, 2007, "範囲"),
        (IncomeYear, 2005, "範囲"),
        (MunicipalityCode, 131016, "文字列"),
        (MunicipalityCode, "13101", "半角数字6桁"),
        (MunicipalityCode, "１３１０１６", "半角数字6桁"),
        (MunicipalityCode, "000000", "検査数字"),
        (MunicipalityCode, municipality_code("99999"), "都道府県番号"),
        (ResidentNumber, "1" * 16, "1〜15桁"),
        (PostalCode, "100-0001", "半角数字7桁"),
        (UnionCode, "48", "01〜47"),
        (Sex, "3", "性別"),
        (ClerkDay, "昭和64年1月8日", "平成元年1月8日"),
    ],
)
def test_a_wrong_value_is_refused_in_japanese(annotated: Any, value: object, said: str) -> None:
    assert said in refusal(annotated, value)


def test_right_values_pass_unchanged() -> None:
    for annotated, value in [
        (Yen, -(2**63)),
        (FiscalYear, 2026),
        (UnionCode, "13"),
        (ResidentNumber, "000000000012345"),
        (Sex, Sex.FEMALE),
    ]:
        assert TypeAdapter(annotated).validate_python(value) == value
    assert TypeAdapter(Sex).validate_json('"1"') is Sex.MALE
    assert TypeAdapter(ClerkDay).validate_python("S20.6.1") == date(1945, 6, 1)


def test_a_reading_is_full_width_katakana_only() -> None:
    assert is_full_width_kana("ヤマダ　タロウ")
    assert not is_full_width_kana("ﾔﾏﾀﾞ")
    assert not is_full_width_kana("やまだ")
