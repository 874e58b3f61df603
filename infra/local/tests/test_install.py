"""Installing what is missing, as far as it can be shown without changing the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.local import install
from infra.local.binaries import find_postgresql
from infra.local.problems import LocalRunProblem
from infra.local.unpacking import UnpackingFailed, fetch_and_unpack
from infra.local.unprivileged import Account


def test_a_package_is_kept_from_starting_its_service_only_while_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(install, "_POLICY", policy)

    with install._no_services_of_their_own([]):
        content, executable = policy.read_text(), os.access(policy, os.X_OK)

    assert content == "#!/bin/sh\nexit 101\n"
    assert executable
    assert not policy.exists()


def test_the_policy_that_a_machine_has_already_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    monkeypatch.setattr(install, "_POLICY", policy)

    with install._no_services_of_their_own([]):
        pass

    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_data_of_a_postgresql_that_is_not_installed_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9\n")

    with pytest.raises(LocalRunProblem, match="apt-get install postgresql-9"):
        find_postgresql(tmp_path)


def test_packages_that_cannot_be_had_leave_no_half_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UnpackingFailed, match="apt-get"):
        fetch_and_unpack(["rabbitmq-server"], tmp_path / "programs" / "rabbitmq")

    assert not (tmp_path / "programs" / "rabbitmq").exists()


def test_a_user_reaches_only_folders_whose_parents_let_it_through(tmp_path: Path) -> None:
    stranger = Account("stranger", uid=54_321, gid=54_321)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    assert stranger.can_reach(Path("/usr/lib"))
    assert not stranger.can_reach(closed)


def test_erlang_is_told_where_it_was_unpacked(tmp_path: Path) -> None:
    script = tmp_path / "tree" / "usr/lib/erlang/bin/erl"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\nROOTDIR=/usr/lib/erlang\n")

    install._tell_erlang_where_it_is(tmp_path / "tree", Path("/home/a person/koki/rabbitmq"))

    assert "ROOTDIR='/home/a person/koki/rabbitmq/usr/lib/erlang'" in script.read_text()
