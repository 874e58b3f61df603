# SPDX-License-Identifier: Apache-2.0
"""サイトのコード表: what is not published is data with its evidence, and a table that contradicts itself is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from contracts.layouts.families import load_family
from contracts.layouts.loading import FOLDER, LayoutInvalid
from contracts.layouts.site_codes import Notice, UnknownSite, load_site_codes

SAMPLE = FOLDER / "pension-500" / "sites" / "sample.yaml"


def test_every_notice_of_the_sample_has_a_code_that_the_records_accept() -> None:
    codes = load_site_codes("sample")
    family = load_family("pension-500", site_codes=codes.for_layouts)
    for notice in Notice:
        assert codes.code("notice", notice) in family.data.codes_of(family.data.field("notice_code"))


def test_codes_that_are_published_stand_as_published_and_all_others_say_that_they_are_not() -> None:
    codes = load_site_codes("sample")
    published = {code: entry.role for code, entry in codes.notice.items() if entry.evidence != "own"}
    assert published == {"00": "candidates", "01": "request", "30": "added_candidates", "31": "added_request"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda table: table["notice"].pop("22"), "collection_result"),
        (lambda table: table["notice"].update({"99": {"role": "loss", "term": "資格喪失", "evidence": "own"}}), "same role"),
        (lambda table: table["outcome"]["50"].update(evidence="guess"), "evidence"),
    ],
)
def test_a_table_with_a_gap_or_a_contradiction_is_refused(tmp_path: Path, spoil: Any, said: str) -> None:
    table = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    spoil(table)
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(table, allow_unicode=True), encoding="utf-8")
    with pytest.raises(LayoutInvalid, match=said):
        load_site_codes(path)


def test_a_site_without_a_table_is_told_where_it_belongs() -> None:
    with pytest.raises(UnknownSite, match=r"sites/nowhere\.yaml"):
        load_site_codes("nowhere")
