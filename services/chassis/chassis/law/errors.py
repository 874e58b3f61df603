"""What can be wrong with a number of the law, by name."""

from __future__ import annotations


class LawError(Exception):
    """The law cannot answer. `message_ja` is the sentence for people; `str()` is the one for logs and developers."""

    code = "law_error"

    def __init__(self, message: str, message_ja: str) -> None:
        super().__init__(message)
        self.message_ja = message_ja


class NotInForce(LawError):
    """The parameter or rule has no value on that day: it begins later, or it has ended."""

    code = "not_in_force"


class UnknownToUs(LawError):
    """A value existed on that day, but nobody has entered it (a gap): it must be read in the ordinance, never guessed."""

    code = "parameter_gap"


class UnknownParameter(LawError):
    """No file of the law defines a parameter of that name."""

    code = "unknown_parameter"


class LawFileError(ValueError):
    """A file of the law breaks the rules of its form. The message names file, line, and what to do."""
