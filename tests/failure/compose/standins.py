"""Stand-in base images from the machine's Debian mirror, for a machine that reaches no image registry.

Debian 13 has Python 3.13, PostgreSQL 17 and RabbitMQ 4.0, so the stand-ins are as new as the images they stand for. Nothing of this machine
is stored in the repository: its mirror, its certificate authorities and its pip settings are read when the images are built.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.failure.compose.engine import Engine, install_missing, run

REPOSITORY: Final = Path(__file__).resolve().parents[3]
PRODUCT: Final = "koki-proof:local"
IMAGES: Final[Mapping[str, str]] = {
    "KOKI_IMAGE_PYTHON": "koki-standin/python",
    "KOKI_IMAGE_POSTGRES": "koki-standin/postgres",
    "KOKI_IMAGE_RABBITMQ": "koki-standin/rabbitmq",
}
ALL_TAGS: Final = (PRODUCT, *IMAGES.values(), "koki-standin/debian")

_RELEASE: Final = "trixie"
_CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
_RECIPES: Final = Path(__file__).parent / "images"


def build_bases(engine: Engine, folder: Path) -> None:
    """Make the three base images; `folder` keeps the Debian system between runs when it is a cache."""
    install_missing({"debootstrap": "debootstrap"})
    base = folder / f"{_RELEASE}.tar"
    if not base.exists():
        _debootstrap(base)
    with tempfile.TemporaryDirectory(prefix="koki-base-", dir=folder) as name:
        context = Path(name)
        shutil.copy(_RECIPES / "debian" / "Dockerfile", context)
        os.link(base, context / "base.tar")
        shutil.copy(_CERTIFICATES, context / "certificates.crt")
        engine.build("koki-standin/debian", context)
    for tag in IMAGES.values():
        engine.build(tag, _RECIPES / tag.partition("/")[2])


def build_product(engine: Engine, base: str | None) -> None:
    """The product image from requirements.lock, on `base` (None: the Dockerfile's own), through this machine's package index."""
    options = ["--build-arg", f"KOKI_IMAGE_PYTHON={base}"] if base else []
    with tempfile.TemporaryDirectory(prefix="koki-pip-") as name:
        settings = Path(name) / "pip.conf"
        settings.write_text(pip_configuration(run([sys.executable, "-m", "pip", "config", "list"], check=False)))
        engine.build(
            PRODUCT, REPOSITORY, "--file", str(REPOSITORY / "infra/images/Dockerfile"), "--secret", f"id=pip_conf,src={settings}", *options
        )


def pip_configuration(listed: str) -> str:
    """A pip.conf with the index settings that `pip config list` names; the environment wins over files, as it does for pip.

    Indexes that are folders of this machine are left out: a container does not see them. The certificate file is the base image's.
    """
    settings: dict[str, str] = {}
    from_environment: dict[str, str] = {}
    for line in listed.splitlines():
        found = re.fullmatch(r"(:env:|[\w-]+)\.([\w-]+)='(.*)'", line)
        if found and found[2] in {"index-url", "extra-index-url", "trusted-host", "timeout", "default-timeout"}:
            name = "timeout" if found[2] == "default-timeout" else found[2]
            addresses = [address for address in found[3].split() if not address.startswith(("file:", "/"))]
            (from_environment if found[1] == ":env:" else settings)[name] = " ".join(addresses)
    lines = [f"{name} = {value}" for name, value in {**settings, **from_environment}.items() if value]
    return "\n".join(["[global]", f"cert = {_CERTIFICATES}", *lines, ""])


def debian_mirror(sources: Path = Path("/etc/apt")) -> str | None:
    """The Debian mirror that this machine's apt uses (both notations of sources); None leaves the choice to debootstrap."""
    for file in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]:
        if not file.is_file():
            continue
        for address in re.findall(r"^(?:deb(?:\s+\[[^]]*\])?|URIs:)\s+(\S+)", file.read_text(), flags=re.MULTILINE):
            if str(address).rstrip("/").endswith("/debian"):
                return str(address)
    return None


def _debootstrap(archive: Path) -> None:
    mirror = debian_mirror()
    with tempfile.TemporaryDirectory(prefix="koki-debian-", dir=archive.parent) as name:
        root = Path(name) / "root"
        run(["debootstrap", "--variant=minbase", "--include=ca-certificates", _RELEASE, str(root), *([mirror] if mirror else [])])
        shutil.rmtree(root / "var/lib/apt/lists")
        unfinished = archive.with_suffix(".new")
        subprocess.run(["tar", "--directory", root, "--numeric-owner", "-cf", unfinished, "."], check=True)
        unfinished.replace(archive)
