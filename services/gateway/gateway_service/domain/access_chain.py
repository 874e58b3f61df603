"""The hash chain of the access log: each entry holds the hash of the one before, so that a change is found by anybody who recomputes it.

The database function `append_access_log` writes with the same form; a test holds the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Access:
    """Who (`user`), at which terminal, did what (`action`), about whom (`code:resident number` each), with which result."""

    at: datetime
    user: str
    action: str
    result: str
    terminal: str = ""
    about: tuple[str, ...] = ()
    detail: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An access as it stands in the log."""

    number: int
    access: Access
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a recomputation found: entries seen, the hash of the last (write it down elsewhere), the first entry that does not fit."""

    entries: int
    last_hash: bytes
    broken_at: int | None = None


def cleaned(text: str) -> str:
    """Text without control characters, so that a field cannot pretend to be two."""
    return "".join(character if character.isprintable() else " " for character in text)


def hash_of(number: int, access: Access, previous: bytes) -> bytes:
    """SHA-256 of the previous hash and the fields of the entry."""
    at = access.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    fields: Sequence[str] = (
        str(number), at, access.user, access.terminal, access.action, ",".join(access.about), access.result, access.detail, access.trace_id,
    )  # fmt: skip
    return hashlib.sha256(previous + SEPARATOR.join(fields).encode()).digest()


def verify(entries: Iterable[Entry], start: Verdict | None = None) -> Verdict:
    """Recompute the chain over entries in the order of their numbers, from the beginning or on from an earlier verdict."""
    count, last = (start.entries, start.last_hash) if start else (0, b"")
    for entry in entries:
        fits = entry.number == count + 1 and entry.previous == last and entry.hash == hash_of(entry.number, entry.access, last)
        if not fits:
            return Verdict(count, last, broken_at=count + 1)
        count, last = entry.number, entry.hash
    return Verdict(count, last)
