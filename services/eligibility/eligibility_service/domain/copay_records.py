"""What 負担割合 is judged on and what comes of it, as records: the columns that domain, store and migrations share."""

from __future__ import annotations

from typing import Final

import numpy as np

from eligibility_service.rules.copay.columns import JUDGED_DTYPE, MEMBER_DTYPE

UUID: Final = "S16"

INPUT_DTYPE: Final = np.dtype(
    [
        ("insured_id", UUID),
        ("municipality_code", "S6"),
        ("resident_number", "S15"),
        ("household_number", "S15"),
        *((name, MEMBER_DTYPE[name]) for name in MEMBER_DTYPE.names or ()),
    ]
)
"""An input row: whose it is (sixteen zero bytes where not insured), the household as the municipality numbers it, the member."""

RATE_DTYPE: Final = np.dtype(
    [
        ("insured_id", UUID),
        ("copay_year", np.int16),
        ("sequence", np.int32),
        ("municipality_code", "S6"),
        ("valid_from", np.int32),
        ("valid_until", np.int32),
        ("income_year", np.int16),
        ("as_of", np.int32),
        ("law_hash", "S64"),
        ("rules_version", "S4"),
        ("run_id", UUID),
        ("household", np.int64),
        ("provisional", np.bool_),
        *((name, JUDGED_DTYPE[name]) for name in JUDGED_DTYPE.names or ()),
    ]
)
"""A stored decision: whose, for which days, on which law and frozen inputs (run and household), and every intermediate value."""
