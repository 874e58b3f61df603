"""Tests of several folders side by side: as many lanes as processors (two at most), each with servers of its own."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from rich.console import Console

from infra.local.checks import Result
from infra.local.home import REPOSITORY
from infra.local.servers import PrivateServers

LANES: Final = 2
NOTHING_COLLECTED: Final = 5


def run_side_by_side(home: Path, folders: Sequence[str], arguments: Sequence[str], console: Console) -> list[Result]:
    """pytest of each folder, a result for each; a lane takes the next folder when it is free, so the longest should stand first.

    A test may kill its servers, so lanes share none: theirs live in `home` and are stopped at the end, unless `KOKI_KEEP_TEST_SERVERS=1`.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for folder in folders:
        waiting.put(folder)
    lanes, printing = min(LANES, os.cpu_count() or 1), threading.Lock()
    with ThreadPoolExecutor(max_workers=lanes) as pool:
        homes = [home / ("test" if lane == 0 else f"test-{lane + 1}") for lane in range(lanes)]
        found = list(pool.map(lambda own: _lane(own, waiting, arguments, console, printing), homes))
    return sorted((result for results in found for result in results), key=lambda result: result.title)


def run_pytest(
    title: str, arguments: Sequence[str], *, environment: dict[str, str] | None = None, output: int | None = None
) -> tuple[Result, str]:
    """pytest, and what it printed if `output` is `subprocess.PIPE`; that a selection by `-k` or `-m` leaves nothing is no failure."""
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, **(environment or {})},
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        text=True,
    )
    nothing = ended.returncode == NOTHING_COLLECTED and bool({"-k", "-m"} & set(arguments))
    remark = "選ばれたテストはありません" if nothing else ""
    return Result(title, ended.returncode == 0 or nothing, time.monotonic() - started, remark), ended.stdout or ""


def _lane(
    home: Path, waiting: queue.SimpleQueue[str], arguments: Sequence[str], console: Console, printing: threading.Lock
) -> list[Result]:
    environment = {"KOKI_TEST_HOME": str(home.resolve()), "KOKI_KEEP_TEST_SERVERS": "1", "COLUMNS": str(console.width)}
    results = []
    try:
        while folder := _next(waiting):
            result, printed = run_pytest(folder, [folder, *arguments], environment=environment, output=subprocess.PIPE)
            with printing:
                console.rule(f"{folder}({result.seconds:.0f}秒)", align="left", style="dim")
                console.out(printed.rstrip(), highlight=False)
            results.append(result)
    finally:
        if os.environ.get("KOKI_KEEP_TEST_SERVERS") != "1":
            PrivateServers(home, durable=False).stop()
    return results


def _next(waiting: queue.SimpleQueue[str]) -> str | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None
