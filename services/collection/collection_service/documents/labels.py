"""期別の名前: how an instalment is called on paper."""

from __future__ import annotations

from contracts.eras import format_fiscal_year

from collection_service.domain.arrears import Claim
from collection_service.law import calendar_of
from collection_service.law.special_collection import FIRST_NUMBER


def label_of(municipality_code: str, fiscal_year: int, number: int, month: int) -> str:
    """第1期; 随時9月 for what was charged beyond the calendar; 10月 for what is taken from a pension in October."""
    if number >= FIRST_NUMBER:
        return f"{month}月"
    return f"第{number}期" if number <= len(calendar_of(municipality_code, fiscal_year).months) else f"随時{month}月"


def claim_label(claim: Claim) -> str:
    """令和8年度第1期: an instalment with its year."""
    return f"{format_fiscal_year(claim.fiscal_year)}{label_of(claim.municipality_code, claim.fiscal_year, claim.number, claim.month)}"
