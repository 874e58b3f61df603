"""限度額区分 on paper: how a class is called, and which certificate, if any, shows it on a day."""

from __future__ import annotations

from datetime import date
from typing import Final

from contracts.events.eligibility import CertificateKind

from eligibility_service.rules.limits import Paper, limit_paper

CLASS_TERMS: Final = {
    "working": "現役並み所得者",
    "working-3": "現役並みⅢ",
    "working-2": "現役並みⅡ",
    "working-1": "現役並みⅠ",
    "general": "一般",
    "general-2": "一般Ⅱ",
    "general-1": "一般Ⅰ",
    "low-2": "区分Ⅱ",
    "low-1": "区分Ⅰ",
    "welfare-pension": "区分Ⅰ（老福）",
}
_PAPER_KINDS: Final = {
    Paper.REDUCTION: CertificateKind.REDUCTION_CERTIFICATE,
    Paper.LIMIT: CertificateKind.LIMIT_CERTIFICATE,
}
LONG_STAY_CLASS: Final = "low-2"
"""長期入院該当 is for 区分Ⅱ alone."""


class NoClass(Exception):
    """There is nothing to issue or print for the person's class; the reason in Japanese."""


def paper_on(limit_class: str | None, *, on: date) -> Paper:
    """What shows the class on a day: a certificate, or the 資格確認書. NoClass where it is undecided or needs none."""
    if limit_class is None:
        raise NoClass("限度額の区分が判定されていません。所得を確かめ、判定を待ってください。")
    paper = limit_paper.on(on)(limit_class=limit_class)
    if paper is Paper.NONE:
        raise NoClass(f"「{CLASS_TERMS[limit_class]}」の人には、限度額の認定証は要りません。")
    return paper


def long_stay_printed(limit_class: str | None, long_stay_from: date | None) -> date | None:
    """長期入院該当年月日 as it is printed: only while the class is 区分Ⅱ."""
    return long_stay_from if limit_class == LONG_STAY_CLASS else None


def paper_kind(limit_class: str | None, *, on: date) -> CertificateKind:
    """The 認定証 that shows the class on a day. NoClass where there is none, or none any more."""
    kind = _PAPER_KINDS.get(paper_on(limit_class, on=on))
    if kind is None:
        raise NoClass("令和6年12月2日から認定証は交付できません。区分は資格確認書に併記します。")
    return kind
