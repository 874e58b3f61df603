"""期割: a year's premium divided into instalments, and divided again when the premium changes during the year.

Arrays: `n` people in rows, `k` instalments in columns, yen as int64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from chassis.law import Yen, in_force, round_down, rule

Flags = npt.NDArray[np.bool_]
_LAW = "市町村の後期高齢者医療に関する条例（100円未満の端数は最初の納期に合算）"


@in_force("2008-04-01", law=f"高齢者の医療の確保に関する法律 第109条; {_LAW}")
def remainder_in_the_first(*, amount: Yen, is_open: Flags, unit: int) -> Yen:
    """期割額: `amount` (n) divided over the open instalments (n × k) alike, floored to `unit`; what is left stands in the first of them.

    Returns n × k; every row adds up to its amount. ValueError where an amount has no open instalment.
    """
    count = is_open.sum(axis=1)
    if bool(((count == 0) & (amount != 0)).any()):
        raise ValueError("An amount has no open instalment to stand in.")
    each = round_down(amount // np.maximum(count, 1), to=unit, law=_LAW)
    divided = np.where(is_open, each[:, None], 0)
    rows = np.flatnonzero(count)
    divided[rows, is_open.argmax(axis=1)[rows]] += (amount - each * count)[rows]
    return divided


divide = rule("instalment_amounts", remainder_in_the_first)


@dataclass(frozen=True)
class Changed:
    """`instalments` (n × k) after a change; `taken_back` (n): yen by which instalments already due were lowered."""

    instalments: Yen
    taken_back: Yen


@in_force("2008-04-01", law="高齢者の医療の確保に関する法律 第109条; 変更後の配分は市町村の運用")
def difference_in_the_open(*, annual_amount: Yen, charged: Yen, is_open: Flags, unit: int) -> Changed:
    """異動後の期割額: the instalments that are due stay as charged, the rest of the year's premium stands in the open ones.

    Where what is due is more than the whole year's premium, the open ones become nothing and the due ones are lowered, the last
    first and none below zero: nobody owes more than the premium of the year. `annual_amount` n, `charged` and `is_open` n × k.
    Every row adds up to its annual amount; nothing is negative.
    """
    due = np.where(is_open, 0, charged)
    rest = annual_amount - due.sum(axis=1)
    surplus = np.maximum(-rest, 0)
    in_later = due[:, ::-1].cumsum(axis=1)[:, ::-1] - due
    lowered = np.clip(surplus[:, None] - in_later, 0, due)
    opened = remainder_in_the_first(amount=np.maximum(rest, 0), is_open=is_open, unit=unit)
    return Changed(due - lowered + opened, surplus)


redistribute = rule("instalments_after_a_change", difference_in_the_open)
