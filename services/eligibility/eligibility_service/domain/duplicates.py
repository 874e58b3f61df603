"""名寄せ: from residents to the pairs that may be one person. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from eligibility_service.rules.same_person import Agreement, Verdict, name_similarity, verdict

PERSON: Final[dict[str, pl.DataType]] = {
    "key": pl.String(),
    "born_on": pl.Date(),
    "sex": pl.String(),
    "kana_key": pl.String(),
    "surname": pl.String(),
    "given_name": pl.String(),
    "address_key": pl.String(),
    "has_left": pl.Boolean(),
}
"""What is compared of a resident: `key` is municipality code:宛名番号, `address_key` the present address without spaces."""
_BLOCKS: Final = (
    ("born_on", "kana_key"),
    ("born_on", "sex", "surname"),
    ("born_on", "sex", "given_name"),
    ("kana_key", "sex", "address_key"),
)
"""Two people are compared when they have all of one of these in common; anything else is chance in a union of a million."""
_COMPARED: Final = ("born_on", "sex", "kana_key", "address_key", "has_left")


def pairs_of(people: pl.DataFrame) -> pl.DataFrame:
    """Pairs of `people` (PERSON) worth a look, each once: first and second key (the smaller first), and what both have in common.

    `one_has_left`: whose earlier addresses are worth asking for.
    """
    right = people.select(pl.all().name.suffix("_b"))
    found = []
    for block in _BLOCKS:
        usable = people.filter(pl.all_horizontal(pl.col(name) != "" for name in block if PERSON[name] == pl.String()))
        joined = usable.join(right, left_on=block, right_on=[f"{name}_b" for name in block], how="inner", coalesce=False)
        found.append(joined.filter(pl.col("key") < pl.col("key_b")).select("key", "key_b", *_COMPARED, *(f"{n}_b" for n in _COMPARED)))
    pairs = pl.concat(found).unique(("key", "key_b"), maintain_order=True)
    similarity = name_similarity(pairs["kana_key"].to_list(), pairs["kana_key_b"].to_list())
    return pairs.select(
        first="key",
        second="key_b",
        kana_agrees=pl.col("kana_key") == pl.col("kana_key_b"),
        birth_agrees=pl.col("born_on") == pl.col("born_on_b"),
        sex_agrees=pl.col("sex") == pl.col("sex_b"),
        address_agrees=(pl.col("address_key") == pl.col("address_key_b")) & (pl.col("address_key") != ""),
        earlier_address_agrees=pl.lit(False),
        name_similarity=pl.Series(similarity),
        one_has_left=pl.col("has_left") | pl.col("has_left_b"),
    )


def judged(pairs: pl.DataFrame, *, alone: pl.Series | None = None) -> pl.DataFrame:
    """`pairs` with `verdict` (rules.same_person.Verdict); without `alone` no pair is taken as the only one."""
    agreement = Agreement(
        *(
            pairs[name].to_numpy()
            for name in ("kana_agrees", "birth_agrees", "sex_agrees", "address_agrees", "earlier_address_agrees", "name_similarity")
        )
    )
    only = np.zeros(pairs.height, np.bool_) if alone is None else alone.to_numpy()
    return pairs.with_columns(verdict=pl.Series(verdict(agreement, alone=only), dtype=pl.Int8))


def doubtful(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs that a person must look at, or that the rule may link."""
    return judged(pairs).filter(pl.col("verdict") != Verdict.APART.value)
