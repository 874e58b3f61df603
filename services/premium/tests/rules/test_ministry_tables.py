"""The ministry's monthly figures of all 47 unions, as the press and a public repository quote them: a check of every rate at once."""

from __future__ import annotations

from datetime import date

import pytest
from chassis.law import FiscalYear, day_number
from premium_service.law import premium_parameters, union_codes
from premium_service.rules import Assessments, Households, assess

# Pension of 840,000 in FY2026, medical part, yen a month. Source: civic-rule-lab/kokuho-core scripts/test-kouki.cjs, quoting
# https://www.mhlw.go.jp/content/12403500/001689077.pdf. The ministry's and the unions' rounding differ by some yen.
FY2026 = """1392 1175 1133 1216 1300 1225 1143 1155 1146 1267 1217 1183 1242 1225 1148 1302 1337 1263 1228 1139 1292 1192 1308 1280
1292 1390 1515 1363 1325 1371 1217 1334 1400 1285 1482 1423 1353 1298 1409 1548 1603 1308 1470 1492 1300 1625 1423"""

# Pension of 1,950,000 in FY2024, yen a month: 5割 and the lower rate of a small base. Source: https://limo.media/articles/-/62874?page=5
FY2024 = """6025 5170 4583 5025 4808 5017 4937 5125 4883 5317 4858 4775 5044 5213 4633 5033 5409 5458 5685 4845 5167 5033 5858 5212
5119 5886 6211 5812 5667 5808 5608 5345 5500 5211 6124 5792 5617 5460 5833 6357 5967 5508 6196 6184 5458 6275 5913"""


def _single(union: str, year: int, pension: int) -> Assessments:
    households = Households.of(
        {
            "household": [1],
            "member": [1],
            "born_on": day_number(date(1940, 1, 1)),
            "acquired_on": day_number(date(2015, 1, 1)),
            "is_head": True,
            "is_insured": True,
            "is_assessed": True,
            "public_pension_receipts": pension,
        }
    )
    return assess(households, premium_parameters(union, FiscalYear(year)))


def test_all_47_unions_have_a_file() -> None:
    assert union_codes() == [f"{code:02d}" for code in range(1, 48)]


@pytest.mark.parametrize(("union", "monthly"), list(zip(union_codes(), map(int, FY2026.split()), strict=True)))
def test_fy2026_rates_give_the_ministrys_monthly_figure_within_ten_yen(union: str, monthly: int) -> None:
    assert abs(int(_single(union, 2026, 840_000)["medical_amount"][0]) / 12 - monthly) <= 10


@pytest.mark.parametrize(("union", "monthly"), list(zip(union_codes(), map(int, FY2024.split()), strict=True)))
def test_fy2024_rates_give_the_ministrys_monthly_figure_within_ten_yen(union: str, monthly: int) -> None:
    result = _single(union, 2024, 1_950_000)
    assert int(result["tier"][0]) == 5
    assert abs(int(result["annual_amount"][0]) / 12 - monthly) <= 10
