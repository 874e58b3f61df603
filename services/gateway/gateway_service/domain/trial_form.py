"""試算 on the desk: what the form of a scenario asks for, and how what was typed becomes a request to premium. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

LARGEST: Final = 10**14


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name at the service, its term, its unit, and what it begins with; `optional` may stay empty."""

    name: str
    term: str
    unit: str
    begins: str = ""
    optional: bool = True


PERIOD: Final = (
    Field("insured", "被保険者数（年平均）", "人", optional=False),
    Field("benefits", "療養給付費等（負担対象額）", "円", optional=False),
    Field("high_income_benefits", "療養給付費等（特定費用：3割の人の分）", "円"),
    Field("high_cost_base", "高額医療費負担対象額", "円"),
    Field("review_fees", "審査支払手数料", "円"),
    Field("stability_fund", "財政安定化基金拠出金", "円"),
    Field("special_high_cost_pool", "特別高額医療費共同事業拠出金", "円"),
    Field("health_services", "保健事業費", "円"),
    Field("funeral_benefits", "葬祭費", "円"),
    Field("childbirth_support", "出産育児支援金", "円"),
    Field("other_costs", "その他の費用", "円"),
    Field("adjustment_grant", "調整交付金（空なら、全国平均の1/12）", "円"),
    Field("special_high_cost_grant", "特別高額医療費共同事業交付金", "円"),
    Field("surplus_and_reserve", "剰余金・準備基金の繰入", "円"),
    Field("stability_fund_grant", "財政安定化基金交付金", "円"),
    Field("other_incomes", "その他の収入", "円"),
)
"""Of each fiscal year of the period; a first year and, if it is filled in, a second."""
COSTS_BEGIN, INCOMES_BEGIN = "benefits", "adjustment_grant"
CHOICES: Final = (
    Field("collection_rate", "予定収納率", "％", "99.5", optional=False),
    Field("income_share", "賦課総額のうち所得割の割合", "％", "52", optional=False),
    Field("per_capita_unit", "均等割額の単位", "円", "1", optional=False),
    Field("rate_step", "所得割率の刻み", "％", "0.01", optional=False),
    Field("fixed_flat", "均等割額を決めておく（空なら計算）", "円"),
    Field("cap", "賦課限度額（空なら法令の額）", "円"),
)
CHILD: Final = (
    Field("payment", "納付金の額（年額。空なら、いまの料率のまま）", "円"),
    Field("insured", "被保険者数（年平均）", "人"),
    Field("income_share", "所得割の割合", "％", "52"),
)
_PERCENT: Final = re.compile(r"\d{1,3}(\.\d{1,4})?")


def begin(fiscal_year: int, people: int | None) -> dict[str, str]:
    """The form as it begins: `people` of the population stand for the year's average until somebody types another number."""
    typed = {"name": "", "fiscal_year": str(fiscal_year), "income_growth": "100"}
    typed |= {f"y{place}_{field.name}": field.begins for place in (0, 1) for field in PERIOD}
    typed |= {f"c_{field.name}": field.begins for field in CHOICES} | {f"k_{field.name}": field.begins for field in CHILD}
    return typed | ({"y0_insured": str(people)} if people else {})


def typed_of(request: Mapping[str, Any]) -> dict[str, str]:
    """The form of a kept scenario, to make another from it."""
    typed = begin(request["fiscal_year"], None) | {"name": request["name"], "income_growth": request["income_growth"].rstrip("%")}
    for place, year in enumerate(request["years"]):
        typed |= {f"y{place}_{field.name}": _text(year.get(field.name)) for field in PERIOD}
    typed |= {f"c_{name}": text for name, text in _choices_of(request["choices"]).items()}
    if request.get("child"):
        child = request["child"]
        typed |= {"k_payment": _text(child["payment"]), "k_insured": _text(child["insured"])}
        typed["k_income_share"] = _choices_of(child["choices"])["income_share"]
    return typed


def _choices_of(choices: Mapping[str, Any]) -> dict[str, str]:
    found = {
        name: _text(choices.get(name)).rstrip("%") for name in ("collection_rate", "per_capita_unit", "rate_step", "fixed_flat", "cap")
    }
    return found | {"income_share": choices["income_coefficient"].partition("/")[0]}


def _text(value: object) -> str:
    return "" if value is None or value == 0 else f"{value:,}" if isinstance(value, int) else str(value)


def read_trial(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(request, field → what is wrong with it)."""
    form = _Reading(typed)
    year = form.whole("fiscal_year", optional=False) or 0
    request: dict[str, Any] = {"name": form.text("name"), "fiscal_year": year, "income_growth": form.percent("income_growth")}
    request["years"] = [
        {"fiscal_year": year + place, **form.amounts(f"y{place}_", PERIOD)}
        for place in (0, 1)
        if place == 0 or any(form.plain(f"y1_{field.name}") for field in PERIOD)
    ]
    request["choices"] = form.choices("c_", "")
    if form.plain("k_payment"):
        child = {"payment": form.whole("k_payment", optional=False), "insured": form.whole("k_insured", optional=False)}
        request["child"] = {**child, "choices": form.choices("c_", "k_") | {"fixed_flat": None, "cap": None}}
    return request, form.errors


class _Reading:
    """What was typed, read field by field; what cannot be read is kept as an error."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self._typed = typed
        self.errors: dict[str, str] = {}

    def plain(self, name: str) -> str:
        """Digits in whatever width, without commas and units."""
        return unicodedata.normalize("NFKC", self._typed.get(name, "")).replace(",", "").replace("円", "").strip().rstrip("%")

    def text(self, name: str) -> str:
        found = self._typed.get(name, "").strip()
        if not 1 <= len(found) <= 60:
            self.errors[name] = "名前を60文字までで入力してください。"
        return found

    def whole(self, name: str, *, optional: bool) -> int | None:
        digits = self.plain(name)
        if not digits:
            if not optional:
                self.errors[name] = "入力してください。"
            return None
        if not digits.isascii() or not digits.isdigit() or int(digits) > LARGEST:
            self.errors[name] = "0以上の整数で入力してください。"
            return None
        return int(digits)

    def percent(self, name: str) -> str:
        found = self.plain(name)
        if not _PERCENT.fullmatch(found) or float(found) == 0:
            self.errors[name] = "％の数を、99.5 のように入力してください。"
            return "100%"
        return f"{found}%"

    def amounts(self, prefix: str, fields: tuple[Field, ...]) -> dict[str, int]:
        return dict(self._amounts(prefix, fields))

    def _amounts(self, prefix: str, fields: tuple[Field, ...]) -> Iterator[tuple[str, int]]:
        for field in fields:
            found = self.whole(f"{prefix}{field.name}", optional=field.optional)
            if found is not None:
                yield field.name, found

    def choices(self, prefix: str, share_prefix: str) -> dict[str, Any]:
        share_name = f"{share_prefix or prefix}income_share"
        share = self.whole(share_name, optional=False) or 0
        if not 1 <= share <= 99:
            self.errors.setdefault(share_name, "1から99までの整数で入力してください。")
        return {
            "collection_rate": self.percent(f"{prefix}collection_rate"),
            "income_coefficient": f"{share}/{100 - share}",
            "per_capita_unit": self.whole(f"{prefix}per_capita_unit", optional=False) or 1,
            "rate_step": self.percent(f"{prefix}rate_step"),
            "fixed_flat": self.whole(f"{prefix}fixed_flat", optional=True),
            "cap": self.whole(f"{prefix}cap", optional=True),
        }
