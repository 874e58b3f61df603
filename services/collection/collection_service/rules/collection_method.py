"""徴収方法: whether the premium of a candidate is taken from the pension; every candidate gets a decision and a reason.

Arrays: one row for each insured person, yen for one payment of the pension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, Rate, Yen, in_force, rule

from collection_service.rules.pensions import LAW, Flags, Months, StartWindow, start_after_the_window

ORDER = "高齢者の医療の確保に関する法律施行令（特別徴収の対象とならない被保険者）"


class Method(IntEnum):
    """徴収方法: ordinary, from the pension, or not decidable yet because a fact has not come."""

    ORDINARY = 0
    SPECIAL = 1
    AWAITED = 2


class Reason(IntEnum):
    """徴収方法の理由, in the order in which they are asked: the first that holds is the reason."""

    NOT_INSURED = 1
    NOTHING_TO_COLLECT = 2
    NO_PENSION = 3
    PENSION_STOPPED = 4
    PENSION_TOO_LOW = 5
    CARE_ELSEWHERE = 6
    CARE_NOT_SPECIAL = 7
    BANK_TRANSFER = 8
    AMOUNT_LOWERED = 9
    BEFORE_START = 10
    CARE_AMOUNT_AWAITED = 11
    OVER_HALF = 12
    CONTINUED = 20
    RESUMED = 21
    STARTED = 22

    @property
    def term(self) -> str:
        """What people read."""
        return _STATED[self][0]

    @property
    def law(self) -> str:
        """The article behind it."""
        return _STATED[self][1]


_STATED = {
    Reason.NOT_INSURED: ("被保険者でない（資格の喪失・未取得・転出・死亡）", "高齢者の医療の確保に関する法律 第50条、第53条"),
    Reason.NOTHING_TO_COLLECT: ("徴収する保険料がない", "高齢者の医療の確保に関する法律 第104条"),
    Reason.NO_PENSION: ("対象となる年金がない", LAW),
    Reason.PENSION_STOPPED: ("年金の支給が停止されている", LAW),
    Reason.PENSION_TOO_LOW: ("年金の年額が特別徴収の最低額に満たない", LAW),
    Reason.CARE_ELSEWHERE: ("介護保険の保険者がほかの市町村である（住所地特例）", ORDER),
    Reason.CARE_NOT_SPECIAL: ("介護保険料がその年金から特別徴収されていない", ORDER),
    Reason.BANK_TRANSFER: ("口座振替への変更の申出がある", ORDER),
    Reason.AMOUNT_LOWERED: ("保険料の減額により特別徴収を中止した", LAW),
    Reason.BEFORE_START: ("特別徴収の開始月前である", LAW),
    Reason.CARE_AMOUNT_AWAITED: ("介護保険料の額が届いておらず、2分の1判定ができない", ORDER),
    Reason.OVER_HALF: ("介護保険料との合計が年金の支払額の2分の1を超える", ORDER),
    Reason.CONTINUED: ("特別徴収を継続する", LAW),
    Reason.RESUMED: ("特別徴収を再開する", LAW),
    Reason.STARTED: ("特別徴収を開始する", LAW),
}


class RequestKind(IntEnum):
    """各種区分 of the request: the answer to every candidate, also for those who are not collected from. 0: no answer can be given yet."""

    UNANSWERED = 0
    SPECIAL = 1
    SPECIAL_DOMICILE_EXCEPTION = 2
    NOT_SPECIAL = 3


@dataclass(frozen=True, slots=True)
class SpecialCollectionTerms:
    """特別徴収の要件: least pension of a year, largest share of a payment, whether care must be insured with us, when it starts."""

    smallest_pension: int
    largest_share: Rate
    needs_own_care: bool
    windows: Sequence[StartWindow]


@dataclass(frozen=True, slots=True)
class Candidates:
    """One row a person. The pension is the one that `choose_pension` gives; its columns count only where `has_pension`.

    `premium_payment`: what would be taken at the payment; `care_payment` counts only where `care_is_known`. `is_asked_for_transfer`:
    口座振替の申出; `may_ask_for_transfer`: belongs to the groups that alone could ask until March 2009. `was_special`: collected from at
    the last payment; `was_stopped`: was once, and is not any more; `is_lowered`: the premium is less than what was requested.
    `since_on`: since when the conditions hold.
    """

    is_insured: Flags
    premium_payment: Yen
    has_pension: Flags
    pension_is_paid: Flags
    pension_year_amount: Yen
    pension_payment: Yen
    care_is_ours: Flags
    care_is_special: Flags
    care_is_known: Flags
    care_payment: Yen
    is_asked_for_transfer: Flags
    may_ask_for_transfer: Flags
    is_lowered: Flags
    was_special: Flags
    was_stopped: Flags
    is_domicile_exception: Flags
    since_on: DayNumbers


@dataclass(frozen=True, slots=True)
class Methods:
    """One row a person: `method`, `reason`, and what they follow from. `stops`: 中止, a request to stop must go out.

    `taken`: care premium and premium at a payment, `most`: the largest sum that may be taken; `starts`: year × 12 + month − 1.
    """

    method: npt.NDArray[np.int8]
    reason: npt.NDArray[np.int8]
    request_kind: npt.NDArray[np.int8]
    stops: Flags
    taken: Yen
    most: Yen
    starts: Months


@in_force("2008-04-01", until="2008-10-01", law="高齢者の医療の確保に関する法律施行令（平成20年10月改正前。口座振替の申出の定めなし）")
def nobody_is_released(*, asked: Flags, in_group: Flags) -> Flags:
    """A request for bank transfer changes nothing yet."""
    return np.zeros(len(asked), np.bool_)


@in_force("2008-10-01", until="2009-04-01", law="高齢者の医療の確保に関する法律施行令（平成20年10月改正）")
def groups_are_released(*, asked: Flags, in_group: Flags) -> Flags:
    """Only people of certain groups could change to bank transfer on request."""
    return asked & in_group


@in_force("2009-04-01", law="高齢者の医療の確保に関する法律施行令（平成21年4月改正）")
def everybody_is_released(*, asked: Flags, in_group: Flags) -> Flags:
    """口座振替への変更: everybody may change to bank transfer on request."""
    return asked


released = rule("bank_transfer_release", nobody_is_released, groups_are_released, everybody_is_released)


@in_force("2008-04-01", law=f"{LAW}; {ORDER}")
def first_reason_that_holds(*, candidates: Candidates, is_released: Flags, month: int, terms: SpecialCollectionTerms) -> Methods:
    """徴収方法の決定 for the pension payment of `month` (year × 12 + month − 1).

    Special where nothing speaks against it: `Reason` is the order of the questions. An amount of care premium that has not come is not
    zero: the candidate waits. Who is collected from already need not wait for a start; who was stopped waits like a newcomer.
    """
    c = candidates
    taken = c.care_payment + c.premium_payment
    starts = start_after_the_window(since_on=c.since_on, windows=terms.windows)
    against = {
        Reason.NOT_INSURED: ~c.is_insured,
        Reason.NOTHING_TO_COLLECT: c.premium_payment <= 0,
        Reason.NO_PENSION: ~c.has_pension,
        Reason.PENSION_STOPPED: ~c.pension_is_paid,
        Reason.PENSION_TOO_LOW: c.pension_year_amount < terms.smallest_pension,
        Reason.CARE_ELSEWHERE: ~c.care_is_ours & terms.needs_own_care,
        Reason.CARE_NOT_SPECIAL: ~c.care_is_special,
        Reason.BANK_TRANSFER: is_released,
        Reason.AMOUNT_LOWERED: c.is_lowered,
        Reason.BEFORE_START: ~c.was_special & (starts > month),
        Reason.CARE_AMOUNT_AWAITED: ~c.care_is_known,
        Reason.OVER_HALF: taken * terms.largest_share.denominator > c.pension_payment * terms.largest_share.numerator,
        Reason.CONTINUED: c.was_special,
        Reason.RESUMED: c.was_stopped,
    }
    reason = np.select(list(against.values()), [np.int8(key) for key in against], np.int8(Reason.STARTED)).astype(np.int8)
    special = reason >= Reason.CONTINUED
    awaited = reason == Reason.CARE_AMOUNT_AWAITED
    method = np.where(special, Method.SPECIAL, np.where(awaited, Method.AWAITED, Method.ORDINARY)).astype(np.int8)
    asked = np.where(c.is_domicile_exception, RequestKind.SPECIAL_DOMICILE_EXCEPTION, RequestKind.SPECIAL)
    kind = np.where(special, asked, np.where(awaited, RequestKind.UNANSWERED, RequestKind.NOT_SPECIAL)).astype(np.int8)
    return Methods(
        method=method,
        reason=reason,
        request_kind=kind,
        stops=c.was_special & (method == Method.ORDINARY),
        taken=taken,
        most=terms.largest_share.of(c.pension_payment),
        starts=starts,
    )


decide_method = rule("collection_method", first_reason_that_holds)
