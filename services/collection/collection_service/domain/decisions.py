"""徴収方法の決定 as rows: what is written of a decision for each payment, and only where it says something new."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from chassis.binary_copy import Records
from chassis.law import day_number

from collection_service.domain.methods import HALF, PENSION, Decisions, Payment
from collection_service.rules.collection_method import Method
from collection_service.rules.special_instalments import MONTHS

DECISION: Final = np.dtype(
    [
        ("insured_id", "S16"),
        ("fiscal_year", np.int16),
        ("month", np.int16),
        ("sequence", np.int32),
        ("municipality_code", "S6"),
        ("decided_on", np.int32),
        ("method", np.int16),
        ("reason", np.int16),
        ("request_kind", np.int16),
        ("premium_payment", np.int64),
        ("care_is_known", np.bool_),
        ("care_payment", np.int64),
        ("pension_payment", np.int64),
        ("most", np.int64),
        ("starts", np.int32),
        ("stops", np.bool_),
        ("basic_pension_number", "S10"),
        ("pension_code", "S4"),
    ]
)
"""徴収方法の決定 for one payment: `month` 4 to 2 of the fiscal year, `sequence` from 1 for each payment, yen a payment; `starts`: year × 12
+ month − 1, the first month in which collection from the pension can begin; `stops`: 中止, the payer must be told. The pension is the one
that counts, empty where there is none."""

SAYS: Final = tuple(name for name in DECISION.names or () if name not in ("sequence", "decided_on"))
"""What two decisions are compared by."""


def held_of(held: Records, insured_id: npt.NDArray[np.bytes_], month: int) -> Records:
    """Of DECISION rows in the order of `insured_id`, that of each person for a month; `sequence` 0 where there is none."""
    of_month = held[held["month"] == month]
    found = np.zeros(len(insured_id), DECISION)
    if len(of_month):
        at = np.searchsorted(of_month["insured_id"], insured_id).clip(max=len(of_month) - 1)
        is_there = of_month["insured_id"][at] == insured_id
        found[is_there] = of_month[at[is_there]]
    return found


def new_rows(candidates: Records, pensions: Records, decisions: Decisions, held: Records, payment: Payment) -> Records:
    """The DECISION rows that must be written: of the payment and those after it in its half year, where they say another thing than the
    row that holds. What was stopped once stays a stop while it is ordinary, so that its notice is not forgotten."""
    months = MONTHS[payment.column : payment.half.stop]
    written = []
    for offset, month in enumerate(months, start=payment.column % HALF):
        before = held_of(held, candidates["insured_id"], month)
        rows = _rows(candidates, pensions, decisions, payment, month, offset)
        was_on = (before["sequence"] > 0) & (before["method"] == Method.SPECIAL)
        rows["stops"] |= (rows["method"] == Method.ORDINARY) & (was_on | before["stops"])
        rows["sequence"] = before["sequence"] + 1
        is_new = before["sequence"] == 0
        for name in SAYS:
            is_new |= rows[name] != before[name]
        written.append(rows[is_new])
    return np.concatenate(written)


def _rows(c: Records, pensions: Records, decisions: Decisions, payment: Payment, month: int, offset: int) -> Records:
    methods, rows = decisions.methods, np.zeros(len(c), DECISION)
    has_pension = decisions.pension >= 0
    pension = pensions[decisions.pension] if len(pensions) else np.zeros(len(c), PENSION)
    values = {
        "insured_id": c["insured_id"],
        "fiscal_year": payment.calendar.fiscal_year.year,
        "month": month,
        "municipality_code": c["municipality_code"],
        "decided_on": day_number(payment.today),
        "method": methods.method,
        "reason": methods.reason,
        "request_kind": methods.request_kind,
        "premium_payment": np.where(decisions.is_special, decisions.amounts[:, offset], decisions.tested),
        "care_is_known": decisions.care_is_known,
        "care_payment": np.where(decisions.care_is_known, c["care_payment"], 0),
        "pension_payment": np.where(has_pension, pension["payment_amount"], 0),
        "most": methods.most,
        "starts": methods.starts,
        "stops": methods.stops,
        "basic_pension_number": np.where(has_pension, pension["basic_pension_number"], b""),
        "pension_code": np.where(has_pension, pension["pension_code"], b""),
    }
    for name, value in values.items():
        rows[name] = value
    return rows
