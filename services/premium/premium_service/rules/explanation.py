"""計算明細: every yen of one person's premium, step by step, with inputs, formula, rounding, article and what is provisional."""

from __future__ import annotations

import numpy as np
from chassis.law.steps import Language, Step

from premium_service.rules import columns as c
from premium_service.rules import income_levy
from premium_service.rules.annual_amount import ARTICLE as ROUNDING_ARTICLE
from premium_service.rules.cap import levy_cap
from premium_service.rules.columns import Assessments
from premium_service.rules.explain_income import explain_household, explain_income
from premium_service.rules.months import ARTICLE as MONTHS_ARTICLE
from premium_service.rules.parameters import MEDICAL
from premium_service.rules.steps import ORDINANCE, Explanation, share_text


def explain(assessments: Assessments, index: int, language: Language = "ja") -> list[Step]:
    """The steps of the person in row `index`, in the order in which the rules work.

    Works on a result just computed and on one read back from storage: it looks up, it does not assess again. A row that is only counted
    for its household (an uninsured head) has the steps of its income and of the household's test.
    """
    made = Explanation(assessments, language)
    explain_income(made, index)
    explain_household(made, index, counted_rows(assessments, index))
    if assessments.households.is_assessed[index]:
        _explain_months(made, index)
        for part in assessments.parameters.parts:
            _explain_part(made, part, index)
        _explain_total(made, index)
    return made.steps


def counted_rows(assessments: Assessments, index: int) -> list[int]:
    """Rows of the same household that count for its test: the insured, and the head."""
    members = assessments.households
    household = members.household
    first = last = index
    while first > 0 and household[first - 1] == household[index]:
        first -= 1
    while last + 1 < len(household) and household[last + 1] == household[index]:
        last += 1
    counted = members.is_insured[first : last + 1] | members.is_head[first : last + 1]
    return [first + int(offset) for offset in np.flatnonzero(counted)]


def _explain_months(made: Explanation, row: int) -> None:
    """賦課月数: from the month of acquisition to the month before the month of loss, as far as they lie in the fiscal year."""
    year = made.assessments.parameters.fiscal_year
    count = made.value("months", row)
    days = [(name, made.day(name, row)) for name in ("acquired_on", "lost_on")]
    inside = [
        made.say(f"{word} {day}", f"{english} on {day}")
        for (_, day), word, english in zip(days, ("資格取得", "資格喪失"), ("acquired", "lost"), strict=True)
        if day is not None and str(year.start) <= day < str(year.end)
    ]
    whole = made.say("年度を通じて資格あり", "insured all the year")
    made.add(
        "months",
        count,
        row=row,
        unit="months",
        inputs=[(name, day) for name, day in days if day is not None],
        formula=(made.say("、", ", ").join(inside) or whole) + made.say(f" → {count}か月", f" → {count} months"),
        law=MONTHS_ARTICLE,
    )


def _explain_part(made: Explanation, part: str, row: int) -> None:
    law = made.assessments.parameters
    names = _parameter_names(part)
    tenths = made.value("tier", row)
    flat, left = made.value(f"{part}_per_capita", row), made.value(f"{part}_per_capita_reduced", row)
    share = made.value(f"{part}_reduction", row)
    area = law.rate_areas[max(made.value("rate_area", row), 0)] if part == MEDICAL else ""
    rates = _rates_name(made, part, row)
    made.add(
        "per_capita",
        flat,
        row=row,
        part=part,
        inputs=made.area(row) if part == MEDICAL else [],
        formula=made.say(
            f"{f'不均一賦課の区域「{area}」' if area else '広域連合'}の均等割額 {made.yen(flat)}",
            f"{made.yen(flat)} of {f'the area {area} of uneven rates' if area else 'the union'}",
        ),
        law=law.citations[rates].law or ORDINANCE,
        parameters=[rates],
    )
    unit = law.component_rounding
    down = made.say(f"{unit}円未満切捨て", f"down to {unit} yen")
    half_up = made.say(f"{unit}円未満四捨五入", f"half up to {unit} yen")
    if share:
        special = names["seven"] if tenths == 7 else "reduction_shares"
        low = ["low_pension_limit"] if made.value("household_low_pension", row) and part == MEDICAL else []
        made.add(
            "per_capita_reduced",
            left,
            row=row,
            part=part,
            inputs=[("per_capita", flat), ("reduction", share_text(share)), ("tier", tenths)],
            formula=f"{made.yen(flat)} × (1 − {share_text(share)}) = {made.yen(left)}",
            rounding=half_up if law.component_rounding_mode == "half_up" else down,
            law=law.citations[special].law if special in law.citations else ORDINANCE,
            parameters=[special, "component_rounding", *low],
        )
    if made.value("is_former_dependant", row):
        _explain_dependant(made, part, row, flat)
    else:
        _explain_levy(made, part, row, down)
    _explain_amount(made, part, row)


def _explain_dependant(made: Explanation, part: str, row: int, flat: int) -> None:
    months = made.value("dependant_months", row)
    law = made.assessments.parameters.citations["former_dependant_share"].law
    if months:
        share, left = made.value(f"{part}_dependant_reduction", row), made.value(f"{part}_per_capita_dependant", row)
        made.add(
            "per_capita_dependant",
            left,
            row=row,
            part=part,
            inputs=[
                ("per_capita", flat),
                ("dependant_reduction", share_text(share)),
                ("former_dependant_since", made.day("former_dependant_since", row)),
                ("dependant_months", months),
            ],
            formula=f"{made.yen(flat)} × (1 − {share_text(share)}) = {made.yen(left)}"
            + made.say(f"（{months}か月分。所得による軽減と比べて大きい方）", f" ({months} months; the larger of this and the tier)"),
            law=law,
            parameters=["former_dependant_share"],
        )
    made.add(
        "income_levy",
        0,
        row=row,
        part=part,
        inputs=[("is_former_dependant", True), ("former_dependant_since", made.day("former_dependant_since", row))],
        formula=made.say("被用者保険の被扶養者であった者は所得割額なし", "no income part for a former dependant"),
        law=law,
    )


def _explain_levy(made: Explanation, part: str, row: int, down: str) -> None:
    law, _names = made.assessments.parameters, _parameter_names(part)
    base, millionths = made.value("levy_base", row), made.value(f"{part}_income_rate", row)
    full, cut, levy = (made.value(f"{part}_{name}", row) for name in ("income_levy_full", "income_levy_cut", "income_levy"))
    percent = f"{millionths // 10_000}.{millionths % 10_000:04d}".rstrip("0").rstrip(".") + "%"
    lower = (
        part == MEDICAL
        and law.parts[part].low_income_rate is not None
        and millionths != income_levy.millionths(law.parts[part].income_rate[int(made.assessments.households.rate_area[row])])
    )
    made.add(
        "income_levy_full" if cut else "income_levy",
        full,
        row=row,
        part=part,
        inputs=[("levy_base", base), ("income_rate", percent), *made.area(row)],
        formula=f"{made.yen(base)} × {percent} = {made.yen(full)}",
        rounding=down,
        law=income_levy.takes_lower_rate.article_on(law.fiscal_year.start) if lower else income_levy.ARTICLE,
        parameters=["transitional_income_rate" if lower else _rates_name(made, part, row)] if base else [],
    )
    if cut:
        made.add(
            "income_levy_cut",
            cut,
            row=row,
            part=part,
            inputs=[("income_levy_full", full), ("levy_base", base)],
            formula=made.say(
                f"賦課のもととなる所得金額 {made.yen(base)} に応じた軽減 {made.yen(cut)}",
                f"{made.yen(cut)} for a levy base of {made.yen(base)}",
            ),
            rounding=made.say("軽減額の1円未満切上げ", "amount taken off up to 1 yen"),
            law=ORDINANCE,
            parameters=["income_levy_reduction", "own_income_levy_reduction"],
        )
        made.add(
            "income_levy",
            levy,
            row=row,
            part=part,
            inputs=[("income_levy_full", full), ("income_levy_cut", cut)],
            formula=f"{made.yen(full)} − {made.yen(cut)} = {made.yen(levy)}",
            law=ORDINANCE,
        )


def _explain_amount(made: Explanation, part: str, row: int) -> None:
    law, names = made.assessments.parameters, _parameter_names(part)
    months, dependant_months = made.value("months", row), made.value("dependant_months", row)
    left, levy, cap, year = (made.value(f"{part}_{name}", row) for name in ("per_capita_reduced", "income_levy", "cap", "year_amount"))
    capped = bool(made.value(f"{part}_capped", row))
    if dependant_months < months or not months:
        over = made.say(f" → 賦課限度額 {made.yen(cap)}", f" → cap of {made.yen(cap)}") if capped else f" = {made.yen(year)}"
        transitional = part == MEDICAL and cap != law.parts[part].cap
        by_birth = law.cap_transition is not None and part == MEDICAL
        who = [("born_on", made.day("born_on", row)), ("by_disability", bool(made.value("by_disability", row)))] if by_birth else []
        made.add(
            "year_amount",
            year,
            row=row,
            part=part,
            inputs=[("per_capita_reduced", left), ("income_levy", levy), ("cap", cap), *who],
            formula=f"{made.yen(left)} + {made.yen(levy)}{over}",
            law=levy_cap.article_on(law.fiscal_year.start) if part == MEDICAL else law.citations[names["cap"]].law,
            parameters=["levy_cap_transition" if transitional else names["cap"]] if capped else [],
        )
    unit = law.annual_rounding
    amount, total = made.value(f"{part}_amount", row), made.value(f"{part}_yen_months", row)
    split = f"{made.yen(year)} × {months}/12" if not dependant_months else f"{made.yen(total)} ÷ 12"
    whole_year = months == 12 and not dependant_months
    made.add(
        "amount",
        amount,
        row=row,
        part=part,
        inputs=[("year_amount", year), ("months", months), *([("dependant_months", dependant_months)] if dependant_months else [])],
        formula=made.result(made.yen(year) if whole_year else split, amount, rounded=True),
        rounding=made.say(f"{unit}円未満切捨て", f"down to {unit} yen"),
        law=ROUNDING_ARTICLE,
        parameters=["annual_rounding", *([] if months == 12 else ["month_order"])],
    )


def _explain_total(made: Explanation, row: int) -> None:
    parts = made.assessments.parameters.parts
    amounts = [(f"{part}_amount", made.value(f"{part}_amount", row)) for part in parts]
    total = made.value("annual_amount", row)
    outcome = made.value("outcome", row)
    refused = {
        c.PENDING: made.say("所得を照会中のため決定できません", "refused: an income is being inquired"),
        c.GAP: made.say("料率が未登録のため決定できません", "refused: the rate has not been entered"),
        c.NO_AREA: made.say(
            "不均一賦課の区域が不明のため決定できません", "refused: it is not known in which area of uneven rates the person lives"
        ),
    }
    made.add(
        "annual_amount",
        total if outcome not in refused else None,
        row=row,
        inputs=amounts,
        formula=refused.get(outcome) or made.result(" + ".join(made.yen(amount) for _, amount in amounts), total),
        law=ORDINANCE,
    )


def _rates_name(made: Explanation, part: str, row: int) -> str:
    """The parameter that the rates of this person come from."""
    return "uneven_rates" if part == MEDICAL and made.value("rate_area", row) > 0 else _parameter_names(part)["rates"]


def _parameter_names(part: str) -> dict[str, str]:
    if part == MEDICAL:
        return {"rates": "medical_rates", "cap": "levy_cap", "seven": "seven_tenths_special"}
    return {"rates": "child_support_rates", "cap": "child_support_levy_cap", "seven": "child_seven_tenths"}
