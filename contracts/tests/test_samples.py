# SPDX-License-Identifier: Apache-2.0
"""A real example of every event, as it travels."""

import json
from pathlib import Path

import pytest
from contracts.catalogue import CATALOGUE
from contracts.envelope import as_json, decode, read
from contracts.primitives import insurer_number

SAMPLES = Path(__file__).parents[1] / "samples" / "events"


def test_every_event_of_the_catalogue_has_a_sample_and_nothing_else_has() -> None:
    assert {path.name.removesuffix(".json") for path in SAMPLES.iterdir()} == set(CATALOGUE)


@pytest.mark.parametrize("event_type", sorted(CATALOGUE))
def test_a_sample_is_read_by_its_class_and_written_back_unchanged(event_type: str) -> None:
    body = (SAMPLES / f"{event_type}.json").read_bytes()
    (item,) = decode(body)
    message = read(item, CATALOGUE[event_type].model)
    assert as_json(message) == json.loads(body)
    assert message.event.type == item["type"] == event_type
    assert message.event.subject == item["subject"]
    assert message.source == CATALOGUE[event_type].model.owner


def test_the_samples_tell_one_story() -> None:
    def sample(event_type: str) -> dict[str, object]:
        data: dict[str, object] = json.loads((SAMPLES / f"{event_type}.json").read_text(encoding="utf-8"))["data"]
        return data

    acquired, assessed, instalments = (
        sample(t) for t in ("eligibility.insured_acquired.v1", "premium.assessed.v1", "collection.instalments_set.v1")
    )
    assert acquired["insurer_number"] == insurer_number(str(acquired["municipality_code"]))
    assert acquired["insured_id"] == assessed["insured_id"] == instalments["insured_id"]
    parts = instalments["instalments"]
    assert isinstance(parts, list)
    assert sum(part["amount"] for part in parts) == assessed["annual_amount"] == instalments["annual_amount"]
