"""The steps from receipts to the levy base, and to the household's test of the reduction."""

from __future__ import annotations

from datetime import date

from chassis.law import day_number
from chassis.law.steps import Shown
from chassis.law.tax import IncomeRow, salary_adjustment

from premium_service.rules.columns import INQUIRING, UNDECLARED
from premium_service.rules.judging import earner
from premium_service.rules.reduction import household_limits
from premium_service.rules.steps import Explanation

TAX_LAW_PENSION = "所得税法 第35条、租税特別措置法 第41条の15の3"
TAX_LAW_SALARY = "所得税法 第28条、別表第五"


def _table_formula(made: Explanation, receipts: int, row: IncomeRow, income: int, cut: int = 0) -> str:
    """The row of the table with its numbers; `cut` is what the deduction is smaller by."""
    if row.rate.numerator == 0:
        return f"{made.yen(receipts)} → {made.yen(income)}"
    rate = "" if row.rate.fraction == 1 else f" × {row.rate.percent}"
    sign = "−" if row.less >= 0 else "+"
    added = f" + {made.say('控除の縮減', 'cut of the deduction')} {made.yen(cut)}" if cut else ""
    below_zero = made.say("（0円未満は0円）", " (not below zero)") if income == 0 else ""
    return f"{made.yen(receipts // row.step * row.step)}{rate} {sign} {made.yen(abs(row.less))}{added} = {made.yen(income)}{below_zero}"


def explain_income(made: Explanation, row: int) -> None:
    """所得割 の所得: pension and salary income, total income, basic deduction, levy base of one person."""
    law = made.assessments.parameters
    value = made.value
    under_65 = value("born_on", row) > day_number(date(law.fiscal_year.income_year - 64, 1, 1))
    if receipts := value("public_pension_receipts", row):
        table, name = (law.pension_under_65, "pension_income_under_65") if under_65 else (law.pension_from_65, "pension_income_from_65")
        beside = value("salary_income", row) + sum(value(column, row) for column in ("business_income", "other_income", "capital_gains"))
        cut = next((less for over, less in reversed(law.pension_deduction_cuts) if beside > over), 0)
        made.add(
            "pension_income",
            value("pension_income", row),
            row=row,
            inputs=[("public_pension_receipts", receipts), ("born_on", made.day("born_on", row))],
            formula=_table_formula(made, receipts, table.row_of(receipts), value("pension_income", row), cut),
            rounding=made.say("1円未満切捨て", "down to 1 yen"),
            law=TAX_LAW_PENSION,
            parameters=[name, *(["pension_deduction_cut"] if cut else [])],
        )
    if receipts := value("salary_receipts", row):
        made.add(
            "salary_income",
            value("salary_income", row),
            row=row,
            inputs=[("salary_receipts", receipts)],
            formula=_table_formula(made, receipts, law.salary.row_of(receipts), value("salary_income", row)),
            rounding=made.say("660万円未満は4,000円単位に切捨てて計算", "receipts below 6.6 million down to 4,000 yen"),
            law=TAX_LAW_SALARY,
            parameters=["salary_income"],
        )
    if adjustment := value("salary_adjustment", row):
        limit = law.salary_adjustment_limit
        salary, pension = min(value("salary_income", row), limit), min(value("pension_income", row), limit)
        made.add(
            "salary_adjustment",
            adjustment,
            row=row,
            inputs=[("salary_income", value("salary_income", row)), ("pension_income", value("pension_income", row))],
            formula=f"{made.yen(salary)} + {made.yen(pension)} − {made.yen(limit)} = {made.yen(adjustment)}",
            law=salary_adjustment.article_on(date(law.fiscal_year.income_year, 12, 31)),
            parameters=["salary_adjustment_limit"],
        )
    _total(made, row)


def _total(made: Explanation, row: int) -> None:
    law, value = made.assessments.parameters, made.value
    parts = ["pension_income", "salary_income", "business_income", "other_income", "capital_gains"]
    shown = [(name, value(name, row)) for name in parts if value(name, row)]
    adjustment = value("salary_adjustment", row)
    terms = " + ".join(f"{made.term(name)} {made.yen(amount)}" for name, amount in shown) or made.yen(0)
    less = f" − {made.term('salary_adjustment')} {made.yen(adjustment)}" if adjustment else ""
    gross = value("gross_income", row)
    made.add("gross_income", gross, row=row, inputs=shown, formula=made.result(f"{terms}{less}", gross), law="地方税法 第292条")
    income = value("levy_income", row)
    if value("has_total_income", row):
        made.add(
            "levy_income",
            income,
            row=row,
            inputs=[("total_income", value("total_income", row))],
            formula=made.say(f"確定した総所得金額等 {made.yen(income)} を使用", f"total income as stated: {made.yen(income)}"),
        )
        if unexplained := value("unexplained_income", row):
            made.add(
                "unexplained_income",
                unexplained,
                row=row,
                inputs=[("levy_income", income)],
                formula=made.say(
                    f"収入・所得の内訳から説明できない額 {made.yen(unexplained)}（内訳を確認してください）",
                    f"{made.yen(unexplained)} of it is not explained by any receipts; ask for them",
                ),
            )
    else:
        special, loss = value("capital_gains_special_deduction", row), value("loss_carried_forward", row)
        taken = [("capital_gains_special_deduction", special), ("loss_carried_forward", loss)]
        less = "".join(f" − {made.term(name)} {made.yen(amount)}" for name, amount in taken if amount)
        made.add(
            "levy_income",
            income,
            row=row,
            inputs=[("gross_income", gross), *((name, amount) for name, amount in taken if amount)],
            formula=made.result(f"{made.yen(gross)}{less}", income),
        )
    deduction, base = value("basic_deduction", row), value("levy_base", row)
    made.add(
        "basic_deduction",
        deduction,
        row=row,
        inputs=[("gross_income", gross)],
        formula=made.say(
            f"合計所得金額 {made.yen(gross)} の区分による {made.yen(deduction)}",
            f"{made.yen(deduction)} for a gross income of {made.yen(gross)}",
        ),
        law=law.citations["basic_deduction"].law,
        parameters=["basic_deduction"],
    )
    made.add(
        "levy_base",
        base,
        row=row,
        inputs=[("levy_income", income), ("basic_deduction", deduction)],
        formula=f"{made.yen(income)} − {made.yen(deduction)} = {made.yen(base)}"
        + (made.say("（0円未満は0円）", " (not below zero)") if income < deduction else ""),
    )


def explain_judging_income(made: Explanation, row: int) -> None:
    """軽減判定所得 of one member who counts for the household."""
    value = made.value
    status = value("income_status", row)
    judged = value("judging_income", row)
    names = ["public_pension_receipts", "salary_receipts", "family_employee_salary_received", "business_income"]
    names += ["family_employee_deduction", "other_income", "capital_gains", "loss_carried_forward"]
    inputs: list[tuple[str, Shown]] = [("pension_income", value("pension_income", row))]
    inputs += [(name, value(name, row)) for name in names if value(name, row)]
    if value("public_pension_receipts", row):
        inputs.append(("born_on", made.day("born_on", row)))
    used = ["senior_pension_deduction"] if value("pension_income", row) else []
    pieces: list[str] = []
    receipts = ("public_pension_receipts", "salary_receipts", "business_income", "other_income", "capital_gains")
    if value("has_total_income", row) and not any(value(name, row) for name in receipts):
        inputs.append(("total_income", value("total_income", row)))
        pieces.append(f"{made.term('total_income')} {made.yen(judged)}")
    else:
        if pension := value("pension_income", row):
            senior = pension - value("judging_pension", row)
            minus = f" − {made.say('高齢者特別控除', 'deduction for the old')} {made.yen(senior)}" if senior else ""
            pieces.append(f"{made.term('pension_income')} {made.yen(pension)}{minus}")
        if value("salary_receipts", row):
            without = made.say("（専従者給与を除く）", " (without family employee's salary)")
            note = without if value("family_employee_salary_received", row) else ""
            pieces.append(f"{made.term('salary_income')}{note} {made.yen(value('judging_salary', row))}")
        for name in ("business_income", "family_employee_deduction", "other_income", "capital_gains"):
            if amount := value(name, row):
                pieces.append(f"{made.term(name)} {made.yen(amount)}")
    formula = " + ".join(pieces) or made.yen(0)
    if loss := value("loss_carried_forward", row):
        formula += f" − {made.term('loss_carried_forward')} {made.yen(loss)}"
        used.append("carried_loss_counts_in_test")
    if value("family_employee_salary_received", row):
        used.append("family_employee_salary_is_not_received")
    if value("salary_receipts", row):
        used.append("salary_income")
    if status in (UNDECLARED, INQUIRING):
        undeclared = status == UNDECLARED
        inputs.append(("income_status", made.say("未申告", "undeclared") if undeclared else made.say("照会中", "being inquired")))
        formula += made.say("（未申告）", " (undeclared)") if undeclared else made.say("（照会中）", " (being inquired)")
    made.add("judging_income", judged, row=row, inputs=inputs, formula=made.result(formula, judged), parameters=used)


def explain_household(made: Explanation, row: int, counted: list[int]) -> None:
    """軽減判定 of the household: its income, its counts, the limits and the tier."""
    law, value = made.assessments.parameters, made.value
    for member in counted:
        explain_judging_income(made, member)
    total = value("household_judging_income", row)
    made.add(
        "household_judging_income",
        total,
        row=row,
        inputs=[("judged_on", made.day("judged_on", row)), *(("judging_income", value("judging_income", member)) for member in counted)],
        formula=made.result(" + ".join(made.yen(value("judging_income", member)) for member in counted), total),
    )
    insured, earning = value("household_insured", row), value("household_earners", row)
    day = law.fiscal_year.start
    knows_earners = law.reduction_limits.per_extra_earner > 0
    if knows_earners:
        salaried = any(value("salary_receipts", member) for member in counted)
        made.add(
            "household_earners",
            earning,
            row=row,
            unit="persons",
            inputs=[("is_earner", bool(value("is_earner", member))) for member in counted],
            formula=made.say(f"給与・年金の収入が基準を超える者 {earning}人", f"{earning} with salary or pension receipts over the limits"),
            law=earner.article_on(day),
            parameters=["earner_pension_limits", *(["earner_salary_limit"] if salaried else [])],
        )
    extra = max(earning - 1, 0) * law.reduction_limits.per_extra_earner
    base = law.reduction_limits.base
    added = f" + {made.yen(law.reduction_limits.per_extra_earner)} × ({earning} − 1)" if extra else ""
    limits = {"limit_seven": 0, "limit_five": law.reduction_limits.per_insured_five, "limit_two": law.reduction_limits.per_insured_two}
    for name, each in limits.items():
        limit = value(name, row)
        times = (limit - base - extra) // each if each else 0
        per_head = f" + {made.yen(each)} × {times}" if each else ""
        made.add(
            name,
            limit,
            row=row,
            inputs=[("household_insured", insured), *([("household_earners", earning)] if knows_earners else [])],
            formula=made.result(f"{made.yen(base)}{per_head}{added}", limit),
            law=household_limits.article_on(day),
            parameters=["reduction_limits"],
        )
    tenths = value("tier", row)
    undeclared = bool(value("household_undeclared", row))
    reached = made.say(f"{tenths}割軽減" if tenths else "軽減なし", f"{tenths}/10" if tenths else "no reduction")
    because = made.say("世帯に未申告者がいるため軽減なし", "none, as somebody in the household has not declared")
    made.add(
        "tier",
        tenths,
        row=row,
        unit="tenths",
        inputs=[("household_judging_income", total), *((name, value(name, row)) for name in limits), ("household_undeclared", undeclared)],
        formula=because if undeclared else made.say(f"世帯の軽減判定所得 {made.yen(total)} → {reached}", f"{made.yen(total)} → {reached}"),
        law=household_limits.article_on(day),
    )
