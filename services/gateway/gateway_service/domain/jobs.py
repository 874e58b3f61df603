"""The batch jobs that the console offers, with the words and the parameters an operator fills in. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter: its name, its label, and the value it begins with."""

    name: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A job of a service."""

    service: str
    name: str
    term: str
    meaning: str
    parameters: tuple[Choice, ...] = ()


OFFERS: Final = (
    Offer("premium", "assess", "保険料の本算定", "賦課の期日が来ている世帯の保険料を決定します。", (Choice("scope", "対象", "due"),)),
    Offer("eligibility", "issue-cards", "資格確認書の一括作成", "有効期間の始まる証を、まだない人の分だけ作ります。"),
    Offer("collection", "issue-notices", "納入通知書の一括作成", "期別が決まった人の納入通知書を作ります。"),
)

STATES: Final = {
    "prepared": ("承認待ち", "warn"),
    "approved": ("実行中", "quiet"),
    "reconciled": ("完了", "good"),
    "different": ("不一致あり", "bad"),
}


def term_of(service: str, name: str) -> str:
    """The Japanese name of a job; its own name where the console does not know it."""
    return next((offer.term for offer in OFFERS if (offer.service, offer.name) == (service, name)), name)


def flat(found: Any, prefix: str = "") -> list[tuple[str, str]]:
    """A preview or result as lines of (name, value), nested names joined by dots."""
    if isinstance(found, dict):
        return [line for key, value in found.items() for line in flat(value, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(found, bool) or not isinstance(found, int):
        return [(prefix, str(found))]
    return [(prefix, f"{found:,}")]
