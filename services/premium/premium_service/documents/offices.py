"""Who issues notices and where people ask, by union."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from chassis.documents import DocumentRefused
from pydantic import ValidationError

_FILE = Path(__file__).with_suffix(".yaml")


@cache
def _offices() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def office_of(union: str) -> dict[str, str]:
    """issuer, office, telephone and review_board of a union. Raises `DocumentRefused` where they are not registered."""
    office = _offices().get(union)
    if office is None:
        raise DocumentRefused("inconsistent", f"広域連合 {union} の発行者・問い合わせ先が登録されていません。")
    return office


def not_fitting(invalid: ValidationError) -> DocumentRefused:
    """What to say of data that do not fit a notice: the fields, never what stands in them."""
    fields = "、".join(sorted({".".join(map(str, fault["loc"])) for fault in invalid.errors(include_input=False)}))
    return DocumentRefused("inconsistent", f"通知書の様式に入らない項目があります({fields})。住民情報を確かめてください。")
