"""還付を受ける者: which papers show who stands for the heirs, and the kinds of accounts. Pure."""

from __future__ import annotations

from typing import Final

DOCUMENTS: Final = {
    "representative_form": "相続人代表者指定届",
    "family_register": "戸籍（亡くなった方と相続人の関係がわかるもの）",
    "legal_heirs_list": "法定相続情報一覧図",
    "identity": "相続人代表者の本人確認書類",
    "agreement": "ほかの相続人の同意書",
}
RELATION: Final = frozenset({"family_register", "legal_heirs_list"})
"""Either shows that somebody is an heir."""
NEEDED: Final = frozenset({"representative_form", "identity"})
ACCOUNT_TYPES: Final = {1: "普通", 2: "当座", 4: "貯蓄"}
"""預金種目 of the transfer files of the banks."""


def documents_missing(documents: list[str]) -> list[str]:
    """What a clerk must still see before somebody can stand for the heirs, in Japanese."""
    missing = [DOCUMENTS[name] for name in sorted(NEEDED - set(documents))]
    return missing if RELATION & set(documents) else [*missing, "戸籍または法定相続情報一覧図"]
