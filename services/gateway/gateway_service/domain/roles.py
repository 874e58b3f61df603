"""Who may do what: roles, rights, and the table that joins them. Pure; the API asks it before anything is shown or done."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """役割."""

    WINDOW_CLERK = "window_clerk"
    UNION_STAFF = "union_staff"
    OPERATOR = "operator"
    AUDITOR = "auditor"

    @property
    def term(self) -> str:
        return _TERMS[self]


_TERMS: Final = {
    Role.WINDOW_CLERK: "窓口担当",
    Role.UNION_STAFF: "広域連合職員",
    Role.OPERATOR: "運用担当",
    Role.AUDITOR: "監査担当",
}


class Right(StrEnum):
    """One thing that a route does; each route names the right it needs."""

    SEE_PEOPLE = "see_people"
    ISSUE_CERTIFICATE = "issue_certificate"
    TAKE_NOTICES = "take_notices"
    APPROVE = "approve"
    SEE_WORKLIST = "see_worklist"
    SEE_COUNTS = "see_counts"
    UNION_WORK = "union_work"
    RELEASE_ADDRESS = "release_address"
    SEE_ACCESS_LOG = "see_access_log"
    OPERATE = "operate"
    USE_OWN_ACCOUNT = "use_own_account"


_OFFICERS: Final = frozenset(
    {
        Right.SEE_PEOPLE, Right.ISSUE_CERTIFICATE, Right.TAKE_NOTICES, Right.APPROVE, Right.SEE_WORKLIST, Right.SEE_COUNTS,
        Right.USE_OWN_ACCOUNT,
    }
)  # fmt: skip
RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.WINDOW_CLERK: _OFFICERS,
    Role.UNION_STAFF: _OFFICERS | {Right.UNION_WORK, Right.RELEASE_ADDRESS, Right.SEE_ACCESS_LOG},
    Role.OPERATOR: frozenset({Right.OPERATE, Right.USE_OWN_ACCOUNT}),
    Role.AUDITOR: frozenset({Right.SEE_ACCESS_LOG, Right.USE_OWN_ACCOUNT}),
}


def has_right(roles: frozenset[str], right: Right) -> bool:
    """Whether any of the roles brings the right; names that are no roles bring nothing."""
    return any(right in RIGHTS[Role(role)] for role in roles if role in set(Role))
