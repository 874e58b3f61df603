"""From the books of the law to the parameters of one union and one fiscal year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from chassis.law import FiscalYear, LawBook, LawReader, Rate, UnknownToUs, Value, content_hash, flag, rate, record, table, whole, word
from chassis.law.tax import IncomeTable

from premium_service.rules.parameters import (
    CHILD_SUPPORT,
    MEDICAL,
    CapTransition,
    DependantSpan,
    Parameters,
    PartRates,
    RateArea,
    ReductionLimits,
    Settings,
)


def parameters_for(
    *,
    national: LawBook,
    union: LawBook,
    union_code: str,
    fiscal_year: FiscalYear,
    settings: Settings | None = None,
    confirmed: frozenset[str] = frozenset(),
) -> Parameters:
    """Resolve the books of the law for one union and year. Names in the union's book begin with `union_<code>.`.

    Raises NotInForce before the scheme began and UnknownToUs where the union's rates are a gap, naming the parameter and the day.
    """
    chosen = settings or Settings()
    reader = LawReader(((union, f"union_{union_code}."), (national, "")))
    day, income_day = fiscal_year.start, date(fiscal_year.income_year, 12, 31)
    areas, areas_are_gap = _uneven(reader, day)
    limits = reader.get("reduction_limits", day, record)
    shares = reader.get("reduction_shares", day, record)
    pension_limits = reader.find("earner_pension_limits", day, record)
    transition = reader.find("levy_cap_transition", day, record)
    rounding = reader.get("component_rounding", day, record)
    steps = reader.get("basic_deduction", day, table)
    cuts = reader.find("pension_deduction_cut", income_day, table) or ()
    made = Parameters(
        union=union_code,
        fiscal_year=fiscal_year,
        areas=tuple(_rate_area(area) for area in areas),
        areas_are_gap=areas_are_gap,
        parts=_parts(reader, fiscal_year, areas, chosen, rate(shares["seven"])),
        pension_from_65=IncomeTable.of(reader.get("pension_income_from_65", income_day, table)),
        pension_under_65=IncomeTable.of(reader.get("pension_income_under_65", income_day, table)),
        pension_deduction_cuts=tuple((whole(row["other_income_over"]), whole(row["less_deduction"])) for row in cuts),
        salary=IncomeTable.of(reader.get("salary_income", income_day, table)),
        salary_adjustment_limit=reader.find("salary_adjustment_limit", income_day, whole) or 0,
        basic_deduction=tuple((whole(row["up_to"]) if "up_to" in row else None, whole(row["amount"])) for row in steps),
        reduction_limits=ReductionLimits(**{name: whole(value) for name, value in limits.items()}),
        share_five=rate(shares["five"]),
        share_two=rate(shares["two"]),
        low_pension_limit=reader.find("low_pension_limit", day, whole),
        senior_pension_deduction=reader.get("senior_pension_deduction", day, whole),
        earner_salary_limit=reader.find("earner_salary_limit", day, whole),
        earner_pension_from_65=None if pension_limits is None else whole(pension_limits["from_65"]),
        earner_pension_under_65=None if pension_limits is None else whole(pension_limits["under_65"]),
        carried_loss_counts_in_test=reader.get("carried_loss_counts_in_test", day, flag),
        family_employee_salary_is_not_received=reader.get("family_employee_salary_is_not_received", day, flag),
        transitional_rate_limit=reader.find("transitional_rate_limit", day, whole),
        cap_transition=None if transition is None else _cap_transition(transition),
        dependant_spans=_dependant_spans(reader, fiscal_year),
        annual_rounding=chosen.annual_rounding or reader.get("annual_rounding", day, whole),
        component_rounding=chosen.component_rounding or whole(rounding["unit"]),
        component_rounding_mode=chosen.component_rounding_mode or word(rounding["mode"]),
        month_order=chosen.month_order or reader.get("month_order", day, word),
        citations=reader.citations,
        hash="",
        confirmed=confirmed,
    )
    return _hashed(made, reader, chosen)


def _hashed(made: Parameters, reader: LawReader, settings: Settings) -> Parameters:
    overrides = {
        name: value if not isinstance(value, tuple) else [[limit, share] for limit, share in value]
        for name in Settings.__slots__
        if (value := getattr(settings, name)) is not None
    }
    whole_content = {"union": made.union, "fiscal_year": made.fiscal_year.year, "values": reader.content, "settings": overrides}
    return Parameters(**{**{name: getattr(made, name) for name in Parameters.__slots__}, "hash": content_hash(whole_content)})


def _uneven(reader: LawReader, day: date) -> tuple[tuple[Mapping[str, Value], ...], bool]:
    """The rows of the areas with uneven rates, and whether there are some that nobody has entered."""
    try:
        return reader.find("uneven_rates", day, table) or (), False
    except UnknownToUs:
        return (), True


def _rate_area(row: Mapping[str, Value]) -> RateArea:
    municipality, within = (word(row[name]) if name in row else None for name in ("municipality", "within"))
    if (municipality is None) == (within is None):
        raise ValueError(f"The area {row['area']} needs either the municipality that it is, or the one that it lies within.")
    return RateArea(word(row["area"]), municipality, within, "per_capita" in row and "income_rate" in row)


def _parts(
    reader: LawReader, fiscal_year: FiscalYear, areas: tuple[Mapping[str, Value], ...], settings: Settings, seven: Rate
) -> dict[str, PartRates]:
    day = fiscal_year.start
    rates = reader.get("medical_rates", day, record)
    special = reader.get("seven_tenths_special", day, record) if settings.special_reductions else {"low_pension": seven, "others": seven}
    low: Rate | None = None
    gap = False
    if reader.find("transitional_rate_limit", day, whole) is not None:
        try:
            low = reader.find("transitional_income_rate", day, rate)
            gap = low is None
        except UnknownToUs:
            gap = True
    parts = {
        MEDICAL: PartRates(
            per_capita=(whole(rates["per_capita"]), *(whole({**rates, **area}["per_capita"]) for area in areas)),
            income_rate=(rate(rates["income_rate"]), *(rate({**rates, **area}["income_rate"]) for area in areas)),
            cap=reader.get("levy_cap", day, whole),
            seven_low_pension=rate(special["low_pension"]),
            seven_others=rate(special["others"]),
            low_income_rate=low,
            low_income_rate_is_gap=gap,
            levy_reductions=_levy_reductions(reader, day, settings),
        )
    }
    cap = reader.find("child_support_levy_cap", day, whole)
    if cap is not None:
        child = reader.get("child_support_rates", day, record)
        child_seven = reader.get("child_seven_tenths", day, rate) if settings.special_reductions else seven
        parts[CHILD_SUPPORT] = PartRates(
            per_capita=(whole(child["per_capita"]),) * (1 + len(areas)),
            income_rate=(rate(child["income_rate"]),) * (1 + len(areas)),
            cap=cap,
            seven_low_pension=child_seven,
            seven_others=child_seven,
        )
    return parts


def _levy_reductions(reader: LawReader, day: date, settings: Settings) -> tuple[tuple[int, Rate], ...]:
    """National and own shares added together, at most the whole, by rising limit of the levy base."""
    national = (reader.find("income_levy_reduction", day, table) or ()) if settings.special_reductions else ()
    own = settings.own_income_levy_reduction
    if own is None:
        rows = reader.find("own_income_levy_reduction", day, table) or ()
        own = tuple((whole(row["up_to"]), rate(row["share"])) for row in rows)
    steps = [tuple((whole(row["up_to"]), rate(row["share"])) for row in national), own]
    made = []
    for limit in sorted({limit for rows in steps for limit, _ in rows}):
        total = sum(next((share.fraction for upper, share in rows if limit <= upper), 0) for rows in steps)
        capped = min(total, 1)
        made.append((limit, Rate(capped.numerator, capped.denominator)))
    return tuple(made)


def _cap_transition(values: Mapping[str, Value]) -> CapTransition:
    born, disability = values["born_through"], values["disability_through"]
    if not isinstance(born, date) or not isinstance(disability, date):
        raise TypeError("born_through and disability_through must be days.")
    return CapTransition(whole(values["cap"]), born, disability)


def _dependant_spans(reader: LawReader, fiscal_year: FiscalYear) -> tuple[DependantSpan, ...]:
    """The share of each month, months with the same share joined."""
    spans: list[DependantSpan] = []
    for month, start in enumerate(fiscal_year.month_starts):
        values = reader.get("former_dependant_share", start, record)
        share, limit = rate(values["share"]), whole(values["months"]) if "months" in values else None
        if spans and (spans[-1].share, spans[-1].months) == (share, limit):
            spans[-1] = DependantSpan(spans[-1].first, month + 1, share, limit)
        else:
            spans.append(DependantSpan(month, month + 1, share, limit))
    return tuple(spans)
