"""The columns of the frozen inputs and of an assessment as SQL, made from the record types of the rules: one source for both."""

from __future__ import annotations

from typing import Any

import numpy as np

from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE

_DAYS = ("judged_on", "born_on", "acquired_on", "lost_on", "former_dependant_since")


def _sql(name: str, dtype: np.dtype[Any]) -> str:
    if name in _DAYS:
        return "date"
    return {"i8": "bigint", "i4": "integer", "i2": "smallint", "b1": "boolean"}[f"{dtype.kind}{dtype.itemsize}"]


def _columns(dtype: np.dtype[np.void]) -> str:
    return ",\n    ".join(f"{name} {_sql(name, dtype[name])} NOT NULL" for name in dtype.names or ())


def input_ddl() -> str:
    """Column definitions of a member."""
    return _columns(MEMBER_DTYPE)


def assessment_ddl() -> str:
    """Column definitions of everything decided about a member."""
    return _columns(ASSESSMENT_DTYPE)
