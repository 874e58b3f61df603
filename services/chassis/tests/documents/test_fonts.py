# SPDX-License-Identifier: Apache-2.0
"""Which characters and variation sequences the fonts of the house can show."""

from pathlib import Path

import pytest
from chassis.documents import GOTHIC, MINCHO, MOJI_JOHO, DocumentRefused, FontsMissing, Typefaces
from chassis.documents.fonts import FontSettings, clusters, typefaces

MOJI_JOHO_SEQUENCE = "邉\U000e010f"
ADOBE_SEQUENCE = "邉\U000e0100"
UNKNOWN_SEQUENCE = "邉\U000e0102"


def test_a_usual_name_is_set_in_the_easily_read_mincho() -> None:
    assert typefaces().choose_for_name("髙橋　千代") == MINCHO


def test_a_name_with_a_rare_character_is_set_in_ipamj_as_a_whole() -> None:
    assert typefaces().choose_for_name("𠮷田　太郎") == MOJI_JOHO


def test_a_moji_joho_sequence_is_set_in_the_font_that_knows_it() -> None:
    assert typefaces().choose_for_name(f"渡{MOJI_JOHO_SEQUENCE}　太郎") == MOJI_JOHO


def test_a_sequence_that_the_first_font_knows_stays_there() -> None:
    assert typefaces().choose_for_name(f"渡{ADOBE_SEQUENCE}　太郎") == MINCHO


def test_a_sequence_that_no_font_knows_is_refused_and_not_replaced_by_the_plain_character() -> None:
    with pytest.raises(DocumentRefused, match="異体字") as refused:
        typefaces().choose_for_name(f"渡{UNKNOWN_SEQUENCE}　太郎")
    assert refused.value.code == "unknown_variant"
    assert "U+9089 U+E0102" in str(refused.value)


@pytest.mark.parametrize("character", ["😀", "\ue000", "\u200b", "\n"])
def test_a_character_that_no_font_shows_is_refused_by_its_code_point(character: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        typefaces().choose(f"東京都{character}", field="住所")
    assert refused.value.code == "missing_glyph"
    assert f"U+{ord(character):04X}" in str(refused.value)


def test_a_selector_without_its_character_is_refused() -> None:
    with pytest.raises(DocumentRefused):
        typefaces().choose("\U000e0102", field="氏名")


@pytest.mark.parametrize("mark", ["●", "〓", "□", "\ufffd", "\ue123"])
def test_a_mark_for_a_character_somebody_could_not_write_is_refused_in_a_name(mark: str) -> None:
    with pytest.raises(DocumentRefused, match="代わりの記号") as refused:
        typefaces().choose_for_name(f"{mark}田　太郎")
    assert refused.value.code == "placeholder"


def test_a_selector_stays_with_its_character() -> None:
    assert clusters(f"渡{MOJI_JOHO_SEQUENCE}太") == ["渡", MOJI_JOHO_SEQUENCE, "太"]


def test_the_fonts_have_the_numbers_of_characters_and_sequences_that_their_makers_publish() -> None:
    faces = Typefaces(FontSettings().folders)
    found = {family: (len(face.characters), len(face.sequences)) for family, face in faces.faces.items()}
    assert found[MOJI_JOHO][1] == 11_474  # sequences of IPAmj Mincho 5.01, as counted by other readers of the same font
    assert found[GOTHIC] == found[MINCHO]
    assert found[MINCHO][0] > 11_000


def test_a_missing_font_is_named_with_its_package_and_the_setting(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing) as missing:
        Typefaces([tmp_path])
    for word in (MOJI_JOHO, "fonts-ipamj-mincho", "KOKI_FONT_PATHS", str(tmp_path)):
        assert word in str(missing.value)


def test_the_folders_come_from_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOKI_FONT_PATHS", "/one:/two")
    assert FontSettings().folders == (Path("/one"), Path("/two"))
