"""口座振替の登録: from which account the premium of a resident is taken. Pure: what may stand in it, and how much of it a list shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import jaconv

ACCOUNT_KINDS: Final = {"1": "普通", "2": "当座", "4": "貯蓄", "9": "その他"}
"""預金種目"""
HOLDER_BYTES: Final = 30
_LARGE: Final = str.maketrans("ｧｨｩｪｫｬｭｮｯｰ−‐", "ｱｲｳｴｵﾔﾕﾖﾂ---")
_WRITABLE: Final = re.compile(r"[A-Z0-9ｦｱ-ﾝﾞﾟ ().,/\-｢｣]+")


@dataclass(frozen=True, slots=True)
class Account:
    """口座: four digits of the bank, three of the branch, 預金種目, seven of the account, and the holder in half-width kana."""

    bank_code: str
    branch_code: str
    account_kind: str
    account_number: str
    holder_kana: str

    @property
    def masked(self) -> str:
        """What lists and screens show of the number: its last three digits."""
        return masked(self.account_number)


class HolderUnwritable(ValueError):
    """The holder's name cannot be written in a file of the banks; the text says in Japanese why."""


def masked(account_number: str) -> str:
    """An account number of which only the last three digits are shown."""
    return f"****{account_number[-3:]}"


def holder_kana(typed: str) -> str:
    """口座名義人 as the banks write it, from whatever a clerk typed: half-width, large kana, one space between words.

    Raises HolderUnwritable for a character that their files have not, and for more than 30 bytes.
    """
    half = jaconv.z2h(jaconv.hira2kata(typed.replace("　", " ")), kana=True, ascii=True, digit=True).upper().translate(_LARGE)
    found = " ".join(half.split())
    if not _WRITABLE.fullmatch(found):
        wrong = sorted({character for character in found if not _WRITABLE.fullmatch(character)})
        raise HolderUnwritable(
            f"口座名義人に使えない文字「{'」「'.join(wrong)}」があります。カナで入れてください。" if wrong else "口座名義人がありません。"
        )
    if len(found) > HOLDER_BYTES:
        raise HolderUnwritable(
            f"口座名義人が{len(found)}字あります。通帳のカナのとおりに、{HOLDER_BYTES}字まで(濁点も1字)で入れてください。"
        )
    return found
