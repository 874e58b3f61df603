"""The columns of the frozen inputs and of an assessment as SQL, made from the record types of the rules: one source for both."""

from __future__ import annotations

from chassis.binary_copy import column_ddl

from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE

_DAYS = ("judged_on", "born_on", "acquired_on", "lost_on", "former_dependant_since")


def input_ddl() -> str:
    """Column definitions of a member."""
    return column_ddl(MEMBER_DTYPE, days=_DAYS)


def assessment_ddl() -> str:
    """Column definitions of everything decided about a member."""
    return column_ddl(ASSESSMENT_DTYPE, days=_DAYS)
