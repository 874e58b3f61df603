"""Make the databases and roles of all services on the composed PostgreSQL, with the passwords that `setup` drew.

`python -m infra.images.accounts` is the one-shot container `accounts`: the only one that knows the superuser's password. It runs before the
migrations at every start, so that a new service or a changed password needs no step by hand. (RabbitMQ reads its accounts by itself.)
"""

from __future__ import annotations

import asyncio
import sys

from infra.images.credentials import SECRETS, kept_in, service_databases, superuser_url
from infra.postgres.roles import provision


def main() -> None:
    """Provision and say so. Raises asyncpg.PostgresError or OSError, which end the container with an error."""
    home = kept_in(SECRETS)
    databases = service_databases(home)
    asyncio.run(provision(superuser_url(home), databases))
    sys.stdout.write(f"データベースを用意しました: {'、'.join(database.service for database in databases)}\n")


if __name__ == "__main__":
    main()
