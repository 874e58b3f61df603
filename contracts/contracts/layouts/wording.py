# SPDX-License-Identifier: Apache-2.0
"""The words that fill the Japanese message of a wrong cell."""

from contracts.layouts.control import Control
from contracts.layouts.model import Condition, Layout, LayoutField

_FORMATS = {
    "YYYY-MM-DD": "2026-07-13",
    "YYYYMMDD": "20260713",
    "MMDD": "0713(月日4桁)",
    "ERA": "5080713(元号1桁+年月日6桁)",
    "YEAR": "2026(西暦4桁)",
    "TIME": "09:30:00",
    "TIMESTAMP": "2026-07-13T09:00:00+09:00",
}
_MOST_CODES_SHOWN = 30


def words_of(layout: Layout, code: str, column: str, value: str, control: Control | None) -> dict[str, object]:
    """What the template of `code` needs for one cell; `column` is empty where the row as a whole is wrong."""
    if not column:
        return {"term": "行", "column": "", "value": value, "found": value, "length": len(layout.fields)}
    field = layout.field(column)
    return {
        "term": field.term,
        "column": column,
        "value": value,
        "length": field.length,
        "unit": "桁" if field.is_number else "文字",
        "format": _FORMATS[field.format or field.type] if field.type in ("DATE", "YEAR", "TIME", "TIMESTAMP") else "",
        "known": _known_codes(layout, field),
        "declared": control.municipality_code if control else "",
        "detail": _detail(layout, field, code, value),
    }


def _detail(layout: Layout, field: LayoutField, code: str, value: str) -> str:
    match code:
        case "KOKI-R101" if field.required_when:
            return f"{_condition(layout, field.required_when)}のときは必ず書きます。"
        case "KOKI-R101":
            return "必ず書く項目です。"
        case "KOKI-R103" if field.type == "9" and value.startswith("-"):
            return "負の数は書けません。"
        case "KOKI-R108":
            return _characters(field)
        case "KOKI-R112":
            return _range(field)
        case "KOKI-R113" if field.empty_unless:
            return f"{_condition(layout, field.empty_unless)}のときだけ書けます。"
        case "KOKI-R116":
            return field.constant_bytes or field.constant or ""
    return ""


def _condition(layout: Layout, condition: Condition) -> str:
    field = layout.field(condition.field)
    codes = layout.codes_of(field)
    return f"「{field.term}」が{'・'.join(f'{value}({codes[value]})' if value in codes else value for value in condition.values)}"


def _characters(field: LayoutField) -> str:
    if field.characters == "digits":
        return "半角数字だけで書いてください。"
    if field.characters == "katakana":
        return "全角カタカナで書いてください。"
    return "半角文字だけで書いてください。" if field.type == "X" else "改行などの制御文字と、読めない文字(U+FFFD)を除いてください。"


def _range(field: LayoutField) -> str:
    if field.type == "DATE":
        return f"{field.earliest.isoformat()}から{field.latest.isoformat()}までの日付で書いてください。期限のないときは空にします。"
    if field.lowest is not None and field.highest is not None:
        return f"{field.lowest}から{field.highest}までの数で書いてください。"
    return f"{field.lowest}以上の数で書いてください。" if field.lowest is not None else f"{field.highest}以下の数で書いてください。"


def _known_codes(layout: Layout, field: LayoutField) -> str:
    codes = [f"{code}({meaning})" for code, meaning in layout.codes_of(field).items()]
    more = " ほか" if len(codes) > _MOST_CODES_SHOWN else ""
    return "、".join(codes[:_MOST_CODES_SHOWN]) + more
