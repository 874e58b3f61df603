"""What a run that decides how premiums are collected would do: counted by method and reason, and against the decisions that hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from chassis.binary_copy import Records
from chassis.law import day_number

from collection_service.domain.methods import HALF, Decisions, Payment
from collection_service.rules.collection_method import Method, Reason

WAITING: Final = ((30, "30日以内"), (60, "60日以内"))
WAITING_LONGER: Final = "60日を超える"
UNDECIDED: Final = "未決定"


@dataclass
class Preview:
    """People by method, by reason, and by reason before → reason now; who waits for a fact, by how long; yen of the payment."""

    people: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    awaited: Counter[str] = field(default_factory=Counter)
    yen: int = 0
    provisional: set[str] = field(default_factory=set)

    def add(self, decided: Decisions, held: Records, payment: Payment) -> None:
        """Count some people; `held`: the DECISION that holds of each for the payment, `sequence` 0 where none does."""
        found = decided.methods
        self.people += len(found.method)
        for method in Method:
            self.methods[method.name.lower()] += int((found.method == method).sum())
        before = np.where(held["sequence"] > 0, held["reason"], 0)
        pairs, counts = np.unique(np.stack([before, found.reason], axis=1), axis=0, return_counts=True)
        for (old, new), count in zip(pairs.tolist(), counts.tolist(), strict=True):
            self.reasons[Reason(new).term] += count
            if old != new:
                self.changes[f"{Reason(old).term if old else UNDECIDED} → {Reason(new).term}"] += count
        days = day_number(payment.today) - decided.awaited_since[found.method == Method.AWAITED].astype(np.int64)
        for age in days.tolist():
            self.awaited[next((term for most, term in WAITING if age <= most), WAITING_LONGER)] += 1
        self.yen += int(decided.amounts[decided.is_special, payment.column % HALF].sum())
        self.provisional.update(payment.law.provisional)

    def shown(self) -> dict[str, Any]:
        """As the officer who approves the run reads it."""
        return {
            "candidates": self.people,
            "methods": dict(self.methods),
            "reasons": dict(self.reasons.most_common()),
            "changes": dict(self.changes.most_common()),
            "awaited": dict(self.awaited),
            "yen": self.yen,
            "provisional_parameters": sorted(self.provisional),
        }
