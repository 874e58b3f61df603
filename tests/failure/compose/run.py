"""Prove the composed system: `python3 -m tests.failure.compose.run` from the repository's root; needs nothing but Python 3.11.

Exit code 0: every claim holds, or the proof was skipped because no container engine can be had here (the line says why); 1: a claim failed.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback

from tests.failure.compose.claims import CLAIMS
from tests.failure.compose.engine import CommandFailed, NoEngine
from tests.failure.compose.stack import StackProblem, cache_folder, running_stack, step


def main() -> int:
    """Bring the stack up, check every claim, take it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--official", action="store_true", help="use the official base images instead of stand-ins made with debootstrap")
    options = parser.parse_args()
    failed = 0
    # A time limit from outside ends the proof as an exception does: containers and engine are taken down on the way out.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with running_stack(cache_folder(), official=options.official) as stack:
            for claim in CLAIMS:
                try:
                    with step(claim.__name__.replace("_", " ")):
                        claim(stack)
                except (AssertionError, CommandFailed, OSError):
                    failed += 1
                    traceback.print_exc()
    except NoEngine as reason:
        sys.stdout.write(f"skipped: the composed system was not proven, because {reason}\n")
        return 0
    except (StackProblem, CommandFailed) as problem:
        sys.stdout.write(f"{problem}\n0 passed, {len(CLAIMS)} failed\n")
        return 1
    sys.stdout.write(f"{len(CLAIMS) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
