"""被保険者異動整理簿: every event of the insured that the ledger and the records tell, with what was before and after. Pure."""

from __future__ import annotations

from typing import Final

import polars as pl

from eligibility_service.domain.history import GROUND, LOSS
from eligibility_service.domain.records import KEY

CHANGE_REASONS: Final = {
    "10": "転入", "12": "出生", "20": "転居", "30": "転出", "40": "死亡", "50": "世帯主変更", "51": "世帯変更", "60": "氏名変更",
    "70": "職権記載", "71": "職権消除", "72": "職権修正",
}  # fmt: skip
"""異動事由, the codes of the layout koki-1; a site's own codes are shown as they came."""
CANCELLED: Final = "取消済み"
_ONE: Final = (*KEY, "ordinal")
_PERSON_EVENTS: Final = {
    "name": "氏名変更", "address": "住所変更", "household_number": "世帯変更", "sex": "性別の変更", "born_on": "生年月日の訂正",
}  # fmt: skip
EVENT_COLUMNS: Final = (*KEY, "recorded_from", "effective_on", "event", "before", "after", "reason", "cancelled")


def events(qualifications: pl.DataFrame, records: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """All events of these people, in the order in which they became known.

    `qualifications`: every version of each qualification: KEY, ordinal, revision, the facts, and `recorded_from`. `records`: every
    record: KEY, sequence, recorded_from, changed_on, change_reason, and the fields of the person. `entries`: what was entered about them:
    KEY, recorded_from, because (Japanese). Returns EVENT_COLUMNS; `cancelled` is set on what a later event took back.
    """
    parts = [_of_qualifications(qualifications, records, entries), _of_records(records)]
    return pl.concat([part.select(EVENT_COLUMNS) for part in parts]).sort("recorded_from", *KEY, "event", maintain_order=True)


def _of_qualifications(versions: pl.DataFrame, records: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    facts = ("acquired_on", "lost_on", "acquisition_ground", "loss_reason")
    was = {f"was_{name}": pl.col(name).shift(1).over(_ONE) for name in facts}
    both = versions.sort(*_ONE, "revision").with_columns(first=pl.int_range(pl.len()).over(_ONE) == 0, **was)
    empty = pl.col("lost_on").is_not_null() & (pl.col("lost_on") == pl.col("acquired_on"))
    was_empty = pl.col("was_lost_on").is_not_null() & (pl.col("was_lost_on") == pl.col("was_acquired_on"))
    event = (
        pl.when(pl.col("first") | (was_empty & ~empty))
        .then(pl.lit("資格取得"))
        .when(empty & ~was_empty)
        .then(pl.lit("取得の取消"))
        .when(pl.col("was_lost_on").is_null() & pl.col("lost_on").is_not_null())
        .then(pl.lit("資格喪失"))
        .when(pl.col("was_lost_on").is_not_null() & pl.col("lost_on").is_null())
        .then(pl.lit("喪失の取消"))
        .when(pl.col("was_lost_on").ne_missing(pl.col("lost_on")))
        .then(pl.lit("喪失日の訂正"))
        .when(pl.col("was_acquired_on") != pl.col("acquired_on"))
        .then(pl.lit("取得日の訂正"))
    )
    told = both.with_columns(event=event, is_empty=empty).filter(pl.col("event").is_not_null())
    about_loss = pl.col("event").is_in(["資格喪失", "喪失の取消", "喪失日の訂正"])
    told = told.with_columns(
        effective_on=pl.when(about_loss).then(pl.coalesce("lost_on", "was_lost_on")).otherwise(pl.col("acquired_on")),
        before=pl.when(pl.col("first") | was_empty).then(pl.lit("")).otherwise(_period("was_")),
        after=pl.when(pl.col("is_empty")).then(pl.lit("")).otherwise(_period("")),
        ground=pl.when(about_loss).then(_words("loss_reason", LOSS)).otherwise(_words("acquisition_ground", GROUND)),
        cancelled=_taken_back(),
    )
    said = records.select(*KEY, "recorded_from", because=_words("change_reason", CHANGE_REASONS))
    because = pl.concat([said, entries.select(said.columns)]).sort("recorded_from")
    # A decision is known from the moment of its cause on, or microseconds later where more than one came in a transaction.
    told = told.sort("recorded_from", maintain_order=True).join_asof(because, on="recorded_from", by=list(KEY), tolerance="1s")
    natural = pl.col("event").is_in(["資格取得", "資格喪失"])
    return told.with_columns(reason=pl.when(natural).then("ground").otherwise(pl.col("because").fill_null("")))


def _taken_back() -> pl.Expr:
    """Whether the next event of the same qualification takes this one back: an acquisition that is cancelled, a loss that is."""
    following = pl.col("event").shift(-1).over(_ONE)
    ends_empty = pl.col("is_empty").last().over(_ONE)
    back = (pl.col("event") == "資格喪失") & (following == "喪失の取消") | pl.col("event").is_in(["資格取得"]) & ends_empty
    return pl.when(back.fill_null(False)).then(pl.lit(CANCELLED)).otherwise(pl.lit(""))


def _period(prefix: str) -> pl.Expr:
    """取得 and 喪失 as a text; days as ISO, which whoever shows them turns into eras."""
    acquired = pl.format("取得 {}", pl.col(f"{prefix}acquired_on").dt.to_string("%Y-%m-%d"))
    lost = pl.format(" 喪失 {} {}", pl.col(f"{prefix}lost_on").dt.to_string("%Y-%m-%d"), _words(f"{prefix}loss_reason", LOSS))
    return pl.when(pl.col(f"{prefix}lost_on").is_null()).then(acquired).otherwise(pl.concat_str(acquired, lost))


def _words(name: str, words: dict[str, str]) -> pl.Expr:
    """The Japanese of a code; a code that is not known as it is, none as an empty text."""
    return pl.col(name).fill_null("").replace(words)


def _of_records(records: pl.DataFrame) -> pl.DataFrame:
    ordered = records.sort(*KEY, "sequence")
    parts = []
    for field, event in _PERSON_EVENTS.items():
        text = pl.col(field).cast(pl.String)
        was = text.shift(1).over(KEY)
        parts.append(
            ordered.with_columns(before=was, after=text)
            .filter(pl.col("before").is_not_null() & (pl.col("before") != pl.col("after")))
            .with_columns(
                event=pl.lit(event), effective_on=pl.col("changed_on"), reason=_words("change_reason", CHANGE_REASONS), cancelled=pl.lit("")
            )
        )
    return pl.concat(parts)
