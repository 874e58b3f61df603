# SPDX-License-Identifier: Apache-2.0
"""Write what is published about the contracts, or check that what lies there is up to date.

    python -m contracts.generate            write contracts/generated/ and the pages of the layouts
    python -m contracts.generate --check    write nothing; fail when anything differs

Services are not imported here: each is asked in a process of its own for its OpenAPI (`<service>_service.bootstrap.openapi`) and
for the schemas of its estimates (`<service>_service.estimate.schemas`), where it has them.
"""

import argparse
import difflib
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from contracts.catalogue import CATALOGUE
from contracts.layouts import known_layouts, load_layout
from contracts.layouts.problems import as_markdown
from contracts.schemas import asyncapi, event_file, event_schema, layout_schema, layout_table

ROOT: Final = Path(__file__).resolve().parents[2]
GENERATED: Final = Path("contracts/generated")
_LAYOUTS: Final = Path("contracts/layouts")
_ASK_SECONDS: Final = 120
_MOST_LINES_SHOWN: Final = 20


class ServiceSilent(RuntimeError):
    """A service was asked for what it publishes and failed; the text is its error."""


def documents(root: Path = ROOT) -> dict[Path, str]:
    """Every published file, by its path from the root of the repository: our own, and those of the services under `root`."""
    found = own_documents()
    with ThreadPoolExecutor(max_workers=2) as pool:
        for answers in pool.map(lambda package: _service_documents(root, package), _packages(root)):
            found |= answers
    return found


def own_documents() -> dict[Path, str]:
    """What the contracts themselves publish: AsyncAPI, schemas of events and rows, pages of the layouts."""
    found = {GENERATED / "asyncapi.json": as_text(asyncapi())}
    for event_type, entry in CATALOGUE.items():
        found[GENERATED / event_file(event_type)] = as_text(event_schema(entry.model))
    for version in sorted({version for version, _ in known_layouts()}):
        layouts = [load_layout(name, known) for known, name in known_layouts() if known == version]
        for layout in layouts:
            found[GENERATED / "layouts" / version / f"{layout.name}.schema.json"] = as_text(layout_schema(layout))
        found[_LAYOUTS / version / "fields.md"] = _fields_page(version, [layout_table(layout) for layout in layouts])
    found[_LAYOUTS / "errors.md"] = as_markdown()
    return found


def as_text(document: Any) -> str:
    """JSON in one form: sorted keys, two spaces, Japanese as it is."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(root: Path = ROOT) -> list[Path]:
    """Write every document and remove what is published no more; the paths that changed."""
    wanted = documents(root)
    changed = _differing(root, wanted)
    for path in changed:
        target = root / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path], encoding="utf-8")
        else:
            target.unlink()
    return changed


def differences(root: Path = ROOT) -> list[str]:
    """What differs from what should lie there, with the first lines of each difference."""
    wanted = documents(root)
    return [_difference(root / path, path, wanted.get(path, "")) for path in _differing(root, wanted)]


def main(argv: Sequence[str] | None = None) -> int:
    """0: written, or up to date; 1: `--check` found differences, or a service could not be asked."""
    parser = argparse.ArgumentParser(prog="contracts", description="契約(イベント・ファイル・API)の公開文書を作ります。")
    parser.add_argument("--check", action="store_true", help="書き込まずに、最新かどうかだけを確かめます。")
    arguments = parser.parse_args(argv)
    try:
        if arguments.check:
            if found := differences():
                print("\n".join(found))
                print(f"契約の公開文書が最新ではありません({len(found)}件)。./koki contracts を実行して、変更を記録してください。")
                return 1
            print("契約の公開文書は最新です。")
            return 0
        changed = write()
    except ServiceSilent as error:
        print(error, file=sys.stderr)
        return 1
    for path in changed:
        print(path)
    print(f"契約の公開文書を作りました(変わったもの {len(changed)}件)。")
    return 0


def _differing(root: Path, wanted: dict[Path, str]) -> list[Path]:
    lying = {path.relative_to(root) for path in (root / GENERATED).rglob("*") if path.is_file()}
    stale = [path for path in wanted if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != wanted[path]]
    return sorted({*stale, *(lying - set(wanted))})


def _difference(target: Path, path: Path, wanted: str) -> str:
    lying = target.read_text(encoding="utf-8") if target.exists() else ""
    lines = list(
        difflib.unified_diff(lying.splitlines(), wanted.splitlines(), f"{path} (今のファイル)", f"{path} (あるべき内容)", lineterm="", n=1)
    )
    more = ["…"] if len(lines) > _MOST_LINES_SHOWN else []
    return "\n".join(lines[:_MOST_LINES_SHOWN] + more)


def _fields_page(version: str, tables: list[str]) -> str:
    introduction = (
        f"# {version}: 項目一覧 (fields)\n\n"
        "YAML から `./koki contracts` が作ります。印は根拠: G 公的文書、P 製品で使われている形式、W その他の公開ページ、R 計算、"
        "MH・ML 記憶、own 独自。\n"
        "Written from the YAML files. Marks are evidence: G official text, P public products, own our own layout.\n"
    )
    return "\n".join([introduction, *tables])


def _packages(root: Path) -> list[str]:
    return sorted(path.parent.name for path in root.glob("services/*/*_service/__init__.py"))


def _service_documents(root: Path, package: str) -> dict[Path, str]:
    folder = root / "services" / package.removesuffix("_service") / package
    found: dict[Path, str] = {}
    if (folder / "bootstrap.py").exists() and (openapi := _ask(root, f"{package}.bootstrap", "openapi")) is not None:
        found[GENERATED / "openapi" / f"{package.removesuffix('_service')}.json"] = as_text(openapi)
    if (folder / "estimate.py").exists() or (folder / "estimate").is_dir():
        for name, schema in (_ask(root, f"{package}.estimate", "schemas") or {}).items():
            found[GENERATED / "estimates" / f"{name.removeprefix('estimate.')}.schema.json"] = as_text(schema)
    return found


def _ask(root: Path, module: str, function: str) -> Any:
    """What `function` of `module` returns, from a process of its own; None when the module has no such function."""
    question = f"import importlib, json; m = importlib.import_module({module!r}); f = getattr(m, {function!r}, None); "
    question += "print('\\n' + json.dumps(f() if f else None))"
    roots = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["koki"]["roots"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(root / folder) for folder in roots)}
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=root, env=environment, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False
    )
    if answer.returncode != 0:
        raise ServiceSilent(f"{module}.{function} から公開文書を受け取れませんでした。\n{answer.stderr.strip()[-2000:]}")
    return json.loads(answer.stdout.rstrip().rsplit("\n", 1)[-1])


if __name__ == "__main__":
    sys.exit(main())
