"""What is decided on and what comes of it, as records: the columns that domain, store and migrations share."""

from __future__ import annotations

from typing import Any

import numpy as np

from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE

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
"""An input row: whose it is (sixteen zero bytes where not insured), of which municipality, the member, and the household's id."""

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

PROVISIONAL_DTYPE = np.dtype(
    [
        ("run_id", UUID),
        ("insured_id", UUID),
        ("municipality_code", CODE),
        ("fiscal_year", np.int16),
        ("household", np.int64),
        ("income_year", np.int16),
        ("outcome", np.int16),
        ("year_amount", np.int64),
        ("months", np.int16),
        ("amount", np.int64),
        ("law_hash", "S64"),
    ]
)
"""A line of the provisional ledger (仮算定): the amount of a whole year, the months charged before July, and their amount (yen)."""
