"""What can go wrong on the other side, each turned by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dials:
    """Faults of the network; with none it is as it should be. Numbers: how many lines, drawn by the seed.

    `lost_files`: five-digit municipalities whose file is lost on the way to us. `twice`: whose file comes a second time. `silent`: whose
    requests are not answered. `lost_lines`: lines that a payer leaves out of its answer or result. `rejected`: lines that a payer does not
    know; `changing`: lines refused because the pension is being changed (I-07). `wrong_codes`: answers with a code that no table has.
    `wrong_amounts`: answers that repeat another amount than was asked for. `dead`: pensioners who died after the request.
    `short`: yen that are missing in what is paid in.
    """

    lost_files: frozenset[str] = frozenset()
    twice: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    lost_lines: int = 0
    rejected: int = 0
    changing: int = 0
    wrong_codes: int = 0
    wrong_amounts: int = 0
    dead: int = 0
    short: int = 0
