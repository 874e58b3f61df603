"""Many decisions of 負担割合 as the rows of a sealed batch, without a loop over people."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from chassis.batches import text_series, uuid_series
from chassis.binary_copy import Records

from eligibility_service.domain.ledger import days_of
from eligibility_service.rules.copay.columns import LimitClass, Reason
from eligibility_service.rules.copay.terms import code_of


def of_rates(rates: Records, inputs: Records) -> pl.DataFrame:
    """Decisions (RATE_DTYPE) with the columns of CopayRateDecided and the sequence; `inputs` has the input row of each."""
    return pl.DataFrame(
        {
            "insured_id": uuid_series(rates["insured_id"]),
            "municipality_code": text_series(rates["municipality_code"]),
            "resident_number": text_series(inputs["resident_number"]),
            "copay_year": rates["copay_year"].astype(np.int64),
            "rate_percent": rates["rate_percent"].astype(np.int64),
            "limit_class": _words(rates["limit_class"], LimitClass, LimitClass.UNDECIDED),
            "valid_from": days_of(rates["valid_from"]),
            "valid_until": days_of(rates["valid_until"]),
            "reason": _words(rates["reason"], Reason, Reason.NONE),
            "provisional": rates["provisional"],
            "sequence": rates["sequence"].astype(np.int64),
        }
    ).with_columns(effective_on=pl.col("valid_from"))


def _words(codes: npt.NDArray[np.int16], kind: type[IntEnum], none: Any) -> pl.Series:
    """Codes as the words of events; `none` is null."""
    words = {value.value: None if value is none else code_of(value) for value in kind}  # type: ignore[arg-type]
    return pl.Series(codes).replace_strict(words, return_dtype=pl.String)
