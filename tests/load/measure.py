"""What every benchmark here shares: medians, a ratio to a ceiling of the same run, and the machine they were taken on."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

RESULTS = Path(".koki/load/results.json")


def machine() -> str:
    """Processor count, memory and versions of this machine, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


async def seconds(action: Callable[[], Awaitable[object]]) -> float:
    """How long an action took."""
    started = time.perf_counter()
    await action()
    return time.perf_counter() - started


def peak_mebibytes() -> float:
    """The largest resident set of this process so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def processor_seconds(process: int, *, with_children: bool = False) -> float:
    """What a process has used of the processors so far, with the processes that it has started where asked: a server with its sessions."""
    pids = [process]
    if with_children:
        pids += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
    used = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a session that has just ended
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def report(name: str, *, product: Sequence[float], ceiling: Sequence[float], goal: str, reached: bool, unit: str, more: str = "") -> None:
    """Print one line and keep it: medians of product and ceiling and the median of their ratios, run by run."""
    ratio = statistics.median(p / c for p, c in zip(product, ceiling, strict=True))
    line = {
        "name": name,
        "ratio": round(ratio, 3),
        "goal": goal,
        "reached": reached,
        "product": round(statistics.median(product), 3),
        "ceiling": round(statistics.median(ceiling), 3),
        "unit": unit,
        "runs": len(product),
        "more": more,
        "machine": machine(),
    }
    mark = "reached" if reached else "MISSED"
    print(
        f"{name}: {ratio:.2f} x ceiling (goal {goal}, {mark}); {line['product']:,} against {line['ceiling']:,} {unit}; {more}", flush=True
    )
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**known, name: line}, indent=1))


def ratio_of(product: Sequence[float], ceiling: Sequence[float]) -> float:
    """The median of the ratios, run by run."""
    return statistics.median(p / c for p, c in zip(product, ceiling, strict=True))
