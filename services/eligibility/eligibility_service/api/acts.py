"""The table "act that needs a second officer → what is done when it is approved". Read it first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from chassis.unit_of_work import UnitOfWork

from eligibility_service.api import correcting, steps
from eligibility_service.domain.entries import TERMS
from eligibility_service.store.approvals import Approval


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of act: its Japanese term, who may decide it, its content as the second officer reads it (Japanese term → text), and
    what its approval does; the answer is kept as its outcome."""

    term: str
    deciders: frozenset[str]
    shown: Callable[[Approval], dict[str, str]]
    carry_out: Callable[[Approval, UnitOfWork], Awaitable[dict[str, Any]]]


_OFFICERS: Final = frozenset({"window_clerk", "municipal_manager", "union_staff"})
_UNION: Final = frozenset({"union_staff"})

ACTS: Final[dict[str, Act]] = {
    "corrected": Act(TERMS["corrected"], _OFFICERS, correcting.shown, correcting.carry_out),
    "taken_back": Act(TERMS["taken_back"], _OFFICERS, correcting.shown, correcting.carry_out),
    "amended": Act(TERMS["amended"], _UNION, correcting.shown, correcting.carry_out),
    "cancelled": Act(TERMS["cancelled"], _UNION, correcting.shown, correcting.carry_out),
    "renumbered": Act(TERMS["renumbered"], _UNION, correcting.shown, correcting.carry_out),
    **{act: Act(term, _UNION, steps.shown, steps.carry_out) for act, term in steps.TERMS.items()},
}
