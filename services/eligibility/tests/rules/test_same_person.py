"""名寄せ: a part of the four attributes never links anybody."""

from __future__ import annotations

import numpy as np
from eligibility_service.rules.same_person import Agreement, Verdict, name_similarity, verdict
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(
    st.tuples(*(st.booleans() for _ in range(5)), st.integers(0, 100), st.booleans()),
    min_size=1,
    max_size=40,
)
KANA = st.text(st.characters(min_codepoint=0x30A1, max_codepoint=0x30FA), max_size=12)


@given(rows=ROWS)
def test_only_agreement_of_all_four_attributes_alone_links(rows: list[tuple[bool, bool, bool, bool, bool, int, bool]]) -> None:
    """I-42, E-29. Without kana, or without birth, in the rule this failed."""
    kana, birth, sex, address, earlier, similarity, alone = (np.array(column) for column in zip(*rows, strict=True))
    found = verdict(Agreement(kana, birth, sex, address, earlier, similarity.astype(np.int16)), alone=alone)

    assert ((found == Verdict.SAME) == (kana & birth & sex & address & alone)).all()
    assert (found[kana & birth & sex & address & ~alone] == Verdict.DOUBTFUL).all(), "ambiguous goes to a person"


@given(rows=ROWS)
def test_one_pair_is_judged_as_it_is_among_many(rows: list[tuple[bool, bool, bool, bool, bool, int, bool]]) -> None:
    together = judged(rows)
    for place, row in enumerate(rows):
        assert judged([row])[0] == together[place]


def judged(rows: list[tuple[bool, bool, bool, bool, bool, int, bool]]) -> list[int]:
    kana, birth, sex, address, earlier, similarity, alone = (np.array(column) for column in zip(*rows, strict=True))
    return [int(code) for code in verdict(Agreement(kana, birth, sex, address, earlier, similarity.astype(np.int16)), alone=alone)]


@given(first=KANA, second=KANA)
def test_similarity_is_symmetric_between_nothing_and_everything(first: str, second: str) -> None:
    there, back, self = name_similarity([first, second, first], [second, first, first])
    assert there == back
    assert 0 <= there <= 100
    assert self == 100


def test_a_letter_written_wrong_leaves_a_name_alike_and_another_name_is_not() -> None:
    assert name_similarity(["コウキハナコ", "コウキハナコ"], ["コウキハナエ", "カイゴタロウ"]).tolist() == [80, 0]
