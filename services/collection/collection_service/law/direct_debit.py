"""口座振替の委託 and 納付書の印刷: what a municipality has agreed with banks and convenience stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.law import record, table, whole, word

from collection_service.law import FOLDER, law_book


@dataclass(frozen=True, slots=True)
class Contract:
    """委託: under which number and name a bank knows the municipality, and into which account it pays. `result_days`: business days from
    the due day to the results."""

    bank_code: str
    consignor_code: str
    consignor_name: str
    branch_code: str
    account_kind: str
    account_number: str
    result_days: int


@dataclass(frozen=True, slots=True)
class SlipPrinting:
    """納付書の印刷: six digits of the issuer of the bar code, the most that a store takes (yen), days for which a slip of what is already
    due can be used, and which renderers print the OCR line and eL-QR."""

    company_code: str
    convenience_limit: int
    valid_days: int
    ocr_line: str
    el_qr: str


def contracts_of(municipality_code: str, on: date) -> dict[str, Contract]:
    """Bank code → contract on a day; empty where the municipality has none."""
    name = f"{municipality_code}.direct_debit_contracts"
    if name not in law_book():
        return {}
    rows = law_book().read(name, table).on(on)
    return {
        word(row["bank"]): Contract(
            bank_code=word(row["bank"]),
            consignor_code=word(row["consignor_code"]),
            consignor_name=word(row["consignor_name"]),
            branch_code=word(row["branch"]),
            account_kind=word(row["account_kind"]),
            account_number=word(row["account_number"]),
            result_days=whole(row["result_days"]),
        )
        for row in rows
    }


def slip_printing(municipality_code: str, on: date) -> SlipPrinting:
    """How slips of a municipality are printed on a day. UnknownParameter where nobody has entered it."""
    found = law_book().read(f"{municipality_code}.slip_printing", record).on(on)
    return SlipPrinting(
        company_code=word(found["company_code"]),
        convenience_limit=whole(found["convenience_limit"]),
        valid_days=whole(found["valid_days"]),
        ocr_line=word(found["ocr_line"]),
        el_qr=word(found["el_qr"]),
    )


def municipality_codes() -> list[str]:
    """Every municipality that has a file of its own."""
    return sorted(path.name.split("_")[0] for path in (FOLDER / "municipalities").glob("*.yaml"))
