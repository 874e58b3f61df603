"""証の種類と有効期間: which certificate a person gets, by the law of the day of issue, and until when it is valid."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from chassis.law import DayNumbers, in_force, rule

from eligibility_service.rules.acquisition import reaches_age_on

Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

ALWAYS_CONFIRMED_FROM_AGE: Final = 85


class Kind(IntEnum):
    """証の種類."""

    INSURANCE_CARD = 0
    ELIGIBILITY_CONFIRMATION = 1
    ELIGIBILITY_NOTICE = 2
    SHORT_TERM_CARD = 3
    STATUS_CERTIFICATE = 4


class Sanction(IntEnum):
    """What long arrears have led to, decided by the union for this person."""

    NONE = 0
    SHORT_TERM = 1
    STATUS = 2


class Holding(IntEnum):
    """Whether a person holds a マイナ保険証; unknown is not "no"."""

    UNKNOWN = 0
    HOLDS = 1
    HOLDS_NOT = 2


class Reason(IntEnum):
    """Why it is this kind."""

    EVERYBODY = 0
    AGE = 1
    HOLDS_CARD = 2
    HOLDS_NO_CARD = 3
    CARD_UNKNOWN = 4
    APPLIED = 5
    ARREARS = 6


class Choice(NamedTuple):
    """One kind and one reason a person (values of Kind and Reason)."""

    kind: Codes
    reason: Codes


@in_force("2008-04-01", "2024-12-02", law="高齢者の医療の確保に関する法律 第54条第3項(令和6年12月1日まで)")
def insurance_card_for_everybody(*, born_on: DayNumbers, holding: Codes, period_begins: DayNumbers) -> Choice:
    """被保険者証: every insured person gets one."""
    return _everybody(Kind.INSURANCE_CARD, len(born_on))


@in_force("2024-12-02", "2026-08-01", law="高齢者の医療の確保に関する法律 第54条第3項、厚生労働省保険局の通知(令和7年4月3日)による職権交付")
def confirmation_for_everybody(*, born_on: DayNumbers, holding: Codes, period_begins: DayNumbers) -> Choice:
    """資格確認書: to everybody on the union's own motion, with or without a マイナ保険証, to 2026-07-31."""
    return _everybody(Kind.ELIGIBILITY_CONFIRMATION, len(born_on))


@in_force("2026-08-01", law="高齢者の医療の確保に関する法律 第54条第3項、厚生労働省保険局の通知による85歳以上の職権交付")
def by_age_and_card(*, born_on: DayNumbers, holding: Codes, period_begins: DayNumbers) -> Choice:
    """From 2026-08-01: at 85 and over 資格確認書; below, 資格情報のお知らせ with a マイナ保険証 and 資格確認書 without one.

    `period_begins`: the 1 August of the certificate's year, on which the age is taken. Where nobody knows whether the person holds a
    card, the person gets the 資格確認書: without either, care could not be had.
    """
    old = reaches_age_on(born_on=born_on, age=ALWAYS_CONFIRMED_FROM_AGE) <= period_begins
    holds = holding == Holding.HOLDS
    kind = np.where(~old & holds, Kind.ELIGIBILITY_NOTICE, Kind.ELIGIBILITY_CONFIRMATION).astype(np.int8)
    by_card = np.select(
        [holds, holding == Holding.HOLDS_NOT], [np.int8(Reason.HOLDS_CARD), np.int8(Reason.HOLDS_NO_CARD)], np.int8(Reason.CARD_UNKNOWN)
    )
    return Choice(kind, np.where(old, np.int8(Reason.AGE), by_card).astype(np.int8))


certificate_kind = rule("certificate_kind", insurance_card_for_everybody, confirmation_for_everybody, by_age_and_card)


@in_force("2008-04-01", "2024-12-02", law="高齢者の医療の確保に関する法律 第54条(令和6年12月1日まで)")
def card_after_arrears(*, choice: Choice, sanction: Codes) -> Choice:
    """短期被保険者証・被保険者資格証明書: what a person with long arrears gets in place of the regular card."""
    kind = np.select(
        [sanction == Sanction.SHORT_TERM, sanction == Sanction.STATUS],
        [np.int8(Kind.SHORT_TERM_CARD), np.int8(Kind.STATUS_CERTIFICATE)],
        choice.kind,
    )
    return Choice(kind.astype(np.int8), np.where(sanction == Sanction.NONE, choice.reason, np.int8(Reason.ARREARS)).astype(np.int8))


@in_force("2024-12-02", law="高齢者の医療の確保に関する法律 第82条(令和6年12月2日施行)")
def no_card_after_arrears(*, choice: Choice, sanction: Codes) -> Choice:
    """短期証・資格証明書の廃止: arrears change no certificate any more; 特別療養費 follows a notice instead."""
    return choice


certificate_after_arrears = rule("certificate_after_arrears", card_after_arrears, no_card_after_arrears)


@in_force("2008-04-01", "2026-08-01", law="高齢者の医療の確保に関する法律 第54条第3項")
def nothing_on_application(*, choice: Choice, has_applied: Flags) -> Choice:
    """Everybody gets the certificate of the day without asking."""
    return choice


@in_force("2026-08-01", law="高齢者の医療の確保に関する法律 第54条第3項、厚生労働省保険局の通知による申請交付")
def confirmation_on_application(*, choice: Choice, has_applied: Flags) -> Choice:
    """資格確認書の申請交付: also to somebody with a マイナ保険証 who has applied, that year and in the years after."""
    asked = has_applied & (choice.kind == Kind.ELIGIBILITY_NOTICE)
    kind = np.where(asked, np.int8(Kind.ELIGIBILITY_CONFIRMATION), choice.kind)
    return Choice(kind.astype(np.int8), np.where(asked, np.int8(Reason.APPLIED), choice.reason).astype(np.int8))


certificate_on_application = rule("certificate_on_application", nothing_on_application, confirmation_on_application)


def _everybody(kind: Kind, people: int) -> Choice:
    return Choice(np.full(people, kind, np.int8), np.full(people, Reason.EVERYBODY, np.int8))


def certificate_year(day: date) -> tuple[date, date]:
    """The certificate's year in which `day` lies: from 1 August to 31 July, both included."""
    first = date(day.year if day.month >= 8 else day.year - 1, 8, 1)
    return first, date(first.year + 1, 7, 31)
