"""納付書のバーコード: the 44 digits that a convenience store reads, and the bars that show them (GS1-128).

Source: the published form of the stores (AI 91, company, free digits, 再発行区分, 支払期限日, 印紙フラグ, amount, check digit), its sample.
"""

from __future__ import annotations

from datetime import date
from typing import Final

IDENTIFIER: Final = "91"
COMPANY_DIGITS: Final = 6
FREE_DIGITS: Final = 21
AMOUNT_DIGITS: Final = 6
DIGITS: Final = 44
_START_C, _FNC1, _STOP = 105, 102, 106
_CHECK_MODULUS: Final = 103
_SYMBOLS: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221 223211 "
    "221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 "
    "132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 "
    "312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 "
    "221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 "
    "114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)
"""Code 128: the widths of bars and gaps of each symbol, in modules. Law of the form: ISO/IEC 15417."""
_WIDTHS: Final = tuple(_SYMBOLS.split())


def check_digit(digits: str) -> str:
    """モジュラス10・ウェイト3: over all digits before it, weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def slip_code(*, company_code: str, free: str, reissued: bool, usable_until: date, amount: int) -> str:
    """The 44 digits of a slip. `free`: up to 21 digits of our own; `amount`: yen, up to six. No stamp duty: a public receipt bears none.

    ValueError where a part has no room: a cut amount must never be printed.
    """
    parts = (company_code.isdigit() and len(company_code) == COMPANY_DIGITS, free.isdigit() and len(free) <= FREE_DIGITS)
    if not (all(parts) and 0 < amount < 10**AMOUNT_DIGITS):
        raise ValueError(f"No bar code holds company {company_code}, {free} and {amount} yen.")
    body = f"{IDENTIFIER}{company_code}{free.zfill(FREE_DIGITS)}{int(reissued)}{usable_until:%y%m%d}0{amount:0{AMOUNT_DIGITS}}"
    return body + check_digit(body)


def bars(digits: str) -> tuple[int, ...]:
    """The widths of bars and gaps in turn, in modules, beginning with a bar: start C, FNC1, the digits in pairs, check symbol, stop."""
    if len(digits) % 2 or not digits.isdigit():
        raise ValueError("GS1-128 in set C takes an even number of digits.")
    symbols = [_START_C, _FNC1, *(int(digits[at : at + 2]) for at in range(0, len(digits), 2))]
    check = (symbols[0] + sum(place * symbol for place, symbol in enumerate(symbols[1:], start=1))) % _CHECK_MODULUS
    return tuple(int(width) for symbol in (*symbols, check, _STOP) for width in _WIDTHS[symbol])


def in_groups(digits: str) -> tuple[str, str]:
    """The digits as people read them below the bars, in two lines: (91) company-free, and the rest."""
    return f"({digits[:2]}){digits[2:8]}-{digits[8:29]}", f"{digits[29]}-{digits[30:36]}-{digits[36]}-{digits[37:43]}-{digits[43]}"
