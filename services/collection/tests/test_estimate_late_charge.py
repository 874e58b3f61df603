"""`./koki estimate late-charge` (C-11): the cases of the law as lines, the steps in both languages, and what it says to bad lines."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from collection_service.estimate import main

CASES = yaml.safe_load((Path(__file__).parent / "rules" / "cases" / "late_charge.yaml").read_text(encoding="utf-8"))


def line(**changes: Any) -> dict[str, Any]:
    paid = [{"paid_on": "2025-07-31", "amount": 30_500}]
    return {"case": "x", "due_on": "2024-07-31", "amount": 30_500, "payments": paid} | changes


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def made(*lines: dict[str, Any], arguments: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]]]:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(map(json.dumps, lines)) + "\n"))
        status = main(["late-charge", *arguments])
        return status, [json.loads(each) for each in capsys.readouterr().out.splitlines()]

    return made


def as_line(case: dict[str, Any]) -> dict[str, Any]:
    """A case of the rules as somebody would write it in a file."""
    given: dict[str, Any] = {name: case[name] for name in ("low_months", "fraction") if name in case}
    if "until" in case:
        given["until"] = str(case["until"])
    return {
        "case": case["case"],
        "due_on": str(case["due_on"]),
        "amount": int(case["amount"]),
        "payments": [{"paid_on": str(paid["paid_on"]), "amount": int(paid["amount"])} for paid in case.get("payments", [])],
        "deferrals": [{"first": str(span["from"]), "last": str(span["to"])} for span in case.get("deferrals", [])],
        **given,
    }


def test_the_cases_of_the_law_have_the_same_yen_as_lines(run: Any) -> None:
    """C-11: every case whose deferral frees all of it, as the files have it."""
    cases = [case for case in CASES if "deferral_share" not in case]
    status, answers = run(*map(as_line, cases))
    assert status == 0, answers
    assert [(answer["exact"], answer["late_charge"]) for answer in answers] == [
        (case["expect"]["exact"], case["expect"]["amount"]) for case in cases
    ]
    assert len(cases) > 10


def test_a_case_is_explained_in_the_chosen_language(run: Any) -> None:
    _, (japanese,) = run(line(), arguments=("--explain",))
    _, (english,) = run(line(), arguments=("--explain", "--lang", "en"))
    assert (japanese["late_charge"], japanese["unpaid"], japanese["until"]) == (2_400, 0, "2025-07-31")
    assert [step["value"] for step in japanese["steps"]] == [30_000, "61.15", "2,388.32", 2_449, 2_400]
    assert japanese["steps"][-1]["rounding"] == "100円未満切捨て。1,000円未満は0円"
    assert english["steps"][2]["formula"] == "2024-09-01 to 2025-07-31: 30,000 yen × (8.7% × 334 days) ÷ 365"
    assert set(japanese["steps"][0]) == {"name", "term", "value", "unit", "inputs", "formula", "rounding", "law"}


def test_what_the_line_gives_itself_is_not_provisional(run: Any) -> None:
    _, answers = run(line(), line(fraction="once"))
    assert answers[0]["provisional_parameters"] == ["late_charge_deferral_share", "late_charge_fraction"]
    assert answers[1]["provisional_parameters"] == ["late_charge_deferral_share"]


def test_three_months_of_the_low_rate_are_asked_for_in_the_line(run: Any) -> None:
    _, answers = run(
        line(amount=100_000, payments=[], until="2024-10-31"), line(amount=100_000, payments=[], until="2024-10-31", low_months=3)
    )
    assert [answer["late_charge"] for answer in answers] == [1_600, 0]
    assert answers[1]["exact"] == 604


FAULTY = {
    "until": (line(payments=[]), "until_missing"),
    "due_on": (line(due_on="2008-03-31"), "not_in_force"),
    "payments[0].amount": (line(payments=[{"paid_on": "2025-07-31", "amount": 0}]), "out_of_range"),
    "deferrals[0].last": (line(deferrals=[{"first": "2025-01-02", "last": "2025-01-01"}]), "days_out_of_order"),
    "low_months": (line(low_months=13), "out_of_range"),
}


@pytest.mark.parametrize("path", FAULTY)
def test_what_is_wrong_is_named_with_its_place(run: Any, path: str) -> None:
    faulty, code = FAULTY[path]
    status, answers = run(faulty, line())
    assert status == 1
    assert (answers[0]["error"]["path"], answers[0]["error"]["code"]) == (path, code)
    assert answers[1]["late_charge"] == 2_400


def test_a_day_before_the_due_day_is_refused(run: Any) -> None:
    _, (answer,) = run(line(until="2024-07-30"))
    assert (answer["error"]["code"], answer["error"]["path"]) == ("days_out_of_order", "until")
