"""資格期間: the qualifications of one person that follow from the residences and from the entries about the person.

A pure function: the same residences and the same log give the same periods, in whatever order they became known. Periods are half-open,
never empty, sorted and apart. People without entries are decided many at once (`domain/ledger.py`) with the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from chassis.law import NEVER, DayNumbers, day_number, day_of
from contracts.events.eligibility import AcquisitionGround, LossReason

from eligibility_service.domain import contents as log
from eligibility_service.domain.corrections import FOR_EVER, SCHEME, Decided, Period, as_corrected
from eligibility_service.domain.entries import Entry, standing
from eligibility_service.domain.residence import Residence
from eligibility_service.rules.acquisition import reaches_75_on
from eligibility_service.rules.disability import certifiable
from eligibility_service.rules.domicile_exception import domicile_exception
from eligibility_service.rules.loss import disability_end_loss, exclusion_loss, loss

_NEVER: Final = np.array([NEVER], np.int32)
LOSS_OF_STATUS: Final = {"2": LossReason.MOVED_OUT, "3": LossReason.DEATH, "4": LossReason.REMOVED}


class _Belonging(NamedTuple):
    """From `since` up to `end` the person belongs to the union: as a resident, or in facilities elsewhere as one who was insured.

    `by_exception`: in facilities elsewhere without having been insured when leaving, so that 法55条の2 decides.
    """

    since: date
    end: date
    reason: LossReason | None
    by_exception: bool = False
    under_national_insurance: bool = False


class _Absence(NamedTuple):
    """Days on which the person, though belonging here, is not insured; what the loss is called, and what comes after."""

    since: date
    until: date
    reason: LossReason
    ground_after: AcquisitionGround


class _Claim(NamedTuple):
    """Days on which the person would be insured while belonging here: by age, or by a certified disability and then by age."""

    since: date
    until: date
    reason: LossReason | None
    by_certification: bool

    def holds_when(self, end: date, *, since: date) -> bool:
        """Whether somebody who belonged here from `since` on was insured by this claim on the day before `end`."""
        begins_in_time = self.since >= since if self.by_certification else True
        return begins_in_time and self.since < end <= self.until


def decided(born_on: date, residences: Sequence[Residence], entries: Sequence[Entry], *, today: date) -> Decided:
    """What holds after everything that is known. `residences`: as `replay` gives them; `entries`: the person's log.

    Someone certified who has reached 75 by `today` goes on with the ground of age.
    """
    counting = standing(entries)
    return settled(born_on, uncorrected(born_on, residences, counting), counting, today=today)


def uncorrected(born_on: date, residences: Sequence[Residence], counting: Sequence[Entry]) -> list[Period]:
    """What holds before corrections, with the grounds as on the day of acquisition. `counting`: the entries that stand."""
    by_age_on = max(_at(reaches_75_on(born_on=_one(born_on))), SCHEME)
    claims = _claims(born_on, by_age_on, counting)
    belongings = _belongings(residences, counting, claims)
    periods = [found for claim in claims for belonging in belongings if (found := _period(claim, belonging, by_age_on))]
    periods = _joined(sorted(periods, key=lambda one: one.acquired_on))
    for absence in _absences(counting):
        periods = [part for period in periods for part in _without(period, absence)]
    return recognisable(_until_death(periods, counting))


def next_turn(born_on: date, periods: Sequence[Period], *, today: date) -> date | None:
    """The coming day on which one of the periods begins, or goes on by age; None where only new knowledge changes anything."""
    days = [period.acquired_on for period in periods if period.acquired_on > today]
    birthday = _at(reaches_75_on(born_on=_one(born_on)))
    days += [
        birthday
        for period in periods
        if period.ground is AcquisitionGround.DISABILITY and period.acquired_on < birthday < period.end and birthday > today
    ]
    return min(days, default=None)


def _belongings(residences: Sequence[Residence], counting: Sequence[Entry], claims: Sequence[_Claim]) -> list[_Belonging]:
    """The residences, each prolonged by a stay in facilities that follows it; a stay that ends by coming back joins two of them."""
    elsewhere = {
        entry.effective_on
        for entry in counting
        if isinstance(entry.content, log.LossNotified) and entry.content.cause == "moved_to_other_union"
    }
    stays = _stays(counting)
    found: list[_Belonging] = []
    began: date | None = None
    for number, (residence_since, ended_on, status) in enumerate(residences):
        since, began = began or residence_since, None
        if ended_on is None:
            found.append(_Belonging(since, FOR_EVER, None))
            continue
        new_address = _one(ended_on) if ended_on in elsewhere else _NEVER
        end = _at(loss.versions[0](ended_on=_one(ended_on), elsewhere_since=new_address))
        following = residences[number + 1].since if number + 1 < len(residences) else FOR_EVER
        stay = next((stay for stay in stays if ended_on <= stay.since < following and stay.until > end), None)
        if stay is None or LOSS_OF_STATUS.get(status) is not LossReason.MOVED_OUT:
            found.append(_Belonging(since, end, LOSS_OF_STATUS.get(status)))
            continue
        until = min(stay.until, following)
        reason = None if until == FOR_EVER else LossReason.DOMICILE_EXCEPTION_ENDED
        if not any(claim.holds_when(end, since=since) for claim in claims):
            found.append(_Belonging(since, end, LossReason.MOVED_OUT))
            found.append(_Belonging(end, until, reason, by_exception=True, under_national_insurance=stay.under_national_insurance))
        elif until == following != FOR_EVER:
            began = since
        else:
            found.append(_Belonging(since, until, reason))
    return [one for one in found if one.since < one.end]


class _Stay(NamedTuple):
    since: date
    until: date
    under_national_insurance: bool


def _stays(counting: Sequence[Entry]) -> list[_Stay]:
    """Stays in facilities elsewhere, one for a whole chain of them; a chain begun twice without an end is one."""
    begun = [
        (entry.effective_on, entry.content.under_national_insurance)
        for entry in counting
        if isinstance(entry.content, log.DomicileExceptionBegun)
    ]
    ended = sorted(entry.effective_on for entry in counting if isinstance(entry.content, log.DomicileExceptionEnded))
    return [_Stay(day, next((end for end in ended if end >= day), FOR_EVER), national) for day, national in sorted(begun)]


def _claims(born_on: date, by_age_on: date, counting: Sequence[Entry]) -> list[_Claim]:
    """By age from 75 on; before, by each certification up to its withdrawal or the end of the state. They never overlap."""
    ends: list[tuple[date, LossReason]] = []
    for entry in counting:
        if isinstance(entry.content, log.DisabilityWithdrawn):
            ends.append((entry.effective_on, LossReason.DISABILITY_WITHDRAWN))
        elif isinstance(entry.content, log.DisabilityEnded):
            ends.append((_at(disability_end_loss.versions[0](ended_on=_one(entry.effective_on))), LossReason.DISABILITY_ENDED))
    ends.sort()
    claims: list[_Claim] = []
    by_age_taken = False
    for day in sorted({entry.effective_on for entry in counting if isinstance(entry.content, log.DisabilityCertified)}):
        allowed = certifiable.versions[0](born_on=_one(born_on), certified_on=_one(day))[0]
        if not allowed or by_age_taken or (claims and day < claims[-1].until):
            continue
        until, reason = next(((end, why) for end, why in ends if end > day), (FOR_EVER, None))
        if until >= by_age_on:
            until, reason, by_age_taken = FOR_EVER, None, True
        claims.append(_Claim(day, until, reason, by_certification=True))
    if not by_age_taken:
        claims.append(_Claim(by_age_on, FOR_EVER, None, by_certification=False))
    return claims


def _period(claim: _Claim, belonging: _Belonging, by_age_on: date) -> Period | None:
    """The period in which a claim meets a belonging. A certification counts in the belonging in which it was given."""
    if claim.by_certification and not belonging.since <= claim.since < belonging.end:
        by_age = _Claim(by_age_on, FOR_EVER, None, by_certification=False)
        return _period(by_age, belonging, by_age_on) if claim.until == FOR_EVER else None
    acquired_on = max(claim.since, belonging.since)
    end, reason = min((claim.until, claim.reason), (belonging.end, belonging.reason), key=lambda one: one[0])
    if acquired_on >= end or (belonging.by_exception and not _joins_by_exception(claim, belonging)):
        return None
    if claim.by_certification:
        ground = AcquisitionGround.DISABILITY
    elif belonging.by_exception:
        ground = AcquisitionGround.DOMICILE_EXCEPTION
    else:
        ground = AcquisitionGround.AGE if belonging.since <= by_age_on else AcquisitionGround.MOVED_IN
    cause_on = claim.since if claim.by_certification else belonging.since
    return Period(cause_on, acquired_on, ground, None if end == FOR_EVER else end, None if end == FOR_EVER else reason)


def _joins_by_exception(claim: _Claim, belonging: _Belonging) -> bool:
    """Whether somebody becomes insured here by a stay in a facility elsewhere: whoever was 75 when leaving would have been before."""
    allowed = domicile_exception.on(max(claim.since, SCHEME))(
        insured_when_leaving=np.array([False]), under_national_insurance=np.array([belonging.under_national_insurance])
    )
    return claim.since >= belonging.since and bool(allowed[0])


def _joined(periods: Sequence[Period]) -> list[Period]:
    """Whoever joined by a stay in a facility elsewhere and comes back to the area goes on without a loss."""
    found: list[Period] = []
    for period in periods:
        before = found[-1] if found else None
        if before and before.lost_on == period.acquired_on and before.loss_reason is LossReason.DOMICILE_EXCEPTION_ENDED:
            found[-1] = replace(before, lost_on=period.lost_on, loss_reason=period.loss_reason)
        else:
            found.append(period)
    return found


def settled(born_on: date, periods: Sequence[Period], counting: Sequence[Entry], *, today: date) -> Decided:
    """Someone certified who has reached 75 while insured goes on by age, without a break; corrections speak about what is shown then.

    A correction of the days may say that a period has ended before 75 after all, or that it goes on beyond: the ground follows.
    """
    by_age_on = max(_at(reaches_75_on(born_on=_one(born_on))), SCHEME)

    def by_age(period: Period) -> Period:
        reached = period.ground is AcquisitionGround.DISABILITY and by_age_on <= today and period.end > by_age_on
        return replace(period, ground=AcquisitionGround.AGE) if reached else period

    shown = [by_age(period) for period in periods]
    already = {period.cause_on for period in shown if period.ground is AcquisitionGround.AGE}
    found = as_corrected(shown, counting)
    grounded = []
    for period in found.periods:
        if period.ground is AcquisitionGround.AGE and period.end <= by_age_on:
            grounded.append(replace(period, ground=AcquisitionGround.DISABILITY))
        else:
            grounded.append(period if period.cause_on in already else by_age(period))
    return replace(found, periods=tuple(grounded))


def _absences(counting: Sequence[Entry]) -> list[_Absence]:
    """適用除外, by cause, and days with another union under its 住所地特例."""
    found: list[_Absence] = []
    for cause in ("public_assistance", "returnee_support", "other"):
        begun = [e.effective_on for e in counting if isinstance(e.content, log.ExclusionBegun) and e.content.cause == cause]
        ended = [e.effective_on for e in counting if isinstance(e.content, log.ExclusionEnded) and e.content.cause == cause]
        assistance = cause == "public_assistance"
        reason = LossReason.PUBLIC_ASSISTANCE if assistance else LossReason.EXCLUDED
        for begun_on, until in _paired(begun, ended):
            since = _at(exclusion_loss.versions[0](begun_on=_one(begun_on), by_public_assistance=np.array([assistance])))
            found.append(_Absence(since, until, reason, AcquisitionGround.EXCLUSION_ENDED))
    begun = [e.effective_on for e in counting if isinstance(e.content, log.OtherUnionBegun)]
    ended = [e.effective_on for e in counting if isinstance(e.content, log.OtherUnionEnded)]
    found += [_Absence(since, until, LossReason.OTHER_UNION, AcquisitionGround.OTHER_UNION_ENDED) for since, until in _paired(begun, ended)]
    return [absence for absence in found if absence.since < absence.until]


def _paired(begun: Sequence[date], ended: Sequence[date]) -> list[tuple[date, date]]:
    """Each beginning with the next end that is not before it."""
    return [(day, min((end for end in ended if end >= day), default=FOR_EVER)) for day in sorted(begun)]


def _without(period: Period, absence: _Absence) -> list[Period]:
    """What an absence leaves of a period: the part before it, and the part after it with its own ground."""
    if absence.until <= period.acquired_on or absence.since >= period.end:
        return [period]
    parts = []
    if absence.since > period.acquired_on:
        parts.append(replace(period, lost_on=absence.since, loss_reason=absence.reason))
    if absence.until < period.end:
        parts.append(replace(period, cause_on=absence.until, acquired_on=absence.until, ground=absence.ground_after))
    return parts


def _until_death(periods: Sequence[Period], counting: Sequence[Entry]) -> list[Period]:
    """A declared death ends everything, also where no register of the union will report it."""
    deaths = [e.effective_on for e in counting if isinstance(e.content, log.LossNotified) and e.content.cause == "death"]
    if not deaths:
        return list(periods)
    lost_on = _at(loss.versions[0](ended_on=_one(min(deaths)), elsewhere_since=_NEVER))
    return [
        period if period.end <= lost_on else replace(period, lost_on=lost_on, loss_reason=LossReason.DEATH)
        for period in periods
        if period.acquired_on < lost_on
    ]


def recognisable(periods: Sequence[Period]) -> list[Period]:
    """No two periods of a person are recognised by the same day."""
    taken: set[date] = set()
    found = []
    for period in periods:
        cause_on = period.cause_on if period.cause_on not in taken else period.acquired_on
        taken.add(cause_on)
        found.append(replace(period, cause_on=cause_on))
    return found


def _one(day: date) -> DayNumbers:
    return np.array([day_number(day)], np.int32)


def _at(days: DayNumbers) -> date:
    return day_of(days[0]) or FOR_EVER
