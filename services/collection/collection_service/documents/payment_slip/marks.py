# SPDX-License-Identifier: Apache-2.0
"""OCR line and eL-QR of a slip: renderers by name, off ("none") until somebody has entered the layout of a site.

Neither layout is public: the OCR line is each bank's and region's own, that of eL-QR (公金, from September 2026) is given to
municipalities and their vendors. A renderer takes a slip and gives the text of the line, or the content of the code.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from chassis.documents import DocumentRefused

if TYPE_CHECKING:
    from collection_service.documents.payment_slip.build import Slip

NONE: Final = "none"
OCR_LINES: Final[dict[str, Callable[["Slip"], str]]] = {}
EL_QR: Final[dict[str, Callable[["Slip"], str]]] = {}


def marked(slip: "Slip", name: str, renderers: Mapping[str, Callable[["Slip"], str]], term: str) -> str:
    """What the renderer of this name gives; empty for "none". Refused where there is none: a made-up line would be read by machines."""
    if name == NONE:
        return ""
    if name not in renderers:
        raise DocumentRefused(
            "no_layout", f"{term}の形「{name}」が登録されていません。公表されていない形のため、設置先で登録してください。", field=term
        )
    return renderers[name](slip)
