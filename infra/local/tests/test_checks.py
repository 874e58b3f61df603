"""What `./koki check` covers."""

from __future__ import annotations

from infra.local.checks import type_check_groups
from infra.local.home import REPOSITORY


def test_every_package_and_every_folder_of_tests_is_type_checked() -> None:
    groups = type_check_groups(REPOSITORY)
    named = {argument for group in groups for argument in group}

    services = {path.name for path in REPOSITORY.glob("services/*/*_service") if any(path.glob("*.py"))}
    tests = {f"services.{path.parent.name}.tests" for path in REPOSITORY.glob("services/*/tests") if any(path.rglob("test_*.py"))}
    assert {"infra", "tests", "contracts", "chassis", "contracts/tests", *services, *tests} <= named
