"""送付先 as it is asked for: what is compared, and how the second officer reads it. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from eligibility_service.domain.words import PURPOSES, WITHHELD

ACT: Final = "delivery_address"
END: Final = "delivery_address_end"
_ALIKE: Final = str.maketrans("", "", " \t　-‐‑–—―−－ー丁目番地号の")


def key_of(postal_code: str, address: Sequence[str]) -> str:
    """What two ways to write one address have in common: no width, spaces, hyphens and counters."""
    return postal_code + unicodedata.normalize("NFKC", "".join(address)).translate(_ALIKE)


def in_one_line(place: Mapping[str, Any]) -> str:
    """〒100-0001 東京都… 宛名."""
    code = place["postal_code"]
    return f"〒{code[:3]}-{code[3:]}　{'　'.join(place['address'])}　{place['recipient']} 様"


def shown(content: Mapping[str, Any]) -> dict[str, str]:
    """What the second officer compares: whose letters, where they go now, where they will go. Addresses are left out by the store when
    they are withheld."""
    entry, places = content["entry"], content.get("addresses")
    return {
        "被保険者": f"{content['insured']['name']}（被保険者番号 {content['insured']['insured_number'] or 'なし'}）",
        "使いみち": PURPOSES[entry["purpose"]],
        "届け出た人": f"{entry['applicant']}（{entry['relationship']}）",
        "期間": f"{entry['valid_from']} から {entry['valid_until'] or '終わりの届出がある日'} まで",
        "いまの送付先": in_one_line(places["old"]) if places else WITHHELD,
        "新しい送付先": in_one_line(places["new"]) if places else WITHHELD,
        "入力のときの注意": "　".join(content["warnings"]) or "なし",
    }
