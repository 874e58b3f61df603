# SPDX-License-Identifier: Apache-2.0
"""Does a change break somebody who reads our events? Only an added optional field keeps a version; anything else is a new one.

    python -m contracts.compatibility BASE     BASE: a git ref (main, a commit), or a folder that holds a contracts/generated/

The published schemas of the base are compared with the event classes as they are now.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from contracts.catalogue import CATALOGUE
from contracts.generate import GENERATED, ROOT
from contracts.schemas import event_schema

Schema = Mapping[str, Any]
EVENTS: Final = GENERATED / "events"
_SAID_ONLY: Final = {"title", "description", "examples", "default", "$id", "$schema"}
"""Parts of a schema that explain and do not bind."""


class NoSuchBase(LookupError):
    """The base is neither a git ref nor a folder."""


def breaking_changes(published: Mapping[str, Schema], present: Mapping[str, Schema]) -> list[str]:
    """What in `present` breaks readers of `published` (event type → schema), in Japanese; empty when nothing does."""
    problems: list[str] = []
    for event_type, old in sorted(published.items()):
        if event_type in present:
            problems += _broken(event_type, _plain(old, old), _plain(present[event_type], present[event_type]))
        elif not _has_successor(event_type, present):
            problems.append(f"{event_type}: 公開済みのイベントがなくなりました。次の版を公開し、聞き手が移ってから除いてください。")
    return problems


def published_at(base: str, root: Path = ROOT) -> dict[str, Schema]:
    """The event schemas at a folder or git ref; empty when nothing was published there. Raises `NoSuchBase`."""
    folder = Path(base)
    if folder.is_dir():
        texts: Iterator[str] = (path.read_text(encoding="utf-8") for path in sorted((folder / EVENTS).glob("*.schema.json")))
    else:
        if _git(root, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}") is None:
            raise NoSuchBase(f"「{base}」は git の参照でもフォルダーでもありません。")
        names = (_git(root, "ls-tree", "--name-only", base, f"{EVENTS.as_posix()}/") or "").split()
        texts = (_git(root, "show", f"{base}:{name}") or "" for name in names)
    schemas = [json.loads(text) for text in texts]
    return {schema["title"]: schema for schema in schemas}


def main(argv: Sequence[str] | None = None) -> int:
    """0: nothing breaks; 1: something does; 2: the base does not exist."""
    parser = argparse.ArgumentParser(prog="contracts.compatibility", description="公開済みのイベントとの互換性を確かめます。")
    parser.add_argument("base", help="git の参照(main など)か、contracts/generated/ のあるフォルダー")
    base = parser.parse_args(argv).base
    try:
        published = published_at(base)
    except NoSuchBase as error:
        print(error, file=sys.stderr)
        return 2
    present = {event_type: event_schema(entry.model) for event_type, entry in CATALOGUE.items()}
    if problems := breaking_changes(published, present):
        print("\n".join(problems))
        print(f"公開済みのイベントを壊す変更が{len(problems)}件あります。元に戻すか、新しい版(v2 など)として加えてください。")
        return 1
    print(f"公開済みの{len(published)}種のイベントと互換です。")
    return 0


def _plain(schema: Any, whole: Schema) -> Any:
    """The schema with references laid open and words of explanation removed."""
    if isinstance(schema, list):
        return [_plain(item, whole) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return _plain(whole["$defs"][name], whole)
    kept = {key: value for key, value in schema.items() if key not in _SAID_ONLY and key != "$defs"}
    properties = kept.pop("properties", None)
    plain = {key: _plain(value, whole) for key, value in kept.items()}
    return plain if properties is None else {**plain, "properties": {name: _plain(value, whole) for name, value in properties.items()}}


def _broken(path: str, old: Any, new: Any) -> Iterator[str]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield f"{path}: {_shown(old)} が {_shown(new)} に変わりました。"
        return
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    old_needed, new_needed = set(old.get("required", [])), set(new.get("required", []))
    for name in old_fields:
        if name not in new_fields:
            yield f"{path}: 項目 {name} がなくなったか、名前が変わりました。"
            continue
        if name in new_needed - old_needed:
            yield f"{path}: 任意だった項目 {name} が必須になりました。"
        if name in old_needed - new_needed:
            yield f"{path}: 必須だった項目 {name} が任意になりました。"
        yield from _broken(f"{path}.{name}", old_fields[name], new_fields[name])
    for name in sorted(new_needed - set(old_fields)):
        yield f"{path}: 新しい項目 {name} が必須です。任意(既定値あり)にしてください。"
    for key in sorted((set(old) | set(new)) - {"properties", "required"}):
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            yield from _broken(path, old[key], new[key])
        elif old.get(key) != new.get(key):
            yield f"{path}: {key} が {_shown(old.get(key))} から {_shown(new.get(key))} に変わりました。"


def _has_successor(event_type: str, present: Mapping[str, Schema]) -> bool:
    found = re.fullmatch(r"(.+)\.v(\d+)", event_type)
    return found is not None and f"{found[1]}.v{int(found[2]) + 1}" in present


def _shown(value: Any) -> str:
    return "なし" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _git(root: Path, *words: str) -> str | None:
    answer = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    return answer.stdout if answer.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
