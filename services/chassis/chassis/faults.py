"""Errors as the chassis sees them: whether waiting helps, and what may be written down about them."""

from __future__ import annotations

import asyncpg
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57", "58")
_BROKEN_OFF = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The driver's own words for a server that went away: the second when it was killed in the middle of an exchange."""


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later: lost connections, deadlocks, serialisation, lack of resources, shutdown."""
    if isinstance(error, (OSError, TimeoutError, InterfaceError, *_BROKEN_OFF)):
        return True
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None)
        state = getattr(error.orig, "sqlstate", None) or getattr(cause, "sqlstate", None)
        lost = error.connection_invalidated or isinstance(error, OperationalError) or isinstance(cause, _BROKEN_OFF)
        return lost or (state or "")[:2] in _TRANSIENT_SQLSTATES
    return isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "")[:2] in _TRANSIENT_SQLSTATES


def describe(error: Exception) -> str:
    """What was wrong, by field and rule; never the value, which may be personal."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, found['loc']))}: {found['type']}" for found in error.errors(include_input=False, include_url=False)
        )
    if isinstance(error, DBAPIError):
        return f"{type(error.orig).__name__} (SQLSTATE {getattr(error.orig, 'sqlstate', None)})"
    return f"{type(error).__name__}: {error}"
