"""Who runs the servers, and where such a user can keep data.

PostgreSQL refuses to run as root. A launcher that finds itself root starts both servers as the system user `koki` (made when it is
missing; `nobody` where it cannot be made). That user may be unable to walk to the repository (`/root`, a private temporary folder):
then the data lives in a folder of its own under `/var/lib`, whose path is kept in `.koki/state.json`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.local.problems import LocalRunProblem

USER: Final = "koki"
_ATTEMPTS: Final = 5


@dataclass(frozen=True)
class Account:
    """The unprivileged user of the servers."""

    name: str
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to start a process as this user: nothing when we are that user already."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def owns(self, folder: Path) -> None:
        """Make the folder (if need be) and give it to this user alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    def write(self, path: Path, text: str) -> None:
        """Write a file that only this user (and root) can read."""
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            os.fchown(file.fileno(), self.uid, self.gid)
            file.write(text)

    def can_reach(self, folder: Path) -> bool:
        """Whether this user may walk through `folder` and every folder above it (POSIX permission bits)."""
        return all(self._may_enter(parent) for parent in (folder, *folder.parents))

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def own_account() -> Account:
    """The caller."""
    return Account(str(os.geteuid()), os.geteuid(), os.getegid())


def server_account(recorded: str | None = None) -> Account:
    """The caller, unless it is root: then the user `recorded` earlier, else `koki`, else `nobody`."""
    if os.geteuid() != 0:
        return own_account()
    for name in filter(None, (recorded, USER, "nobody")):
        entry = _entry(name) or (_make_user() if name == USER else None)
        if entry is not None:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise LocalRunProblem(
        "サーバーを動かす一般ユーザーを用意できません(useradd が使えず、nobody もありません)。一般ユーザーで ./koki を実行してください。"
    )


def server_folder(home: Path, account: Account) -> Path:
    """A folder for the servers' data: below `home` if the account can get there, else one made for it under /var/lib or /tmp."""
    if account.can_reach(home):
        folder = home / "servers"
        account.owns(folder)
        return folder
    for parent in (Path("/var/lib"), Path(tempfile.gettempdir())):
        if os.access(parent, os.W_OK) and account.can_reach(parent):
            folder = Path(tempfile.mkdtemp(prefix="koki-", dir=parent))
            account.owns(folder)
            account.write(folder / "README", f"PostgreSQL and RabbitMQ data of the Koki run whose state is {home / 'state.json'}.\n")
            return folder
    raise LocalRunProblem(f"{account.name} から読み書きできるデータの置き場所がありません。/var/lib に書き込めるようにしてください。")


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_user() -> pwd.struct_passwd | None:
    """Make the user, or find that another command has just made it."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", USER]
    for _ in range(_ATTEMPTS):
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
        entry = _entry(USER)
        if made or entry is not None:
            return entry
        time.sleep(0.2)  # the list of users may be locked by somebody else
    return None
