"""Secrets that are drawn for people and shown once."""

from __future__ import annotations

import secrets
from typing import Final

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """Sixteen letters and digits without those that look alike, in groups of four: 79 bits, and can be typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
