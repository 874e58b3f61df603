"""Letters of the ledger: every fact is read back from the page, and one that cannot be shown stops the letter."""

from __future__ import annotations

from datetime import date

import pytest
from chassis.documents import DocumentRefused
from chassis.documents.letter import Contact
from eligibility_service.documents.ledger_letter import WORDS, LetterData, LetterKind, render_letter
from eligibility_service.documents.ledger_letter.build import HANDED_OVER

from services.eligibility.tests.pdf import pages_of

FACTS = (("異動のあった日", "令和8年5月20日"), ("根拠", "高齢者の医療の確保に関する法律 第53条"))


def letter(kind: LetterKind, *, name: str = "後期　花子", facts: tuple[tuple[str, str], ...] = FACTS) -> LetterData:
    return LetterData(
        kind=kind, delivery=None, name=name, born_on="昭和15年5月5日", insured_number="00000042", facts=facts, issued_on=date(2026, 7, 13),
        issuer="見本県後期高齢者医療広域連合", contact=Contact(office="資格課", telephone="00-0000-0000"), review_board="見本県審査会",
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_letter_shows_its_title_its_facts_and_its_notes(kind: LetterKind) -> None:
    """E-14, E-25, E-26: the page holds what was asked for, and a decision tells how to appeal."""
    (text,) = (page.replace("\n", "") for page in pages_of(render_letter(letter(kind))))

    words = WORDS[kind]
    wanted = [words.title, words.lead, *words.notes, "00000042", HANDED_OVER, "資格課", *(part for fact in FACTS for part in fact)]
    squeezed = text.replace(" ", "").replace("　", "")
    assert [one for one in wanted if one.replace(" ", "").replace("　", "") not in squeezed] == []
    assert ("見本県審査会" in squeezed) == words.is_decision


def test_a_letter_with_a_character_that_no_font_shows_is_refused() -> None:
    with pytest.raises(DocumentRefused):
        render_letter(letter(LetterKind.RECEIPT, name="後期\ue000子"))
