"""時効の進行 of claims, from what is kept of each; and which are extinct, or soon will be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from collection_service.domain.arrears import Claim, ClaimKey
from collection_service.law.limitation import limitation_law
from collection_service.rules.limitation import Effect, Happened, Limitation, LimitationEvent, after_months, limitation

DAY: Final = timedelta(days=1)
EVENT_TERMS: Final = {
    LimitationEvent.NOTICE: "納入の通知",
    LimitationEvent.DEMAND: "督促",
    LimitationEvent.PART_PAYMENT: "一部納付",
    LimitationEvent.PROMISE: "納付誓約・債務の承認",
    LimitationEvent.REMINDER: "催告",
    LimitationEvent.SEIZURE: "差押え",
    LimitationEvent.SEIZURE_WITHDRAWN: "差押えの取消し",
    LimitationEvent.DEFERRAL: "徴収猶予",
}
EFFECT_TERMS: Final = {
    Effect.RENEWS: "更新",
    Effect.HOLDS: "完成猶予",
    Effect.HOLDS_THEN_RENEWS: "完成猶予のち更新",
    Effect.PAUSES: "停止",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A claim with its clock; `provisional`: parameters of the law that nobody has confirmed."""

    claim: Claim
    limitation: Limitation
    provisional: tuple[str, ...]

    def lapses_until(self, day: date) -> bool:
        """Whether the right is lost on or before a day, as things stand."""
        return self.limitation.is_complete(day)


def clocks(
    claims: Iterable[Claim], happened: Mapping[ClaimKey, Iterable[Happened]], *, confirmed: frozenset[str] = frozenset()
) -> list[Running]:
    """The clock of each claim, in order: by the law of its due day, moved by what happened and by its deferral."""
    found = []
    for claim in claims:
        law = limitation_law(claim.due_on)
        events = list(happened.get(claim.key, ()))
        if claim.deferred_until is not None and claim.deferred_until > claim.due_on:
            events.append(Happened(LimitationEvent.DEFERRAL, claim.due_on + DAY, claim.deferred_until))
        running = limitation.on(claim.due_on)(due_on=claim.due_on, happened=events, effects=law.effects, years=law.years)
        found.append(Running(claim, running, tuple(name for name in law.provisional if name not in confirmed)))
    return found


def oldest_that_matter(today: date, *, months: int) -> date:
    """The last due day of a claim that may be lost within `months`: whatever happens only puts the loss off."""
    horizon = after_months(today, months)
    years = limitation_law(today).years
    earlier = date(horizon.year - years, horizon.month, 1)
    return after_months(earlier, 1)
