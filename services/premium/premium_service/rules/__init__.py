"""The rules of the premium, pure: arrays in, arrays out. One file for each concept of the ordinance; `assess` puts them in order."""

from chassis.law.steps import Input, Step

from premium_service.rules.assessment import assess
from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE, Assessments, Households
from premium_service.rules.explanation import explain
from premium_service.rules.parameters import CHILD_SUPPORT, MEDICAL, PARTS, Parameters, Settings
from premium_service.rules.resolve import parameters_for

__all__ = [
    "ASSESSMENT_DTYPE",
    "CHILD_SUPPORT",
    "MEDICAL",
    "MEMBER_DTYPE",
    "PARTS",
    "Assessments",
    "Households",
    "Input",
    "Parameters",
    "Settings",
    "Step",
    "assess",
    "explain",
    "parameters_for",
]
