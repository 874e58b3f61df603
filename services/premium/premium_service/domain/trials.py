"""保険料率試算: what a union estimates, and which rates and effects follow. Pure: the same request gives the same result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from chassis.law import FiscalYear, LawReader, Rate, rate, record
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from premium_service.domain.effect_tables import effect_tables, provisional_terms
from premium_service.law import RULES_VERSION, national_law
from premium_service.rules.effects import annual_amounts
from premium_service.rules.parameters import CHILD_SUPPORT, MEDICAL, Parameters
from premium_service.rules.profiles import Profiles, with_rates
from premium_service.rules.rate_search import Attempt, Totals, find_income_rate
from premium_service.rules.rate_setting import Budget, Line, Shares, YearEstimate, budget_of, lines_of

COSTS: Final = {
    "review_fees": "審査支払手数料",
    "stability_fund": "財政安定化基金拠出金",
    "special_high_cost_pool": "特別高額医療費共同事業拠出金",
    "health_services": "保健事業費",
    "funeral_benefits": "葬祭費",
    "childbirth_support": "出産育児支援金",
    "other_costs": "その他の費用",
}
INCOMES: Final = {
    "special_high_cost_grant": "特別高額医療費共同事業交付金",
    "surplus_and_reserve": "剰余金・準備基金の繰入",
    "stability_fund_grant": "財政安定化基金交付金",
    "other_incomes": "その他の収入",
}
LINES: Final = {
    "benefits": "療養給付費等（負担対象額）",
    "high_income_benefits": "療養給付費等（特定費用）",
    "child_support_payment": "子ども・子育て支援納付金",
    "national": "国庫負担金",
    "adjustment": "調整交付金",
    "prefecture": "都道府県負担金",
    "municipality": "市町村負担金",
    "high_cost_national": "高額医療費負担金（国）",
    "high_cost_prefecture": "高額医療費負担金（都道府県）",
    "support_grant": "後期高齢者交付金（負担対象額分）",
    "support_grant_high_income": "後期高齢者交付金（特定費用分）",
    **COSTS,
    **INCOMES,
}


class TrialRefused(ValueError):
    """Estimates from which no rate follows; the message is for people."""


def _is_rate(text: str) -> str:
    if Rate.parse(text).numerator == 0:
        raise ValueError("0 is no rate here")
    return text


Yen = Annotated[int, Field(ge=0, le=10**14)]
RateText = Annotated[str, Field(max_length=20), AfterValidator(_is_rate)]
"""99.5% or 52/48."""


class YearFigures(BaseModel):
    """見込み of one fiscal year: `insured` on the average of the year, yen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fiscal_year: int = Field(ge=2008, le=2040)
    insured: int = Field(ge=1, le=10**8)
    benefits: Yen
    high_income_benefits: Yen = 0
    high_cost_base: Yen = 0
    adjustment_grant: Yen | None = None
    burden_rate: RateText | None = None
    review_fees: Yen = 0
    stability_fund: Yen = 0
    special_high_cost_pool: Yen = 0
    health_services: Yen = 0
    funeral_benefits: Yen = 0
    childbirth_support: Yen = 0
    other_costs: Yen = 0
    special_high_cost_grant: Yen = 0
    surplus_and_reserve: Yen = 0
    stability_fund_grant: Yen = 0
    other_incomes: Yen = 0


class RateChoices(BaseModel):
    """How the needed amount becomes two rates. `income_coefficient`: 所得割総額 to 均等割総額, as 52/48.

    `fixed_flat` gives the flat amount instead of computing it; `cap` another 賦課限度額 than the law's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    collection_rate: RateText = "99.5%"
    income_coefficient: RateText
    per_capita_unit: int = Field(default=1, ge=1, le=1000)
    rate_step: RateText = "0.01%"
    fixed_flat: int | None = Field(default=None, ge=0, le=10**6)
    cap: int | None = Field(default=None, ge=1, le=10**7)


class ChildFigures(BaseModel):
    """子ども・子育て支援納付金分: what the union pays in one fiscal year, and for how many insured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payment: Yen
    insured: int = Field(ge=1, le=10**8)
    choices: RateChoices


class TrialRequest(BaseModel):
    """One scenario. `fiscal_year`: whose law holds; `income_growth`: by what the levy bases of the population are taken to have grown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    fiscal_year: int = Field(ge=2008, le=2040)
    years: tuple[YearFigures, ...] = Field(min_length=1, max_length=2)
    choices: RateChoices
    income_growth: RateText = "100%"
    child: ChildFigures | None = None


def shares_of(year: int) -> tuple[Shares, Mapping[str, Rate], list[str]]:
    """(shares of the costs, who pays the reductions, terms of provisional figures) of a fiscal year. LawError."""
    reader, day = LawReader(((national_law(), ""),)), FiscalYear(year).start
    public, high = reader.get("public_shares", day, record), reader.get("high_cost_shares", day, record)
    shares = Shares(
        burden_rate=reader.get("late_elderly_burden_rate", day, rate),
        **{name: rate(public[name]) for name in ("national", "adjustment", "prefecture", "municipality")},
        support_public=reader.get("support_grant_public_share", day, rate),
        high_cost_national=rate(high["national"]),
        high_cost_prefecture=rate(high["prefecture"]),
    )
    payers = {name: rate(value) for name, value in reader.get("base_stabilisation_shares", day, record).items()}
    return shares, payers, sorted(citation.term for citation in reader.citations.values() if citation.provisional)


def try_rates(request: TrialRequest, profiles: Profiles, law: Parameters, *, inputs_hash: str) -> dict[str, Any]:
    """The scenario's rates, how they came about, and what they mean for whom, as JSON. TrialRefused, LawError, Unreachable."""
    people = profiles if request.income_growth == "100%" else profiles.grown(Rate.parse(request.income_growth))
    if not people.person_months:
        raise TrialRefused("この対象者には、月割の対象になる人がいません。")
    lines, weak = _medical_lines(request.years)
    _, payers, _ = shares_of(request.fiscal_year)
    parts = {}
    tried = law
    asked = [(MEDICAL, lines, sum(year.insured for year in request.years), request.choices)]
    if request.child is not None:
        if CHILD_SUPPORT not in law.parts:
            raise TrialRefused(f"{law.fiscal_year.name}には子ども・子育て支援納付金分がありません。")
        payment = [Line(request.fiscal_year, "cost", "child_support_payment", request.child.payment)]
        asked.append((CHILD_SUPPORT, payment, request.child.insured, request.child.choices))
    for part, of_part, insured, choices in asked:
        budget = _budget(of_part, insured, choices)
        step = Rate.parse(choices.rate_step)
        found, attempts = find_income_rate(people, tried, part, budget, step=step, cap=choices.cap)
        tried = with_rates(tried, part, per_capita=budget.per_capita, income_rate=found, cap=choices.cap)
        parts[part] = _part(budget, found, attempts, people, payers)
    before, after = annual_amounts(people, law), annual_amounts(people, tried)
    return {
        "fiscal_year": request.fiscal_year,
        "rules_version": RULES_VERSION,
        "law_hash": law.hash,
        "inputs_hash": inputs_hash,
        "provisional": sorted({*weak, *provisional_terms(law)}),
        "people": people.people,
        "undecided": people.undecided,
        "parts": parts,
        "present": {
            part: {"per_capita": rates.per_capita[0], "income_rate": rates.income_rate[0].percent} for part, rates in law.parts.items()
        },
        "effects": effect_tables(people, before, after),
    }


def _medical_lines(years: Sequence[YearFigures]) -> tuple[list[Line], set[str]]:
    lines: list[Line] = []
    weak: set[str] = set()
    for year in years:
        shares, _, provisional = shares_of(year.fiscal_year)
        weak |= set(provisional)
        if year.burden_rate is not None:
            shares = Shares(**{name: getattr(shares, name) for name in Shares.__slots__} | {"burden_rate": Rate.parse(year.burden_rate)})
        estimate = YearEstimate(
            fiscal_year=year.fiscal_year,
            insured=year.insured,
            benefits=year.benefits,
            high_income_benefits=year.high_income_benefits,
            high_cost_base=year.high_cost_base,
            adjustment_grant=year.adjustment_grant,
            costs=tuple((name, getattr(year, name)) for name in COSTS if getattr(year, name)),
            incomes=tuple((name, getattr(year, name)) for name in INCOMES if getattr(year, name)),
        )
        lines += lines_of(estimate, shares)
    return lines, weak


def _budget(lines: Sequence[Line], insured: int, choices: RateChoices) -> Budget:
    try:
        return budget_of(
            lines,
            insured=insured,
            collection_rate=Rate.parse(choices.collection_rate),
            income_coefficient=Rate.parse(choices.income_coefficient),
            per_capita_unit=choices.per_capita_unit,
            fixed_flat=choices.fixed_flat,
        )
    except ValueError as error:
        reasons = {
            "nothing_needed": "収入の見込みが費用の見込みを上回っており、保険料で集める額がありません。",
            "flat_exceeds_total": "指定した均等割額だけで賦課総額を超えています。",
        }
        raise TrialRefused(reasons.get(str(error), str(error))) from error


def _part(budget: Budget, found: Rate, attempts: Sequence[Attempt], people: Profiles, payers: Mapping[str, Rate]) -> dict[str, Any]:
    chosen = next(attempt.totals for attempt in attempts if attempt.rate == found)

    def in_period(yen_months: int) -> int:
        """What the population's yen x months are for the person-years of the period."""
        return yen_months * budget.insured // people.person_months

    reductions = in_period(chosen.reduction_months)
    return {
        "lines": [_line(line) for line in budget.lines],
        "necessary": budget.necessary,
        "levy_total": budget.levy_total,
        "flat_total": budget.flat_total,
        "income_total": budget.income_total,
        "insured": budget.insured,
        "per_capita": budget.per_capita,
        "income_rate": found.percent,
        "levied": in_period(chosen.levied_months),
        "charged": in_period(chosen.amount * 12),
        "over_cap": in_period(chosen.over_cap_months),
        "capped_people": chosen.capped,
        "rounded_off": in_period(chosen.rounded_months),
        "reductions": reductions,
        "reductions_paid_by": {name: share.of(reductions) for name, share in payers.items()},
        "income_reductions": in_period(chosen.cut_months),
        "attempts": [_attempt(attempt, in_period) for attempt in attempts],
    }


def _attempt(attempt: Attempt, in_period: Any) -> dict[str, Any]:
    sums: Totals = attempt.totals
    return {
        "income_rate": attempt.rate.percent,
        "levied": in_period(sums.levied_months),
        "over_cap": in_period(sums.over_cap_months),
        "enough": attempt.enough,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "fiscal_year": line.fiscal_year,
        "side": line.side,
        "name": line.name,
        "term": LINES[line.name],
        "amount": line.amount,
        "of": line.of,
        "rate": None if line.rate is None else _share(line.rate),
    }


def _share(of: Rate) -> str:
    """3/12 as it stands in the law, 36.73% where it is a percentage."""
    return str(of) if of.denominator in (4, 12) else of.percent


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How two scenarios differ, estimate by estimate: path, and both values; what is the same is left out."""
    one, two = dict(_leaves(first)), dict(_leaves(second))
    return [
        {"name": path, "first": one.get(path), "second": two.get(path)}
        for path in [*one, *(path for path in two if path not in one)]
        if one.get(path) != two.get(path)
    ]


def _leaves(content: Any, path: str = "") -> Any:
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from _leaves(value, f"{path}.{name}" if path else str(name))
    elif isinstance(content, list | tuple):
        for place, value in enumerate(content):
            yield from _leaves(value, f"{path}[{place}]")
    else:
        yield path, content
