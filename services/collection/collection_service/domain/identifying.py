"""対象者の特定: whether a pensioner whom a payer names is a resident whom we know. A deciding function of rows: no database, no clock.

Only full agreement of name, birthday, sex and address links; whatever agrees in part waits for an officer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import jaconv

KANA_BYTES: Final = 25
"""カナ氏名 of the record of 500 bytes; longer names are cut there."""
_SMALL: Final = str.maketrans("ｧｨｩｪｫｬｭｮｯ", "ｱｲｳｴｵﾔﾕﾖﾂ")
_SPACES: Final = re.compile(r"\s+")
_HYPHENS: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−ーｰ", "-"))
_BLOCK: Final = re.compile(r"(?<=\d)(?:丁目|番地|番|号|-)+(?:の)?(?=\d|$)|(?<=\d)(?:番地|番|号)$")


@dataclass(frozen=True, slots=True)
class Pensioner:
    """対象者: what a pension payer says of a person. `address` begins with the municipality; the prefecture is left out."""

    name_kana: str
    born_on: date
    sex: str
    address: str


@dataclass(frozen=True, slots=True)
class Resident:
    """住民: what the register says; `insured_id` None: nobody who is insured with us."""

    name_kana: str
    born_on: date | None
    sex: str | None
    address: str
    insured_id: UUID | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """特定結果: `state` identified, not_insured, doubtful or unknown; `doubt`: in what the nearest resident differs (Japanese)."""

    state: str
    insured_id: UUID | None = None
    doubt: str | None = None


def kana_key(name: str) -> str:
    """A name as the record has it: half-width, upper case kana alone, no spaces, cut to the length of the field."""
    half = jaconv.z2h(jaconv.hira2kata(unicodedata.normalize("NFKC", name)), kana=True, ascii=True, digit=True)
    return _SPACES.sub(" ", half.translate(_SMALL).upper()).strip()[:KANA_BYTES].replace(" ", "")


def address_key(address: str) -> str:
    """An address without what people write in several ways: width, spaces, 丁目・番地・号 against hyphens."""
    text = _SPACES.sub("", unicodedata.normalize("NFKC", address)).translate(_HYPHENS)
    return _BLOCK.sub("-", text).strip("-")


def identify(pensioner: Pensioner, residents: Sequence[Resident]) -> Verdict:
    """Compare a pensioner with the residents of the municipality who share birthday or postal code."""
    found = [(_differences(pensioner, resident), resident) for resident in residents]
    same = [resident for differences, resident in found if not differences]
    if len(same) == 1:
        insured_id = same[0].insured_id
        return Verdict("not_insured") if insured_id is None else Verdict("identified", insured_id)
    if len(same) > 1:
        return Verdict("doubtful", doubt=f"すべてが一致する住民が{len(same)}人います。")
    near = [differences for differences, _ in found if len(differences) == 1]
    if near:
        return Verdict("doubtful", doubt=f"{near[0][0]}が違います。")
    return Verdict("unknown")


def _differences(pensioner: Pensioner, resident: Resident) -> list[str]:
    differs = {
        "生年月日": resident.born_on != pensioner.born_on,
        "性別": resident.sex != pensioner.sex,
        "住所": address_key(resident.address) != address_key(pensioner.address),
        "カナ氏名": kana_key(resident.name_kana) != kana_key(pensioner.name_kana),
    }
    return [term for term, is_different in differs.items() if is_different]
