"""Two times: when something holds (`valid_during`, a daterange in Japan) and when we knew it (`recorded_during`, a tstzrange).

Both half-open. A row is superseded by closing `recorded_during`; it is never changed otherwise. An exclusion constraint keeps two
rows of one key from holding on the same day in the same knowledge.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, ColumnElement, Table, and_, literal_column
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZRANGE, ExcludeConstraint


def two_times() -> tuple[Column[object], Column[object]]:
    """The columns of a bitemporal table."""
    return (
        Column("valid_during", DATERANGE, nullable=False),
        Column("recorded_during", TSTZRANGE, nullable=False),
    )


def never_both(*key: str) -> ExcludeConstraint:
    """No two rows of one key that hold on one day in one knowledge (needs the extension btree_gist)."""
    columns = [(column, "=") for column in key]
    return ExcludeConstraint(*columns, ("valid_during", "&&"), ("recorded_during", "&&"), using="gist")


def known(table: Table, *, at: datetime | None = None) -> ColumnElement[bool]:
    """The rows as known at a time (UTC); without one, as known now."""
    if at is None:
        return literal_column(f"upper_inf({table.name}.recorded_during)").is_(True)
    return table.c.recorded_during.contains(at)


def holding(table: Table, *, on: date) -> ColumnElement[bool]:
    """The rows that hold on a day."""
    return table.c.valid_during.contains(on)


def as_of(table: Table, *, on: date, at: datetime | None = None) -> ColumnElement[bool]:
    """What was known at a time about a day."""
    return and_(holding(table, on=on), known(table, at=at))
