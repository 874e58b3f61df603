"""The settings that eligibility's handlers need; read once."""

from __future__ import annotations

from functools import cache

from chassis.settings import Settings


@cache
def current() -> Settings:
    """This process's settings."""
    return Settings(service="eligibility")
