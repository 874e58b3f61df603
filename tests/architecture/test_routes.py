"""Every route of every service has its authorisation, or stands on the short list of what anybody may ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chassis import web
from chassis.runtime import Service
from chassis.settings import Settings
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from gateway_service.api import guard, municipal

from tests.architecture.repository import services

KNOWS_WHO_ASKS = {web.principal, guard.signed_in, municipal.sender}
"""The dependencies that refuse whoever is not known: the gateway's token, the session of a person, the secret of a municipality."""

PUBLIC = {
    ("*", "GET", "/health"): "The supervisor asks; the answer says only which part works.",
    ("gateway", "GET", "/sign-in"): "Who is not signed in yet signs in here.",
    ("gateway", "POST", "/sign-in"): "Who is not signed in yet signs in here; the form has a token of its own.",
    ("gateway", "GET", "/terminal"): "A browser becomes a terminal before anybody signs in on it.",
    ("gateway", "POST", "/terminal"): "The registration code that an administrator drew is the proof; the form has a token of its own.",
    ("gateway", "GET", "/{path:path}"): "Whatever is nowhere: a page that says so.",
    ("gateway", "GET", "/static/{name}"): "The style sheet of the sign-in page.",
    ("gateway", "POST", "/v1/traces"): "Spans of the services, taken from trusted networks only; nothing is shown.",
}

JUDGES_ITS_ORIGIN_ITSELF = {("POST", "/api/operations/{service}/{path:path}")}
"""JSON for tools: no form, so no form token; the route asks what the browser says of where the request comes from."""


def _routes(service: Service) -> Iterator[tuple[str, RouteContext]]:
    settings = Settings(service=service.name, database_url="postgresql://nobody@localhost/none")
    for route in iter_route_contexts(web.create_app(service, settings, worker=False).routes):
        for method in sorted(route.methods or {"any"}):
            if method != "HEAD":
                yield method, route


def _dependencies(dependant: Dependant | None) -> Iterator[Any]:
    for needed in dependant.dependencies if dependant else ():
        yield needed.call
        yield from _dependencies(needed)


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_every_route_knows_who_asks_or_is_public_for_a_reason(service: Service) -> None:
    open_to_all = []
    for method, route in _routes(service):
        public = {(name, method, route.path) for name in ("*", service.name)} & PUBLIC.keys()
        if not public and not KNOWS_WHO_ASKS & set(_dependencies(getattr(route, "dependant", None))):
            open_to_all.append(f"{method} {route.path}")
    assert not open_to_all, f"{service.name}: depend on the principal (chassis.web.Asking, role) or on a right (guard.allowed)"


def test_everything_on_the_public_list_exists() -> None:
    known = {(name, method, route.path) for service in services() for method, route in _routes(service) for name in ("*", service.name)}
    assert PUBLIC.keys() <= known


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_the_operations_of_a_service_are_for_operators_alone(service: Service) -> None:
    for method, route in _routes(service):
        if (route.path or "").startswith("/operations"):
            names = {getattr(call, "__qualname__", "") for call in _dependencies(getattr(route, "dependant", None))}
            assert "role.<locals>.check" in names, f"{method} {route.path}"


def test_an_act_in_the_name_of_a_session_comes_from_a_form_of_our_own() -> None:
    """The browser sends the session's cookie with every request, whoever made the page: acts need the token of the form too."""
    (gateway,) = (service for service in services() if service.name == "gateway")
    unguarded = []
    for method, route in _routes(gateway):
        calls = set(_dependencies(getattr(route, "dependant", None)))
        if method != "GET" and guard.signed_in in calls and guard.own_form not in calls:
            unguarded.append((method, route.path))
    assert set(unguarded) == JUDGES_ITS_ORIGIN_ITSELF
