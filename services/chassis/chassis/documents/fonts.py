# SPDX-License-Identifier: Apache-2.0
"""The fonts of every document, and which of them can really show a name.

BIZ UD Gothic and Mincho (Debian: fonts-morisawa-bizud-gothic, fonts-morisawa-bizud-mincho) are made for easy reading; IPAmj Mincho
(fonts-ipamj-mincho) holds the characters of 住民基本台帳 and 戸籍 with their Moji_Joho variation sequences. A typesetter that meets a
sequence its font does not know prints the plain character without a word, so the font's own tables are asked before.

Tables: OpenType 1.9, cmap formats 12 (characters) and 14 (variation sequences).
"""

import os
import re
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

import typst
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.documents.refusal import DocumentRefused

GOTHIC: Final = "BIZ UDGothic"
MINCHO: Final = "BIZ UDMincho"
PROSE: Final = "BIZ UDPGothic"
MOJI_JOHO: Final = "IPAmjMincho"
PACKAGES: Final = {
    GOTHIC: "fonts-morisawa-bizud-gothic",
    PROSE: "fonts-morisawa-bizud-gothic",
    MINCHO: "fonts-morisawa-bizud-mincho",
    MOJI_JOHO: "fonts-ipamj-mincho",
}
USUAL_FOLDERS: Final = tuple(f"/usr/share/fonts/truetype/{name}" for name in ("bizud-gothic", "bizud-mincho", "ipamj"))
SELECTOR: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""A variation selector: it chooses a shape of the character before it and has no width of its own."""
_CLUSTER: Final = re.compile(f".{SELECTOR.pattern}*", re.DOTALL)
PLACEHOLDER: Final = re.compile("[●〓□■�\ue000-\uf8ff\U000f0000-\U0010fffd]")
"""What other systems put where they could not write a character: a person's name never holds it."""


class FontsMissing(RuntimeError):
    """A font that the documents need is in none of the folders; the text names the font, its package and the setting."""


def clusters(text: str) -> list[str]:
    """The characters of `text`, each with the variation selectors that follow it."""
    return _CLUSTER.findall(text)


@dataclass(frozen=True)
class Typeface:
    """The characters and the variation sequences (a character and its selector) that one font file can show."""

    family: str
    characters: frozenset[str]
    sequences: frozenset[str]

    def missing(self, text: str) -> list[str]:
        """The characters and sequences of `text` that this font does not know, in the order of the text."""
        if self.characters.issuperset(text):
            return []
        return [cluster for cluster in clusters(text) if cluster not in (self.characters if len(cluster) == 1 else self.sequences)]

    @classmethod
    def read(cls, family: str, path: Path) -> "Typeface":
        """Read what the font at `path` can show. Raises `FontsMissing` where the file has no Unicode table."""
        with path.open("rb") as file:
            tables = dict(_subtables(file))
        if 12 not in tables or 14 not in tables:
            raise FontsMissing(
                f"フォント {path} には文字の対応表(cmap 12・14)がありません。{PACKAGES.get(family, '正しい版')} を入れ直してください。"
            )
        characters = frozenset(character for character in _characters(tables[12]) if _is_drawn(character))
        return cls(family, characters, frozenset(_sequences(tables[14])))


class Typefaces:
    """The fonts found in a list of folders: for Typst, and for asking which of them can show a text."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.for_typst = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in folders]
        )
        self._files = {font.family: Path(font.path) for font in self.for_typst.fonts() if font.path and font.weight == 400}
        absent = [family for family in PACKAGES if family not in self._files]
        if absent:
            raise FontsMissing(
                f"帳票のフォント {'、'.join(absent)} が見つかりません。探した場所: {'、'.join(map(str, folders)) or 'なし'}。"
                f"Debian のパッケージ {'、'.join(sorted({PACKAGES[family] for family in absent}))} を入れるか、"
                "設定 KOKI_FONT_PATHS にフォントのあるフォルダを書いてください。"
            )
        self.faces = {family: Typeface.read(family, self._files[family]) for family in (GOTHIC, MINCHO, MOJI_JOHO)}

    def choose(self, text: str, *, field: str, families: Sequence[str] = (MINCHO, MOJI_JOHO)) -> str:
        """The first of `families` that shows every character and variation sequence of `text`.

        One family for the whole text, so that a name is not a patchwork. Raises `DocumentRefused` naming what no family can show.
        """
        for family in families:
            if not self.faces[family].missing(text):
                return family
        fewest = min((self.faces[family].missing(text) for family in families), key=len)
        shown = "、".join(f"「{cluster}」({' '.join(f'U+{ord(character):04X}' for character in cluster)})" for cluster in fewest)
        if any(len(cluster) > 1 for cluster in fewest):
            raise DocumentRefused(
                "unknown_variant", f"異体字 {shown} の字形がフォントにありません。文字情報基盤の異体字に直してください。", field=field
            )
        raise DocumentRefused("missing_glyph", f"文字 {shown} の字形がフォントにありません。文字を確かめてください。", field=field)

    def choose_for_name(self, name: str, *, field: str = "氏名") -> str:
        """`choose` for the name of a person: refuses the marks that stand for a character somebody could not write (●, 〓 …)."""
        if found := PLACEHOLDER.search(name):
            mark = found.group()
            raise DocumentRefused(
                "placeholder", f"文字の代わりの記号「{mark}」(U+{ord(mark):04X})が入っています。正しい文字に直してください。", field=field
            )
        return self.choose(name, field=field)


class FontSettings(BaseSettings):
    """KOKI_FONT_PATHS: folders with the fonts, separated as in PATH; where it is not set, those of the Debian packages."""

    model_config = SettingsConfigDict(env_prefix="KOKI_", env_ignore_empty=True)

    font_paths: str = os.pathsep.join(USUAL_FOLDERS)

    @property
    def folders(self) -> tuple[Path, ...]:
        return tuple(Path(folder) for folder in self.font_paths.split(os.pathsep) if folder)


@cache
def typefaces(folders: tuple[Path, ...] | None = None) -> Typefaces:
    """The fonts of this process: read once (about 0.3 s), from `folders` or the setting."""
    return Typefaces(folders if folders is not None else FontSettings().folders)


def _is_drawn(character: str) -> bool:
    """Not a selector, not a control or format mark, not for private use: those fonts list too, and draw nothing or anything."""
    return not SELECTOR.match(character) and unicodedata.category(character) not in ("Cc", "Cf", "Co")


def _subtables(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The subtables of cmap by their format number; other formats say the same with fewer characters."""
    _, tables = struct.unpack(">4sH6x", file.read(12))
    directory = {tag: (offset, length) for tag, _, offset, length in struct.iter_unpack(">4sIII", file.read(16 * tables))}
    offset, length = directory.get(b"cmap", (0, 0))
    file.seek(offset)
    cmap = file.read(length)
    for _, _, start in struct.iter_unpack(">HHI", cmap[4 : 4 + 8 * int.from_bytes(cmap[2:4], "big")]):
        yield int.from_bytes(cmap[start : start + 2], "big"), cmap[start:]


def _characters(table: bytes) -> Iterator[str]:
    for first, last, glyph in struct.iter_unpack(">III", table[16 : 16 + 12 * int.from_bytes(table[12:16], "big")]):
        yield from map(chr, range(first + (glyph == 0), last + 1))


def _sequences(table: bytes) -> Iterator[str]:
    """Default sequences (the font's usual glyph is the right one) and those with a glyph of their own."""
    for number in range(int.from_bytes(table[6:10], "big")):
        record = table[10 + 11 * number : 21 + 11 * number]
        selector, default, special = (
            chr(int.from_bytes(record[:3], "big")),
            int.from_bytes(record[3:7], "big"),
            int.from_bytes(record[7:], "big"),
        )
        if default:
            for at in _entries(table, default, 4):
                first = int.from_bytes(table[at : at + 3], "big")
                yield from (chr(base) + selector for base in range(first, first + table[at + 3] + 1))
        if special:
            yield from (chr(int.from_bytes(table[at : at + 3], "big")) + selector for at in _entries(table, special, 5))


def _entries(table: bytes, start: int, size: int) -> range:
    count = int.from_bytes(table[start : start + 4], "big")
    return range(start + 4, start + 4 + size * count, size)
