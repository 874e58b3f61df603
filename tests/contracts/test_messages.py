"""Who hears what: the routing table of each service, the catalogue and the broker's permissions say the same."""

from __future__ import annotations

from collections import defaultdict

import pytest
from chassis.runtime import Service
from contracts.catalogue import CATALOGUE

from infra.rabbitmq.definitions import HEARS, SERVICES
from tests.architecture.repository import ROOT, services


def _heard(service: Service) -> set[str]:
    return {event_type for _, event_type in service.routes.types} if service.routes else set()


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_routing_table_hears_what_the_catalogue_says(service: Service) -> None:
    assert _heard(service) == {event_type for event_type, entry in CATALOGUE.items() if service.name in entry.heard_by}


def test_every_hearer_and_every_owner_in_the_catalogue_is_a_service() -> None:
    named = {name for entry in CATALOGUE.values() for name in (*entry.heard_by, entry.model.owner)}
    assert named <= {service.name for service in services()}


def test_every_service_has_its_place_on_the_broker() -> None:
    assert {service.name for service in services()} == set(SERVICES)


def test_the_broker_lets_every_service_bind_to_the_owners_it_hears() -> None:
    for service in services():
        owners = {CATALOGUE[event_type].model.owner for event_type in _heard(service)}
        assert owners <= set(HEARS[service.name]), service.name


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_whoever_hears_one_type_of_a_stream_hears_them_all(service: Service) -> None:
    """Sequences count over the whole stream: whoever leaves out a type waits for ever at the first of its events."""
    types_of_stream: dict[str, set[str]] = defaultdict(set)
    for event_type, entry in CATALOGUE.items():
        if entry.model.stream:
            types_of_stream[entry.model.stream].add(event_type)
    heard = _heard(service)
    for stream, types in types_of_stream.items():
        assert not heard & types or types <= heard, f"{service.name} hears {sorted(heard & types)} of the stream {stream}"


def test_a_stream_belongs_to_one_owner() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for entry in CATALOGUE.values():
        if entry.model.stream:
            owners[entry.model.stream].add(entry.model.owner)
    assert {stream: found for stream, found in owners.items() if len(found) > 1} == {}


def test_positions_that_a_service_keeps_itself_are_those_of_streams_it_hears() -> None:
    for service in services():
        if service.routes:
            streams = {CATALOGUE[event_type].model.stream for event_type in _heard(service)}
            assert set(service.routes.own_positions) <= streams, service.name


def test_handlers_of_a_service_live_in_its_handlers_room() -> None:
    for service in services():
        for handler in service.routes.handlers if service.routes else ():
            assert handler.__module__.startswith(f"{service.name}_service.handlers."), handler.__qualname__


def test_a_service_is_named_after_its_folder() -> None:
    for service in services():
        assert service.root == ROOT / "services" / service.name
