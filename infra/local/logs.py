"""`./koki logs`: the last lines of services and servers, and what comes after."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from infra.local.home import Home
from infra.local.problems import LocalRunProblem
from infra.rabbitmq.definitions import SERVICES

_POLL_SECONDS = 0.3


def log_files(home: Home) -> dict[str, Path]:
    """Name to log of everything that this home runs."""
    folder = Path(home.value("servers_folder") or home.path / "servers")
    services = {service: home.logs / f"{service}.log" for service in SERVICES}
    return {**services, "postgresql": folder / "postgresql" / "postgresql.log", "rabbitmq": folder / "rabbitmq" / "rabbitmq.log"}


def show_logs(home: Home, name: str | None, *, lines: int, follow: bool, console: Console) -> None:
    """Print the last `lines` of one log, or of all services with their names before each line; then go on if asked to."""
    files = log_files(home)
    if name is not None and name not in files:
        raise LocalRunProblem(f"{name} という記録はありません。選べる名前: {'、'.join(files)}")
    chosen = {name: files[name]} if name is not None else {service: files[service] for service in SERVICES}
    width = max(map(len, chosen)) if name is None else 0
    for each, path in chosen.items():
        if path.exists():
            _print(path.read_text(errors="replace").splitlines()[-lines:], each, width, console)
    if follow:
        _follow(chosen, width, console)


def _follow(files: Mapping[str, Path], width: int, console: Console) -> None:
    """Print what is appended, until the person presses Ctrl+C."""
    positions = {name: path.stat().st_size if path.exists() else 0 for name, path in files.items()}
    try:
        while True:
            for name, path in files.items():
                size = path.stat().st_size if path.exists() else 0
                if size < positions[name]:
                    positions[name] = 0  # the log was begun anew
                if size > positions[name]:
                    positions[name] += _print_from(path, positions[name], name, width, console)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return


def _print_from(path: Path, position: int, name: str, width: int, console: Console) -> int:
    """Print whole lines after `position`; returns how many bytes were taken."""
    with path.open("rb") as file:
        file.seek(position, os.SEEK_SET)
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    _print(whole.decode(errors="replace").splitlines(), name, width, console)
    return len(whole)


def _print(lines: Iterable[str], name: str, width: int, console: Console) -> None:
    for line in lines:
        text = Text(line) if not width else Text.assemble((f"{name:<{width}} | ", "cyan"), line)
        console.print(text, soft_wrap=True, highlight=False)
