"""The law as dated data and pure functions: what every service's rules stand on."""

from chassis.law.dated import Confidence, Dated, Entry
from chassis.law.days import NEVER, DayNumbers, day_number, day_of, term_end
from chassis.law.errors import LawError, LawFileError, NotInForce, UnknownParameter, UnknownToUs
from chassis.law.fiscal_year import FiscalYear, Period
from chassis.law.households import HouseholdRows, household_any, household_count, household_sum
from chassis.law.in_force import RULES, Rule, calendar_faults, dates_of, in_force, rule
from chassis.law.loader import LawBook, content_hash, flag, load_file, rate, record, table, whole, word
from chassis.law.rate import Rate, Yen, round_down, round_up
from chassis.law.reading import Citation, Cited, LawReader
from chassis.law.units import Value

__all__ = [
    "NEVER",
    "RULES",
    "Citation",
    "Cited",
    "Confidence",
    "Dated",
    "DayNumbers",
    "Entry",
    "FiscalYear",
    "HouseholdRows",
    "LawBook",
    "LawError",
    "LawFileError",
    "LawReader",
    "NotInForce",
    "Period",
    "Rate",
    "Rule",
    "UnknownParameter",
    "UnknownToUs",
    "Value",
    "Yen",
    "calendar_faults",
    "content_hash",
    "dates_of",
    "day_number",
    "day_of",
    "flag",
    "household_any",
    "household_count",
    "household_sum",
    "in_force",
    "load_file",
    "rate",
    "record",
    "round_down",
    "round_up",
    "rule",
    "table",
    "term_end",
    "whole",
    "word",
]
