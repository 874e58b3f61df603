"""納付書: what one slip rests on, and where it stands once it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from collection_service.domain.notices import Addressee


@dataclass(frozen=True, slots=True)
class Planned:
    """A slip that is still to be printed, `amount` yen. `failed_code`: the result code of the debit that failed. `still_so`: nothing has
    changed since the plan."""

    slip_number: int
    letter: int
    municipality_code: str
    fiscal_year: int
    number: int
    month: int
    due_on: date
    amount: int
    reissued: bool
    failed_code: str | None
    insured_number: str | None
    addressee: Addressee | None
    provisional: bool
    still_so: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """Where a slip stands in its print file (pages from 0), what its bar code says, and until when it can be used."""

    slip_number: int
    usable_until: date
    code: str | None
    page: int
    cover_page: int
