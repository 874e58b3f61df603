"""介護保険の担当: hands on what care takes from which pension, in the records of 550 bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from contracts.layouts.site_codes import Notice

from tests.simulators.pension.files import CARE_FAMILY, CODES, write
from tests.simulators.pension.register import Pension


def care_file(pensions: Iterable[Pension], town: str, request: Notice, captured_on: date, made_on: date) -> bytes:
    """What the care office of a municipality has settled for a cycle; every pension of the municipality bears care."""
    lines = [
        {
            "municipality_number": town, "collector_code": one.collector_code, "basic_pension_number": one.basic_pension_number,
            "pension_code": one.pension_code, "name_kana": one.name_kana, "name": one.name, "born_on": one.born_on, "sex": one.sex,
            "postal_code": one.postal_code, "address": one.address, "request_kind": "01", "captured_on": captured_on,
            CODES.amounts["care_payment"].role: one.care_payment,
        }
        for one in pensions if one.municipality_number == town
    ]  # fmt: skip
    return write(lines, request, made_on, scheme="care", family=CARE_FAMILY)
