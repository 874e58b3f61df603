"""The second wall behind the gateway: in a reader's transaction the database itself shows a municipality its own people alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_SCOPE = "current_setting('koki.scope', true)"
OWN_MUNICIPALITIES = f"{_SCOPE} = '*' OR municipality_code = ANY (string_to_array({_SCOPE}, ','))"
"""True for the rows of the reader's municipalities; `koki.scope` is set by `Units.open(seen_by=…)`, and without it nothing is seen."""


def seen_by_municipality(op: Any, service: str, tables: Iterable[str], *, using: str = OWN_MUNICIPALITIES) -> None:
    """In a migration: let the role `<service>_window` see of `tables` only rows for which `using` holds."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_municipalities ON {table} FOR SELECT TO {service}_window USING ({using})")
