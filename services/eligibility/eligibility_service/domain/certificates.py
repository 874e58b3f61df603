"""証: which certificate a person needs on a day, what it is called, and why it is made."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from chassis.law import day_number
from contracts.events.eligibility import CertificateKind

from eligibility_service.domain.ledger import day_numbers
from eligibility_service.law import insurance_card_last_day, period_of, settings_of
from eligibility_service.rules.certificates import (
    Holding,
    Kind,
    Reason,
    certificate_after_arrears,
    certificate_kind,
    certificate_on_application,
    certificate_year,
)
from eligibility_service.rules.periods import short_term_end

KINDS: Final = {
    Kind.INSURANCE_CARD: CertificateKind.INSURANCE_CARD,
    Kind.ELIGIBILITY_CONFIRMATION: CertificateKind.ELIGIBILITY_CONFIRMATION,
    Kind.ELIGIBILITY_NOTICE: CertificateKind.ELIGIBILITY_NOTICE,
    Kind.SHORT_TERM_CARD: CertificateKind.SHORT_TERM_CARD,
    Kind.STATUS_CERTIFICATE: CertificateKind.STATUS_CERTIFICATE,
}
KIND_NAMES: Final = {
    CertificateKind.INSURANCE_CARD: "後期高齢者医療被保険者証",
    CertificateKind.SHORT_TERM_CARD: "後期高齢者医療被保険者証（短期）",
    CertificateKind.STATUS_CERTIFICATE: "後期高齢者医療被保険者資格証明書",
    CertificateKind.ELIGIBILITY_CONFIRMATION: "後期高齢者医療資格確認書",
    CertificateKind.ELIGIBILITY_NOTICE: "資格情報のお知らせ",
    CertificateKind.LIMIT_CERTIFICATE: "後期高齢者医療限度額適用認定証",
    CertificateKind.REDUCTION_CERTIFICATE: "後期高齢者医療限度額適用・標準負担額減額認定証",
    CertificateKind.SPECIFIC_DISEASE_CERTIFICATE: "後期高齢者医療特定疾病療養受療証",
}
REASONS: Final = {
    Reason.EVERYBODY: "everybody",
    Reason.AGE: "age_85",
    Reason.HOLDS_CARD: "holds_card",
    Reason.HOLDS_NO_CARD: "holds_no_card",
    Reason.CARD_UNKNOWN: "card_unknown",
    Reason.APPLIED: "applied",
    Reason.ARREARS: "arrears",
}
ENDED_WITH_THE_CARD: Final = (
    CertificateKind.INSURANCE_CARD.value,
    CertificateKind.SHORT_TERM_CARD.value,
    CertificateKind.STATUS_CERTIFICATE.value,
)
"""Kinds that are not valid beyond the last day of any insurance card."""


class Family(StrEnum):
    """What replaces each other: a new certificate takes the place of the old one of its family."""

    CARD = "card"
    LIMIT = "limit"
    DISEASE = "disease"


class IssueReason(StrEnum):
    """交付の理由."""

    FIRST = "first"
    RENEWAL = "renewal"
    LOSS = "loss"
    DAMAGE = "damage"
    NUMBER_CHANGED = "number_changed"
    NAME_CHANGED = "name_changed"
    ADDRESS_CHANGED = "address_changed"
    RATE_CHANGED = "rate_changed"
    APPLICATION = "application"
    ARREARS = "arrears"
    OTHER = "other"

    @property
    def term(self) -> str:
        return _ISSUE_TERMS[self]


_ISSUE_TERMS: Final = {
    IssueReason.FIRST: "新規",
    IssueReason.RENEWAL: "年次更新",
    IssueReason.LOSS: "紛失",
    IssueReason.DAMAGE: "汚損・破損",
    IssueReason.NUMBER_CHANGED: "被保険者番号の変更",
    IssueReason.NAME_CHANGED: "氏名の変更",
    IssueReason.ADDRESS_CHANGED: "住所の変更",
    IssueReason.RATE_CHANGED: "負担割合の変更",
    IssueReason.APPLICATION: "申請",
    IssueReason.ARREARS: "滞納による措置",
    IssueReason.OTHER: "その他",
}


def needed(insured: pl.DataFrame, *, on: date, union: str) -> pl.DataFrame:
    """The certificate that each insured person needs on a day: adds kind, kind_reason, valid_from, valid_until.

    `insured` has born_on, acquired_on, `holds` (a マイナ保険証: true, false, or null where nobody has said it), `has_applied` (for a
    資格確認書) and `sanction` (rules Sanction). A certificate is valid in the period of the union's regular issue, or from the
    acquisition where that is later; a short-term card and a status certificate from the day itself.
    """
    begins, until = period_of(union, on=on)
    choice = certificate_kind.on(on)(
        born_on=day_numbers(insured["born_on"]),
        holding=_holding(insured["holds"]),
        period_begins=np.full(insured.height, day_number(certificate_year(on)[0]), np.int32),
    )
    choice = certificate_on_application.on(on)(choice=choice, has_applied=insured["has_applied"].to_numpy())
    choice = certificate_after_arrears.on(on)(choice=choice, sanction=insured["sanction"].to_numpy())
    made = insured.with_columns(
        kind=pl.Series([KINDS[Kind(code)].value for code in choice.kind], dtype=pl.String),
        kind_reason=pl.Series([REASONS[Reason(code)] for code in choice.reason], dtype=pl.String),
        valid_from=pl.max_horizontal(pl.lit(begins), "acquired_on"),
        valid_until=pl.lit(until),
    )
    return _shortened(made, on=on, union=union, until=until)


def _shortened(made: pl.DataFrame, *, on: date, union: str, until: date) -> pl.DataFrame:
    """A short-term card ends early, and nothing ends after the last day of the insurance card that stood in its place."""
    months = settings_of(union, on=on).short_term_months
    of_arrears = pl.col("kind_reason") == REASONS[Reason.ARREARS]
    short = pl.col("kind") == CertificateKind.SHORT_TERM_CARD.value
    until_short = until if months is None else short_term_end(on, months=months, regular_end=until)
    with_days = made.with_columns(
        valid_from=pl.when(of_arrears).then(pl.max_horizontal("valid_from", pl.lit(on))).otherwise("valid_from"),
        valid_until=pl.when(short).then(pl.lit(until_short)).otherwise("valid_until"),
    )
    capped = pl.min_horizontal("valid_until", pl.lit(insurance_card_last_day()))
    return with_days.with_columns(valid_until=pl.when(pl.col("kind").is_in(ENDED_WITH_THE_CARD)).then(capped).otherwise("valid_until"))


def _holding(holds: pl.Series) -> npt.NDArray[np.int8]:
    known = pl.when(pl.Series(holds)).then(Holding.HOLDS.value).otherwise(Holding.HOLDS_NOT.value)
    found = pl.select(pl.when(pl.Series(holds).is_null()).then(Holding.UNKNOWN.value).otherwise(known).cast(pl.Int8)).to_series()
    return np.asarray(found, np.int8)
