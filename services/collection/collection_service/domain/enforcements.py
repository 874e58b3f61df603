"""滞納処分: 財産調査 → 差押 → 換価・取立 → 配当 | 解除・取消し. A state machine of what an officer may do next. Pure.

Law: 高齢者の医療の確保に関する法律 第113条; 地方自治法 第231条の3第3項 (地方税の滞納処分の例による); 国税徴収法 第47条, 第79条, 第128条.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from collection_service.domain.arrears import ClaimKey
from collection_service.domain.limitations import Running


class State(StrEnum):
    """状態 of a case."""

    INVESTIGATING = "investigating"
    SEIZED = "seized"
    CONVERTED = "converted"
    DISTRIBUTED = "distributed"
    RELEASED = "released"
    ENDED = "ended"


class Step(StrEnum):
    """処分の段階: what an officer does."""

    OPEN = "open"
    INVESTIGATE = "investigate"
    SEIZE = "seize"
    CONVERT = "convert"
    DISTRIBUTE = "distribute"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    END = "end"


STATE_TERMS: Final = {
    State.INVESTIGATING: "財産調査中",
    State.SEIZED: "差押中",
    State.CONVERTED: "換価・取立済",
    State.DISTRIBUTED: "配当済",
    State.RELEASED: "差押解除",
    State.ENDED: "財産なし等により終了",
}
STEP_TERMS: Final = {
    Step.OPEN: "滞納処分の開始",
    Step.INVESTIGATE: "財産調査",
    Step.SEIZE: "差押え",
    Step.CONVERT: "換価・取立",
    Step.DISTRIBUTE: "配当",
    Step.RELEASE: "差押えの解除",
    Step.WITHDRAW: "差押えの取消し",
    Step.END: "終了",
}
NEXT: Final[dict[tuple[State, Step], State]] = {
    (State.INVESTIGATING, Step.INVESTIGATE): State.INVESTIGATING,
    (State.INVESTIGATING, Step.SEIZE): State.SEIZED,
    (State.INVESTIGATING, Step.END): State.ENDED,
    (State.SEIZED, Step.CONVERT): State.CONVERTED,
    (State.SEIZED, Step.RELEASE): State.RELEASED,
    (State.SEIZED, Step.WITHDRAW): State.RELEASED,
    (State.CONVERTED, Step.DISTRIBUTE): State.DISTRIBUTED,
}
"""What may follow what. A case that is distributed, released or ended is over; for what is left another one is opened."""
NEEDS_AMOUNT: Final = frozenset({Step.CONVERT, Step.DISTRIBUTE})


class OutOfTurn(Exception):
    """The step cannot follow the state."""


def after(state: State, step: Step) -> State:
    """The state after a step. OutOfTurn where the step cannot follow."""
    try:
        return NEXT[state, step]
    except KeyError as error:
        raise OutOfTurn(f"{step} cannot follow {state}.") from error


@dataclass(frozen=True, slots=True)
class Share:
    """配当の充当: yen of what was converted that go to an instalment's premium and to its late charge."""

    key: ClaimKey
    premium: int
    late_charge: int = 0


def faults_of_seizure(
    claims: Sequence[Running], *, demanded: set[ClaimKey], promised: set[ClaimKey], on: date
) -> list[str]:  # fmt: skip
    """Why instalments do not let anything be seized, in Japanese: each must be unpaid, demanded in vain, and neither deferred nor lost."""
    found = []
    for each in claims:
        claim = each.claim
        label = f"{claim.fiscal_year}年度の{claim.number}番の期別"
        if not claim.unpaid_on(on):
            found.append(f"{label}は納められています。")
        elif claim.key not in demanded:
            found.append(f"{label}は督促状の指定の期限を過ぎていないか、督促していません。")
        elif claim.is_deferred_on(on):
            found.append(f"{label}は徴収を猶予しています。")
        elif claim.key in promised:
            found.append(f"{label}は納付誓約を履行中です。")
        elif each.limitation.is_complete(on):
            found.append(f"{label}は時効が完成しています。")
    return found


def faults_of_distribution(converted: int, shares: Sequence[Share], surplus: int, unpaid: dict[ClaimKey, int]) -> list[str]:
    """What is wrong with a distribution, in Japanese: it gives out what was converted, to the yen, and to none more than it owes."""
    found = []
    given = sum(share.premium + share.late_charge for share in shares) + surplus
    if given != converted:
        found.append(f"配当と残余金の合計{given:,}円が、換価・取立の額{converted:,}円と違います。")
    for share in shares:
        if share.key not in unpaid:
            found.append(f"{share.key[1]}年度の{share.key[2]}番の期別は、この滞納処分の対象ではありません。")
        elif share.premium > unpaid[share.key]:
            found.append(f"{share.key[1]}年度の{share.key[2]}番の期別の未納は{unpaid[share.key]:,}円です。")
    if len({share.key for share in shares}) != len(shares):
        found.append("同じ期別が重なっています。")
    return found
