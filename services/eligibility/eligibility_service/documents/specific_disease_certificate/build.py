# SPDX-License-Identifier: Apache-2.0
"""特定疾病療養受療証: who pays at most a small sum a month to one institution for a disease that is treated for long."""

from __future__ import annotations

from chassis.documents import Sheet
from contracts.primitives import Yen
from pydantic import Field

from eligibility_service.documents.bearer import Bearer
from eligibility_service.documents.slip import SlipRow, day_row, slip

TITLE = ("後期高齢者医療", "特定疾病療養受療証")


class SpecificDiseaseData(Bearer):
    """One 受療証. `monthly_limit`: yen to one institution in a month (施行令第14条)."""

    disease: str = Field(min_length=1)
    monthly_limit: Yen


def build(data: SpecificDiseaseData) -> Sheet:
    """The certificate as its template takes it. Raises `DocumentRefused`."""
    rows = (
        SlipRow(("認定疾病名",), data.disease, 30, sizes=((12.0, 1), (10.0, 2), (8.0, 3))),
        SlipRow(("自己負担", "限度額"), f"月額 {data.monthly_limit:,}円", 28, 14, bold=True),
        day_row("発効期日", data.valid_from),
        day_row("交付年月日", data.issued_on),
    )
    return slip(data, TITLE, rows)
