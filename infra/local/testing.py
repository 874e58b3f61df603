"""`./koki test`: checks, then the tests of every package on real servers, then those that kill servers and services, then a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from infra.local.checks import Result, check
from infra.local.home import REPOSITORY
from infra.local.install import apt_install, may_install
from infra.local.lanes import run_pytest, run_side_by_side
from infra.local.problems import LocalRunProblem
from infra.local.running import prepare_programs
from infra.local.servers import PrivateServers
from infra.local.steps import Steps

FAILURES: Final = "tests/failure"
JOURNEYS: Final = "tests/journeys"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def run_tests(home: Path, *, fast: bool, arguments: Sequence[str], console: Console) -> int:
    """Run everything and print a summary; 0 if nothing failed. `fast` leaves out what runs all services: failures and journeys.

    `arguments` go to pytest. If one of them is a path, only that is tested.
    """
    with Steps(console) as steps:
        prepare_programs(PrivateServers.of_environment(home), steps)
    chosen = [_absolute(argument) for argument in arguments]
    if chosen != list(arguments):
        return _summary([_pytest("pytest", chosen, console)], console)
    console.rule("検査", align="left")
    results = check(console)
    console.rule("単体・結合テスト", align="left")
    results += run_side_by_side(home, _folders(), arguments, console)
    if not fast:
        # A run of its own: its six services would otherwise stay beside all other tests.
        console.rule("障害のテスト", align="left")
        results.append(_pytest("障害のテスト", [FAILURES, f"--ignore={FAILURES}/compose", *arguments], console))
        console.rule("画面を通したテスト", align="left")
        results.append(_journeys(arguments, console))
    return _summary(results, console)


def run_checks(console: Console) -> int:
    """Run the checks alone; 0 if nothing failed."""
    return _summary(check(console), console)


def find_browser() -> str | None:
    """KOKI_CHROMIUM, or the first Chromium of the machine that starts."""
    for name in filter(None, (os.environ.get("KOKI_CHROMIUM"), *_BROWSERS)):
        path = shutil.which(name)
        if path is not None and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def _absolute(argument: str) -> str:
    """A path, as the person sees it from where they are, in full; anything else as it is."""
    path, separator, rest = argument.partition("::")
    return f"{Path(path).resolve()}{separator}{rest}" if not argument.startswith("-") and Path(path).exists() else argument


def _journeys(arguments: Sequence[str], console: Console) -> Result:
    title = "画面を通したテスト"
    if not any((REPOSITORY / JOURNEYS).rglob("test_*.py")):
        return Result(title, False, 0, f"{JOURNEYS} にテストがありません")
    browser = find_browser() or _install_browser(console)
    if browser is None:
        remark = "ブラウザーがないため省きました。sudo apt-get install -y chromium のあと、もう一度実行してください"
        console.print(remark)
        return Result(title, True, 0, remark)
    return _pytest(title, [JOURNEYS, *arguments], console, {"KOKI_CHROMIUM": browser})


def _install_browser(console: Console) -> str | None:
    if not may_install():
        return None
    try:
        with Steps(console) as steps:
            apt_install(["chromium"], steps)
    except LocalRunProblem as problem:
        console.print(str(problem), highlight=False)
    return find_browser()


def _pytest(title: str, arguments: Sequence[str], console: Console, environment: dict[str, str] | None = None) -> Result:
    """pytest with its own output."""
    console.file.flush()
    return run_pytest(title, arguments, environment=environment)[0]


def _folders() -> list[str]:
    """`testpaths` of pyproject.toml, each service for itself, those with the most files of tests first."""
    paths = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]["testpaths"]
    services = sorted(folder.parent for folder in (REPOSITORY / "services").glob("*/tests"))
    parts = [str(folder.relative_to(REPOSITORY)) for folder in services] + [path for path in paths if path != "services"]
    return sorted(parts, key=lambda part: -sum(1 for _ in (REPOSITORY / part).rglob("test_*.py")))


def _summary(results: Sequence[Result], console: Console) -> int:
    table = Table("", "部分", "秒", "備考", title="まとめ", title_justify="left")
    for result in results:
        table.add_row("[green]✓[/]" if result.passed else "[red]✗[/]", result.title, f"{result.seconds:.1f}", result.remark)
    console.print(table)
    failed = [result.title for result in results if not result.passed]
    seconds = sum(result.seconds for result in results)
    console.print(f"失敗: {'、'.join(failed)}" if failed else f"すべて通りました({seconds:.0f}秒)。", style="red" if failed else "green")
    return 1 if failed else 0
