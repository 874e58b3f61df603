"""証: which certificate a person needs on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from chassis.law import day_number
from contracts.events.eligibility import CertificateKind

from eligibility_service.domain.ledger import day_numbers
from eligibility_service.rules.certificates import Holding, Kind, Reason, certificate_kind, certificate_year

KINDS: Final = {
    Kind.INSURANCE_CARD: CertificateKind.INSURANCE_CARD,
    Kind.ELIGIBILITY_CONFIRMATION: CertificateKind.ELIGIBILITY_CONFIRMATION,
    Kind.ELIGIBILITY_NOTICE: CertificateKind.ELIGIBILITY_NOTICE,
}
KIND_NAMES: Final = {
    CertificateKind.INSURANCE_CARD: "後期高齢者医療被保険者証",
    CertificateKind.ELIGIBILITY_CONFIRMATION: "後期高齢者医療資格確認書",
    CertificateKind.ELIGIBILITY_NOTICE: "資格情報のお知らせ",
}
REASONS: Final = {
    Reason.EVERYBODY: "everybody",
    Reason.AGE: "age_85",
    Reason.HOLDS_CARD: "holds_card",
    Reason.HOLDS_NO_CARD: "holds_no_card",
    Reason.CARD_UNKNOWN: "card_unknown",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a certificate could not be made: the reason in Japanese, for the worklist."""

    reason: str


def needed(insured: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """The certificate that each insured person needs on a day: adds kind, kind_reason, valid_from, valid_until.

    `insured` has born_on, acquired_on and `holds` (a マイナ保険証: true, false, or null where nobody has said it). A certificate runs
    to 31 July, from 1 August or from the acquisition where that is later.
    """
    begins, until = certificate_year(on)
    choice = certificate_kind.on(on)(
        born_on=day_numbers(insured["born_on"]),
        holding=_holding(insured["holds"]),
        period_begins=np.full(insured.height, day_number(begins), np.int32),
    )
    return insured.with_columns(
        kind=pl.Series([KINDS[Kind(code)].value for code in choice.kind], dtype=pl.String),
        kind_reason=pl.Series([REASONS[Reason(code)] for code in choice.reason], dtype=pl.String),
        valid_from=pl.max_horizontal(pl.lit(begins), "acquired_on"),
        valid_until=pl.lit(until),
    )


def _holding(holds: pl.Series) -> npt.NDArray[np.int8]:
    known = pl.when(pl.Series(holds)).then(Holding.HOLDS.value).otherwise(Holding.HOLDS_NOT.value)
    found = pl.select(pl.when(pl.Series(holds).is_null()).then(Holding.UNKNOWN.value).otherwise(known).cast(pl.Int8)).to_series()
    return np.asarray(found, np.int8)
