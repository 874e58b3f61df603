"""A newcomer finds in the README of each service what it owns, hears and says; and what stands there is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chassis.runtime import Service
from contracts.catalogue import CATALOGUE

from tests.architecture.repository import ROOT, services, shown

_HEADING = re.compile(r"^#{2,3} +(.+?) *$", re.MULTILINE)


def _sections(service: Service) -> dict[str, str]:
    """The sections of a README by the first word of their heading, in small letters."""
    text = (service.root / "README.md").read_text(encoding="utf-8")
    parts = _HEADING.split(text)
    return {heading.split()[0].lower().strip(":"): body for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def _events_in(text: str) -> set[str]:
    """The event types of the catalogue that a text names, with or without their version."""
    return {event_type for event_type in CATALOGUE if re.search(rf"(?<![\w.]){re.escape(event_type.rsplit('.v', 1)[0])}(?!\w)", text)}


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_readme_says_what_the_service_owns_hears_and_says(service: Service) -> None:
    assert {"owns", "hears", "says"} <= _sections(service).keys()


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_readme_names_exactly_the_events_that_the_service_hears(service: Service) -> None:
    heard = {event_type for _, event_type in service.routes.types} if service.routes else set()
    assert _events_in(_sections(service)["hears"]) == heard


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_readme_names_exactly_the_events_that_the_service_says(service: Service) -> None:
    said = {event_type for event_type, entry in CATALOGUE.items() if entry.model.owner == service.name}
    assert _events_in(_sections(service)["says"]) == said


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_a_readme_names_every_job_of_the_service(service: Service) -> None:
    text = (service.root / "README.md").read_text(encoding="utf-8")
    assert [job.name for job in service.jobs if f"`{job.name}`" not in text] == []


def _pages() -> list[Path]:
    return [page for page in sorted(ROOT.rglob("*.md")) if not {".koki", ".venv", "node_modules"} & set(page.relative_to(ROOT).parts)]


@pytest.mark.parametrize("page", _pages(), ids=shown)
def test_every_link_to_a_place_in_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    places = [link.split("#")[0] for link in links if not re.match(r"[a-z]+:", link) and not link.startswith("#")]
    assert [place for place in places if not (page.parent / place).exists()] == []


def test_the_two_readmes_have_the_same_commands_and_links() -> None:
    english, japanese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))
    for pattern in (r"^(?:\$ )?\./koki [^\n#]+?(?= *(?:#|$))", r"\]\(([^)]+)\)"):
        found = [[link for link in re.findall(pattern, text, re.MULTILINE) if "README" not in link] for text in (english, japanese)]
        assert found[0] == found[1]


def test_the_readme_begins_with_two_commands() -> None:
    first_block = re.search(r"```\w*\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert first_block
    commands = [line.split("#")[0].strip() for line in first_block[1].strip().splitlines()]
    assert commands == ["./koki demo", "./koki test"]


def test_every_benchmark_is_listed_with_its_goal() -> None:
    listed = re.findall(r"^\| `(bench_\w+)` \|", (ROOT / "tests/load/README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {path.stem for path in (ROOT / "tests/load").glob("bench_*.py")} <= set(listed)
