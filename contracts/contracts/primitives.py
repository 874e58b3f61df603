# SPDX-License-Identifier: Apache-2.0
"""The smallest words of every contract: amounts, years, numbers and codes, each with its check.

Every type is an `Annotated` alias: a plain `int` or `str` for the type checker, checked by pydantic wherever a model uses it.
Errors are Japanese, say what is wrong and what to do, and carry a stable type (`koki_…`). The functions can be used without a model.

Check digits:
- 保険者番号 (8 digits): from the right of the first seven multiply by 2, 1, 2, 1 …, add the digits of the products,
  `(10 - sum mod 10) mod 10`. Source: 保険者番号等設定要領 (厚生労働省), as explained at http://www5f.biglobe.ne.jp/~h-it/mlcont/mc0124.htm
- 全国地方公共団体コード (6 digits): weights 6, 5, 4, 3, 2; the last digit of `11 - (sum mod 11)`.
  Source: https://wiki.hgotoh.jp/documents/code/code-014
"""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from contracts.eras import UnreadableDay, parse_day

INSURER_LAW_NUMBER: Final = "39"
"""法別番号 of 後期高齢者医療: the first two digits of every 保険者番号 of the scheme."""
FIRST_FISCAL_YEAR: Final = 2008
"""The scheme began on 1 April 2008 (平成20年)."""
LARGEST_YEN: Final = 2**63 - 1
LAST_YEAR: Final = 9998


def _refuse(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(f"koki_{kind}", "{message}", {"message": message})


def _digits(value: object, *, kind: str, term: str, lengths: range, example: str) -> str:
    if not isinstance(value, str):
        raise _refuse(kind, f'{term}「{value}」は文字列ではありません。先頭の0が落ちないように、文字列で渡してください(例: "{example}")。')
    if not (value.isascii() and value.isdigit() and len(value) in lengths):
        size = f"{lengths.start}桁" if len(lengths) == 1 else f"{lengths.start}〜{lengths.stop - 1}桁"
        raise _refuse(kind, f"{term}「{value}」は半角数字{size}ではありません。桁数と文字の種類を確かめてください(例: {example})。")
    return value


def _whole(value: object, *, kind: str, term: str, unit: str, lowest: int, highest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refuse(kind, f"{term}「{value}」は整数ではありません。{unit}の整数で渡してください。")
    if not lowest <= value <= highest:
        raise _refuse(kind, f"{term}「{value}」は扱える範囲({lowest}〜{highest})にありません。値を確かめてください。")
    return value


# --- check digits ------------------------------------------------------------------------------------------------------


def municipality_check_digit(first_five: str) -> str:
    """The sixth digit of a 全国地方公共団体コード from its first five (都道府県2 + 市区町村3)."""
    five = _digits(first_five, kind="municipality_code", term="市区町村コードの先頭5桁", lengths=range(5, 6), example="13101")
    total = sum(weight * int(digit) for weight, digit in zip((6, 5, 4, 3, 2), five, strict=True))
    return str(11 - total % 11)[-1]


def insurer_check_digit(first_seven: str) -> str:
    """The eighth digit of a 保険者番号 from its first seven; the same method serves a 被保険者番号 where a union uses one."""
    seven = _digits(first_seven, kind="insurer_number", term="保険者番号の先頭7桁", lengths=range(7, 8), example="3913101")
    total = 0
    for position, digit in enumerate(reversed(seven)):
        product = int(digit) * (2 if position % 2 == 0 else 1)
        total += product // 10 + product % 10
    return str((10 - total % 10) % 10)


def municipality_code(first_five: str) -> str:
    """The six-digit code of a five-digit one (13101 → 131016): 年金 and postal data carry only five digits."""
    return first_five + municipality_check_digit(first_five)


def insurer_number(municipality: str) -> str:
    """保険者番号 of the municipality with this six-digit code: 39 + 都道府県2 + 市区町村3 + check digit (131016 → 39131016)."""
    first_seven = INSURER_LAW_NUMBER + require_municipality_code(municipality)[:5]
    return first_seven + insurer_check_digit(first_seven)


# --- checks, usable on their own ---------------------------------------------------------------------------------------


def require_municipality_code(value: object) -> str:
    """`value` if it is a six-digit 全国地方公共団体コード with a right check digit; else a Japanese error."""
    code = _digits(value, kind="municipality_code", term="市区町村コード", lengths=range(6, 7), example="131016")
    if code[-1] != (right := municipality_check_digit(code[:5])):
        raise _refuse(
            "municipality_code",
            f"市区町村コード「{code}」の検査数字(6桁目)が合いません。先頭5桁が正しければ{right}です。全国地方公共団体コードを確かめてください。",
        )
    if not 1 <= int(code[:2]) <= 47:
        raise _refuse(
            "municipality_code", f"市区町村コード「{code}」の先頭2桁は都道府県番号(01〜47)ではありません。コードを確かめてください。"
        )
    return code


def require_insurer_number(value: object) -> str:
    """`value` if it is an eight-digit 保険者番号 of 後期高齢者医療 with a right check digit; else a Japanese error."""
    number = _digits(value, kind="insurer_number", term="保険者番号", lengths=range(8, 9), example="39131016")
    if not number.startswith(INSURER_LAW_NUMBER):
        raise _refuse("insurer_number", f"保険者番号「{number}」は39で始まっていません。後期高齢者医療の番号か確かめてください。")
    if number[-1] != (right := insurer_check_digit(number[:7])):
        raise _refuse(
            "insurer_number",
            f"保険者番号「{number}」の検証番号(8桁目)が合いません。先頭7桁が正しければ{right}です。番号を確かめてください。",
        )
    return number


def require_insured_number(value: object, *, has_check_digit: bool = False) -> str:
    """`value` if it is an eight-digit 被保険者番号. Whether its last digit is a check digit is a setting of the union (off by default)."""
    number = _digits(value, kind="insured_number", term="被保険者番号", lengths=range(8, 9), example="00123456")
    if has_check_digit and number[-1] != (right := insurer_check_digit(number[:7])):
        raise _refuse(
            "insured_number",
            f"被保険者番号「{number}」の検証番号(8桁目)が合いません。先頭7桁が正しければ{right}です。被保険者証の番号を確かめてください。",
        )
    return number


def require_resident_number(value: object) -> str:
    return _digits(value, kind="resident_number", term="宛名番号", lengths=range(1, 16), example="000000000012345")


def require_household_number(value: object) -> str:
    return _digits(value, kind="household_number", term="世帯番号", lengths=range(1, 16), example="000000000054321")


def require_postal_code(value: object) -> str:
    return _digits(value, kind="postal_code", term="郵便番号", lengths=range(7, 8), example="1000001")


def require_union_code(value: object) -> str:
    """`value` if it is the prefecture number of a union, 01 (北海道) to 47 (沖縄県)."""
    code = _digits(value, kind="union_code", term="広域連合番号", lengths=range(2, 3), example="13")
    if not 1 <= int(code) <= 47:
        raise _refuse("union_code", f"広域連合番号「{code}」はありません。都道府県番号01〜47で渡してください。")
    return code


def require_yen(value: object) -> int:
    return _whole(value, kind="yen", term="金額", unit="円単位", lowest=-LARGEST_YEN - 1, highest=LARGEST_YEN)


def require_fiscal_year(value: object) -> int:
    return _whole(value, kind="fiscal_year", term="年度", unit="西暦4桁", lowest=FIRST_FISCAL_YEAR, highest=LAST_YEAR)


def require_income_year(value: object) -> int:
    return _whole(value, kind="income_year", term="所得年", unit="西暦4桁", lowest=FIRST_FISCAL_YEAR - 2, highest=LAST_YEAR)


def require_history_number(value: object) -> int:
    return _whole(value, kind="history_number", term="履歴番号", unit="1以上", lowest=1, highest=LARGEST_YEN)


def require_sequence(value: object) -> int:
    return _whole(value, kind="sequence", term="連番", unit="1以上", lowest=1, highest=LARGEST_YEN)


def require_sex(value: object) -> object:
    if value not in ("0", "1", "2"):
        raise _refuse("sex", f"性別「{value}」はありません。0(不明)、1(男)、2(女)のどれかで渡してください。")
    return value


KATAKANA: Final = r"[ァ-ヺー・　 ヽヾ‐－―．，’]+"
"""What a フリガナ item may hold: full-width katakana, spaces and the marks of foreign names."""


def is_full_width_kana(text: str) -> bool:
    """True where `text` is a reading in full-width katakana, as the standardised フリガナ items ask."""
    return re.fullmatch(KATAKANA, text) is not None


def _typed_day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_day(value)
    except UnreadableDay as error:
        raise _refuse("day", str(error)) from error


# --- the types ---------------------------------------------------------------------------------------------------------


class Sex(StrEnum):
    """性別 as the standardised items write it: 0 不明(未記入), 1 男, 2 女."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"

    @property
    def term(self) -> str:
        return {"0": "不明", "1": "男", "2": "女"}[self.value]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(require_sex, handler(source))


def _pattern(pattern: str, term: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": term, "examples": [example]})


def _range(lowest: int, highest: int, term: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": lowest, "maximum": highest, "description": term})


Yen = Annotated[int, BeforeValidator(require_yen), WithJsonSchema({"type": "integer", "format": "int64", "description": "金額(円)"})]
FiscalYear = Annotated[int, BeforeValidator(require_fiscal_year), _range(FIRST_FISCAL_YEAR, LAST_YEAR, "年度(4月1日に始まる年、西暦)")]
IncomeYear = Annotated[int, BeforeValidator(require_income_year), _range(FIRST_FISCAL_YEAR - 2, LAST_YEAR, "所得年(暦年、西暦)")]
HistoryNumber = Annotated[int, BeforeValidator(require_history_number), _range(1, LARGEST_YEN, "個人履歴番号")]
Sequence = Annotated[int, BeforeValidator(require_sequence), _range(1, LARGEST_YEN, "同じ対象の中の連番")]
MunicipalityCode = Annotated[str, BeforeValidator(require_municipality_code), _pattern(r"^\d{6}$", "全国地方公共団体コード", "131016")]
InsurerNumber = Annotated[str, BeforeValidator(require_insurer_number), _pattern(r"^39\d{6}$", "保険者番号", "39131016")]
InsuredNumber = Annotated[str, BeforeValidator(require_insured_number), _pattern(r"^\d{8}$", "被保険者番号", "00123456")]
ResidentNumber = Annotated[str, BeforeValidator(require_resident_number), _pattern(r"^\d{1,15}$", "宛名番号", "000000000012345")]
HouseholdNumber = Annotated[str, BeforeValidator(require_household_number), _pattern(r"^\d{1,15}$", "世帯番号", "000000000054321")]
PostalCode = Annotated[str, BeforeValidator(require_postal_code), _pattern(r"^\d{7}$", "郵便番号", "1000001")]
UnionCode = Annotated[str, BeforeValidator(require_union_code), _pattern(r"^(0[1-9]|[1-3]\d|4[0-7])$", "広域連合番号(都道府県番号)", "13")]
ClerkDay = Annotated[date, BeforeValidator(_typed_day)]
"""A day as a clerk types it, in an era or western (`contracts.eras.parse_day`); written out as YYYY-MM-DD."""
