"""住所の期間: the periods of residence that follow from everything a municipality has said about one resident, in its order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Residence(NamedTuple):
    """From `since` on; ended on the last day `ended_on` (both included) with the status that ended it, or still going on."""

    since: date
    ended_on: date | None
    status: str


def replay(said: Iterable[Residence]) -> list[Residence]:
    """The residences believed after the last record, in order; they never overlap.

    `said`: what each record said of the residence it describes, in the order of the sequence. A record that begins after an ended
    residence is a return; one that begins on its last day goes on with it (moving out and in again on one day); any other takes the
    place of what it contradicts: a cancelled move, a death that was a mistake, a corrected day.
    """
    believed: list[Residence] = []
    for record in said:
        while believed and not _goes_before(believed[-1], record):
            believed.pop()
        believed.append(record)
    joined: list[Residence] = []
    for residence in believed:
        if joined and joined[-1].ended_on == residence.since:
            residence = residence._replace(since=joined.pop().since)
        joined.append(residence)
    return joined


def _goes_before(earlier: Residence, record: Residence) -> bool:
    return earlier.ended_on is not None and earlier.ended_on <= record.since and earlier.since < record.since
