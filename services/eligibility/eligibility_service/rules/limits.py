"""限度額区分の証: what shows the limit class of a person, by the law of the day of application."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from chassis.law import in_force, rule

LOW: Final = frozenset({"low-1", "low-2", "welfare-pension"})
WORKING_BELOW_HIGHEST: Final = frozenset({"working-1", "working-2"})


class Paper(StrEnum):
    """What shows the class."""

    NONE = "none"
    REDUCTION = "reduction"
    LIMIT = "limit"
    PRINTED = "printed"


@in_force("2008-04-01", "2018-08-01", law="高齢者の医療の確保に関する法律施行規則(限度額適用・標準負担額減額認定証)")
def reduction_certificate(*, limit_class: str) -> Paper:
    """減額認定証: for households without residence tax; 現役並み所得者 are one class, whose limit needs no certificate."""
    return Paper.REDUCTION if limit_class in LOW else Paper.NONE


@in_force("2018-08-01", "2024-12-02", law="高齢者の医療の確保に関する法律施行規則(限度額適用認定証は平成30年8月から)")
def reduction_or_limit_certificate(*, limit_class: str) -> Paper:
    """減額認定証, and 限度額適用認定証 for 現役並みⅠ・Ⅱ; 現役並みⅢ and 一般 need none."""
    if limit_class in LOW:
        return Paper.REDUCTION
    return Paper.LIMIT if limit_class in WORKING_BELOW_HIGHEST else Paper.NONE


@in_force("2024-12-02", law="高齢者の医療の確保に関する法律施行規則(令和6年12月2日から資格確認書に併記)")
def printed_on_confirmation(*, limit_class: str) -> Paper:
    """資格確認書への併記: no certificate of its own any more; the class is printed on the 資格確認書 on application."""
    return Paper.PRINTED


limit_paper = rule("limit_paper", reduction_certificate, reduction_or_limit_certificate, printed_on_confirmation)
