"""What can go wrong in the local run, told to the person at the keyboard."""

from __future__ import annotations


class LocalRunProblem(Exception):
    """A step cannot be done. The message is Japanese: what is wrong, where, and what to do."""
