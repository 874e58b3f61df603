"""適合検査: whether a generation of the feed holds in every field what the ledger holds, before it leaves (I-40). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.layouts import Layout

HELD, FILLED = "台帳: ", "ファイル: "
"""Before the term of a field: of how many people the ledger knows it, and how many rows of the file hold it."""
EMPTY_WHERE_THE_LEDGER_IS: Final = frozenset({"lost_on", "certificate_kind", "certificate_issued_on", "certificate_valid_until"})
"""Fields that may be empty for everybody, where the ledger has nothing either: nobody has left yet, no certificate is issued yet."""


def faults(layout: Layout, totals: Mapping[str, int], *, is_whole: bool) -> dict[str, str]:
    """Field → what is wrong with it, in Japanese; empty when the generation may leave.

    `totals`: `rows`, and the counts by field of all its files. Of a whole generation every field must be filled as often as the ledger
    has it, and a field that is empty for everybody stops the file, whatever the reason: a mapping that fell out looks like that.
    Of a generation of differences, only what every row must have.
    """
    rows = totals.get("rows", 0)
    found: dict[str, str] = {}
    for field in layout.data_fields:
        count = totals.get(FILLED + field.term, 0)
        if field.required and count != rows:
            found[field.name] = f"{field.term}が空の行が{rows - count:,}件あります。"
        elif is_whole and rows and count == 0 and field.name not in EMPTY_WHERE_THE_LEDGER_IS:
            found[field.name] = f"{field.term}が全員({rows:,}件)で空です。"
        elif is_whole and (held := totals.get(HELD + field.term)) is not None and held != count:
            found[field.name] = f"{field.term}は台帳に{held:,}件ありますが、ファイルには{count:,}件です。"
    return found


def counted(layout: Layout, prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by name of field as they stand in the result of a chunk, where an operator reads them."""
    return {prefix + layout.field(name).term: count for name, count in counts.items()}


def sample_differences(layout: Layout, row: Mapping[str, object], known: Mapping[str, object]) -> list[str]:
    """Fields of one row of the file that say something else than what the window would show of that person."""
    return [field.name for field in layout.data_fields if field.name in known and row.get(field.name) != known[field.name]]
