"""対象者の特定: full agreement alone links; how a name or an address is written does not matter, what it says does (F-06)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from chassis.clock import derived_id
from collection_service.domain.identifying import Pensioner, Resident, address_key, identify, kana_key

INSURED = derived_id("insured", 1)
PENSIONER = Pensioner("ｶｸｳ ﾊﾅｺ", date(1945, 5, 1), "2", "千代田区千代田１番１号")
RESIDENT = Resident("カクウ　ハナコ", date(1945, 5, 1), "2", "千代田区千代田1-1", INSURED)


def test_the_one_resident_who_agrees_in_everything_is_linked() -> None:
    assert identify(PENSIONER, [RESIDENT]) == identify(PENSIONER, [replace(RESIDENT, sex="1"), RESIDENT])
    found = identify(PENSIONER, [RESIDENT])
    assert (found.state, found.insured_id) == ("identified", INSURED)


def test_a_resident_who_is_not_insured_is_known_and_not_linked() -> None:
    found = identify(PENSIONER, [replace(RESIDENT, insured_id=None)])
    assert (found.state, found.insured_id) == ("not_insured", None)


def test_two_who_agree_in_everything_are_for_an_officer() -> None:
    found = identify(PENSIONER, [RESIDENT, replace(RESIDENT, insured_id=derived_id("insured", 2))])
    assert (found.state, found.doubt) == ("doubtful", "すべてが一致する住民が2人います。")


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"name_kana": "カクウ　ハナエ"}, "カナ氏名が違います。"),
        ({"born_on": date(1945, 5, 2)}, "生年月日が違います。"),
        ({"born_on": None}, "生年月日が違います。"),
        ({"sex": "1"}, "性別が違います。"),
        ({"address": "千代田区千代田1-2"}, "住所が違います。"),
    ],
)
def test_one_difference_is_named_and_never_linked(change: dict[str, object], doubt: str) -> None:
    found = identify(PENSIONER, [replace(RESIDENT, **change)])  # type: ignore[arg-type]
    assert (found.state, found.insured_id, found.doubt) == ("doubtful", None, doubt)


def test_who_differs_twice_is_somebody_else() -> None:
    assert identify(PENSIONER, [replace(RESIDENT, sex="1", name_kana="カクウ　タロウ")]).state == "unknown"
    assert identify(PENSIONER, []).state == "unknown"


@pytest.mark.parametrize(
    ("of_register", "of_payer"),
    [
        ("キョウトウ　シュンイチ", "ｷﾖｳﾄｳ ｼﾕﾝｲﾁ"),
        ("ガッツ　パピプペポ", "ｶﾞﾂﾂ ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ"),
        ("トテモナガイミョウジノ　ヒトノナマエデスネエト", "ﾄﾃﾓﾅｶﾞｲﾐﾖｳｼﾞﾉ ﾋﾄﾉﾅﾏｴﾃﾞｽﾈｴ"),
        ("Smith John", "SMITH JOHN"),
    ],
)
def test_names_are_compared_as_the_record_holds_them(of_register: str, of_payer: str) -> None:
    assert kana_key(of_register) == kana_key(of_payer)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("奥多摩町氷川２１５番地６", "奥多摩町氷川215-6"),
        ("八王子市元本郷町三丁目24番1号", "八王子市元本郷町三丁目２４－１"),
        ("千代田区九段南1丁目2番1号", "千代田区九段南１－２－１"),
    ],
)
def test_addresses_are_compared_without_the_ways_of_writing_them(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


def test_other_numbers_are_another_address() -> None:
    assert address_key("千代田区九段南1丁目2番1号") != address_key("千代田区九段南1丁目21号")
