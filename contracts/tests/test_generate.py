# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from contracts.catalogue import CATALOGUE
from contracts.generate import GENERATED, ROOT, ServiceSilent, differences, documents, own_documents, write

from contracts import generate


@pytest.fixture
def empty_root(tmp_path: Path) -> Path:
    """A repository with nothing published and one service, `weather`."""
    (tmp_path / "pyproject.toml").write_text('[tool.koki]\nroots = ["contracts", "services/weather"]\n')
    package = tmp_path / "services" / "weather" / "weather_service"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return tmp_path


def with_service(root: Path, **modules: str) -> None:
    for name, text in modules.items():
        (root / "services" / "weather" / "weather_service" / f"{name}.py").write_text(text)


def test_what_the_contracts_publish_is_up_to_date() -> None:
    stale = [str(path) for path, text in own_documents().items() if not (ROOT / path).exists() or (ROOT / path).read_text("utf-8") != text]
    assert stale == [], "run ./koki contracts"


def test_every_event_is_published_with_its_envelope() -> None:
    published = own_documents()
    for event_type in CATALOGUE:
        schema = json.loads(published[GENERATED / "events" / f"{event_type}.schema.json"])
        assert schema["properties"]["type"] == {"const": event_type}
        assert {"effective_on", "sequence"}.isdisjoint(schema["properties"]["data"]["properties"])


def test_asyncapi_names_who_says_and_who_hears_each_event() -> None:
    document = json.loads(own_documents()[GENERATED / "asyncapi.json"])
    assert document["asyncapi"] == "3.0.0"
    for event_type, entry in CATALOGUE.items():
        reference = {"$ref": f"#/channels/{entry.model.owner}.events/messages/{event_type}"}
        operations = {name for name, operation in document["operations"].items() if reference in operation["messages"]}
        assert operations == {f"{entry.model.owner}.says", *(f"{service}.hears.{entry.model.owner}" for service in entry.heard_by)}


def test_every_reference_of_the_published_documents_leads_somewhere() -> None:
    published = {path.as_posix(): json.loads(text) for path, text in own_documents().items() if path.suffix == ".json"}

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            found = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return found + [reference for value in node.values() for reference in references(value)]
        return [reference for item in node for reference in references(item)] if isinstance(node, list) else []

    for path, document in published.items():
        for reference in references(document):
            target, _, pointer = reference.partition("#")
            place: Any = published[f"{GENERATED.as_posix()}/{target}"] if target else document
            for step in pointer.split("/")[1:]:
                place = place[step]
            assert place, f"{path}: {reference}"


def test_the_output_does_not_depend_on_the_order_of_sets() -> None:
    script = "import hashlib; from contracts.generate import own_documents as d; print(hashlib.sha256(repr(d()).encode()).hexdigest())"
    found = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "contracts")}
        found.add(subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True).stdout)
    assert len(found) == 1


def test_writing_twice_changes_nothing_and_then_nothing_differs(empty_root: Path) -> None:
    assert set(write(empty_root)) == set(own_documents())
    assert write(empty_root) == []
    assert differences(empty_root) == []


def test_a_changed_a_missing_and_a_superfluous_file_are_each_found_and_mended(empty_root: Path) -> None:
    write(empty_root)
    (empty_root / GENERATED / "asyncapi.json").write_text("{}")
    (empty_root / GENERATED / "events" / "premium.assessed.v1.schema.json").unlink()
    (empty_root / GENERATED / "events" / "premium.forgotten.v1.schema.json").write_text("{}")
    assert len(differences(empty_root)) == 3
    assert len(write(empty_root)) == 3
    assert differences(empty_root) == []


def test_a_service_is_asked_for_its_api_and_its_estimates(empty_root: Path) -> None:
    with_service(
        empty_root,
        bootstrap="print('noise')\ndef openapi():\n    return {'openapi': '3.1.0'}\n",
        estimate="def schemas():\n    return {'estimate.rain.case': {'type': 'object'}}\n",
    )
    found = documents(empty_root)
    assert json.loads(found[GENERATED / "openapi" / "weather.json"]) == {"openapi": "3.1.0"}
    assert json.loads(found[GENERATED / "estimates" / "rain.case.schema.json"]) == {"type": "object"}


def test_a_service_without_an_api_publishes_none(empty_root: Path) -> None:
    with_service(empty_root, bootstrap="")
    assert documents(empty_root).keys() == own_documents().keys()


def test_a_service_that_cannot_be_asked_stops_the_run(empty_root: Path) -> None:
    with_service(empty_root, bootstrap="raise RuntimeError('no bootstrap today')")
    with pytest.raises(ServiceSilent, match="no bootstrap today"):
        documents(empty_root)


def test_check_fails_on_a_difference_and_says_how_to_mend_it(
    empty_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "differences", lambda: differences(empty_root))
    monkeypatch.setattr(generate, "write", lambda: write(empty_root))
    assert generate.main(["--check"]) == 1
    assert "./koki contracts" in capsys.readouterr().out
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
