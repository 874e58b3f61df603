"""`./koki estimate premium`: lines in, lines out, and what it says to bad ones."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chassis.json_cases import FaultyCase
from premium_service.estimate import main, schemas
from premium_service.estimate.premium_case import PremiumAnswer, PremiumCase

SAMPLE = Path(__file__).parents[2] / "law" / "confirmations" / "sample.yaml"


def _member(name: str = "a", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": name,
        "born": "1945-06-01",
        "insured": [{"from": "2020-06-01", "until": None, "ground": "age"}],
        "former_dependant_since": None,
        "income": {"status": "declared", "public_pension_receipts": 3_500_000},
    }
    return made | changes


def _case(*members: dict[str, Any], **changes: Any) -> dict[str, Any]:
    household = {"head": members[0]["id"] if members else "a", "members": list(members or (_member(),))}
    return {"case": "x", "union": "13", "fiscal_year": 2026, "household": household} | changes


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def made(*lines: object, arguments: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]]]:
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))
        status = main(["premium", *arguments])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return made


def test_a_case_is_answered_with_the_documented_keys(run: Any) -> None:
    status, (answer,) = run(_case())
    assert status == 0
    assert answer["case"] == "x"
    assert answer["household_total"] == 249_100
    (person,) = answer["persons"]
    assert {key: person[key] for key in ("id", "annual_amount", "months")} == {"id": "a", "annual_amount": 249_100, "months": 12}
    medical, child = person["parts"]
    assert medical["part"] == "medical"
    assert (medical["per_capita"], medical["reduction"], medical["per_capita_after_reduction"]) == (53_300, None, 53_300)
    assert (medical["income_levy"], medical["capped"], medical["amount"]) == (189_696, False, 242_900)
    assert (child["part"], child["amount"]) == ("child_support", 6_200)
    assert "steps" not in person


def test_fy2026_is_provisional_by_name_until_a_named_officer_has_confirmed(run: Any) -> None:
    _, (answer,) = run(_case())
    assert answer["provisional"] is True
    assert "union_13.medical_rates" in answer["provisional_parameters"]
    assert "union_13.medical_rates" in answer["persons"][0]["parts"][0]["provisional_parameters"]
    _, (confirmed,) = run(_case(), arguments=("--confirmations", str(SAMPLE)))
    assert "provisional" not in confirmed
    assert confirmed["household_total"] == answer["household_total"]


def test_explain_adds_steps_in_the_chosen_language(run: Any) -> None:
    _, (japanese,) = run(_case(), arguments=("--explain",))
    _, (english,) = run(_case(), arguments=("--explain", "--lang", "en"))
    step = japanese["persons"][0]["steps"][0]
    assert step["name"] == "pension_income"
    assert step["term"] == "公的年金等に係る雑所得"
    assert step["inputs"] == [
        {"name": "public_pension_receipts", "term": "公的年金等収入", "value": 3_500_000},
        {"name": "born_on", "term": "生年月日", "value": "1945-06-01"},
    ]
    assert step["law"]
    assert step["rounding"] == "1円未満切捨て"
    assert english["persons"][0]["steps"][0]["term"] == "income from public pensions"


def test_bad_lines_are_answered_in_place_and_the_others_still_are(run: Any) -> None:
    status, answers = run(_case(case=1), "{", _case(case="typo", unoin="13"), "", _case(case=2))
    assert status == 1
    assert [answer["case"] for answer in answers] == [1, None, "typo", 2]
    assert answers[1]["error"]["code"] == "not_json"
    assert answers[2]["error"]["code"] == "unknown_key"
    assert answers[2]["error"]["path"] == "unoin"
    assert answers[0]["persons"] == answers[3]["persons"]


@pytest.mark.parametrize(
    ("case", "code", "path"),
    [
        (
            _case(_member(income={"status": "declared", "public_pension_reciepts": 1})),
            "unknown_key",
            "household.members[0].income.public_pension_reciepts",
        ),
        (
            _case(_member(income={"status": "declared", "salary_receipts": 1.5})),
            "wrong_type",
            "household.members[0].income.salary_receipts",
        ),
        (
            _case(_member(income={"status": "declared", "salary_receipts": "1"})),
            "wrong_type",
            "household.members[0].income.salary_receipts",
        ),
        (
            _case(_member(income={"status": "declared", "salary_receipts": True})),
            "wrong_type",
            "household.members[0].income.salary_receipts",
        ),
        (
            _case(_member(income={"status": "declared", "salary_receipts": -1})),
            "out_of_range",
            "household.members[0].income.salary_receipts",
        ),
        (_case(_member(income={"status": "rich"})), "unknown_word", "household.members[0].income.status"),
        (_case(_member(income=None)), "income_unknown", "household.members[0].income"),
        (_case(_member(income={})), "income_unknown", "household.members[0].income"),
        (_case(_member(income={"status": "inquiring"})), "income_pending", "household.members[0].income.status"),
        (
            _case(_member(income={"salary_receipts": 5, "family_employee_salary_received": 6})),
            "family_employee_salary_exceeds",
            "household.members[0].income.family_employee_salary_received",
        ),
        (_case(_member(born="1945-02-30")), "not_a_day", "household.members[0].born"),
        (_case(_member(born=19450601)), "not_a_day", "household.members[0].born"),
        (_case(_member(insured=[{"from": "2020-05-31"}])), "too_young", "household.members[0].insured[0].from"),
        (_case(_member(insured=[{"from": "2020-06-01", "until": "2020-06-01"}])), "empty_span", "household.members[0].insured[0].until"),
        (
            _case(_member(insured=[{"from": "2021-06-01", "until": "2022-01-01"}, {"from": "2021-12-31"}])),
            "overlapping_spans",
            "household.members[0].insured[1]",
        ),
        (_case(_member(), _member()), "duplicate_member", "household.members[1].id"),
        (_case(household={"head": "z", "members": [_member()]}), "head_not_found", "household.head"),
        (_case(union="48"), "unknown_parameter", "union"),
        (_case(union="1"), "wrong_form", "union"),
        (_case(union="01", fiscal_year=2010), "parameter_gap", "fiscal_year"),
        (_case(fiscal_year=2007), "out_of_range", "fiscal_year"),
        (_case(settings={"rate_area": "どこか"}), "unknown_rate_area", "settings.rate_area"),
        (
            _case(settings={"own_income_levy_reduction": [{"up_to": 1, "share": "0.5"}]}),
            "wrong_form",
            "settings.own_income_levy_reduction[0].share",
        ),
        ({"case": "x"}, "missing_key", "union"),
    ],
)
def test_what_is_wrong_is_named_with_code_place_and_a_japanese_sentence(run: Any, case: dict[str, Any], code: str, path: str) -> None:
    status, (answer,) = run(case)
    assert status == 1
    assert (answer["error"]["code"], answer["error"]["path"]) == (code, path)
    assert any("぀" <= letter <= "鿿" for letter in answer["error"]["message"])
    assert set(answer) == {"case", "error"}


def test_a_key_that_stands_twice_is_refused(run: Any) -> None:
    _, (answer,) = run('{"case": "x", "case": "y"}')
    assert answer["error"]["code"] == "duplicate_key"


def test_an_uninsured_member_who_is_not_the_head_needs_no_income(run: Any) -> None:
    status, (answer,) = run(_case(_member(), _member("b", insured=[], income=None)))
    assert status == 0
    assert [person["id"] for person in answer["persons"]] == ["a"]


def test_undeclared_income_takes_the_rule_of_the_law(run: Any) -> None:
    _, (answer,) = run(_case(_member(income={"status": "undeclared"})))
    assert answer["status"] == "undeclared"
    assert answer["persons"][0]["parts"][0]["reduction"] is None
    assert answer["household_total"] == 54_600


def test_who_lost_and_came_back_is_judged_twice_and_has_the_parts_of_both_times(run: Any) -> None:
    spans = [{"from": "2020-06-01", "until": "2026-06-10"}, {"from": "2026-09-20"}]
    _, (answer,) = run(_case(_member(insured=spans)))
    (person,) = answer["persons"]
    assert person["months"] == 2 + 7
    assert len(person["parts"]) == 4
    assert person["annual_amount"] == sum(part["amount"] for part in person["parts"])


def test_a_change_of_ground_without_a_break_is_one_insurance(run: Any) -> None:
    spans = [{"from": "2015-06-01", "until": "2020-06-01", "ground": "disability"}, {"from": "2020-06-01", "ground": "age"}]
    _, (answer,) = run(_case(_member(insured=spans)))
    assert len(answer["persons"][0]["parts"]) == 2


def test_who_is_not_insured_in_the_year_pays_nothing(run: Any) -> None:
    _, (answer,) = run(_case(_member(insured=[{"from": "2020-06-01", "until": "2025-01-01"}])))
    assert answer["persons"] == [{"id": "a", "annual_amount": 0, "months": 0, "parts": []}]


def test_settings_of_one_case_override_the_unions(run: Any) -> None:
    member = _member(income={"status": "declared", "public_pension_receipts": 1_500_000})
    _, answers = run(_case(member, settings={"component_rounding": 1000, "annual_rounding": 1}), _case(member))
    assert [answer["persons"][0]["parts"][0]["amount"] for answer in answers] == [14_000, 14_900]


def test_kinds_that_are_not_built_say_what_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["high-cost"]) == 2
    assert "まだ作られていません" in capsys.readouterr().err
    assert main(["nonsense"]) == 2
    assert "premium" in capsys.readouterr().err


def test_wrong_use_and_a_missing_file_are_said_in_japanese(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["premium", "--lang", "fr"]) == 2
    assert "使い方" in capsys.readouterr().err
    assert main(["premium", str(tmp_path / "none.jsonl")]) == 2
    assert "読めません" in capsys.readouterr().err
    (tmp_path / "sjis.jsonl").write_bytes("あ".encode("cp932"))
    assert main(["premium", str(tmp_path / "sjis.jsonl")]) == 2
    assert "UTF-8" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "1行に1件" in capsys.readouterr().out


def test_a_file_of_more_than_one_block_is_answered_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(json.dumps(_case(case=number)) for number in range(1100)), encoding="utf-8")
    assert main(["premium", str(path)]) == 0
    assert [json.loads(line)["case"] for line in capsys.readouterr().out.splitlines()] == list(range(1100))


def test_schemas_are_published_and_answers_fit_them(run: Any) -> None:
    made = schemas()
    assert set(made) == {"estimate.premium.case", "estimate.premium.answer"}
    assert made["estimate.premium.case"]["additionalProperties"] is False
    _, answers = run(_case(), "{", arguments=("--explain",))
    PremiumAnswer.model_validate(answers[0])
    FaultyCase.model_validate(answers[1])
    PremiumCase.model_validate(_case())


def test_it_starts_without_a_server_a_database_or_their_libraries() -> None:
    code = "import sys, premium_service.estimate; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert not {"sqlalchemy", "fastapi", "aio_pika", "polars"} & set(done.stdout.split())
