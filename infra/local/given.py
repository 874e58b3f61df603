"""Servers that somebody else runs, told by superuser URLs: accounts are made on them, nothing is started or stopped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from infra.local.home import Home
from infra.local.problems import LocalRunProblem
from infra.rabbitmq import definitions

DATABASE_URL: Final = "KOKI_DATABASE_URL"
BROKER_URL: Final = "KOKI_BROKER_URL"
MANAGEMENT_URL: Final = "KOKI_BROKER_MANAGEMENT_URL"
_USUAL_MANAGEMENT_PORT: Final = 15672


@dataclass(frozen=True)
class GivenPostgres:
    """A running PostgreSQL; `url` is a superuser's."""

    url: str = field(repr=False)

    def start(self) -> None:
        """Nothing: the server runs already."""

    def stop(self) -> bool:
        """Nothing: the server is not ours. Tells that nothing was stopped."""
        return False

    def kill(self) -> None:
        raise LocalRunProblem(f"{DATABASE_URL} で指定された PostgreSQL は ./koki の持ち物ではないので、止めません。")


@dataclass(frozen=True)
class GivenRabbit:
    """A running RabbitMQ with the management plugin; `administrator_url` is an administrator's amqp:// URL."""

    home: Home
    administrator_url: str = field(repr=False)
    given_management_url: str = field(repr=False)

    def url(self, user: str) -> str:
        """amqp:// URL of a user of the vhost `koki`."""
        return self._with_account(self.administrator_url, user, path=f"/{definitions.VHOST}")

    @property
    def management_url(self) -> str:
        """http:// URL of the management API with the account that was given."""
        return self.given_management_url

    def management_url_of(self, user: str) -> str:
        """The same with the account of a user of ours, such as `monitor`."""
        return self._with_account(self.given_management_url, user, path="")

    def password(self, user: str) -> str:
        return self.home.secret(f"rabbitmq.{user}")

    def settle(self) -> None:
        """Its address was given."""

    def start(self, municipalities: Sequence[str]) -> None:
        """Apply users, permissions and queues."""
        users = [user for user in definitions.broker_users(municipalities) if user != definitions.ADMINISTRATOR]
        document = definitions.build({user: self.password(user) for user in users}, municipalities)
        try:
            definitions.apply(self.given_management_url, document)
        except httpx.HTTPError as error:
            place = urlsplit(self.given_management_url)
            raise LocalRunProblem(
                f"指定された RabbitMQ の管理画面 {place.hostname}:{place.port} に設定を送れません({error})。"
                f"管理プラグインを有効にし、管理者の名前とパスワードを含む URL を {MANAGEMENT_URL} に入れてください。"
            ) from error

    def stop(self) -> bool:
        """Nothing: the broker is not ours. Tells that nothing was stopped."""
        return False

    def kill(self) -> None:
        raise LocalRunProblem(f"{BROKER_URL} で指定された RabbitMQ は ./koki の持ち物ではないので、止めません。")

    def _with_account(self, url: str, user: str, *, path: str) -> str:
        place = urlsplit(url)
        host = place.netloc.rpartition("@")[2]
        return place._replace(netloc=f"{user}:{self.password(user)}@{host}", path=path).geturl()


def given_postgres() -> GivenPostgres | None:
    """The server named by KOKI_DATABASE_URL, if it is set."""
    url = os.environ.get(DATABASE_URL)
    return GivenPostgres(url) if url else None


def given_rabbit(home: Home) -> GivenRabbit | None:
    """The broker of KOKI_BROKER_URL, if set; its management API is KOKI_BROKER_MANAGEMENT_URL or port 15672 of the same host."""
    url = os.environ.get(BROKER_URL)
    if not url:
        return None
    place = urlsplit(url)
    account = place.netloc.rpartition("@")[0] or "guest:guest"
    usual = f"http://{account}@{place.hostname or '127.0.0.1'}:{_USUAL_MANAGEMENT_PORT}"
    return GivenRabbit(home, url, os.environ.get(MANAGEMENT_URL) or usual)
