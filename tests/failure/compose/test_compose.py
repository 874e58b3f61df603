"""The claims of claims.py under pytest, on one composition. They take minutes and an engine, so KOKI_COMPOSE=1 asks for them.

Two claims restart the system, but each leaves it healthy, so the order does not matter.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.failure.compose.claims import CLAIMS
from tests.failure.compose.engine import NoEngine
from tests.failure.compose.stack import Stack, cache_folder, running_stack

pytestmark = pytest.mark.skipif(
    os.environ.get("KOKI_COMPOSE") != "1",
    reason="the composed system is proven only when asked for: KOKI_COMPOSE=1 (needs a container engine, or root on Debian or Ubuntu)",
)


@pytest.fixture(scope="module")
def composed() -> Iterator[Stack]:
    try:
        with running_stack(cache_folder()) as stack:
            yield stack
    except NoEngine as reason:
        pytest.skip(f"the composed system was not proven, because {reason}")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_composed_system_keeps_the_claim(composed: Stack, claim: Callable[[Stack], None]) -> None:
    claim(composed)
