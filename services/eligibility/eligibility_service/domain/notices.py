"""届出・申請・決定: whether what was brought to the window fits what is known of the person. Pure; the reasons are told in Japanese."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
from chassis.law import day_number, day_of

from eligibility_service.domain import contents as log
from eligibility_service.domain.contents import AnyContent
from eligibility_service.domain.corrections import Period
from eligibility_service.domain.entries import Entry, standing
from eligibility_service.rules.acquisition import reaches_75_on
from eligibility_service.rules.disability import certifiable, withdrawal
from eligibility_service.rules.previous_insurer import FormerDependant, Insurer, former_dependant

BY_UNION: Final = frozenset({"disability_certified", "disability_refused", "disability_ended"})
"""Kinds that the union decides."""
CORRECTIONS: Final = frozenset({"corrected", "amended", "cancelled", "renumbered", "taken_back"})
"""Kinds that a second officer must approve."""
_OPPOSITE: Final = {
    "exclusion_ended": "exclusion_begun",
    "domicile_exception_ended": "domicile_exception_begun",
    "domicile_exception_moved": "domicile_exception_begun",
    "other_union_ended": "other_union_begun",
}
_NOT_OPEN: Final = {
    "exclusion_ended": "適用除外の開始が記録されていません。先に開始を届け出てください。",
    "domicile_exception_ended": "住所地特例の該当が記録されていません。",
    "domicile_exception_moved": "住所地特例の該当が記録されていません。先に該当を届け出てください。",
    "other_union_ended": "他の広域連合の住所地特例の該当が記録されていません。",
}


def misfit(
    content: AnyContent, effective_on: date, *, born_on: date, entries: Sequence[Entry], periods: Sequence[Period], today: date
) -> str | None:
    """Why the content does not fit the person, or None. `entries`: the log; `periods`: what holds now."""
    counting = standing(entries)
    if isinstance(content, log.DisabilityApplied) and effective_on > today:
        return "申請日が今日より後になっています。"
    if isinstance(content, log.DisabilityApplied | log.DisabilityCertified):
        if not _one_flag(certifiable.versions[0](born_on=_one(born_on), certified_on=_one(effective_on))):
            return "障害認定は65歳の誕生日から75歳の誕生日の前日までの方が受けられます。生年月日と日付を確かめてください。"
        if any(period.acquired_on <= effective_on < period.end for period in periods):
            return "この日には、すでに被保険者の資格があります。"
    waiting = {entry.entry_id for entry in open_applications(counting)}
    if isinstance(content, log.DisabilityApplied) and waiting:
        return "まだ決定されていない申請があります。"
    if isinstance(content, log.DisabilityCertified | log.DisabilityRefused) and content.application_id not in waiting:
        return "この申請はすでに決定されたか、取り消されています。"
    if isinstance(content, log.DisabilityWithdrawn | log.DisabilityEnded):
        return _not_certified(effective_on, born_on, counting, periods)
    opposite = _OPPOSITE.get(content.kind)
    if opposite and not any(
        entry.content.kind == opposite
        and entry.effective_on <= effective_on
        and getattr(entry.content, "cause", None) == getattr(content, "cause", None)
        for entry in counting
    ):
        return _NOT_OPEN[content.kind]
    return None


def _not_certified(effective_on: date, born_on: date, counting: Sequence[Entry], periods: Sequence[Period]) -> str | None:
    if effective_on >= (day_of(int(reaches_75_on(born_on=_one(born_on))[0])) or date.max):
        return "75歳の誕生日からは年齢による資格となり、障害認定の撤回や終了はありません。"
    certified = {entry.effective_on for entry in counting if isinstance(entry.content, log.DisabilityCertified)}
    if not any(period.cause_on in certified and period.acquired_on <= effective_on <= period.end for period in periods):
        return "この日に、障害認定による資格がありません。"
    return None


def open_applications(counting: Sequence[Entry]) -> list[Entry]:
    """障害認定の申請 that wait for a decision, of standing entries."""
    decided = {
        entry.content.application_id for entry in counting if isinstance(entry.content, log.DisabilityCertified | log.DisabilityRefused)
    }
    return [entry for entry in counting if isinstance(entry.content, log.DisabilityApplied) and entry.entry_id not in decided]


def was_dependant(content: log.PreviousInsurer, *, on: date) -> FormerDependant:
    """Whether the person was a dependant in employees' insurance on the day before the acquisition, or nobody knows yet."""
    record = Insurer.NO_RECORD if content.elderly_record is None else Insurer[content.elderly_record.upper()]
    found = former_dependant.on(on)(
        insurer=np.array([Insurer[content.insurer.upper()]], np.int8),
        elderly_record=np.array([record], np.int8),
        confirmed=np.array([content.confirmed]),
    )
    return FormerDependant(int(found[0]))


def withdrawn_from(*, declared_on: date, wished_on: date, on_next_day: bool) -> date:
    """撤回による喪失日 by the setting of the union; never before the declaration."""
    found = withdrawal.versions[0](declared_on=_one(declared_on), wished_on=_one(wished_on), on_next_day=np.array([on_next_day]))
    return day_of(int(found[0])) or date.max


def _one(day: date) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array([day_number(day)], np.int32)


def _one_flag(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    return bool(flags[0])
