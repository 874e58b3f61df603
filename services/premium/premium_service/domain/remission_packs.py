"""減免の基準: rule packs as dated data (`law/remissions/`). A pack says for which ground and degree of loss which share of what is
remitted, for which months, under which authority. A figure that nobody has read is a gap: it is taken in, and never granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from chassis.law import FiscalYear, Rate
from chassis.law.strict_yaml import read_yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

LAW: Final = Path(__file__).resolve().parents[2] / "law"
EVIDENCE: Final = {
    "disaster_certificate": "罹災証明書",
    "unemployment_certificate": "離職票・退職の証明",
    "closure_notice": "廃業届・休業届の写し",
    "income_statement": "収入の状況がわかる書類",
    "medical_certificate": "診断書",
    "detention_certificate": "在監証明書",
    "other": "その他の書類",
}
GROUNDS: Final = {"disaster": "災害", "income_fall": "所得の著しい減少", "detention": "刑事施設等への収容"}


class NotGranted(Exception):
    """The pack gives nothing here; `message_ja` says why, to the officer."""

    def __init__(self, message_ja: str) -> None:
        super().__init__(message_ja)
        self.message_ja = message_ja


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Gap(_Entry):
    """A figure that exists and that nobody has read; the text says what is missing."""

    gap: str = Field(min_length=1)


class Fall(_Entry):
    """The share is the rate by which the income falls, from this rate on."""

    at_least: str


class Degree(_Entry):
    """One degree of loss: exactly one of a share, the rate of a fall, or a gap; `of`: the whole premium, or its 所得割額."""

    term: str = Field(min_length=1)
    share: str | int | None = None
    fall: Fall | None = None
    gap: str | None = None
    of: Literal["whole", "income_levy"]

    @model_validator(mode="after")
    def _one_of_three(self) -> Degree:
        if sum(value is not None for value in (self.share, self.fall, self.gap)) != 1:
            raise ValueError(f"{self.term}: say a share, a fall or a gap, and only one of them.")
        if self.share is not None:
            Rate.parse(str(self.share))
        return self


class Days(_Entry):
    """Days from one to another, both included."""

    first: date = Field(alias="from")
    until: date | None = None

    def __contains__(self, day: date) -> bool:
        return self.first <= day and (self.until is None or day <= self.until)


class Months(_Entry):
    """Which months are remitted: from the month of the cause or of the application, or as an officer states."""

    first: Literal["month_of_cause", "month_of_application", "stated"] = Field(alias="from")
    until: Literal["end_of_fiscal_year"] | None = None
    months: int | None = Field(default=None, ge=1)


class Pack(_Entry):
    """減免の基準 of one union and ground."""

    union: str = Field(pattern=r"^\d\d$")
    term: str = Field(min_length=1)
    ground: Literal["disaster", "income_fall", "detention"]
    authority: str = Field(min_length=1)
    law: str = Field(min_length=1)
    source: str = Field(min_length=1)
    confidence: Literal["verified", "verified-secondary", "memory-high", "memory-low", "invented"]
    in_force: Days
    happened: Days | None = None
    period: Months
    apply_within_months: int | None = Field(default=None, ge=1)
    left_floored_to: int | Gap
    evidence: tuple[str, ...] = Field(min_length=1)
    degrees: dict[str, Degree] = Field(min_length=1)

    @model_validator(mode="after")
    def _evidence_is_known(self) -> Pack:
        if unknown := set(self.evidence) - EVIDENCE.keys():
            raise ValueError(f"{self.term}: unknown evidence {', '.join(sorted(unknown))}.")
        return self


@dataclass(frozen=True, slots=True)
class Grant:
    """What a pack gives: the share of `of`, for the months from `first` to before `end` (first days of months)."""

    share: Rate
    of: str
    first: date
    end: date
    unit: int
    authority: str
    law: str


@cache
def packs_of(union: str) -> Mapping[str, Pack]:
    """The packs of a union by name; empty where none has been entered. ValueError names what is wrong in a file."""
    found: dict[str, Pack] = {}
    for path in sorted((LAW / "remissions").glob("*.yaml")):
        content = read_yaml(path)
        assert isinstance(content, dict), path
        for name, entry in content.items():
            pack = Pack.model_validate(entry)
            if pack.union == union:
                found[str(name)] = pack
    return found


def in_force(union: str, on: date) -> dict[str, Pack]:
    """The packs under which an application may be made on a day."""
    return {name: pack for name, pack in packs_of(union).items() if on in pack.in_force}


@cache
def deferral_months(union: str) -> int | None:
    """For how many months a union defers at the most; None where its ordinance has not been read."""
    content = read_yaml(LAW / "deferrals.yaml")
    assert isinstance(content, dict)
    entry: Any = content.get(union)
    return int(entry["months_at_most"]) if entry else None


def faults(pack: Pack, *, degree: str, applied_on: date, happened_on: date) -> list[str]:
    """What is wrong with an application under a pack, in Japanese; empty when it may be taken in."""
    found: list[str] = []
    if degree not in pack.degrees:
        found.append("損害・減少の程度を、基準の中から選んでください。")
    if happened_on > applied_on:
        found.append("事由の発生日が申請日より後になっています。")
    if pack.happened and happened_on not in pack.happened:
        found.append("事由の発生日が、この基準の対象の期間の外です。")
    if pack.apply_within_months and applied_on >= _add_months(happened_on.replace(day=1), pack.apply_within_months + 1):
        found.append(f"申請の期限（発生した月の翌月から{pack.apply_within_months}か月）を過ぎています。")
    return found


def grant_of(
    pack: Pack,
    *,
    degree: str,
    applied_on: date,
    happened_on: date,
    fiscal_year: FiscalYear,
    incomes: tuple[int, int] | None = None,
    stated: tuple[date, date] | None = None,
) -> Grant:
    """What a pack gives in a fiscal year. `incomes`: (last year's, the expected one), for a fall; `stated`: the first month and the
    one after the last, where the pack leaves them to the officer. Raises NotGranted."""
    chosen = pack.degrees[degree]
    if chosen.gap is not None:
        raise NotGranted(f"この程度の減免割合は、まだ確かめられていません（{chosen.term}）。基準を登録してから決定してください。")
    if isinstance(pack.left_floored_to, Gap):
        raise NotGranted("減免後の額の端数処理が、まだ確かめられていません。基準を登録してから決定してください。")
    first, end = _months(pack, applied_on=applied_on, happened_on=happened_on, fiscal_year=fiscal_year, stated=stated)
    share = Rate.parse(str(chosen.share)) if chosen.fall is None else _fall(chosen.fall, incomes)
    return Grant(share, chosen.of, first, end, pack.left_floored_to, pack.authority, pack.law)


def _fall(fall: Fall, incomes: tuple[int, int] | None) -> Rate:
    if incomes is None or incomes[0] <= 0:
        raise NotGranted("前年の所得と、見込みの所得を入れてください。")
    rate = Rate(max(0, incomes[0] - max(0, incomes[1])), incomes[0])
    if rate.fraction < Rate.parse(fall.at_least).fraction:
        raise NotGranted("所得の減少が、基準の割合に達していません。")
    return rate


def _months(
    pack: Pack, *, applied_on: date, happened_on: date, fiscal_year: FiscalYear, stated: tuple[date, date] | None
) -> tuple[date, date]:
    """First month and the one after the last, within the fiscal year. The months before the pack was written count too."""
    if pack.period.first == "stated":
        if stated is None:
            raise NotGranted("減免する月を入れてください。")
        first, end = stated
    else:
        first = (happened_on if pack.period.first == "month_of_cause" else applied_on).replace(day=1)
        end = _add_months(first, pack.period.months) if pack.period.months else fiscal_year.end
    first, end = max(first, fiscal_year.start), min(end, fiscal_year.end)
    if first >= end:
        raise NotGranted("この年度に、減免する月がありません。")
    return first, end


def _add_months(day: date, months: int) -> date:
    """The first day of the month that lies `months` later."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
