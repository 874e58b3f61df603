"""Words that screens and papers have in common. Pure."""

from __future__ import annotations

from typing import Final

WITHHELD: Final = "支援措置により表示できません"
"""What stands where an address would."""
PURPOSES: Final = {"everything": "すべて", "certificate": "証", "premium": "保険料", "benefit": "給付"}
"""使いみち of a delivery address."""
DOCUMENTS: Final = {"screen": "画面に一度だけ表示する", "certificate": "証一枚に記載する"}
"""For what a withheld address can be released."""
GROUNDS: Final = {"domestic_violence": "配偶者からの暴力", "stalking": "ストーカー行為", "child_abuse": "児童虐待", "other": "その他"}
"""支援措置の事由 (住民基本台帳事務処理要領 第5の10)."""
