"""徴収依頼の作成: the answer to every candidate, and what does not agree with the ledgers. A deciding function of rows.

A request may leave only when decided = the ledger of the insured = the ledger of premiums, or an officer has said why not (I-01, I-26).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from collection_service.rules.collection_method import RequestKind


class Difference(StrEnum):
    """照合の不一致: why a request may not leave."""

    AWAITED = "awaited"
    NO_DECISION = "no_decision"
    DOUBTFUL = "doubtful"
    NOT_INSURED = "not_insured"
    AMOUNT = "amount"
    MISSED = "missed"
    STILL_OPEN = "still_open"

    @property
    def term(self) -> str:
        return _TERMS[self]


_TERMS = {
    Difference.AWAITED: "徴収方法を決められない人がいる（介護保険料の額が届いていない）",
    Difference.NO_DECISION: "特定した対象者に徴収方法の決定がない",
    Difference.DOUBTFUL: "特定できない対象者（名寄せの疑義）が残っている",
    Difference.NOT_INSURED: "特別徴収と決めた人が被保険者でない",
    Difference.AMOUNT: "決定した額と調定した額が違う",
    Difference.MISSED: "特別徴収と決めた人が対象者情報にない",
    Difference.STILL_OPEN: "同じ年金への依頼が、まだ回答待ちである",
}


@dataclass(frozen=True, slots=True)
class Answerable:
    """One candidate with all that is known of it. `method`: special, ordinary, awaited, None without a decision; amounts in yen.

    `is_chosen`: the decision was taken on this very pension. `decided`: what is to be taken at each payment of the request, `charged`:
    what the ledger charges for the same payments. `waits`: an earlier request for this pension has no answer yet.
    """

    collector_code: str
    basic_pension_number: str
    pension_code: str
    state: str
    insured_id: UUID | None
    is_insured: bool
    method: str | None
    is_chosen: bool
    request_kind: int
    reason: int
    decided: tuple[int, ...]
    charged: tuple[int, ...]
    waits: bool


@dataclass(frozen=True, slots=True)
class Line:
    """徴収依頼 about one candidate. `reason`: why, in our words; amounts in yen."""

    candidate: Answerable
    request_kind: str
    reason: str
    amount_1: int
    amount_2: int


@dataclass(frozen=True, slots=True)
class Request:
    """The answer to every candidate of a municipality, and the cases that do not agree (kind → whom they concern)."""

    lines: tuple[Line, ...]
    differences: dict[Difference, int]


NOT_COLLECTED = f"{RequestKind.NOT_SPECIAL:02}"


def requested(candidates: Sequence[Answerable], *, missed: int) -> Request:
    """Answer every candidate. `missed`: people decided to be collected from at this payment of whom no candidate tells."""
    lines = tuple(_line(candidate) for candidate in candidates)
    differences = dict.fromkeys(Difference, 0)
    for candidate in candidates:
        for kind in _differences(candidate):
            differences[kind] += 1
    differences[Difference.MISSED] = missed
    return Request(lines, {kind: cases for kind, cases in differences.items() if cases})


def _line(candidate: Answerable) -> Line:
    if candidate.state != "identified":
        return Line(candidate, NOT_COLLECTED, candidate.state, 0, 0)
    if not candidate.is_insured:
        return Line(candidate, NOT_COLLECTED, "not_insured", 0, 0)
    if not candidate.is_chosen and candidate.method == "special":
        return Line(candidate, NOT_COLLECTED, "other_pension", 0, 0)
    if candidate.method != "special":
        return Line(candidate, NOT_COLLECTED, f"method_{candidate.reason}" if candidate.method else "no_decision", 0, 0)
    first, second = (*candidate.decided, 0)[:2]
    return Line(candidate, f"{candidate.request_kind:02}", f"method_{candidate.reason}", first, second)


def _differences(candidate: Answerable) -> Iterable[Difference]:
    if candidate.waits:
        yield Difference.STILL_OPEN
    if candidate.state in ("doubtful", "waiting"):
        yield Difference.DOUBTFUL
    if candidate.state != "identified":
        return
    if candidate.method is None and candidate.is_insured:
        yield Difference.NO_DECISION
    if candidate.method == "awaited":
        yield Difference.AWAITED
    if candidate.method == "special" and candidate.is_chosen:
        if not candidate.is_insured:
            yield Difference.NOT_INSURED
        if candidate.decided != candidate.charged:
            yield Difference.AMOUNT


def blocking(differences: dict[Difference, int], explained: Iterable[tuple[str, int]]) -> dict[Difference, int]:
    """What holds a request back: every kind whose number of cases no officer has explained."""
    said = set(explained)
    return {kind: cases for kind, cases in differences.items() if (kind.value, cases) not in said}
