"""Convenience stores and their agent: they read the 44 digits of a slip, take the money, and tell of it: at once (速報), some days later
for good (確報), or that it was a mistake (取消)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Final

import polars as pl

from contracts.layouts import load_layout, write_control, write_file

JAPAN: Final = timezone(timedelta(hours=9))
ANNOUNCED, CONFIRMED, TAKEN_BACK = "1", "2", "3"
LAYOUT: Final = load_layout("convenience_payments")


class NotTaken(Exception):
    """The till does not take the slip: wrong digits, or past its last day."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that lies in a till."""

    municipality_code: str
    number: str
    code: str
    paid_on: date
    amount: int


def pay(municipality_code: str, code: str, *, on: date, number: str) -> Payment:
    """What the till does: read the digits, refuse what is wrong or late, take the amount that stands in them."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(code[:43])))
    if len(code) != 44 or (total + int(code[43])) % 10:
        raise NotTaken("the check digit is wrong")
    if f"{on:%y%m%d}" > code[30:36]:
        raise NotTaken("the slip is past its last day")
    return Payment(municipality_code, number, code, on, int(code[37:43]))


def tell(told: Sequence[tuple[str, Payment]], folder: Path, *, on: date) -> tuple[bytes, bytes]:
    """A file of (kind, payment) as the agent sends it on a day: its bytes and its control file."""
    frame = pl.DataFrame(
        [
            {
                "municipality_code": one.municipality_code, "convenience_notice": kind, "payment_number": one.number, "slip_code": one.code,
                "paid_on": one.paid_on, "amount": one.amount,
            }
            for kind, one in told
        ]
    )  # fmt: skip
    control = write_file(
        frame, LAYOUT, folder / "convenience.csv", municipality_code=told[0][1].municipality_code, generation=1,
        created_at=datetime.combine(on, time(7), JAPAN),
    )  # fmt: skip
    return (folder / "convenience.csv").read_bytes(), write_control(control)


FAULTS: Final[dict[str, Callable[[bytes, bytes], tuple[bytes, bytes]]]] = {
    "lost_line": lambda data, control: (data[: data.rindex(b"\r\n", 0, -2) + 2], control),
    "wrong_total": lambda data, control: (data, control.replace(b'"amount_total": ', b'"amount_total": 1')),
    "flipped_digit": lambda data, control: (data[:-3] + bytes([data[-3] ^ 1]) + data[-2:], control),
}
"""What can go wrong on the way (data, control): each must be found, and nothing applied."""
