"""証の引渡しと回収: where a certificate is on its way to its owner, and on its way back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class Delivery(StrEnum):
    """引渡しの状態."""

    MADE = "made"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    RECEIVED = "received"
    RETURNED = "returned"
    KEPT = "kept"


DELIVERY_TERMS: Final = {
    Delivery.MADE: "作成",
    Delivery.HANDED_OVER: "窓口で引渡し",
    Delivery.SENT: "発送",
    Delivery.RECEIVED: "受領",
    Delivery.RETURNED: "返戻",
    Delivery.KEPT: "窓口で保管",
}
NEXT: Final = {
    Delivery.MADE: (Delivery.HANDED_OVER, Delivery.SENT),
    Delivery.SENT: (Delivery.RECEIVED, Delivery.RETURNED),
    Delivery.RETURNED: (Delivery.SENT, Delivery.HANDED_OVER, Delivery.KEPT),
    Delivery.KEPT: (Delivery.HANDED_OVER, Delivery.SENT),
    Delivery.RECEIVED: (),
    Delivery.HANDED_OVER: (),
}
"""What may follow a state; a second sending is 再送."""
WITH_ITS_OWNER: Final = frozenset({Delivery.HANDED_OVER, Delivery.RECEIVED})


class Collection(StrEnum):
    """回収の状態; a certificate that its owner may keep has none."""

    DUE = "due"
    COLLECTED = "collected"
    LOST = "lost"


COLLECTION_TERMS: Final = {Collection.DUE: "未回収", Collection.COLLECTED: "回収済", Collection.LOST: "紛失・回収不能"}


class OutOfOrder(Exception):
    """A certificate cannot come from the one state into the other."""


def moved(present: Delivery, to: Delivery) -> Delivery:
    """The next state. OutOfOrder names both in Japanese."""
    if to not in NEXT[present]:
        raise OutOfOrder(f"「{DELIVERY_TERMS[present]}」の証を「{DELIVERY_TERMS[to]}」にはできません。")
    return to


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """What is known of a returned certificate: how often it was sent, whether its owner's address is another now, whether still insured."""

    times_sent: int
    has_other_address: bool
    is_insured: bool


def what_to_do(found: OnItsWay) -> str:
    """What somebody does with a certificate that the post brought back, in Japanese."""
    if not found.is_insured:
        return "資格を喪失しています。発送せず、回収済にしてください。"
    if found.has_other_address:
        return "発送した後に住所か送付先が変わっています。いまの送付先へ再送してください。"
    if found.times_sent < 2:
        return "電話や介護サービスの事業者に居所を確かめ、送付先を登録してから再送してください。"
    return "2回返戻されました。居所不明の調査に回し、証は窓口で保管してください。"


def alarm_day(valid_from: date, issued_on: date, *, days: int) -> date:
    """The day from which a certificate that has not reached its owner is a case: so many days before it begins to be valid.

    One made later than that has so many days from its issue.
    """
    return max(valid_from - timedelta(days=days), issued_on + timedelta(days=days))


def outstanding(*, confirmed: bool) -> tuple[Delivery, ...]:
    """The states in which a certificate has not reached its owner; one sent by ordinary post is taken for received until it comes back."""
    return (Delivery.MADE, Delivery.RETURNED, Delivery.KEPT, *((Delivery.SENT,) if confirmed else ()))
