# SPDX-License-Identifier: Apache-2.0
"""From the YAML files under `contracts/layouts/` to `Layout`."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from contracts.layouts.model import CodeTable, Layout

FOLDER = Path(__file__).resolve().parents[2] / "layouts"
_NOT_RECORDS = {"codes", "family", "result_family"}


class UnknownLayout(LookupError):
    """There is no layout of that name and version; the text (Japanese) lists those that exist."""


class LayoutInvalid(ValueError):
    """A layout file does not fit the model; the text names file and place."""


def known_layouts() -> list[tuple[str, str]]:
    """Every (version, name), sorted."""
    return sorted((path.parent.name, path.stem) for path in FOLDER.glob("*/*.yaml") if path.stem not in _NOT_RECORDS)


def load_layout(name: str, version: str = "koki-1", *, site_codes: Mapping[str, Mapping[str, str]] | None = None) -> Layout:
    """The layout of a record. `site_codes` replaces code tables by name: real values of a site that nobody publishes.

    Raises `UnknownLayout` for a name or version that does not exist, `LayoutInvalid` for a file that does not fit the model.
    """
    layout = _load(name, version)
    if not site_codes:
        return layout
    if unknown := sorted(set(site_codes) - set(layout.code_tables)):
        raise LayoutInvalid(f"{version}/{name} has no code table {', '.join(unknown)}.")
    tables = dict(layout.code_tables)
    for table, values in site_codes.items():
        tables[table] = tables[table].model_copy(update={"values": dict(values)})
    return layout.model_copy(update={"code_tables": tables})


@lru_cache(maxsize=64)
def _load(name: str, version: str) -> Layout:
    if (version, name) not in known_layouts():
        known = "、".join(f"{known_version}/{known_name}" for known_version, known_name in known_layouts())
        raise UnknownLayout(f"レイアウト「{version}/{name}」はありません。使えるのは {known} です。")
    path = FOLDER / version / f"{name}.yaml"
    try:
        content = read_yaml(path)
        tables = _code_tables(path.with_name("codes.yaml"))
        if (extended := content.pop("extends", None)) is not None:
            first = FOLDER / f"{extended}.yaml"
            content["fields"] = [*read_yaml(first)["fields"], *content["fields"]]
            tables = _code_tables(first.with_name("codes.yaml")) | tables
        used = {field.get("code_table") for field in content.get("fields", [])}
        return Layout.model_validate({**content, "code_tables": {table: tables[table] for table in sorted(tables) if table in used}})
    except ValidationError as error:
        raise LayoutInvalid(f"{path}: {error}") from error


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping; `LayoutInvalid` where the file holds something else."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise LayoutInvalid(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise LayoutInvalid(f"{path} does not hold a mapping.")
    return content


def _code_tables(path: Path) -> dict[str, CodeTable]:
    if not path.exists():
        return {}
    return {name: CodeTable.model_validate(table) for name, table in read_yaml(path).items()}
