# SPDX-License-Identifier: Apache-2.0
"""JIS X 0201 (single bytes, with half-width kana at A1–DF) and JIS X 0208 (pairs of seven bits), and the escapes between them.

Bytes are decoded as whole matrices, one row per record; what cannot be decoded becomes U+FFFD.
Source of the escapes: 特別徴収 records of 500 bytes, ESC $ B before kanji and ESC ( J after.
"""

import re
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

KANJI_IN: Final = b"\x1b$B"
KANJI_OUT: Final = b"\x1b(J"
REPLACEMENT: Final = "\ufffd"
_ESCAPES: Final = re.compile(rb"(\x1b\$[B@]|\x1b\([JBI])")
_PAIR_SPACE: Final = (0x20, 0x20)

TO_JIS: Final = str.maketrans("～∥－￠￡￢", "〜‖−¢£¬")
"""Six characters of JIS X 0208 have two places in Unicode. In memory we keep Microsoft's, as CP932 files and keyboards give them."""
TO_MICROSOFT: Final = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")

Bytes = NDArray[np.uint8]


@cache
def _single_table() -> NDArray[np.uint32]:
    table = np.full(256, ord(REPLACEMENT), dtype=np.uint32)
    table[0x20:0x7F] = np.arange(0x20, 0x7F)
    table[0xA1:0xE0] = np.arange(0xFF61, 0xFF61 + 0x3F)
    return table


@cache
def _pair_table() -> NDArray[np.uint32]:
    """JIS X 0208 by two bytes, 128 × 128; EUC-JP is the same table with the high bits set."""
    table = np.full((128, 128), ord(REPLACEMENT), dtype=np.uint32)
    for high in range(0x21, 0x7F):
        for low in range(0x21, 0x7F):
            try:
                table[high, low] = ord(bytes((high | 0x80, low | 0x80)).decode("euc_jp").translate(TO_MICROSOFT))
            except UnicodeDecodeError:
                continue
    table[_PAIR_SPACE] = ord("　")
    return table


def decode_single(cells: Bytes) -> NDArray[np.str_]:
    """Texts of a matrix (records × bytes) of JIS X 0201."""
    return _as_texts(_single_table()[cells])


def decode_pairs(cells: Bytes) -> NDArray[np.str_]:
    """Texts of a matrix (records × bytes, an even number) of JIS X 0208 without escapes; a pair of spaces is a full-width space."""
    if cells.shape[1] % 2:
        raise ValueError("JIS X 0208 needs an even number of bytes.")
    high, low = cells[:, 0::2], cells[:, 1::2]
    points = _pair_table()[high & 0x7F, low & 0x7F]
    points[(high | low) >= 0x80] = ord(REPLACEMENT)
    return _as_texts(points)


def decode_mixed(cell: bytes) -> str:
    """The text of one field that switches between single bytes and pairs by escapes; it begins in single bytes."""
    text, in_pairs = "", False
    for part in _ESCAPES.split(cell):
        if _ESCAPES.fullmatch(part):
            in_pairs = part[1:2] == b"$"
        elif part and in_pairs and len(part) % 2:
            text += REPLACEMENT
        elif part:
            row = np.frombuffer(part, dtype=np.uint8)[None, :]
            text += str((decode_pairs if in_pairs else decode_single)(row)[0])
    return text + (REPLACEMENT if in_pairs else "")


def encode_single(text: str) -> bytes:
    """JIS X 0201 bytes; UnicodeEncodeError where a character is not in it."""
    found = bytearray()
    for position, character in enumerate(text):
        point = ord(character)
        if 0x20 <= point < 0x7F:
            found.append(point)
        elif 0xFF61 <= point < 0xFFA0:
            found.append(point - 0xFF61 + 0xA1)
        else:
            raise UnicodeEncodeError("JIS X 0201", text, position, position + 1, "not a half-width character")
    return bytes(found)


def encode_pairs(text: str) -> bytes:
    """JIS X 0208 pairs without escapes; UnicodeEncodeError where a character is not in it."""
    found = bytearray()
    for position, character in enumerate(text.translate(TO_JIS)):
        try:
            pair = character.encode("euc_jp")
        except UnicodeEncodeError:
            pair = b""
        if len(pair) != 2 or pair[0] < 0xA1:
            raise UnicodeEncodeError("JIS X 0208", text, position, position + 1, "not a character of JIS X 0208")
        found += bytes(byte & 0x7F for byte in pair)
    return bytes(found)


def encode_mixed(text: str) -> bytes:
    """Single bytes and pairs with the escapes between them; ends in single bytes."""
    found, in_pairs = b"", False
    for position, character in enumerate(text):
        is_single = 0x20 <= ord(character) < 0x7F or 0xFF61 <= ord(character) < 0xFFA0
        if is_single == in_pairs:
            found += KANJI_OUT if is_single else KANJI_IN
            in_pairs = not is_single
        try:
            found += encode_single(character) if is_single else encode_pairs(character)
        except UnicodeEncodeError as error:
            raise UnicodeEncodeError(error.encoding, text, position, position + 1, error.reason) from None
    return found + (KANJI_OUT if in_pairs else b"")


def _as_texts(points: NDArray[Any]) -> NDArray[np.str_]:
    width = points.shape[1]
    return np.ascontiguousarray(points, dtype=np.uint32).view(f"U{width}").reshape(-1)
