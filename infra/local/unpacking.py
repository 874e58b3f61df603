"""Debian packages without root: fetched with the signatures checked by apt, unpacked into a folder, nothing installed.

Standard library only: `./koki` runs this before there is a virtual environment, to get pip where python3-venv is missing:

    python3 -m infra.local.unpacking FOLDER PACKAGE...
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path


class UnpackingFailed(Exception):
    """The packages cannot be had here; the text is the last lines of the program that failed."""


def fetch_and_unpack(packages: Sequence[str], folder: Path, *, then: Callable[[Path, Path], None] | None = None) -> None:
    """Unpack the packages, and those packages they need that the machine lacks, so that `folder`/usr/… holds their files.

    `then(tree, folder)` may change the unpacked tree before it becomes `folder`, which appears only when it is whole.
    Raises UnpackingFailed.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise UnpackingFailed("apt-get がありません")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder.parent) as working:
        archives = _fetch(packages, Path(working))
        tree = Path(working) / "tree"
        for archive in archives:
            _run(["dpkg", "-x", str(archive), str(tree)])
        if then is not None:
            then(tree, folder)
        if folder.exists():
            shutil.rmtree(folder)
        tree.replace(folder)


def _fetch(packages: Sequence[str], working: Path) -> list[Path]:
    """Let apt resolve and download into a folder of ours; its view of what is installed is the machine's.

    The machine's package lists may be missing or out of date: then lists of our own are fetched.
    """
    (working / "cache" / "archives" / "partial").mkdir(parents=True)
    options = ["-o", "Debug::NoLocking=1", "-o", f"Dir::Cache={working / 'cache'}", "-o", "APT::Sandbox::User=root"]
    download = ["install", "-y", "-q", "--download-only", "--no-install-recommends", *packages]
    try:
        _run(["apt-get", *options, *download])
    except UnpackingFailed:
        (working / "lists" / "partial").mkdir(parents=True)
        options += ["-o", f"Dir::State::lists={working / 'lists'}"]
        _run(["apt-get", *options, "update", "-q"])
        _run(["apt-get", *options, *download])
    archives = sorted((working / "cache" / "archives").glob("*.deb"))
    if not archives:
        raise UnpackingFailed(f"{' '.join(packages)}: apt-get が何も取得しませんでした")
    return archives


def _run(command: Sequence[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise UnpackingFailed("\n".join((result.stdout + result.stderr).splitlines()[-6:]))


if __name__ == "__main__":
    try:
        fetch_and_unpack(sys.argv[2:], Path(sys.argv[1]))
    except UnpackingFailed as problem:
        sys.exit(str(problem))
