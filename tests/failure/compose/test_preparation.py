"""What the proof prepares before an engine is needed; these run everywhere."""

from __future__ import annotations

from pathlib import Path

from infra.images.credentials import hand_out, kept_in
from infra.rabbitmq.definitions import SERVICES
from tests.failure.compose.machine_network import undoing
from tests.failure.compose.standins import debian_mirror, pip_configuration


def volumes(root: Path) -> Path:
    """Folders as the volumes of `setup` make them."""
    for name in ("setup", "postgres", "rabbitmq", *SERVICES, *(f"{service}-owner" for service in SERVICES)):
        (root / name).mkdir(parents=True)
    return root


def files(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_a_second_setup_hands_out_the_same_settings(tmp_path: Path) -> None:
    root = volumes(tmp_path)
    hand_out(root, {})
    first = files(root)

    hand_out(root, {})

    # The broker's definitions hold salted hashes, which differ although the passwords do not.
    assert {name: text for name, text in files(root).items() if "definitions" not in name} == {
        name: text for name, text in first.items() if "definitions" not in name
    }


def test_a_container_finds_the_passwords_of_no_other_container(tmp_path: Path) -> None:
    root = volumes(tmp_path)
    hand_out(root, {})
    home = kept_in(root)
    premium = "".join(text for name, text in files(root).items() if name.startswith("premium/"))

    assert home.secret("postgresql.premium_app") in premium
    assert home.secret("rabbitmq.premium") in premium
    for stranger in (
        "postgresql.premium_owner",
        "postgresql.superuser",
        "postgresql.eligibility_app",
        "rabbitmq.gateway",
        "rabbitmq.monitor",
    ):
        assert home.secret(stranger) not in premium


def test_only_the_gateway_holds_the_key_that_signs_tokens(tmp_path: Path) -> None:
    root = volumes(tmp_path)
    hand_out(root, {})

    holders = {name.partition("/")[0] for name, text in files(root).items() if "PRIVATE KEY" in text}

    assert holders == {"setup", "gateway"}


def test_a_municipality_added_later_gets_its_own_broker_user(tmp_path: Path) -> None:
    root = volumes(tmp_path)
    hand_out(root, {"KOKI_MUNICIPALITIES": "131016"})
    before = kept_in(root).secret("rabbitmq.municipality-131016")

    hand_out(root, {"KOKI_MUNICIPALITIES": "131016, 132012"})

    assert "municipality-132012" in (root / "rabbitmq" / "definitions.json").read_text()
    assert kept_in(root).secret("rabbitmq.municipality-131016") == before


def test_pip_settings_of_the_environment_win_and_folders_of_this_machine_are_left_out() -> None:
    listed = "\n".join(
        [
            "global.index-url='https://file.example/simple'",
            "global.extra-index-url='file:///opt/a https://more.example/simple'",
            ":env:.index-url='https://environment.example/simple'",
            "global.find-links='/opt/wheels'",
            ":env:.default-timeout='180'",
        ]
    )

    settings = pip_configuration(listed).splitlines()

    assert "index-url = https://environment.example/simple" in settings
    assert "extra-index-url = https://more.example/simple" in settings
    assert "timeout = 180" in settings
    assert not [line for line in settings if "/opt/" in line]


def test_mirror_is_read_from_both_notations_of_apt_sources(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    assert debian_mirror(tmp_path) is None

    (tmp_path / "sources.list.d" / "other.list").write_text(
        "# deb http://commented.example/debian trixie main\ndeb http://tools.example/apt all main\n"
    )
    (tmp_path / "sources.list.d" / "debian.sources").write_text("Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\n")
    assert debian_mirror(tmp_path) == "http://mirror.example/debian"

    (tmp_path / "sources.list").write_text("deb [arch=amd64] http://first.example/debian/ trixie main\n")
    assert debian_mirror(tmp_path) == "http://first.example/debian/"


def test_packet_filter_rules_of_an_engine_are_taken_back_and_older_ones_stay() -> None:
    before = {"filter": [":FORWARD ACCEPT", "-A FORWARD -i office -j ACCEPT"]}
    after = {
        "filter": [":FORWARD DROP", ":DOCKER -", "-A FORWARD -j DOCKER", "-A FORWARD -i office -j ACCEPT"],
        "nat": [":PREROUTING ACCEPT", "-A PREROUTING -j DOCKER"],
    }

    assert undoing(before, after) == [
        ["-t", "filter", "-D", "FORWARD", "-j", "DOCKER"],
        ["-t", "nat", "-D", "PREROUTING", "-j", "DOCKER"],
        ["-t", "filter", "-X", "DOCKER"],
        ["-t", "filter", "-P", "FORWARD", "ACCEPT"],
    ]
