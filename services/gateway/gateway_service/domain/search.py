"""What a clerk types to find somebody, and what is wrong with it, said as a clerk would want to hear it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.eras import UnreadableDay, parse_day

FIELDS: Final = ("number", "kana", "born_on")
_KANA: Final = re.compile(r"[ァ-ヺー・ ぁ-ゖ　]+")


@dataclass(frozen=True, slots=True)
class Search:
    """Conditions as the ledger takes them; `errors`: field → what is wrong, in Japanese."""

    conditions: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)


def read_search(typed: Mapping[str, str]) -> Search:
    """The conditions in a form. `number`: 被保険者番号 (8 digits) or 宛名番号 (9 to 15); `kana`: the beginning; `born_on`: any style."""
    conditions: dict[str, str] = {}
    errors: dict[str, str] = {}
    plain = {name: unicodedata.normalize("NFKC", typed.get(name, "")).strip() for name in FIELDS}
    if number := re.sub(r"[\s\-]", "", plain["number"]):
        if number.isascii() and number.isdigit() and (len(number) == 8 or 9 <= len(number) <= 15):
            conditions["number"] = number
        elif number.isdigit():
            errors["number"] = f"番号が{len(number)}桁です。被保険者番号は8桁、宛名番号は9桁から15桁で入力してください。"
        else:
            errors["number"] = "番号は数字だけで入力してください。"
    if kana := plain["kana"]:
        if not _KANA.fullmatch(kana):
            errors["kana"] = "カナに、かな・カナ以外の文字があります。漢字の氏名では探せません。読みを入力してください。"
        elif len(re.sub(r"[ 　]", "", kana)) < 2:
            errors["kana"] = "カナは2文字以上入力してください。1文字では該当する人が多すぎます。"
        else:
            conditions["kana"] = kana
    if plain["born_on"]:
        try:
            conditions["born_on"] = parse_day(plain["born_on"]).isoformat()
        except UnreadableDay as error:
            errors["born_on"] = str(error)
    if not conditions and not errors:
        errors["number"] = "番号・カナ・生年月日のどれか一つは入力してください。"
    return Search(conditions, errors)
