"""A bank: it reads a request for direct debits, takes what it can, and sends the results back in the same layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from contracts.layouts.families import encode_family, load_family, read_family

RECORD: Final = 120
REQUEST, RESULT = load_family("zengin-120"), load_family("zengin-120", "result_family")
FUNDS, NO_ACCOUNT, STOPPED, NO_FORM = "1", "2", "3", "4"


class CannotRead(Exception):
    """The bank sends the request back: it is no file of its layout, or its totals do not agree."""


@dataclass(frozen=True)
class Dials:
    """How often a debit fails, by result code (share of 1), and which accounts always do; the same seed gives the same results."""

    shares: Mapping[str, float] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Account number → result code."""
    seed: int = 1
    line_end: bytes = b""


def answer(request: bytes, dials: Dials = Dials()) -> bytes:  # frozen
    """The results of every debit of a request. CannotRead where the bank would refuse it."""
    found = read_family(request, REQUEST)
    errors = [error.message for error in found.file_errors] + [error.message for error in found.data.errors]
    if errors:
        raise CannotRead(errors[0])
    random = np.random.default_rng(dials.seed)
    drawn, codes = random.random(found.data.accepted_count), np.full(found.data.accepted_count, "0")
    reached = 0.0
    for code, share in dials.shares.items():
        codes[(drawn >= reached) & (drawn < reached + share)] = code
        reached += share
    told = found.data.frame.with_columns(result_code=pl.Series(codes, dtype=pl.String)).with_columns(
        pl.coalesce(
            pl.col("account_number").replace_strict(dict(dials.accounts), default=None, return_dtype=pl.String), "result_code"
        ).alias("result_code")
    )
    firsts, lasts = found.blocks["first_record"].to_list(), found.blocks["last_record"].to_list()
    blocks = [
        (found.headers.frame.slice(at, 1), told.filter(found.data.row_numbers.is_between(first, last)))
        for at, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]
    written = encode_family(blocks, RESULT)
    return b"".join(written[at : at + RECORD] + dials.line_end for at in range(0, len(written), RECORD))


def _cut(results: bytes, record: int) -> bytes:
    return results[: record * RECORD] + results[(record + 1) * RECORD :]


def _without_first_debit(results: bytes) -> bytes:
    """The first debit is lost, and the trailer counts only what is left: the file agrees with itself, but not with the request."""
    found = read_family(results, RESULT)
    return encode_family([(found.headers.frame, found.data.frame.slice(1))], RESULT)


def _first_debit_twice(results: bytes) -> bytes:
    found = read_family(results, RESULT)
    return encode_family([(found.headers.frame, pl.concat([found.data.frame.head(1), found.data.frame]))], RESULT)


def _other_amount(results: bytes) -> bytes:
    found = read_family(results, RESULT)
    first = pl.int_range(pl.len()) == 0
    changed = found.data.frame.with_columns(amount=pl.when(first).then(pl.col("amount") + 1).otherwise("amount"))
    return encode_family([(found.headers.frame, changed)], RESULT)


def _wrong_total(results: bytes) -> bytes:
    at = results.rindex(b"8", 0, len(results) - RECORD - RECORD + 1)
    total = int(results[at + 7 : at + 19])
    return results[: at + 7] + f"{total + 1:012}".encode() + results[at + 19 :]


FAULTS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "lost_line": lambda results: _cut(results, 1),
    "lost_line_recounted": _without_first_debit,
    "line_twice": _first_debit_twice,
    "wrong_total": _wrong_total,
    "other_amount": _other_amount,
    "cut_off": lambda results: results[:-RECORD],
    "other_day": lambda results: results[:54] + b"0101" + results[58:],
    "flipped_bit": lambda results: results[: RECORD + 90] + bytes([results[RECORD + 90] ^ 1]) + results[RECORD + 91 :],
}
"""What can go wrong on the way back (of a file without line ends): each must be found, and nothing applied. A file that comes twice, late
or never needs no bytes of its own: hand it over twice, on a later day, or not at all."""
