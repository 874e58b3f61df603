# SPDX-License-Identifier: Apache-2.0
"""限度額適用認定証, and 限度額適用・標準負担額減額認定証: which class limits what its owner pays in a month. To 2024-12-01."""

from __future__ import annotations

from datetime import date

from chassis.documents import Sheet
from contracts.events.eligibility import CertificateKind
from pydantic import Field

from eligibility_service.documents.bearer import Bearer, shown
from eligibility_service.documents.slip import SlipRow, day_row, slip

_TITLES = {
    CertificateKind.LIMIT_CERTIFICATE: ("後期高齢者医療", "限度額適用認定証"),
    CertificateKind.REDUCTION_CERTIFICATE: ("後期高齢者医療", "限度額適用・標準負担額減額認定証"),
}


class LimitCertificateData(Bearer):
    """One 認定証. `class_effective_on` is 発効期日; `long_stay_from` 長期入院該当年月日, where it applies."""

    kind: CertificateKind
    limit_class: str = Field(min_length=1)
    class_effective_on: date
    long_stay_from: date | None = None


def build(data: LimitCertificateData) -> Sheet:
    """The certificate as its template takes it. Raises `DocumentRefused`."""
    long_stay = (SlipRow(("長期入院", "該当年月日"), shown(data.long_stay_from), 26),) if data.long_stay_from else ()
    rows = (
        day_row("発効期日", data.class_effective_on),
        SlipRow(("適用区分",), data.limit_class, 28, 18, bold=True),
        *long_stay,
        day_row("交付年月日", data.issued_on),
    )
    return slip(data, _TITLES[data.kind], rows)
