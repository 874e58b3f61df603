"""python -m tests.failure.kills: changes flow while everything is killed; in the end all is as if nothing had happened.

A run sends changes of the sample union with the municipalities' own accounts while SIGKILL hits each service, the broker and the database
at random moments, then compares with an undisturbed run of the same changes (tests/failure/flow.py says what must be equal). One line a
run; the same seed sends the same changes and plans the same blows. The exit status is 0 when every run has passed.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Sequence

from rich.console import Console

from tests.failure.flow import Outcome, Undisturbed, disturbed, undisturbed
from tests.failure.offices import changes_with_bad_rows
from tests.failure.union import FailureUnion, home_of_failure_tests
from tests.simulators.municipality.books import Row

SAME_CHANGES = 5
"""So many runs in a row have the same changes, and one undisturbed run to compare with; the blows are others each time."""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.failure.kills", description=__doc__.split("\n\n")[1])
    parser.add_argument("--times", type=int, default=20, help="runs (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of changes and blows (default 1)")
    parser.add_argument("--changes", type=int, default=5_000, help="changes a run, about 2 %% of them bad (default 5,000)")
    parser.add_argument("--residents", type=int, default=3_000, help="people of the union (default 3,000)")
    parser.add_argument("--more", type=int, default=4, help="blows besides one for each service, broker and database (default 4)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Do the runs; 0 when all have passed."""
    chosen = arguments().parse_args(argv)
    console = Console(highlight=False, soft_wrap=True)
    # What the broker's client has to say about each lost connection would drown the lines of the runs.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore", RuntimeWarning)
    union = FailureUnion(home_of_failure_tests(), residents=chosen.residents, seed=chosen.seed)
    began = time.monotonic()
    union.start(lambda text: console.print(f"[dim]{time.monotonic() - began:6.1f} s  {text}[/]"))
    try:
        outcomes = [_run(union, number, chosen, console) for number in range(chosen.times)]
    finally:
        union.stop()
    passed = sum(not outcome.wrong for outcome in outcomes)
    seconds = [outcome.seconds for outcome in outcomes]
    kills = sum(outcome.killed.total() for outcome in outcomes)
    console.print(
        f"{passed} of {len(outcomes)} runs passed; {kills} kills; seconds a run: median {statistics.median(seconds):.0f}, "
        f"longest {max(seconds):.0f}; {len(outcomes) * chosen.changes:,} changes in all"
    )
    return 0 if passed == len(outcomes) else 1


_models: dict[int, tuple[list[Row], Undisturbed]] = {}


def _run(union: FailureUnion, number: int, chosen: argparse.Namespace, console: Console) -> Outcome:
    seed = chosen.seed + number // SAME_CHANGES
    if seed not in _models:
        _models.clear()
        rows = changes_with_bad_rows(seed, union.population, chosen.changes)
        if number:
            union.bring_back()
        _models[seed] = rows, asyncio.run(undisturbed(union, rows))
    rows, model = _models[seed]
    union.bring_back()
    outcome = asyncio.run(disturbed(union, rows, model, seed=1_000 * chosen.seed + number, more=chosen.more))
    console.print(line_of(number + 1, seed, len(rows), model, outcome))
    for difference in outcome.wrong:
        console.print(f"    {difference[:500]}")
    return outcome


def line_of(number: int, seed: int, sent: int, model: Undisturbed, outcome: Outcome) -> str:
    """One run on one line."""
    answers = outcome.answers
    killed = ", ".join(f"{name} {count}" for name, count in sorted(outcome.killed.items()))
    by_themselves = f"; ended by themselves: {dict(outcome.ended_by_themselves)}" if outcome.ended_by_themselves else ""
    return (
        f"run {number:2}  seed {seed}  {outcome.killed.total()} kills ({killed}){by_themselves}  {outcome.seconds:.0f} s "
        f"(undisturbed {model.seconds:.0f} s)  sent {sent:,} = applied {answers['accepted']:,} + rejected {answers['rejected']} "
        f"+ parked {answers['parked']}  answered again {outcome.told_again:,}  {'DIFFERENT' if outcome.wrong else 'equal'}"
    )


if __name__ == "__main__":
    sys.exit(main())
