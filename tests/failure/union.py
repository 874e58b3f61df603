"""The sample union of the failure tests: six real services on servers of their own, loaded once, and brought back to that state.

What is loaded (residents, ledger, premiums, instalments) is kept as template databases, so that a run begins within seconds at the
very same state. The templates bear the fingerprint of the code that wrote them: changed code loads anew.
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

import asyncpg
import httpx

from infra.local.servers import PrivateServers
from infra.local.services import SAMPLE_BUSINESS_DATE, Services
from infra.local.thread import Thread
from infra.postgres import roles
from infra.rabbitmq.definitions import SERVICES, VHOST
from tests.simulators.municipality.files import write_population
from tests.simulators.municipality.population import Population, populate

DAY: Final = date.fromisoformat(SAMPLE_BUSINESS_DATE)
PATIENCE: Final = 300.0
"""Seconds for what takes a few on an idle machine; the machine may be shared."""
Told = Callable[[str], None]


class FailureUnion:
    """Servers and services of one home folder, with the sample union of `residents` people and `seed` in them."""

    def __init__(self, home: Path, *, residents: int, seed: int) -> None:
        self.servers = PrivateServers(home)
        self.services = Services(self.servers)
        self.home = self.servers.home
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
        if not asyncio.run(self._is_kept()):
            self._load(told)
        self.bring_back()
        told(f"loaded: {self.residents:,} residents")

    def stop(self) -> None:
        """Stop what this home started; the data stays for the next time."""
        self.services.stop()
        self.servers.stop()

    def bring_back(self) -> None:
        """End the services, empty the queues, bring the databases back to the loaded state, start the services."""
        self.kill_services()
        self._purge_queues()
        asyncio.run(self._from_templates())
        self.start_services()

    def start_services(self) -> None:
        """Start what does not run, and wait until everything is healthy."""
        self.services.start_missing()
        self.services.wait_healthy(lambda states: None, seconds=PATIENCE)

    def kill_services(self) -> None:
        """SIGKILL all services."""
        for service in SERVICES:
            self.kill(service)

    def kill(self, service: str) -> bool:
        """SIGKILL one service; tells whether it ran."""
        process = self.home.process(f"service.{service}")
        if process is None or not process.send(signal.SIGKILL):
            return False
        return process.wait_gone(10)

    def is_running(self, service: str) -> bool:
        return self.home.process(f"service.{service}") is not None

    def thread(self) -> Thread:
        """The public interfaces, signed in as the operator."""
        sample = json.loads((self.home.path / "sample-sign-ins.json").read_text("utf-8"))
        operator = next(found for found in sample["sign_ins"] if found["role"] == "operator")
        thread = Thread(self.services.url("gateway"), operator, sample["municipal_secrets"])
        thread.sign_in()
        return thread

    def broker_urls(self) -> dict[str, str]:
        """Municipality code → its own AMQP URL."""
        return {code: self.servers.municipality_credentials(code).broker_url for code in self.servers.municipalities}

    def _load(self, told: Told) -> None:
        """The first load by files and the yearly assessment, through the public doors alone; the result becomes the templates."""
        asyncio.run(self._drop_templates())
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
        self._wait_outboxes_empty()
        self.kill_services()
        asyncio.run(self._keep_templates())

    def _wait_outboxes_empty(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while waiting := asyncio.run(self._unsent()):
            if time.monotonic() > deadline:
                raise AssertionError(f"The outboxes do not become empty: {waiting}.")
            time.sleep(1)

    async def _unsent(self) -> dict[str, int]:
        found = {}
        for service in SERVICES:
            connection = await asyncpg.connect(self.servers.database_url(service, "superuser"))
            found[service] = await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
            await connection.close()
        return {service: count for service, count in found.items() if count} | self.waiting_in_queues()

    def waiting_in_queues(self) -> dict[str, int]:
        """Queues that are not empty, and their depths."""
        return {name: depth for name, depth in self.servers.queue_depths().items() if depth}

    @cached_property
    def _people_fingerprint(self) -> str:
        rows = [
            str(row) for register in self.population.registers for frame in (register.residents, register.incomes) for row in frame.rows()
        ]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()

    def _mark(self, service: str) -> str:
        """Of the code and the people that a template was made with."""
        return f"{self.services.fingerprint(service)}{_PEOPLE}{self._people_fingerprint}"

    async def _is_kept(self) -> bool:
        """Whether there are templates of these very people, made by the code as it is."""
        kept = await roles.applied_migrations(self.servers.postgres.url, map(_template, SERVICES))
        return all(kept[_template(service)] == self._mark(service) for service in SERVICES)

    async def _drop_templates(self) -> None:
        """Begin with empty databases; what an earlier run left is removed."""
        connection = await asyncpg.connect(self.servers.postgres.url)
        try:
            for service in SERVICES:
                await connection.execute(f'DROP DATABASE IF EXISTS "{_template(service)}" WITH (FORCE)')
                await connection.execute(f'DROP DATABASE IF EXISTS "{service}" WITH (FORCE)')
        finally:
            await connection.close()
        await asyncio.to_thread(self.servers.start_postgres)
        await asyncio.to_thread(self.services.migrate, lambda text: None)
        await asyncio.to_thread(self._purge_queues)

    async def _keep_templates(self) -> None:
        connection = await asyncpg.connect(self.servers.postgres.url)
        try:
            for service in SERVICES:
                await _clone(connection, service, _template(service), service)
        finally:
            await connection.close()
        for service in SERVICES:
            await roles.mark_migrations(self.servers.postgres.url, _template(service), self._mark(service))

    async def _from_templates(self) -> None:
        url = self.servers.postgres.url
        kept = await roles.applied_migrations(url, map(_template, SERVICES))
        connection = await asyncpg.connect(url)
        try:
            for service in SERVICES:
                await connection.execute(f'DROP DATABASE IF EXISTS "{service}" WITH (FORCE)')
                await _clone(connection, _template(service), service, service)
        finally:
            await connection.close()
        for service in SERVICES:
            await roles.mark_migrations(url, service, kept[_template(service)].partition(_PEOPLE)[0])
        await asyncio.to_thread(self.servers.start_postgres)  # grants on the database itself are not copied

    def _purge_queues(self) -> None:
        for name in self.waiting_in_queues():
            self._management("DELETE", f"/api/queues/{VHOST}/{name}/contents").raise_for_status()

    def _management(self, method: str, path: str) -> httpx.Response:
        url = httpx.URL(self.servers.management_url)
        return httpx.request(
            method, url.copy_with(userinfo=b"", raw_path=path.encode()), auth=(url.username, url.password), timeout=30, trust_env=False
        )


_PEOPLE: Final = ", people "
"""Between the fingerprint of the code and that of the people in the mark of a template."""


def _template(service: str) -> str:
    return f"{service}_loaded"


async def _clone(connection: asyncpg.Connection[asyncpg.Record], source: str, target: str, service: str) -> None:
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", source
    )
    await connection.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}" OWNER "{roles.owner_role(service)}" STRATEGY FILE_COPY')


def home_of_failure_tests() -> Path:
    """KOKI_FAILURE_HOME, or `.koki/failure`."""
    return Path(os.environ.get("KOKI_FAILURE_HOME", ".koki/failure"))
