"""居所不明者の調査: from mail that came back to the address found, or to the request to strike out the residence. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """段階."""

    SURVEYING = "surveying"
    FOUND = "found"
    REMOVAL_ASKED = "removal_asked"
    REMOVED = "removed"


class Act(StrEnum):
    """What is done in a survey, or heard from the municipality."""

    VISIT = "visit"
    TELEPHONE = "telephone"
    LETTER = "letter"
    INQUIRY = "inquiry"
    FOUND = "found"
    REMOVAL_ASKED = "removal_asked"
    REMOVED = "removed"


STEP_TERMS: Final = {
    Step.SURVEYING: "調査中",
    Step.FOUND: "居所確認",
    Step.REMOVAL_ASKED: "職権消除の依頼中",
    Step.REMOVED: "消除",
}
ACT_TERMS: Final = {
    "opened": "調査の開始",
    Act.VISIT: "訪問",
    Act.TELEPHONE: "電話",
    Act.LETTER: "文書",
    Act.INQUIRY: "関係先への照会",
    Act.FOUND: "居所の確認",
    Act.REMOVAL_ASKED: "職権消除の依頼",
    Act.REMOVED: "住民票の消除",
}
CAUSES: Final = {"returned_mail": "郵便物の返戻", "report": "申出・通報"}
LOOKED: Final = frozenset({Act.VISIT, Act.TELEPHONE, Act.LETTER, Act.INQUIRY})
CLOSED: Final = frozenset({Step.FOUND, Step.REMOVED})


class OutOfTurn(Exception):
    """The act does not fit the step of the survey; the text says in Japanese why."""


def after(step: Step, act: Act, *, looked: bool) -> Step:
    """The step after an act; `looked`: something was done to find the person before. Raises `OutOfTurn`.

    Nobody is asked to strike out a residence without a search: 住民基本台帳法 第34条 (調査), 第8条 (職権による消除).
    """
    if step in CLOSED:
        raise OutOfTurn("この調査は終わっています。")
    if act in LOOKED:
        if step is not Step.SURVEYING:
            raise OutOfTurn("職権消除を依頼した後は、調査の記録を加えられません。")
        return step
    if act is Act.REMOVAL_ASKED:
        if step is not Step.SURVEYING:
            raise OutOfTurn("職権消除は、すでに依頼しています。")
        if not looked:
            raise OutOfTurn("訪問・電話・文書・照会の記録がありません。調査をしてから依頼してください。")
        return Step.REMOVAL_ASKED
    return Step.FOUND if act is Act.FOUND else Step.REMOVED
