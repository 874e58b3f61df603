"""docker-compose.yml and its configuration files, read without an engine."""

from __future__ import annotations

from typing import Any

import yaml

from tests.failure.compose.stack import SERVERS, SERVICES
from tests.failure.compose.standins import REPOSITORY


def described() -> dict[str, dict[str, Any]]:
    """The containers of docker-compose.yml, anchors resolved."""
    containers: dict[str, dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
    return containers


def secrets_of(container: dict[str, Any]) -> list[str]:
    return [volume for volume in container.get("volumes", []) if volume.startswith("secrets-")]


def test_every_service_and_server_is_there_with_a_health_check() -> None:
    containers = described()

    assert {*SERVICES, *SERVERS, "otel-collector", "jaeger"} <= containers.keys()
    assert [name for name in (*SERVICES, *SERVERS) if "healthcheck" not in containers[name]] == []


def test_each_service_mounts_only_its_own_secrets_and_cannot_write_them() -> None:
    containers = described()

    for service in SERVICES:
        assert secrets_of(containers[service]) == [f"secrets-{service}:/run/koki:ro"]
        assert secrets_of(containers[f"{service}-migrate"]) == [f"secrets-{service}-owner:/run/koki:ro"]
    assert [name for name, container in containers.items() if "secrets-setup:/secrets/setup" in secrets_of(container)] == [
        "setup",
        "accounts",
    ]


def test_a_service_starts_after_its_migration_and_a_healthy_broker() -> None:
    containers = described()

    for service in SERVICES:
        conditions = {name: wait["condition"] for name, wait in containers[service]["depends_on"].items()}
        assert conditions[f"{service}-migrate"] == "service_completed_successfully"
        assert conditions["rabbitmq"] == "service_healthy"
        assert containers[f"{service}-migrate"]["depends_on"] == {"accounts": {"condition": "service_completed_successfully"}}


def test_every_one_shot_container_is_waited_for_so_that_up_wait_ends() -> None:
    containers = described()

    one_shots = {name for name, container in containers.items() if container["restart"] == "no"}
    waited_for = {
        name
        for container in containers.values()
        for name, wait in container.get("depends_on", {}).items()
        if wait["condition"] == "service_completed_successfully"
    }

    assert one_shots == waited_for == {"setup", "accounts", *(f"{service}-migrate" for service in SERVICES)}


def test_nothing_is_published_beyond_this_machine_by_default() -> None:
    published = {name: port for name, container in described().items() for port in container.get("ports", [])}

    assert set(published) == {"gateway", "rabbitmq", "jaeger"}
    assert [port for port in published.values() if not port.startswith(("127.0.0.1:", "${KOKI_BIND:-127.0.0.1}:"))] == []


def test_collector_sends_what_it_receives_to_jaeger_and_to_the_gateway() -> None:
    configuration = yaml.safe_load((REPOSITORY / "infra/otel/collector.yaml").read_text())
    pipeline = configuration["service"]["pipelines"]["traces"]

    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) == set(configuration[kind])
    assert configuration["exporters"]["otlp/jaeger"]["endpoint"] == "jaeger:4317"
    assert configuration["exporters"]["otlphttp/gateway"]["endpoint"] == "http://console:8000"
