"""A careless file of the law is refused by file and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from chassis.law import LawBook, LawFileError, Rate, UnknownParameter, rate, record, table, whole
from chassis.law.strict_yaml import read_yaml

GOOD = """\
levy_cap:
  term: 賦課限度額
  meaning: The most that one insured person can be charged for one fiscal year.
  unit: yen_per_fiscal_year
  law: 施行令 第18条
  reviewed_through: 2027-03-31
  values:
    2022-04-01: {value: 660_000, source: page, confidence: verified}
    2024-04-01: {value: 800_000, source: page, confidence: verified, law: 別の条}
rates:
  term: 料率
  meaning: Both.
  unit: {per_capita: yen, income_rate: rate, low_rate?: rate}
  reviewed_through: 2027-03-31
  values:
    2022-04-01: {gap: not read}
    2024-04-01: {value: {per_capita: 47_300, income_rate: 9.67%}, law: 条例, source: page, confidence: memory-low}
    2026-04-01: {ended: true, see: levy_cap, source: page, confidence: verified}
steps:
  term: 段階
  meaning: A table.
  unit: [{up_to?: yen, amount: yen}]
  reviewed_through: 2027-03-31
  values:
    2022-04-01: {value: [{up_to: 10, amount: 1}, {amount: 0}], source: page, confidence: verified}
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "law.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_gives_dated_values_with_source_and_article(tmp_path: Path) -> None:
    book = LawBook.load([_write(tmp_path, GOOD)], prefix="union_13.")
    cap = book.read("union_13.levy_cap", whole)
    assert (cap.on(date(2023, 1, 1)), cap.on(date(2024, 4, 1))) == (660_000, 800_000)
    assert (cap.entry_on(date(2023, 1, 1)).law, cap.entry_on(date(2024, 4, 1)).law) == ("施行令 第18条", "別の条")
    values = record(book["union_13.rates"].on(date(2024, 4, 1)))
    assert (whole(values["per_capita"]), rate(values["income_rate"])) == (47_300, Rate(967, 10_000))
    assert [whole(row["amount"]) for row in table(book["union_13.steps"].on(date(2022, 4, 1)))] == [1, 0]
    with pytest.raises(UnknownParameter, match="nothing_such"):
        book["nothing_such"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("800_000", "800_000.5", r"law.yaml:9: 800_000.5 is a float"),
        ("9.67%", "0.0967", r"law.yaml:17: 0.0967 is a float"),
        ("2024-04-01: {value: 800_000", "2022-04-01: {value: 800_000", r"law.yaml:9: 2022-04-01 stands here twice \(first on line 8\)"),
        ("2024-04-01: {value: 800_000", "2021-04-01: {value: 800_000", r"law.yaml:9: 2021-04-01 of levy_cap does not follow 2022-04-01"),
        ("{value: 660_000, source: page, ", "{value: 660_000, ", r"law.yaml:8: levy_cap on 2022-04-01 has no source"),
        ("confidence: memory-low", "confidence: sure", r"law.yaml:17: .*confidence must be one of"),
        ("unit: yen_per_fiscal_year", "unit: dollars", r"law.yaml:4: the unit dollars is unknown"),
        ("unit: {per_capita: yen,", "unit: {per_capita: yens,", r"law.yaml:13: the unit yens is unknown"),
        ("term: 賦課限度額", "trem: 賦課限度額", r"law.yaml:2: levy_cap has an unknown key trem"),
        ("  term: 料率\n", "", r"law.yaml:10: rates has no term"),
        ("see: levy_cap,", "sea: levy_cap,", r"law.yaml:18: rates on 2026-04-01 has an unknown key sea"),
        ("per_capita: 47_300,", "", r"law.yaml:17: .*the field per_capita is missing"),
        ("per_capita: 47_300,", "per_capita: 47_300, other: 1,", r"law.yaml:17: .*the field other is unknown"),
        ("{up_to: 10, amount: 1}", "{up_to: many, amount: 1}", r"law.yaml:25: .*up_to: 'many' is not a whole number"),
        (
            "{gap: not read}",
            "{gap: not read, value: {per_capita: 1, income_rate: 1}}",
            r"law.yaml:16: .*exactly one of value, gap and ended",
        ),
        ("2022-04-01: {gap", "2022-4-1: {gap", r"law.yaml:16: 2022-4-1 is not a day"),
        (
            "reviewed_through: 2027-03-31\n  values:\n    2022-04-01: {gap",
            "reviewed_through: soon\n  values:\n    2022-04-01: {gap",
            r"law.yaml:14: reviewed_through",
        ),
        ("660_000", "010", r"law.yaml:8: 010 is not a plain whole number"),
        ("levy_cap:\n  term", "levy_cap: [\n  term", r"law.yaml:\d+: this is not YAML"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(LawFileError, match=message):
        LawBook.load([_write(tmp_path, GOOD.replace(old, new, 1))])


def test_a_name_in_two_files_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, GOOD)
    with pytest.raises(LawFileError, match="already defined"):
        LawBook.load([path, path])
    book = LawBook.load([path])
    with pytest.raises(LawFileError, match="defined in two books"):
        book.joined(LawBook.load([path]))
    assert "levy_cap" in book.joined(LawBook.load([path], prefix="other."))


def test_the_hash_changes_with_any_value_date_or_source_and_not_with_spaces(tmp_path: Path) -> None:
    hashes = {LawBook.load([_write(tmp_path, text)]).hash for text in (GOOD, GOOD.replace(", source", ",  source"))}
    assert len(hashes) == 1
    changed = [
        GOOD.replace("800_000", "800_001"),
        GOOD.replace("2024-04-01: {value: 800", "2024-04-02: {value: 800"),
        GOOD.replace("source: page", "source: book", 1),
    ]
    hashes |= {LawBook.load([_write(tmp_path, text)]).hash for text in changed}
    assert len(hashes) == 4


def test_strict_yaml_keeps_words_that_yaml_1_1_would_change(tmp_path: Path) -> None:
    content = read_yaml(_write(tmp_path, "on: 2024-04-01\n'01': text\nhome: false\nnothing:\n"))
    assert content == {"on": date(2024, 4, 1), "01": "text", "home": False, "nothing": None}
    with pytest.raises(LawFileError, match="yes would be read as bool; put quotes around it"):
        read_yaml(_write(tmp_path, "answer: yes"))
    with pytest.raises(LawFileError, match="the file is empty"):
        read_yaml(_write(tmp_path, ""))
