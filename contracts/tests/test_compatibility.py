# SPDX-License-Identifier: Apache-2.0
import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from contracts.compatibility import EVENTS, NoSuchBase, breaking_changes, main, published_at
from contracts.envelope import Event
from contracts.events.collection import InstalmentsSet
from contracts.events.premium import PremiumAssessed
from contracts.schemas import event_schema

TYPE = "premium.assessed.v1"
OLD = event_schema(PremiumAssessed)


def changed(**other: Any) -> dict[str, Any]:
    """The published schema with some fields of its data replaced; None removes one."""
    schema = copy.deepcopy(OLD)
    fields = schema["properties"]["data"]["properties"]
    for name, value in other.items():
        if value is None:
            del fields[name]
        else:
            fields[name] = value
    return schema


def problems(new: dict[str, Any]) -> list[str]:
    return breaking_changes({TYPE: OLD}, {TYPE: new})


def test_an_unchanged_event_breaks_nobody() -> None:
    assert problems(copy.deepcopy(OLD)) == []


def test_an_added_optional_field_passes() -> None:
    assert problems(changed(note={"type": "string"})) == []


def test_an_added_field_that_is_required_breaks_readers() -> None:
    new = changed(note={"type": "string"})
    new["properties"]["data"]["required"].append("note")
    (problem,) = problems(new)
    assert "note が必須" in problem


def test_a_removed_field_breaks_readers() -> None:
    (problem,) = problems(changed(months=None))
    assert "months がなくなった" in problem


def test_a_renamed_field_breaks_readers() -> None:
    assert any("months がなくなった" in problem for problem in problems(changed(months=None, month_count={"type": "integer"})))


@pytest.mark.parametrize(
    "other", [{"type": "string"}, {"type": "integer", "minimum": 1}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}]
)
def test_a_retyped_field_breaks_readers(other: dict[str, Any]) -> None:
    found = problems(changed(months=other))
    assert found
    assert all(problem.startswith(f"{TYPE}.data.months") for problem in found)


@pytest.mark.parametrize("needed", [True, False])
def test_changing_whether_a_field_is_required_breaks_readers(needed: bool) -> None:
    old, new = copy.deepcopy(OLD), copy.deepcopy(OLD)
    (old if needed else new)["properties"]["data"]["required"].remove("months")
    (problem,) = breaking_changes({TYPE: old}, {TYPE: new})
    assert ("必須になりました" if needed else "任意になりました") in problem


def test_words_of_explanation_may_change_freely() -> None:
    new = copy.deepcopy(OLD)
    new["description"] = "Better words."
    new["properties"]["data"]["properties"]["months"]["title"] = "月数(12か月まで)"
    assert problems(new) == []


def test_a_change_inside_a_shared_definition_is_seen() -> None:
    old = event_schema(InstalmentsSet)
    new = copy.deepcopy(old)
    new["$defs"]["Instalment"]["properties"]["amount"]["type"] = "string"
    (problem,) = breaking_changes({InstalmentsSet.type: old}, {InstalmentsSet.type: new})
    assert "instalments" in problem
    assert "string" in problem


def test_moving_a_definition_without_changing_it_breaks_nobody() -> None:
    old = event_schema(InstalmentsSet)
    new = copy.deepcopy(old)
    new["properties"]["data"]["properties"]["instalments"]["items"] = new["$defs"].pop("Instalment")
    assert breaking_changes({InstalmentsSet.type: old}, {InstalmentsSet.type: new}) == []


def test_an_event_may_go_only_when_its_next_version_stands_beside_it() -> None:
    assert breaking_changes({TYPE: OLD}, {})
    assert breaking_changes({TYPE: OLD}, {"premium.assessed.v2": OLD}) == []


def publish(folder: Path, schema: dict[str, Any]) -> None:
    (folder / EVENTS).mkdir(parents=True)
    (folder / EVENTS / f"{TYPE}.schema.json").write_text(json.dumps(schema), encoding="utf-8")


def test_the_base_may_be_a_folder(tmp_path: Path) -> None:
    publish(tmp_path, OLD)
    assert published_at(str(tmp_path)) == {TYPE: OLD}


def test_the_base_may_be_a_git_ref(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=someone", "-c", "user.email=someone@example.jp"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True, capture_output=True)

    git("init", "-b", "main")
    git("commit", "--allow-empty", "-m", "nothing published yet")
    git("tag", "before")
    publish(tmp_path, OLD)
    git("add", ".")
    git("commit", "-m", "publish")
    (tmp_path / EVENTS / f"{TYPE}.schema.json").unlink()

    assert published_at("main", tmp_path) == {TYPE: OLD}
    assert published_at("before", tmp_path) == {}
    with pytest.raises(NoSuchBase, match="git の参照"):
        published_at("nowhere", tmp_path)


def test_the_command_tells_a_breaking_change_from_a_compatible_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(tmp_path / "same", OLD)
    publish(tmp_path / "other", changed(months={"type": "string"}))
    assert main([str(tmp_path / "same")]) == 0
    assert main([str(tmp_path / "other")]) == 1
    assert "新しい版" in capsys.readouterr().out
    assert main([str(tmp_path / "none")]) == 2


def test_what_is_compared_is_the_class_as_it_is_now() -> None:
    class PremiumAssessedWithoutMonths(Event):
        type = PremiumAssessed.type
        owner = "premium"

    assert breaking_changes({TYPE: OLD}, {TYPE: event_schema(PremiumAssessedWithoutMonths)})
