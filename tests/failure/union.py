"""The sample union of the failure tests: six real services on servers of their own, loaded once, and brought back to that state.

What is loaded (residents, ledger, premiums, instalments) is kept as copies of the databases, so that a run begins within seconds at the
very same state. The copies bear the fingerprint of the code and of the people that they were made of: changed code loads anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import httpx

from infra.local.servers import PrivateServers
from infra.local.services import SAMPLE_BUSINESS_DATE, Services
from infra.local.thread import Thread
from infra.rabbitmq.definitions import SERVICES, VHOST
from tests.failure.copies import Copies
from tests.simulators.municipality.files import write_population
from tests.simulators.municipality.population import Population, populate

DAY: Final = date.fromisoformat(SAMPLE_BUSINESS_DATE)
PATIENCE: Final = 300.0
"""Seconds for what takes a few on an idle machine; the machine may be shared."""
UNSENT: Final = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
PEOPLE: Final = ", people "
"""Between the fingerprint of the code and that of the people in the mark of a copy."""
Told = Callable[[str], None]


class FailureUnion:
    """Servers and services of one home folder, with the sample union of `residents` people and `seed` in them."""

    def __init__(self, home: Path, *, residents: int, seed: int) -> None:
        self.servers = PrivateServers(home)
        self.services = Services(self.servers)
        self.home = self.servers.home
        self.copies = Copies(self.servers)
        self.residents, self.seed = residents, seed

    @cached_property
    def population(self) -> Population:
        """The people who are loaded."""
        return populate(self.residents, self.seed, DAY)

    def start(self, told: Told = lambda text: None) -> None:
        """Bring everything up at the loaded state, whatever was there before."""
        self.servers.start()
        told("servers are up")
        self.kill_services()
        kept = asyncio.run(self.copies.marks(map(_loaded, SERVICES)))
        if any(kept[_loaded(service)] != self._mark(service) for service in SERVICES):
            self._load(told)
        self.bring_back()
        told(f"loaded: {self.residents:,} residents")

    def stop(self) -> None:
        """Stop what this home started; the data stays for the next time."""
        self.services.stop()
        self.servers.stop()

    def bring_back(self) -> None:
        """End the services, bring the databases back to the loaded state, empty the queues, start the services."""
        self.kill_services()
        for service in SERVICES:
            asyncio.run(self.copies.make(_loaded(service), service, service))
            asyncio.run(self.copies.mark(service, self.services.fingerprint(service)))
        self.servers.start_postgres()  # grants on the database itself are not copied
        self._purge_queues()  # by now the broker has put back what the killed ones had not acknowledged
        self.start_services()

    def keep_backup(self, service: str) -> None:
        """Copy a service's database as it is now; the service is down meanwhile."""
        self.kill(service)
        asyncio.run(self.copies.make(service, _backup(service), service))
        self.start_services()

    def restore_backup(self, service: str, *afterwards: str) -> None:
        """Bring a service's database back to the copy, run statements on it, and start the service again."""
        self.kill(service)
        asyncio.run(self.copies.make(_backup(service), service, service))
        asyncio.run(self.copies.execute(service, afterwards))
        self.servers.start_postgres()  # grants on the database itself are not copied
        self.start_services()

    def start_services(self) -> None:
        """Start what does not run, and wait until everything is healthy."""
        self.services.start_missing()
        self.wait_healthy()

    def wait_healthy(self) -> None:
        """Wait until every service is well; raises LocalRunProblem when one has ended, or is not well for too long."""
        self.services.wait_healthy(lambda states: None, seconds=PATIENCE)

    def kill_services(self) -> None:
        """SIGKILL all services."""
        for service in SERVICES:
            self.kill(service)

    def kill(self, service: str) -> bool:
        """SIGKILL one service; tells whether it ran."""
        process = self.home.process(f"service.{service}")
        return process is not None and process.send(signal.SIGKILL) and process.wait_gone(10)

    def running(self) -> dict[str, int]:
        """Service → process id, of those that run."""
        found = {service: self.home.process(f"service.{service}") for service in SERVICES}
        return {service: process.pid for service, process in found.items() if process is not None}

    def thread(self) -> Thread:
        """The public interfaces, signed in as the operator."""
        sample = json.loads((self.home.path / "sample-sign-ins.json").read_text("utf-8"))
        operators = [found for found in sample["sign_ins"] if found["role"] == "operator"]
        thread = Thread(self.services.url("gateway"), operators, sample["municipal_secrets"])
        thread.sign_in()
        return thread

    def broker_urls(self) -> dict[str, str]:
        """Municipality code → its own AMQP URL."""
        return {code: self.servers.municipality_credentials(code).broker_url for code in self.servers.municipalities}

    def waiting_in_queues(self) -> dict[str, int]:
        """Queues that are not empty, and their depths."""
        return {name: depth for name, depth in self.servers.queue_depths().items() if depth}

    def wait_until_waits(self, prefix: str) -> None:
        """Wait until something waits in a queue whose name begins so: it is sent on after the answer, and depths are a second old."""
        deadline = time.monotonic() + PATIENCE
        while not any(name.startswith(prefix) for name in self.waiting_in_queues()):
            if time.monotonic() > deadline:
                raise AssertionError(f"Nothing has come to {prefix}.")
            time.sleep(0.2)

    def _load(self, told: Told) -> None:
        """The first load by files and the yearly assessment, through the public doors alone; the result is what is kept."""
        asyncio.run(self.copies.drop([*map(_loaded, SERVICES), *SERVICES]))
        self.servers.start_postgres()
        self.services.migrate(told)
        self._purge_queues()
        self.start_services()
        thread = self.thread()
        thread.hand_in(write_population(self.population, self.home.path / "sample"), told)
        figures = thread.figures
        if figures.rejected or figures.parked:
            raise AssertionError(f"The sample itself is not accepted: {figures}.")
        thread.wait_loaded({("eligibility", "municipal.residents_batch_sealed.v1"): figures.residents}, told)
        insured = thread.rows("eligibility", "said", "eligibility.insured_batch_sealed.v1")
        wanted = {(reader, "eligibility.insured_batch_sealed.v1"): insured for reader in ("premium", "benefits", "statistics")}
        wanted |= {(reader, "municipal.residents_batch_sealed.v1"): figures.residents for reader in ("premium", "collection")}
        thread.wait_loaded({**wanted, ("premium", "municipal.incomes_batch_sealed.v1"): figures.incomes}, told)
        thread.run_job("premium", "assess", {"scope": "all"}, told)
        assessed = thread.rows("premium", "said", "premium.assessments_batch_sealed.v1")
        thread.wait_loaded({("collection", "premium.assessments_batch_sealed.v1"): assessed}, told)
        if figures.differences:
            raise AssertionError(f"The first load does not agree: {figures.differences}.")
        self._wait_sent()
        self.kill_services()
        for service in SERVICES:
            asyncio.run(self.copies.make(service, _loaded(service), service))
            asyncio.run(self.copies.mark(_loaded(service), self._mark(service)))

    def _wait_sent(self) -> None:
        """Wait until nothing is in an outbox or a queue."""
        deadline = time.monotonic() + PATIENCE
        while True:
            unsent = {service: asyncio.run(self.copies.count(service, UNSENT)) for service in SERVICES}
            waiting = self.waiting_in_queues() | {service: count for service, count in unsent.items() if count}
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"Something is never sent or taken: {waiting}.")
            time.sleep(1)

    @cached_property
    def _people_fingerprint(self) -> str:
        frames = [frame for register in self.population.registers for frame in (register.residents, register.incomes)]
        return hashlib.sha256("".join(frame.write_csv() for frame in frames).encode()).hexdigest()

    def _mark(self, service: str) -> str:
        return f"{self.services.fingerprint(service)}{PEOPLE}{self._people_fingerprint}"

    def _purge_queues(self) -> None:
        """Empty every queue: depths are a second old, so that one which seems empty may hold something."""
        for name in self.servers.queue_depths():
            self._management("DELETE", f"/api/queues/{VHOST}/{name}/contents").raise_for_status()

    def _management(self, method: str, path: str) -> httpx.Response:
        url = httpx.URL(self.servers.management_url)
        place = url.copy_with(userinfo=b"", raw_path=path.encode())
        return httpx.request(method, place, auth=(url.username, url.password), timeout=30, trust_env=False)


def _loaded(service: str) -> str:
    return f"{service}_loaded"


def _backup(service: str) -> str:
    return f"{service}_backup"


def home_of_failure_tests() -> Path:
    """KOKI_FAILURE_HOME, or `.koki/failure`."""
    return Path(os.environ.get("KOKI_FAILURE_HOME", ".koki/failure"))
