"""住所地特例: whether a person whose address is in a facility elsewhere belongs to this union."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from chassis.law import in_force, rule

Flags = npt.NDArray[np.bool_]


@in_force("2008-04-01", until="2018-04-01", law="高齢者の医療の確保に関する法律 第55条")
def of_the_insured(*, insured_when_leaving: Flags, under_national_insurance: Flags) -> Flags:
    """住所地特例: only whoever was insured here when the address moved to the facility stays; others join the facility's union."""
    return insured_when_leaving.copy()


@in_force("2018-04-01", law="高齢者の医療の確保に関する法律 第55条、第55条の2")
def of_the_insured_and_those_of_national_insurance(*, insured_when_leaving: Flags, under_national_insurance: Flags) -> Flags:
    """住所地特例: also whoever is under the exception of 国民健康保険 when becoming insured joins the union of the former municipality.

    One a person; the version is that of the day of acquisition. `under_national_insurance`: the municipality left is the insurer there.
    """
    return insured_when_leaving | under_national_insurance


domicile_exception = rule("domicile_exception", of_the_insured, of_the_insured_and_those_of_national_insurance)
