"""Make the passwords and keys of a composed installation, and give each container only its own.

`python -m infra.images.credentials` is the one-shot container `setup`. It draws random passwords on its first run and keeps them in its own
volume (`/secrets/setup`). For every other container it writes a folder that is that container's volume: a service finds the URLs of its
application role and its broker user, a migration those of owner and application role, the broker its definitions, PostgreSQL the password
of its superuser. Running it again changes nothing, except that a new service or municipality gets a password of its own.

Files are readable by everyone inside the containers that mount them, because PostgreSQL and RabbitMQ run under other user ids than ours;
the wall between containers is that each mounts no volume but its own.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra.local.home import Home
from infra.postgres.roles import ServiceDatabase, app_role, owner_role
from infra.rabbitmq.definitions import MONITOR, SAMPLE_MUNICIPALITIES, SERVICES, VHOST, broker_users, build

SECRETS: Final = Path("/secrets")
MOUNTED_AT: Final = "/run/koki"

_DATABASE_HOST: Final = "postgres:5432"
_BROKER_HOST: Final = "rabbitmq:5672"
_MANAGEMENT_HOST: Final = "rabbitmq:15672"


def kept_in(root: Path) -> Home:
    """What was drawn for this installation: passwords and the key pair."""
    return Home(root / "setup")


def municipalities(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The 6-digit codes of KOKI_MUNICIPALITIES, separated by blanks or commas; the sample union's where it is empty."""
    named = environment.get("KOKI_MUNICIPALITIES", "").replace(",", " ").split()
    return tuple(named) or SAMPLE_MUNICIPALITIES


def superuser_url(home: Home) -> str:
    """PostgreSQL as its superuser; only the one-shot container `accounts` uses it."""
    return f"postgresql://postgres:{home.secret('postgresql.superuser')}@{_DATABASE_HOST}/postgres"


def service_databases(home: Home) -> tuple[ServiceDatabase, ...]:
    """The databases of all services with the passwords of their two roles."""
    return tuple(
        ServiceDatabase(service, home.secret(f"postgresql.{owner_role(service)}"), home.secret(f"postgresql.{app_role(service)}"))
        for service in SERVICES
    )


def hand_out(root: Path, environment: Mapping[str, str]) -> None:
    """Write every container's folder under `root`; the folders exist already, because they are volumes.

    Raises OSError when one is missing or not writable, and ValueError for a municipality code that is not six digits.
    """
    home = kept_in(root)
    codes = municipalities(environment)
    private_key, public_key = home.token_keys()

    _write(root / "postgres" / "superuser_password", home.secret("postgresql.superuser"))
    definitions = build({user: _broker_password(home, user) for user in broker_users(codes)}, codes)
    _write(root / "rabbitmq" / "definitions.json", json.dumps(definitions, ensure_ascii=False, indent=1))

    for database in service_databases(home):
        service = database.service
        settings = {
            "KOKI_DATABASE_URL": _database_url(database.app, database.app_password, service),
            "KOKI_BROKER_URL": f"amqp://{service}:{_broker_password(home, service)}@{_BROKER_HOST}/{VHOST}",
            "KOKI_TOKEN_PUBLIC_KEY_FILE": f"{MOUNTED_AT}/token-public.pem",
        }
        if service == "gateway":
            settings["KOKI_TOKEN_PRIVATE_KEY_FILE"] = f"{MOUNTED_AT}/token-private.pem"
            settings["KOKI_BROKER_MANAGEMENT_URL"] = f"http://{MONITOR}:{_broker_password(home, MONITOR)}@{_MANAGEMENT_HOST}"
            _write(root / service / "token-private.pem", private_key.read_text())
        _write(root / service / "token-public.pem", public_key.read_text())
        _write(root / service / "service.env", _environment_file(settings))

        # A migration also fills reference data, as the application role does at run time.
        owner_url = _database_url(database.owner, database.owner_password, service)
        migration = {"KOKI_OWNER_DATABASE_URL": owner_url, "KOKI_DATABASE_URL": settings["KOKI_DATABASE_URL"]}
        _write(root / f"{service}-owner" / "migration.env", _environment_file(migration))


def _database_url(role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@{_DATABASE_HOST}/{database}"


def _broker_password(home: Home, user: str) -> str:
    return home.secret(f"rabbitmq.{user}")


def _environment_file(settings: Mapping[str, str]) -> str:
    """Lines for a shell to read: see entrypoint.sh."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())


def _write(path: Path, content: str) -> None:
    """Replace a file in one step, so that a container which starts meanwhile reads the old one or the new one, never a half."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(content)
    unfinished.chmod(0o444)
    unfinished.replace(path)


if __name__ == "__main__":
    hand_out(SECRETS, os.environ)
    sys.stdout.write("パスワードと鍵を用意しました。\n")
