"""The premium's files of the law, and the parameters that they give for a union and a fiscal year."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from chassis.business_days import business_day_after, is_business_day
from chassis.law import FiscalYear, LawBook, LawReader, UnknownParameter, record, table, tax, whole, word
from chassis.law.strict_yaml import Map, Seq, read_yaml

from premium_service.rules.parameters import Parameters, Settings
from premium_service.rules.provisional import ProvisionalRule
from premium_service.rules.resolve import parameters_for
from premium_service.rules.time_limit import TimeLimit

FOLDER = Path(__file__).resolve().parent.parent / "law"
RULES_VERSION = "1"
"""Raised whenever a rule computes something else than before; a stored decision keeps it."""


@cache
def national_law() -> LawBook:
    """What holds in every union."""
    return LawBook.load([*sorted((FOLDER / "national").glob("*.yaml")), *tax.FILES])


@cache
def union_law(code: str) -> LawBook:
    """The rates and settings of one union (2-digit prefecture code). UnknownParameter for a code without a file."""
    found = sorted((FOLDER / "unions").glob(f"{code}_*.yaml")) if code.isdigit() and len(code) == 2 else []
    if not found:
        raise UnknownParameter(f"There is no file of the law for union {code}.", f"広域連合コード「{code}」の料率ファイルがありません。")
    return LawBook.load(found, prefix=f"union_{code}.")


def union_codes() -> list[str]:
    """The codes of all unions that have a file."""
    return [path.name[:2] for path in sorted((FOLDER / "unions").glob("*.yaml"))]


def premium_parameters(
    union: str, fiscal_year: FiscalYear, settings: Settings | None = None, confirmed: frozenset[str] = frozenset()
) -> Parameters:
    """The parameters of a union and a fiscal year. Raises NotInForce, UnknownToUs or UnknownParameter, each with a sentence in Japanese."""
    return parameters_for(
        national=national_law(),
        union=union_law(union),
        union_code=union,
        fiscal_year=fiscal_year,
        settings=settings,
        confirmed=confirmed,
    )


def confirmed_parameters(path: Path, union: str, fiscal_year: FiscalYear) -> frozenset[str]:
    """Names of parameters that a named officer has confirmed for a union and year, from a file of confirmations."""
    content = read_yaml(path)
    if not isinstance(content, Map) or content.get("union") != union:
        return frozenset()
    confirmations = content["confirmations"]
    if not isinstance(confirmations, Seq):
        raise ValueError(f"{path}: confirmations must be a list.")
    return frozenset(
        str(entry["parameter"]) for entry in confirmations if isinstance(entry, Map) and entry["fiscal_year"] == fiscal_year.year
    )


@cache
def time_limit(union: str, fiscal_year: FiscalYear, on: date) -> TimeLimit:
    """期間制限 of a union and fiscal year, as a decision on a day meets it."""
    reader = LawReader(((national_law(), ""),))
    years = reader.find("assessment_time_limit", fiscal_year.start, whole)
    due = {
        word(row["method"]): _open_day(date(fiscal_year.year, whole(row["month"]), whole(row["day"])))
        for row in reader.get("first_due_days", fiscal_year.start, table)
    }
    rules = reader.find("special_refund_rules", on, table) or ()
    basis = next((word(row["basis"]) for row in rules if row["union"] == union), None)
    return TimeLimit(fiscal_year.start, years, tuple(due.items()), basis)


@cache
def provisional_rule(union: str, fiscal_year: FiscalYear) -> ProvisionalRule:
    """仮算定 of a union and fiscal year."""
    reader = LawReader(((union_law(union), f"union_{union}."), (national_law(), "")))
    values = reader.get("provisional_assessment", fiscal_year.start, record)
    return ProvisionalRule(whole(values["months"]), word(values["rates"]), whole(values["unit"]))


def _open_day(day: date) -> date:
    return day if is_business_day(day) else business_day_after(day)
