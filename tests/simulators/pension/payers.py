"""年金保険者: they list whom they pay, answer requests, deduct at the six payments of a year, and pay in what they took (①②⑨⑩⑪⑫)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from contracts.layouts.site_codes import ANSWERS, Notice

from tests.simulators.municipality.chance import stream
from tests.simulators.pension.dials import Dials
from tests.simulators.pension.files import CODES
from tests.simulators.pension.register import Pension

SMALLEST_PENSION, YOUNGEST = 180_000, 75
WANTED: Final = {"01", "02"}
NO_SUCH_CODE: Final = "99"
Key = tuple[str, str, str]


@dataclass(slots=True)
class Payer:
    """One payer of pensions. `kept`: what it deducts from a pension from which payment on; it knows nothing but its register and files."""

    collector_code: str
    pensions: Sequence[Pension]
    dials: Dials = field(default_factory=Dials)
    seed: int = 1
    kept: dict[Key, list[tuple[date, int, int]]] = field(default_factory=dict)
    died: set[Key] = field(default_factory=set)

    def capture(self, on: date) -> list[dict[str, Any]]:
        """①: everybody of 75 and over with a pension of at least 180,000 yen a year."""
        return [
            {
                "municipality_number": one.municipality_number, "collector_code": one.collector_code,
                "basic_pension_number": one.basic_pension_number, "pension_code": one.pension_code, "name_kana": one.name_kana,
                "name": one.name, "born_on": one.born_on, "sex": one.sex, "postal_code": one.postal_code, "address": one.address,
                CODES.amounts["pension_year"].role: one.year_amount, CODES.amounts["pension_payment"].role: one.payment_amount,
            }
            for one in self.pensions
            if one.collector_code == self.collector_code and one.year_amount >= SMALLEST_PENSION and _age(one.born_on, on) >= YOUNGEST
        ]  # fmt: skip

    def answer(self, lines: Iterable[dict[str, Any]], heeded_on: date) -> list[dict[str, Any]]:
        """⑨⑩: accept or reject every line of ours; what is accepted is heeded from the payment of `heeded_on` on."""
        own = [line for line in lines if line["collector_code"] == self.collector_code]
        known = {one.key: one for one in self.pensions}
        wanted = [_key(line) for line in own if line["request_kind"] in WANTED]
        rejected = self._drawn("rejected", wanted, self.dials.rejected)
        changing = self._drawn("changing", [key for key in wanted if key not in rejected], self.dials.changing)
        plain = [key for key in wanted if key not in rejected | changing]
        odd = self._drawn("wrong codes", plain, self.dials.wrong_codes)
        other = self._drawn("wrong amounts", plain, self.dials.wrong_amounts)
        lost = self._drawn("lost answers", plain, self.dials.lost_lines)
        answers = []
        for line in own:
            key, outcome = _key(line), "done"
            if key not in known or key in rejected:
                outcome = "unknown_person"
            elif key in changing:
                outcome = "pension_changing"
            code = NO_SUCH_CODE if key in odd else CODES.code("outcome", outcome)
            if key not in lost:
                answer = {**line, "outcome_code": code, "notice": ANSWERS[Notice(line["notice"])].value}
                answers.append({**answer, "amount_1": line["amount_1"] + 100} if key in other else answer)
            if code == CODES.code("outcome", "done"):
                self._heed(line, heeded_on)
        return answers

    def _heed(self, line: dict[str, Any], heeded_on: date) -> None:
        amounts = (line["amount_1"], line["amount_2"] or line["amount_1"]) if line["request_kind"] in WANTED else (0, 0)
        self.kept.setdefault(_key(line), []).append((heeded_on, *amounts))

    def deduct(self, paid_month: date, paid_on: date) -> tuple[list[dict[str, Any]], int]:
        """⑪⑫: the results of one payment of pensions, and the yen that are paid in for them."""
        known = {one.key: one for one in self.pensions}
        due = {key: yen for key in sorted(self.kept) if (yen := self._due(key, paid_month))}
        self.died |= self._drawn("dead", [key for key in due if key not in self.died], self.dials.dead)
        lost = self._drawn("lost results", [key for key in due if key not in self.died], self.dials.lost_lines)
        lines, yen_taken = [], 0
        for key, yen in due.items():
            one = known[key]
            taken = 0 if key in self.died else yen
            if key in lost:
                continue
            yen_taken += taken
            lines.append(
                {
                    "municipality_number": one.municipality_number, "collector_code": one.collector_code,
                    "basic_pension_number": one.basic_pension_number, "pension_code": one.pension_code, "name_kana": one.name_kana,
                    "name": one.name, "born_on": one.born_on, "sex": one.sex, "postal_code": one.postal_code, "address": one.address,
                    "outcome_code": CODES.code("outcome", "died" if key in self.died else "done"), "dated_on": paid_on,
                    CODES.amounts["deducted"].role: taken,
                }
            )  # fmt: skip
        return lines, yen_taken - self.dials.short

    def _due(self, key: Key, paid_month: date) -> int:
        heeded = [entry for entry in self.kept[key] if entry[0] <= paid_month]
        if not heeded:
            return 0
        begun, first, later = max(heeded, key=lambda entry: entry[0])
        return first if begun == paid_month else later

    def _drawn(self, topic: str, keys: Sequence[Key], count: int) -> set[Key]:
        """So many of these, the same for the same seed."""
        ordered = sorted(keys)
        chosen = stream(self.seed, self.collector_code, topic).permutation(len(ordered))[:count]
        return {ordered[int(place)] for place in chosen}


def _key(line: dict[str, Any]) -> Key:
    return line["collector_code"], line["basic_pension_number"], line["pension_code"]


def _age(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
