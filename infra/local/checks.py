"""`./koki check`: everything about the code that needs no server, one line for each with its seconds."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from infra.local.home import REPOSITORY

AUDIT_SECONDS: Final = 20


@dataclass(frozen=True)
class Result:
    """What a part of the checks or tests came to; `remark` is Japanese and may say that it was left out and why."""

    title: str
    passed: bool
    seconds: float
    remark: str = ""


def check(console: Console) -> list[Result]:
    """Run all checks, printing the output of those that fail; the audit of the lock goes on in the background meanwhile."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        audit = pool.submit(audit_lock)
        results = [_run(title, command, console) for title, command in _commands()]
        return [*results, _audited(audit, console)]


def audit_lock() -> tuple[bool, str]:
    """Whether requirements.lock is free of known vulnerabilities, with a remark; unknown counts as passed and says so."""
    command = ["-m", "pip_audit", "-r", "requirements.lock", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    try:
        result = subprocess.run(
            [sys.executable, *command, "--timeout", str(AUDIT_SECONDS // 2)],
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            timeout=AUDIT_SECONDS,
        )
        packages = json.loads(result.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        return True, "脆弱性情報のサービスに届かないため、確かめていません"
    vulnerable = [f"{package['name']} {package['version']}: {each['id']}" for package in packages for each in package.get("vulns", ())]
    return not vulnerable, "、".join(vulnerable) or f"{len(packages)}個のライブラリーに既知の脆弱性はありません"


def type_check_groups(repository: Path) -> list[list[str]]:
    """What mypy reads in one go: everything by its package name; only the tests of `contracts` bear the name of another package."""
    packages = ["infra", "tests", "contracts", "chassis"]
    packages += sorted(path.name for path in repository.glob("services/*/*_service") if any(path.glob("*.py")))
    packages += sorted(f"services.{path.parent.name}.tests" for path in repository.glob("services/*/tests") if any(path.rglob("*.py")))
    return [[argument for package in packages for argument in ("-p", package)], ["contracts/tests"]]


def _commands() -> list[tuple[str, list[list[str]]]]:
    module = [sys.executable, "-m"]
    return [
        ("ruff check", [[*module, "ruff", "check", "."]]),
        ("ruff format", [[*module, "ruff", "format", "--check", "."]]),
        ("mypy --strict", [[*module, "mypy", *group] for group in type_check_groups(REPOSITORY)]),
        ("import-linter", [[str(Path(sys.executable).with_name("lint-imports"))]]),
        ("契約の生成物", [[*module, "contracts.generate", "--check"]]),
    ]


def _run(title: str, commands: Sequence[Sequence[str]], console: Console) -> Result:
    started = time.monotonic()
    failures = []
    with console.status(f"{title} …"):
        for command in commands:
            result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
            if result.returncode != 0:
                failures.append(result.stdout + result.stderr)
    return _report(Result(title, not failures, time.monotonic() - started), "\n".join(failures), console)


def _audited(audit: Future[tuple[bool, str]], console: Console) -> Result:
    started = time.monotonic()
    with console.status("pip-audit …"):
        passed, remark = audit.result()
    return _report(Result("pip-audit", passed, time.monotonic() - started, remark), "", console)


def _report(result: Result, output: str, console: Console) -> Result:
    mark = "[green]✓[/]" if result.passed else "[red]✗[/]"
    console.print(f"  {mark} {result.title}({result.seconds:.1f}秒){result.remark and ': '}{result.remark}", highlight=False)
    if output:
        console.print(Text(output), soft_wrap=True)
    return result
