"""The union that the failure tests share: loaded once a session, on servers of its own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.failure.doors import Doors
from tests.failure.picture import Databases
from tests.failure.strangers import Strangers
from tests.failure.union import FailureUnion, home_of_failure_tests

RESIDENTS = 3_000
SEED = 1


@pytest.fixture(scope="session")
def union() -> Iterator[FailureUnion]:
    """Six services with 3,000 residents; `KOKI_KEEP_TEST_SERVERS=1` leaves them running for the next session."""
    found = FailureUnion(home_of_failure_tests(), residents=RESIDENTS, seed=SEED)
    found.start()
    yield found
    if os.environ.get("KOKI_KEEP_TEST_SERVERS") != "1":
        found.stop()


@pytest.fixture
async def books(union: FailureUnion) -> AsyncIterator[Databases]:
    """What the services hold."""
    async with Databases(union.servers) as databases:
        yield databases


@pytest.fixture
def doors(union: FailureUnion, books: Databases) -> Iterator[Doors]:
    """The public doors of the running union; a service that a failed test has left dead is started first."""
    union.start_services()
    with Doors(union, books) as found:
        yield found


@pytest.fixture
def strangers(union: FailureUnion) -> Strangers:
    """People whom the union does not know yet, others at each call."""
    return Strangers(union)
