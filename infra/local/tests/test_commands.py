"""The command line: help without servers, clear refusals, logs, and the bash entry."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from infra.local.home import REPOSITORY, Home
from infra.local.logs import show_logs
from infra.local.problems import LocalRunProblem
from infra.local.processes import ProcessIdentity, identify, spawn
from infra.local.unprivileged import own_account

COMMANDS = ("up", "down", "status", "demo", "test", "check", "contracts", "estimate", "job", "logs")


def koki(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ./koki with the Python of this test."""
    variables = {"PATH": os.environ["PATH"], "KOKI_VENV": sys.prefix, "KOKI_HOME": str(home), "COLUMNS": "100", **environment}
    return subprocess.run([REPOSITORY / "koki", *arguments], env=variables, capture_output=True, text=True, check=False, cwd=home)


def test_help_names_every_command_and_starts_nothing(tmp_path: Path) -> None:
    result = koki("--help", home=tmp_path)

    assert result.returncode == 0
    assert [word for word in COMMANDS if f" {word} " not in result.stdout] == []
    assert not (tmp_path / "state.json").exists()


@pytest.mark.parametrize("command", ["up", "down", "status", "test", "check", "job", "logs"])
def test_each_command_explains_itself_in_japanese(tmp_path: Path, command: str) -> None:
    result = koki(command, "--help", home=tmp_path)

    assert result.returncode == 0
    assert f"使い方: ./koki {command}" in result.stdout
    assert "この説明を表示します。" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fly",), "fly というコマンドはありません"),
        (("logs", "--loud"), "--loud というオプションはありません"),
        (("job",), "サービス を書いてください"),
        (("up", "pension"), "pension というサービスはありません"),
    ],
)
def test_a_wrong_command_line_is_refused_with_what_to_write(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = koki(*arguments, home=tmp_path)

    assert result.returncode != 0
    assert said in result.stderr


def test_without_a_python_the_line_to_run_is_printed(tmp_path: Path) -> None:
    for program in ("bash", "dirname", "mkdir", "cat", "cut", "sha256sum", "id", "flock"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    copy = tmp_path / "repository"
    copy.mkdir()
    for name in ("koki", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(REPOSITORY / name, copy)

    result = subprocess.run(
        [copy / "koki", "up"], env={"PATH": str(tmp_path), "KOKI_PYTHON": "/nowhere/python3"}, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert "sudo apt-get install -y python3 python3-venv" in result.stderr


def test_logs_show_the_last_lines_with_the_name_of_the_service(tmp_path: Path) -> None:
    home, console = Home(tmp_path), Console(width=80, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115  closed with the process
    (home.logs / "premium.log").write_text("one\ntwo\n")
    (home.logs / "gateway.log").write_text("three [id]\n")

    show_logs(home, None, lines=1, follow=False, console=console)

    assert [line.split() for line in console.export_text().splitlines()] == [["premium", "|", "two"], ["gateway", "|", "three", "[id]"]]


def test_a_log_that_does_not_exist_is_refused_with_the_names_to_choose_from(tmp_path: Path) -> None:
    with pytest.raises(LocalRunProblem, match="選べる名前: eligibility、premium"):
        show_logs(Home(tmp_path), "pension", lines=1, follow=False, console=Console())


def test_a_process_outlives_its_log_growing_and_is_known_until_it_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = spawn(["/bin/sleep", "60"], environment={}, folder=tmp_path, log=log, account=own_account())

    assert process == identify(process.pid)
    assert process != ProcessIdentity(process.pid, process.started + 1, process.boot)
    process.send(signal.SIGKILL)
    assert process.wait_gone(5)
    assert identify(process.pid) is None
