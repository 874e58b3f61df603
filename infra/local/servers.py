"""A private PostgreSQL and RabbitMQ with every account of the system, started side by side.

`./koki up` uses one in `.koki`; tests use another in a home of their own, so that neither disturbs the other:

    servers = PrivateServers(Path(".koki/test"))
    servers.start()                                   # nothing happens to what already runs
    servers.database_url("premium")                   # application role; role="owner" migrates; role="superuser" clones databases
    servers.broker_url("premium")                     # or "municipality-131016", "monitor", "koki-administrator"
    servers.kill_broker(); servers.restart_broker()   # failure tests
    servers.stop()
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from infra.local.given import GivenPostgres, GivenRabbit, given_postgres, given_rabbit
from infra.local.home import Home, default_home
from infra.local.postgresql import PrivatePostgres
from infra.local.rabbitmq import PrivateRabbit
from infra.postgres import roles
from infra.postgres.roles import ServiceDatabase
from infra.rabbitmq import definitions

Role = Literal["app", "owner", "superuser"]


@dataclass(frozen=True)
class MunicipalityCredentials:
    """What a municipality is given to send changes by message and to read the answers."""

    code: str
    broker_url: str = field(repr=False)
    exchange: str
    """Publish here with routing key `<code>.<event type>`."""
    answers_queue: str
    """Consume acknowledgements and error lists from here."""


class PrivateServers:
    """Both servers of one home folder; every method may be called from any command or test at any time."""

    def __init__(self, home: Path, *, municipalities: Sequence[str] = definitions.SAMPLE_MUNICIPALITIES, durable: bool = True) -> None:
        """`municipalities` are 6-digit codes; `durable=False` is PostgreSQL without fsync, for tests."""
        self.home = Home(home)
        self.postgres: PrivatePostgres | GivenPostgres = PrivatePostgres(self.home, durable)
        self.rabbit: PrivateRabbit | GivenRabbit = PrivateRabbit(self.home)
        self._municipalities = tuple(municipalities)

    @classmethod
    def of_environment(cls, home: Path) -> PrivateServers:
        """The servers of the local run: private ones, but the running ones that KOKI_DATABASE_URL and KOKI_BROKER_URL name."""
        servers = cls(home)
        servers.postgres = given_postgres() or servers.postgres
        servers.rabbit = given_rabbit(servers.home) or servers.rabbit
        return servers

    @property
    def municipalities(self) -> tuple[str, ...]:
        """The codes given at the start and those added later."""
        return tuple(dict.fromkeys((*self._municipalities, *self.home.value("municipalities", ()))))

    def start(self) -> None:
        """Start what does not run, and make every database, role, broker user, permission, exchange and queue.

        Idempotent. Raises LocalRunProblem (Japanese text) when a program is missing or a server does not come up.
        """
        with ThreadPoolExecutor(max_workers=2) as pool:
            for part in [pool.submit(self.start_postgres), pool.submit(self.start_broker)]:
                part.result()

    def start_postgres(self) -> None:
        """The PostgreSQL half of `start`."""
        with self.home.locked("postgresql"):
            self.postgres.start()
            # In a thread of its own: the caller may be a test that has an event loop running.
            with ThreadPoolExecutor(max_workers=1) as pool:
                pool.submit(asyncio.run, roles.provision(self.postgres.url, map(self._database, definitions.SERVICES))).result()

    def start_broker(self) -> None:
        """The RabbitMQ half of `start`."""
        with self.home.locked("rabbitmq"):
            self.rabbit.start(self.municipalities)

    def stop(self) -> None:
        """Stop exactly what was started from this home; data stays."""
        with self.home.locked("postgresql"), self.home.locked("rabbitmq"), ThreadPoolExecutor(max_workers=2) as pool:
            for part in [pool.submit(self.postgres.stop), pool.submit(self.rabbit.stop)]:
                part.result()

    def destroy(self) -> None:
        """Stop, and remove the servers' data (which may lie outside the home)."""
        self.stop()
        shutil.rmtree(self.home.servers()[0])
        self.home.keep("servers_folder", None)

    def database_url(self, service: str, role: Role = "app", *, database: str | None = None) -> str:
        """URL of a service's database, or of another database of the same server, as the given role."""
        name = database or service
        if role == "superuser":
            return roles.with_database(self.postgres.url, name)
        user = roles.owner_role(service) if role == "owner" else roles.app_role(service)
        password = self.home.secret(f"postgresql.{user}")
        place = urlsplit(self.postgres.url)
        host = place.netloc.rpartition("@")[2]
        return place._replace(netloc=f"{user}:{password}@{host}", path=f"/{name}").geturl()

    def broker_url(self, user: str) -> str:
        """amqp:// URL of a service, `municipality-<code>`, `monitor` or `koki-administrator`, on the vhost `koki`."""
        return self.rabbit.url(user)

    @property
    def management_url(self) -> str:
        """http:// URL of the broker's management API with the administrator's account."""
        return self.rabbit.management_url

    @property
    def monitor_url(self) -> str:
        """The same with the account that may only look; the operator's console gets this one."""
        return self.rabbit.management_url_of(definitions.MONITOR)

    def queue_depths(self) -> dict[str, int]:
        """Messages in each queue, up to a second old."""
        return definitions.queue_depths(self.management_url)

    def municipality_credentials(self, code: str) -> MunicipalityCredentials:
        """The account of a municipality of this run; raises ValueError for one that it does not know."""
        if code not in self.municipalities:
            raise ValueError(f"municipality {code} has no account here: call add_municipality first")
        user = definitions.municipality_user(code)
        return MunicipalityCredentials(code, self.broker_url(user), definitions.INTAKE_EXCHANGE, definitions.answers_queue(code))

    def add_municipality(self, code: str) -> MunicipalityCredentials:
        """Give a further municipality its account and queue on the running broker."""
        definitions.municipality_user(code)
        with self.home.locked("rabbitmq"):
            self.home.keep("municipalities", [*dict.fromkeys((*self.home.value("municipalities", ()), code))])
            self.rabbit.start(self.municipalities)
        return self.municipality_credentials(code)

    def kill_broker(self) -> None:
        """SIGKILL the broker."""
        with self.home.locked("rabbitmq"):
            self.rabbit.kill()

    def restart_broker(self) -> None:
        """Stop the broker gently if it runs, start it again, wait until it takes connections. Blocks for some seconds."""
        with self.home.locked("rabbitmq"):
            self.rabbit.stop()
            self.rabbit.start(self.municipalities)

    def kill_database(self) -> None:
        """SIGKILL PostgreSQL with all its sessions."""
        with self.home.locked("postgresql"):
            self.postgres.kill()

    def restart_database(self) -> None:
        """Stop PostgreSQL if it runs, start it again, wait until it takes connections."""
        with self.home.locked("postgresql"):
            self.postgres.stop()
            self.postgres.start()

    def _database(self, service: str) -> ServiceDatabase:
        owner, app = roles.owner_role(service), roles.app_role(service)
        return ServiceDatabase(service, self.home.secret(f"postgresql.{owner}"), self.home.secret(f"postgresql.{app}"))


def municipality_credentials(code: str, home: Path | None = None) -> MunicipalityCredentials:
    """The broker account of a municipality of the local run in `home` (default: KOKI_HOME or `.koki`)."""
    return PrivateServers.of_environment(home or default_home()).municipality_credentials(code)
