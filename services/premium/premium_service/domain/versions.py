"""並行計算: another set of parameters beside the law in force, for a comparison over the same frozen inputs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from chassis.law import FiscalYear, Rate, content_hash

from premium_service.law import premium_parameters
from premium_service.rules.income_levy import millionths
from premium_service.rules.parameters import PARTS, Parameters, Settings

IN_FORCE: Final = "in_force"
"""Instead of a version: the decisions in force, whichever rules and parameters made them."""
_SETTINGS: Final = {"annual_rounding": int, "component_rounding": int, "component_rounding_mode": str, "month_order": str}


class NotAVersion(ValueError):
    """A version cannot be read; the text says in Japanese what is wrong."""


@dataclass(frozen=True, slots=True)
class Version:
    """What is different from the files of the law: settings of the union, and the rates of a part (trial rates)."""

    settings: Settings = field(default_factory=Settings)
    rates: Mapping[str, tuple[int, Rate]] = field(default_factory=dict)
    """part → flat amount (yen a year) and income rate, in every rate area."""

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """{"settings": {"annual_rounding": 10}, "rates": {"medical": {"per_capita": 50000, "income_rate": "9.5%"}}}."""
        if unknown := found.keys() - {"settings", "rates"}:
            raise NotAVersion(f"「{'・'.join(sorted(unknown))}」は比較の条件にありません。settings と rates を使ってください。")
        chosen = found.get("settings", {})
        if unknown := chosen.keys() - _SETTINGS.keys():
            raise NotAVersion(f"「{'・'.join(sorted(unknown))}」という設定はありません。")
        settings = Settings(**{name: _SETTINGS[name](value) for name, value in chosen.items()})
        rates = {}
        for part, values in found.get("rates", {}).items():
            if part not in PARTS or values.keys() != {"per_capita", "income_rate"}:
                raise NotAVersion(f"「{part}」の料率を読めません。per_capita と income_rate を入れてください。")
            rates[part] = int(values["per_capita"]), Rate.parse(str(values["income_rate"]))
        return cls(settings, rates)

    def parameters(self, union: str, year: FiscalYear) -> Parameters:
        """The parameters of the year with what is different; their hash covers it."""
        law = premium_parameters(union, year, settings=self.settings)
        if unknown := self.rates.keys() - law.parts.keys():
            raise NotAVersion(f"{year.name}に「{'・'.join(sorted(unknown))}」の区分はありません。")
        parts = dict(law.parts)
        for part, (per_capita, rate) in self.rates.items():
            areas = len(law.rate_areas)
            parts[part] = replace(parts[part], per_capita=(per_capita,) * areas, income_rate=(rate,) * areas)
        changed = {part: [per_capita, millionths(rate)] for part, (per_capita, rate) in self.rates.items()}
        return replace(law, parts=parts, hash=content_hash([law.hash, changed])) if changed else law
