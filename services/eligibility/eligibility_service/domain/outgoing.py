"""What leaves for municipalities and for オンライン資格確認: how the ledger's facts become rows of a file, and which rows are new. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from contracts.events.eligibility import CertificateKind
from contracts.primitives import insurer_number

from contracts.layouts import Control, Layout, encode_file, load_layout, sha256_of, totals_of, write_control
from eligibility_service.rules.copay.columns import LimitClass

GROUNDS: Final = {
    "age": "101",
    "moved_in": "102",
    "disability": "103",
    "exclusion_ended": "104",
    "domicile_exception": "105",
    "other_union_ended": "106",
    "moved_within_union": "107",
}
REASONS: Final = {
    "death": "201",
    "moved_out": "202",
    "removed": "203",
    "public_assistance": "204",
    "excluded": "205",
    "disability_ended": "206",
    "disability_withdrawn": "207",
    "domicile_exception_ended": "208",
    "other_union": "209",
    "moved_within_union": "210",
}
"""Words of the ledger → codes of the layout; a test knows which word has none."""
CERTIFICATES: Final = {
    CertificateKind.INSURANCE_CARD: "01",
    CertificateKind.ELIGIBILITY_CONFIRMATION: "02",
    CertificateKind.ELIGIBILITY_NOTICE: "03",
}
LIMIT_CLASSES: Final = {
    LimitClass.WORKING: "30",
    LimitClass.WORKING_3: "31",
    LimitClass.WORKING_2: "32",
    LimitClass.WORKING_1: "33",
    LimitClass.GENERAL: "20",
    LimitClass.GENERAL_2: "22",
    LimitClass.GENERAL_1: "21",
    LimitClass.LOW_2: "12",
    LimitClass.LOW_1: "11",
    LimitClass.WELFARE_PENSION: "10",
}
"""UNDECIDED has no code: what is not judged is empty."""
HELD, LOST, CANCELLED = "1", "2", "9"
"""Codes of qualification_status."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A kind of file that leaves: the name of its layout, its folder in the object store, the table of the rows that have left (none: a
    generation made again is the file as it was kept), and columns that alone are no news.
    """

    name: str
    folder: str
    sent_table: str = ""
    no_news: frozenset[str] = frozenset()
    by_release: bool = False
    """A generation leaves only when it is released; rows of one that was stopped have not left."""

    @property
    def layout(self) -> Layout:
        return load_layout(self.name)

    @property
    def columns(self) -> list[str]:
        """Columns of a row that has left, in the order of the file, with whom it is about."""
        return list(dict.fromkeys(["insured_id", "resident_number", *self.layout.names]))

    @property
    def content(self) -> list[str]:
        """The columns whose change is news."""
        return [name for name in self.layout.names if name not in self.no_news]


QUALIFICATIONS: Final = Outgoing(
    "qualifications", "qualification-files", "qualification_sent", frozenset({"history_number", "resident_history_number"})
)
FEED: Final = Outgoing("eligibility_feed", "feed", "feed_sent", frozenset({"history_number", "insured_id"}), by_release=True)
EXPECTED: Final = Outgoing("expected_insured", "expected-insured")


@dataclass(frozen=True, slots=True)
class Written:
    """A data file with its control file, as bytes."""

    data: bytes
    control: bytes
    rows: int
    totals: dict[str, int]

    @property
    def sha256(self) -> str:
        return sha256_of(self.data)

    @property
    def control_sha256(self) -> str:
        return sha256_of(self.control)


def as_qualifications(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts of the ledger (the query of store/outgoing.py) as rows of 資格情報, still without history_number."""
    is_cancelled = (pl.col("lost_on") == pl.col("acquired_on")).fill_null(False)
    status = pl.when(is_cancelled).then(pl.lit(CANCELLED)).when(pl.col("lost_on").is_not_null()).then(pl.lit(LOST)).otherwise(pl.lit(HELD))
    return facts.with_columns(
        *_common(facts),
        status.alias("qualification_status"),
        _coded("acquisition_ground", GROUNDS),
        _coded("loss_reason", REASONS),
        pl.when(~is_cancelled).then("lost_on").alias("lost_on"),
    ).select(name for name in QUALIFICATIONS.columns if name != "history_number")


def as_feed(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts of the ledger as rows of the 資格ファイル, still without history_number."""
    return facts.with_columns(
        *_common(facts),
        _coded("certificate_kind", {kind.value: code for kind, code in CERTIFICATES.items()}),
        pl.when(pl.col("limit_class") > 0).then("copay_rate_from").alias("limit_class_from"),
    ).select(name for name in FEED.columns if name != "history_number")


def _common(facts: pl.DataFrame) -> list[pl.Expr]:
    numbers = {code: insurer_number(code) for code in facts["municipality_code"].unique()}
    classes = {limit_class.value: code for limit_class, code in LIMIT_CLASSES.items()}
    return [
        pl.col("municipality_code").replace_strict(numbers, return_dtype=pl.String).alias("insurer_number"),
        (pl.col("rate_percent") // 10).cast(pl.String).alias("copay_rate"),
        # UNDECIDED is not in the table, and so empty; any other value that is not in it is a mistake of ours, and raises.
        pl.col("limit_class").replace(0, None).replace_strict(classes, return_dtype=pl.String).alias("limit_class"),
    ]


def _coded(name: str, codes: dict[str, str]) -> pl.Expr:
    """A word of the house as its code in the file; a word without a code raises, so that nobody's row leaves with an empty cell."""
    return pl.col(name).replace_strict(codes, return_dtype=pl.String).alias(name)


def news(current: pl.DataFrame, sent: pl.DataFrame, kind: Outgoing) -> pl.DataFrame:
    """The rows of `current` that have not left like this yet, with their next history_number.

    `sent`: the last row that has left of each insured_id (columns of the kind).
    """
    before = sent.select("insured_id", "history_number", *(pl.col(name).alias(f"{name}_sent") for name in kind.content))
    both = current.join(before, on="insured_id", how="left", maintain_order="left")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_sent")) for name in kind.content)
    return (
        both.filter(pl.col("history_number").is_null() | differs)
        .with_columns((pl.col("history_number").fill_null(0) + 1).cast(pl.Int32).alias("history_number"))
        .select(kind.columns)
    )


def write(rows: pl.DataFrame, layout: Layout, *, municipality_code: str, generation: int, made_at: datetime) -> Written:
    """The bytes of a file and of its control file; the same rows, generation and time give the same bytes.

    Rows stand in the order of the key. Raises `Unwritable` for a value that the layout cannot hold.
    """
    frame = rows.sort(layout.key).select(layout.names)
    data = encode_file(frame, layout, encoding="UTF-8")
    totals = totals_of(frame, layout)
    control = Control(
        layout_version=layout.version,
        kind=layout.name,
        file_name=f"{municipality_code}_{layout.name}_{generation:04}.csv",
        municipality_code=municipality_code,
        generation=generation,
        created_at=made_at,
        encoding="UTF-8",
        row_count=frame.height,
        sha256=sha256_of(data),
        control_totals=totals,
    )
    return Written(data, write_control(control), frame.height, totals)


def filled(rows: pl.DataFrame, names: Sequence[str]) -> dict[str, int]:
    """In how many rows each field holds something; a field that the rows do not have holds nothing."""
    present = [name for name in names if name in rows.columns]
    counts = rows.select(pl.col(name).cast(pl.String).fill_null("").ne("").sum() for name in present).row(0, named=True) if present else {}
    return {name: int(counts.get(name) or 0) for name in names}
