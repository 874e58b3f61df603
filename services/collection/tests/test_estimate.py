"""`./koki estimate instalments`: lines in, lines out, and what it says to bad ones."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from chassis.json_cases import FaultyCase
from collection_service.estimate import main, schemas
from collection_service.estimate.instalments import InstalmentsAnswer, InstalmentsCase

CASES = Path(__file__).parent / "rules" / "cases"
CALENDAR = {"months": [7, 8, 9, 10, 11, 12, 1, 2], "due_day": "end", "exceptions": {"12": 25}}


def case(**changes: Any) -> dict[str, Any]:
    return {"case": "x", "annual_amount": 58_050, "calendar": CALENDAR, "fiscal_year": 2025, "rounding": 100} | changes


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def made(*lines: object, arguments: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]]]:
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))
        status = main(["instalments", *arguments])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return made


def test_a_case_is_answered_with_the_documented_keys(run: Any) -> None:
    status, (answer,) = run(case())
    assert status == 0
    assert set(answer) == {"case", "instalments"}
    assert answer["instalments"][0] == {"number": 1, "month": 7, "due_on": "2025-07-31", "amount": 7_650}
    assert [found["due_on"] for found in answer["instalments"]][-2:] == ["2026-02-02", "2026-03-02"]
    assert sum(found["amount"] for found in answer["instalments"]) == 58_050


def test_every_case_of_the_rules_gets_the_answer_of_the_rules(run: Any) -> None:
    due_days = yaml.safe_load((CASES / "due_days.yaml").read_text(encoding="utf-8"))
    for found in due_days:
        exceptions = {str(month): day for month, day in found["calendar"].get("exceptions", {}).items()}
        _, (answer,) = run(case(calendar={**found["calendar"], "exceptions": exceptions}, fiscal_year=found["fiscal_year"]))
        assert [part["due_on"] for part in answer["instalments"]] == [day.isoformat() for day in found["expect"]]
    amounts = yaml.safe_load((CASES / "instalments.yaml").read_text(encoding="utf-8"))
    for found in (wanted for wanted in amounts if "charged" not in wanted):
        months = [4, 5, 6, 7, 8, 9, 10, 11, 12][: found["instalments"]]
        _, (answer,) = run(case(calendar={"months": months}, annual_amount=found["annual_amount"], rounding=found["rounding"]))
        assert [part["amount"] for part in answer["instalments"]] == found["expect"]


def test_explain_adds_steps_in_the_chosen_language(run: Any) -> None:
    _, (japanese,) = run(case(), arguments=("--explain",))
    _, (english,) = run(case(), arguments=("--explain", "--lang", "en"))
    later, first, *due = japanese["steps"]
    assert (later["value"], later["formula"], later["rounding"]) == (7_200, "58,050 ÷ 8", "100円未満切捨て")
    assert (first["value"], first["formula"]) == (7_650, "58,050 − 7,200 × 7")
    assert [step["value"] for step in due] == [part["due_on"] for part in japanese["instalments"]]
    assert due[1]["formula"] == "2025-08-31（日） は金融機関の休業日のため、翌営業日 2025-09-01"
    assert all(step["law"] for step in japanese["steps"])
    assert english["steps"][0]["term"] == "every instalment but the first"
    assert english["instalments"] == japanese["instalments"]


def test_a_year_that_nobody_has_reviewed_is_provisional_until_an_officer_has_confirmed(run: Any, tmp_path: Path) -> None:
    _, (answer,) = run(case(fiscal_year=2028))
    assert (answer["provisional"], answer["provisional_parameters"]) == (True, ["bank_closing_days"])
    file = tmp_path / "confirmed.yaml"
    file.write_text("confirmations:\n  - {fiscal_year: 2028, parameter: bank_closing_days}\n", encoding="utf-8")
    _, (confirmed,) = run(case(fiscal_year=2028), arguments=("--confirmations", str(file)))
    assert "provisional" not in confirmed


def test_bad_lines_are_answered_in_place_and_the_others_still_are(run: Any) -> None:
    status, answers = run(case(case=1), "{", case(case="typo", anual_amount=1), "", case(case=2))
    assert status == 1
    assert [answer["case"] for answer in answers] == [1, None, "typo", 2]
    assert [answer["error"]["code"] for answer in answers[1:3]] == ["not_json", "unknown_key"]


@pytest.mark.parametrize(
    ("faulty", "code", "path"),
    [
        (case(annual_amount=-1), "out_of_range", "annual_amount"),
        (case(annual_amount=1.5), "wrong_type", "annual_amount"),
        (case(annual_amount="58050"), "wrong_type", "annual_amount"),
        (case(calendar={"months": []}), "wrong_form", "calendar.months"),
        (case(calendar={"months": [7, 13]}), "out_of_range", "calendar.months[1]"),
        (case(calendar={"months": [8, 7]}), "months_out_of_order", "calendar.months"),
        (case(calendar={"months": [7, 7]}), "months_out_of_order", "calendar.months"),
        (case(calendar={"months": [1, 7]}), "months_out_of_order", "calendar.months"),
        (case(calendar={"months": [7], "exceptions": {"12": 25}}), "unknown_month", "calendar.exceptions.12"),
        (case(calendar={"months": [7], "exceptions": {"07": 25}}), "unknown_month", "calendar.exceptions.07"),
        (case(calendar={"months": [7], "exceptions": {"7": 0}}), "out_of_range", "calendar.exceptions.7"),
        (case(fiscal_year=2007), "out_of_range", "fiscal_year"),
        (case(rounding=0), "out_of_range", "rounding"),
        ({"case": "x"}, "missing_key", "annual_amount"),
    ],
)
def test_what_is_wrong_is_named_with_code_place_and_a_japanese_sentence(run: Any, faulty: dict[str, Any], code: str, path: str) -> None:
    status, (answer,) = run(faulty)
    assert status == 1
    assert (answer["error"]["code"], answer["error"]["path"]) == (code, path)
    assert any("぀" <= letter <= "鿿" for letter in answer["error"]["message"])


def test_a_due_day_that_is_neither_a_day_nor_the_end_is_refused(run: Any) -> None:
    for due_day in (0, 32, "last", 1.5):
        status, (answer,) = run(case(calendar={"months": [7], "due_day": due_day}))
        assert status == 1
        assert answer["error"]["path"].startswith("calendar.due_day")


def test_schemas_are_published_and_answers_fit_them(run: Any) -> None:
    made = schemas()
    assert set(made) == {f"estimate.{kind}.{side}" for kind in ("instalments", "late-charge") for side in ("case", "answer")}
    assert made["estimate.instalments.case"]["additionalProperties"] is False
    _, answers = run(case(), "{", arguments=("--explain",))
    InstalmentsAnswer.model_validate(answers[0])
    FaultyCase.model_validate(answers[1])
    InstalmentsCase.model_validate(case())


def test_it_starts_without_a_server_a_database_or_their_libraries() -> None:
    code = "import sys, collection_service.estimate; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert not {"sqlalchemy", "fastapi", "aio_pika", "polars"} & set(done.stdout.split())
