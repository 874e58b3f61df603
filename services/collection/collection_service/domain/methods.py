"""徴収方法の決定 for one pension payment: everybody with a premium or a pension gets a decision and a reason. No database, no clock.

Records in, records out; one person at the counter is a record of one row. The payments after it in the same half year (仮徴収 or 本徴収)
are decided with it, because they are requested with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
from chassis.binary_copy import Records
from chassis.law import NEVER, Yen, day_number

from collection_service.law import Calendar
from collection_service.law.special_collection import Payments, SpecialCollectionLaw, months_of, usual_first_due
from collection_service.rules.collection_method import Candidates, Method, Methods, decide_method, released
from collection_service.rules.pensions import Pensions, choose_pension
from collection_service.rules.special_instalments import MONTHS, Levelling, final_payments, level, provisional_payments

Flags = npt.NDArray[np.bool_]
HALF: Final = 3
"""Payments of a half year: 仮徴収 in April, June and August, 本徴収 in October, December and February."""

CANDIDATE: Final = np.dtype(
    [
        ("insured_id", "S16"),
        ("municipality_code", "S6"),
        ("acquired_on", np.int32),
        ("lost_on", np.int32),
        ("is_assessed", np.bool_),
        ("revision", np.int32),
        ("annual_amount", np.int64),
        ("amount_before", np.int64),
        ("february", np.int64),
        *((f"charged_{month}", np.int64) for month in MONTHS),
        ("ordinary_due", np.int64),
        ("ordinary_before", np.int64),
        ("method_before", np.int16),
        ("ever_special", np.bool_),
        ("is_lowered", np.bool_),
        ("has_care", np.bool_),
        ("care_is_ours", np.bool_),
        ("care_is_special", np.bool_),
        ("care_is_known", np.bool_),
        ("care_payment", np.int64),
        ("care_as_of", np.int32),
        ("is_asked", np.bool_),
        ("in_group", np.bool_),
        ("withdrawn_on", np.int32),
    ]
)
"""対象者: `annual_amount` charged of the year (yen, counts where `is_assessed`), `amount_before` the premium of the year before,
`february` what was taken in its February; `charged_…` the special payments of the year; `ordinary_due`: of its ordinary instalments what
stands, `ordinary_before`: what is due before the payment. `method_before`: of the payment before, −1 where there was no decision."""

PENSION: Final = np.dtype(
    [
        ("insured_id", "S16"),
        ("basic_pension_number", "S10"),
        ("pension_code", "S4"),
        ("kind", np.int16),
        ("year_amount", np.int64),
        ("payment_amount", np.int64),
        ("is_paid", np.bool_),
        ("bears_care", np.bool_),
        ("captured_on", np.int32),
    ]
)


@dataclass(frozen=True)
class Payment:
    """The pension payment that is decided on, in one municipality: `column` 0 (April) to 5 (February) of the calendar's fiscal year."""

    column: int
    calendar: Calendar
    payments: Payments
    law: SpecialCollectionLaw
    today: date

    @property
    def half(self) -> slice:
        start = self.column // HALF * HALF
        return slice(start, start + HALF)

    @property
    def day(self) -> date:
        """On which pensions are paid."""
        return self.payments.slots[self.column].due_on


@dataclass(frozen=True)
class Decisions:
    """One row a candidate. `methods` is the explanation; `tested`: the largest payment, on which the 2分の1判定 stands; `amounts` (n × 3)
    yen of each payment of the half year where special; `pension`: row of the pension that counts, −1 for none; `awaited_since`: day since
    when a fact is waited for; `needs_charge`: what is charged is another; `is_first_special`, `first_due_on`: from which due day of which
    way the time limit of the year counts (法160条の2)."""

    methods: Methods
    tested: Yen
    amounts: Yen
    is_special: Flags
    pension: npt.NDArray[np.int64]
    care_is_known: Flags
    awaited_since: npt.NDArray[np.int32]
    needs_charge: Flags
    is_first_special: Flags
    first_due_on: npt.NDArray[np.int32]


def decide(candidates: Records, pensions: Records, payment: Payment) -> Decisions:
    """Decide on CANDIDATE rows in the order of `insured_id`, given their PENSION rows."""
    c = candidates
    day, law = payment.day, payment.law
    chosen = _chosen(c, pensions, payment)
    has_pension = chosen >= 0
    pension = pensions[chosen] if len(pensions) else np.zeros(len(c), PENSION)
    was_special = _was_special(c, payment)
    care_payment = np.where(c["care_is_known"], c["care_payment"], 0)
    most = law.terms.largest_share.of(np.where(has_pension, pension["payment_amount"], 0))
    amounts = _amounts(c, was_special, np.maximum(most - care_payment, 0), payment)
    tested = amounts[:, payment.column % HALF :].max(axis=1)
    since = np.maximum(np.maximum(c["acquired_on"], c["withdrawn_on"]), np.where(has_pension, pension["captured_on"], -NEVER))
    methods = decide_method.on(day)(
        candidates=Candidates(
            is_insured=(c["acquired_on"] <= day_number(day)) & (c["lost_on"] > day_number(day)),
            premium_payment=tested,
            has_pension=has_pension,
            pension_is_paid=has_pension & pension["is_paid"],
            pension_year_amount=np.where(has_pension, pension["year_amount"], 0),
            pension_payment=np.where(has_pension, pension["payment_amount"], 0),
            care_is_ours=c["care_is_ours"] | ~c["has_care"],
            care_is_special=np.where(c["has_care"], c["care_is_special"], pension["bears_care"]),
            care_is_known=c["care_is_known"],
            care_payment=care_payment,
            is_asked_for_transfer=c["is_asked"],
            may_ask_for_transfer=c["in_group"],
            is_lowered=c["is_lowered"],
            was_special=was_special,
            was_stopped=c["ever_special"] & ~was_special,
            is_domicile_exception=np.zeros(len(c), np.bool_),
            since_on=np.where(c["acquired_on"] == NEVER, day_number(day), since).astype(np.int32),
        ),
        is_released=released.on(day)(asked=c["is_asked"], in_group=c["in_group"]),
        month=months_of(payment.calendar.fiscal_year)[payment.column],
        terms=law.terms,
    )
    # Who waits goes on as before: a fact that has not come ends nothing, and begins nothing.
    is_special = (methods.method == Method.SPECIAL) | ((methods.method == Method.AWAITED) & was_special)
    is_first, first_due = _first_due(c, is_special, payment)
    return Decisions(
        methods=methods,
        tested=tested,
        amounts=amounts,
        is_special=is_special,
        pension=chosen,
        care_is_known=c["care_is_known"],
        awaited_since=np.where(c["has_care"], c["care_as_of"], np.where(has_pension, pension["captured_on"], NEVER)),
        needs_charge=_differs(c, amounts, is_special, payment),
        is_first_special=is_first,
        first_due_on=first_due,
    )


def charged(candidates: Records) -> Yen:
    """The special payments of the year as they are charged (n × 6)."""
    return np.stack([candidates[f"charged_{month}"] for month in MONTHS], axis=1)


def _chosen(c: Records, pensions: Records, payment: Payment) -> npt.NDArray[np.int64]:
    return choose_pension.on(payment.day)(
        pensions=Pensions(
            person=np.searchsorted(c["insured_id"], pensions["insured_id"]),
            kind=pensions["kind"].astype(np.int8),
            year_amount=pensions["year_amount"],
            is_paid=pensions["is_paid"],
            bears_care=pensions["bears_care"],
        ),
        people=len(c),
        smallest_pension=payment.law.terms.smallest_pension,
        ranks=payment.law.ranks,
    )


def _was_special(c: Records, payment: Payment) -> Flags:
    """Collected from at the payment before; who waited then was, where something was charged."""
    last = c["february"] if payment.column == 0 else charged(c)[:, payment.column - 1]
    waited: Flags = (c["method_before"] == Method.AWAITED) & (last > 0)
    special: Flags = c["method_before"] == Method.SPECIAL
    return special | waited


def _amounts(c: Records, was_special: Flags, room: Yen, payment: Payment) -> Yen:
    """What would be taken at each payment of the half year (n × 3); what was requested already stands. `room`: what half of the pension
    leaves beside the care premium."""
    of_year = charged(c)
    of_half = of_year[:, payment.half]
    is_open = np.broadcast_to(np.arange(HALF) >= payment.column % HALF, of_half.shape)
    if payment.half.start == 0:
        amounts = _provisional(c, was_special, room, is_open, payment)
    else:
        begins = ~was_special
        before = of_year[:, : payment.column].sum(axis=1) + np.where(begins, c["ordinary_before"], c["ordinary_due"])
        annual = np.where(c["is_assessed"], c["annual_amount"], 0)
        amounts = final_payments.on(payment.day)(annual_amount=annual, before=before, is_open=is_open, unit=payment.payments.unit).payments
    is_late = np.array([payment.today > day for day in payment.payments.requested_after[payment.half]])
    stands = ((of_half > 0) & is_late).any(axis=1)[:, None] & (of_half > 0)
    return np.where(stands, of_half, amounts)


def _provisional(c: Records, was_special: Flags, room: Yen, is_open: Flags, payment: Payment) -> Yen:
    """仮徴収額: as much as at the payment before; levelled by whoever does so, but for nobody beyond half of the pension."""
    year, unit = payment.calendar.fiscal_year, payment.payments.unit
    last = c["february"] if payment.column == 0 else charged(c)[:, payment.column - 1]
    expected = np.where(c["is_assessed"], c["annual_amount"], c["amount_before"] * 12 // _months_before(c, year.start))
    amounts = provisional_payments.on(year.start)(
        february=last, expected_year=expected, was_special=was_special & (last > 0), is_open=is_open, unit=unit
    )
    if payment.law.levelling is Levelling.NONE or payment.column:
        return amounts
    everybody = np.ones(len(c), np.bool_)
    levelled = level.on(year.start)(
        provisional=amounts, expected_year=expected, is_levelled=everybody, levelling=payment.law.levelling, unit=unit
    )
    return np.where((levelled.max(axis=1) <= room)[:, None], levelled, amounts)


def _months_before(c: Records, start: date) -> npt.NDArray[np.int64]:
    """Months of the fiscal year before `start` in which each was insured, so far as the acquisition says it: 1 to 12."""
    zero = np.datetime64("2000-01-01", "D")
    acquired = (zero + np.where(c["acquired_on"] == NEVER, 0, c["acquired_on"]).astype(np.int64)).astype("datetime64[M]")
    months: npt.NDArray[np.int64] = (np.datetime64(start, "M") - acquired).astype(np.int64)
    return np.clip(months, 1, 12)


def _differs(c: Records, amounts: Yen, is_special: Flags, payment: Payment) -> Flags:
    """For whom the special payments from this one on are charged otherwise than decided."""
    later = slice(payment.column % HALF, HALF)
    wanted = np.where(is_special[:, None], amounts, 0)[:, later]
    differs: Flags = (wanted != charged(c)[:, payment.half][:, later]).any(axis=1)
    return differs


def _first_due(c: Records, is_special: Flags, payment: Payment) -> tuple[Flags, npt.NDArray[np.int32]]:
    """Whether the first due day of the year is that of a payment from the pension, and the day."""
    taken = charged(c) > 0
    taken[:, payment.column :] = False
    taken[:, payment.column : payment.half.stop] = is_special[:, None]
    days = np.array([day_number(day) for day in payment.payments.paid_in_on], np.int32)
    special = np.where(taken.any(axis=1), days[taken.argmax(axis=1)], NEVER)
    ordinary = day_number(payment.calendar.slots[0].due_on)
    return special < ordinary, np.minimum(special, ordinary).astype(np.int32)


def usual(payment: Payment) -> tuple[bool, int]:
    """What is taken of whoever nothing is said: ordinary, and the day number of the usual first due day."""
    return False, day_number(usual_first_due(payment.calendar, payment.law))
