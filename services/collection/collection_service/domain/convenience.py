"""コンビニ収納: what agents tell of payments at convenience stores, brought from their forms to ours. Pure.

Each agent (収納代行会社) has its own form, and none is public: an adapter turns its bytes into rows of `convenience_payments` (koki-1).
Our own form is there; an agent's is added as a function and a line in ADAPTERS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from contracts.layouts import Control, ReadResult, load_layout, read_file

ANNOUNCED, CONFIRMED, TAKEN_BACK = "1", "2", "3"
"""知らせの種類: 速報, 確報, 取消."""
Adapter = Callable[[bytes, Control], ReadResult]


def _own(data: bytes, control: Control) -> ReadResult:
    return read_file(data, load_layout("convenience_payments"), control)


ADAPTERS: Final[dict[str, Adapter]] = {"koki-1": _own}
"""Form → how its bytes become rows of `convenience_payments`."""


def slip_number_of(code: str) -> int:
    """Our own number of the paper, which stands among the free digits of its bar code."""
    return int(code[13:29])


def amounts_differ(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose amount is not the one in their own bar code: somebody was asked for another sum than the paper says."""
    return rows.filter(pl.col("slip_code").str.slice(37, 6).cast(pl.Int64, strict=False) != pl.col("amount"))
