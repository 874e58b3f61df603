"""The columns of the frozen inputs and of an assessment, made from the record types of the rules: one source for both."""

from __future__ import annotations

from typing import Any

import numpy as np

from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE

_DAYS = ("judged_on", "born_on", "acquired_on", "lost_on", "former_dependant_since")
UUID, CODE = "S16", "S6"

INPUT_DTYPE = np.dtype(
    [
        ("insured_id", UUID),
        ("municipality_code", CODE),
        *((name, MEMBER_DTYPE[name]) for name in MEMBER_DTYPE.names or ()),
        ("household_id", np.int64),
        ("resident_number", "S15"),
    ]
)
"""An input row: whose it is (sixteen zero bytes where not insured), of which municipality, the member, the household's id, and the
宛名番号 (padded with spaces to fifteen)."""

DECISION_FIELDS: list[tuple[str, Any]] = [
    ("assessment_id", UUID),
    ("insured_id", UUID),
    ("municipality_code", CODE),
    ("fiscal_year", np.int16),
    ("revision", np.int16),
    ("decided_on", np.int32),
    ("law_hash", "S64"),
    ("rules_version", "S4"),
    ("run_id", UUID),
    ("household", np.int64),
]
DECISION_DTYPE = np.dtype(DECISION_FIELDS + [(name, ASSESSMENT_DTYPE[name]) for name in ASSESSMENT_DTYPE.names or ()])
"""A stored decision: identity, where its frozen inputs are (run and household), every intermediate value, the amounts."""


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
