"""The table "act that needs a second officer → what is done when it is approved". Read it first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from chassis.unit_of_work import UnitOfWork

from eligibility_service.api import arrears_acts
from eligibility_service.store.approvals import Approval


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of act: its Japanese term, who may decide it, its content as the second officer reads it (Japanese term → text), and
    what its approval does; the answer is kept as its outcome."""

    term: str
    deciders: frozenset[str]
    shown: Callable[[Approval], dict[str, str]]
    carry_out: Callable[[Approval, UnitOfWork], Awaitable[dict[str, Any]]]


_UNION: Final = frozenset({"union_staff"})
ACTS: Final[dict[str, Act]] = {
    "arrears_remedy": Act("滞納による措置の決定", _UNION, arrears_acts.shown, arrears_acts.decide_remedy),
    "short_term_card": Act("短期被保険者証の交付", _UNION, arrears_acts.shown, arrears_acts.decide_short_term),
}
