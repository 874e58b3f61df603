"""料率マスタ表 in the words of an office: how each figure of the law reads. Pure."""

from __future__ import annotations

from typing import Any, Final

_PHRASES: Final = {
    "per_capita": "均等割額 {}", "income_rate": "所得割率 {}", "amount": "{}", "share": "{}", "up_to": "{}以下", "below": "{}未満",
    "rate": "× {}", "less": "− {}", "step": "{}単位", "unit": "{}単位", "mode": "{}", "base": "基礎 {}",
    "per_insured_five": "5割軽減：被保険者1人につき {}", "per_insured_two": "2割軽減：被保険者1人につき {}",
    "per_extra_earner": "給与所得者等が2人目から1人につき {}", "seven": "7割軽減 {}", "five": "5割軽減 {}", "two": "2割軽減 {}",
    "low_pension": "年金収入の少ない世帯 {}", "others": "その他 {}", "months": "資格取得から {}", "from_65": "65歳以上 {}",
    "under_65": "65歳未満 {}", "other_income_over": "ほかの所得が {} を超えるとき", "less_deduction": "控除を {} 減らす",
    "cap": "限度額 {}", "born_through": "{} までに生まれた方", "disability_through": "障害認定は {} まで", "area": "区域 {}",
    "municipality": "市区町村 {}",
}  # fmt: skip
_WORDS: Final = {"down": "切捨て", "half_up": "四捨五入", "split_then_floor": "月割をしてから切り捨てる"}
CONFIDENCE: Final = {
    "verified": "確認済み",
    "verified-secondary": "解説資料で確認",
    "memory-high": "未確認（確度は高い）",
    "memory-low": "未確認",
    "gap": "不明",
}


def lines(value: Any) -> list[str]:
    """A figure as it is read, one line for each case of a table."""
    if isinstance(value, dict):
        return [_phrase(name, item) for name, item in value.items()]
    if isinstance(value, list):
        return [_row(item) for item in value]
    return [_plain(value)]


def _row(item: Any) -> str:
    """One case of a table; the last has no bound."""
    if not isinstance(item, dict):
        return _plain(item)
    bounded = any(name in item for name in ("up_to", "below", "other_income_over"))
    said = "　".join(_phrase(name, part) for name, part in item.items())
    return said if bounded or "area" in item else f"それより上　{said}"


def _phrase(name: str, item: Any) -> str:
    shown = f"{item}か月" if name == "months" else item if name == "municipality" else _plain(item)
    return _PHRASES.get(name, name + " {}").format(shown)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "する" if value else "しない"
    if isinstance(value, int):
        return f"{value:,}円"
    if isinstance(value, dict | list):
        return "、".join(lines(value))
    return _WORDS.get(value, str(value))
