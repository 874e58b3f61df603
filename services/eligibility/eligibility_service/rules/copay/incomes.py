"""What the tests of 負担割合 and 限度額区分 ask of one person, made from the records: no record, no amount.

Law: 高齢者の医療の確保に関する法律施行令 第7条・第15条. Which kind of income counts for which purpose: contracts/income_coverage.yaml.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
from chassis.law import Yen, day_number, in_force, rule, tax

from eligibility_service.rules.copay.columns import (
    DECLARED,
    INQUIRING,
    NO_RECORD,
    UNDECLARED,
    Codes,
    Flags,
    Members,
    Outcome,
)
from eligibility_service.rules.copay.parameters import TAX_TABLES_BEGIN, CopayLaw

Columns = dict[str, npt.NDArray[np.int64] | npt.NDArray[np.int16] | npt.NDArray[np.bool_]]


@in_force("2008-04-01", until="2022-01-01", law="高齢者の医療の確保に関する法律施行規則(申請による基準収入額適用)")
def receipts_of_an_application(*, applied: Yen, has_applied: Flags, recorded: Yen, has_recorded: Flags) -> tuple[Yen, Flags]:
    """収入額: only what somebody has applied with counts. Yen a year, and whether it is known, one entry per person."""
    return np.where(has_applied, applied, 0), has_applied


@in_force("2022-01-01", law="高齢者の医療の確保に関する法律施行規則(公簿等で確認できるときの申請の省略)")
def receipts_of_an_application_or_records(*, applied: Yen, has_applied: Flags, recorded: Yen, has_recorded: Flags) -> tuple[Yen, Flags]:
    """収入額: what somebody has applied with, else what public records show. Yen a year, and whether it is known."""
    return np.where(has_applied, applied, np.where(has_recorded, recorded, 0)), has_applied | has_recorded


known_receipts = rule("copay_known_receipts", receipts_of_an_application, receipts_of_an_application_or_records)


def facts_of(members: Members, law: CopayLaw) -> Columns:
    """FACTS of each row, under the tax law of the income year."""
    known = members.income_status == DECLARED
    salary = tax.salary_income(receipts=members.salary_receipts, table=law.salary)
    beside_pension = salary + members.business_income + members.other_income + members.capital_gains
    pension = tax.pension_income(
        receipts=members.public_pension_receipts,
        from_65=law.pension_from_65,
        under_65=law.pension_under_65,
        is_under_65=is_under_65(members, law),
        cuts=law.pension_deduction_cuts,
        other_income=beside_pension,
    )
    adjust = tax.salary_adjustment.on(max(date(law.income_year, 12, 31), TAX_TABLES_BEGIN))
    salary = salary - adjust(salary=salary, pension=pension, limit=law.salary_adjustment_limit)
    gross = tax.gross_income(
        pension=pension,
        salary=salary,
        business=members.business_income,
        other=members.other_income,
        capital_gains=members.capital_gains,
    )
    total = tax.total_income(
        gross=gross,
        capital_gains=members.capital_gains,
        special_deduction=members.capital_gains_special_deduction,
        loss_carried_forward=members.loss_carried_forward,
    )
    aggregate = np.where(members.has_gross_income, members.gross_income, gross)
    total = np.where(members.has_total_income, members.total_income, total)
    deduction = tax.basic_deduction(gross_income=aggregate, steps=law.basic_deduction)
    # Receipts of a business, of rents or of sales are not on the record: only what somebody applies with tells them.
    has_recorded = known & (members.business_income == 0) & (members.other_income == 0) & (members.capital_gains == 0)
    receipts, has_receipts = known_receipts.on(law.on)(
        applied=members.applied_receipts,
        has_applied=members.has_applied_receipts,
        recorded=members.public_pension_receipts + members.salary_receipts,
        has_recorded=has_recorded,
    )
    income_missing = _income_missing(members, law)
    taxable_missing = np.where(known & ~members.has_taxable_income, np.int16(Outcome.TAXABLE_INCOME_MISSING), income_missing)
    return {
        "taxable_income": np.where(members.has_taxable_income, members.taxable_income, 0),
        "pension_income": pension,
        "other_total": np.maximum(aggregate - pension, 0),
        "pension_receipts": members.public_pension_receipts,
        "income_after_deduction": np.maximum(total - deduction, 0),
        "receipts": receipts,
        "taxable_missing": taxable_missing,
        "income_missing": income_missing,
        "after_deduction_missing": income_missing,
        "has_receipts": has_receipts,
    }


def _income_missing(members: Members, law: CopayLaw) -> Codes:
    """Why an income is not known; DECIDED where it is, or where the law says how to judge without it (未申告)."""
    found = np.full(members.rows, Outcome.DECIDED, np.int16)
    found[members.income_status == INQUIRING] = Outcome.INQUIRING
    found[members.income_status == NO_RECORD] = Outcome.NO_RECORD
    if not law.undeclared_has_no_taxable_income:
        found[members.income_status == UNDECLARED] = Outcome.INCOME_MISSING
    return found


def is_under_65(members: Members, law: CopayLaw) -> Flags:
    """Whoever was under 65 on 31 December of the income year, as the tax law counts an age."""
    young: Flags = members.born_on > day_number(date(law.income_year - 64, 1, 1))
    return young


def is_minor_without_record(members: Members, law: CopayLaw) -> Flags:
    """未成年で課税の記録がない世帯員: under the age on 1 January after the income year; the tax law taxes them not (地方税法 第295条)."""
    born_after = day_number(date(law.income_year + 1 - law.minor_age, 1, 2))
    minor: Flags = (members.income_status == NO_RECORD) & (members.born_on > born_after) & ~members.is_insured
    return minor


def might_be_dependant(members: Members, law: CopayLaw) -> Flags:
    """19歳未満の世帯員: whoever was under 19 on 31 December of the income year, so that 調整控除 could be due."""
    young: Flags = members.born_on > day_number(date(law.income_year - 18, 1, 1))
    return young
