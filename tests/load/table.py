"""The table of what was measured, from `.koki/load/results.json`: `python -m tests.load.table [--write]`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.load.measure import RESULTS

README = {"README.md": "en", "README.ja.md": "ja"}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_WORDS = {
    "en": (
        "| benchmark | ratio to the ceiling | goal | reached | product | ceiling | unit |",
        ("yes", "**no**"),
        "Medians; each ceiling was measured in the same run. Machine: {machine}.",
        "Not measured on this machine yet: see tests/load/README.md.",
    ),
    "ja": (
        "| 測定 | 上限に対する比 | 目標 | 達成 | 製品 | 上限 | 単位 |",
        ("達成", "**未達**"),
        "中央値です。上限は同じ実行の中で測りました。機械: {machine}。",
        "この機械ではまだ測定していません。tests/load/README.md を見てください。",
    ),
}


def table(results: Mapping[str, Mapping[str, Any]], language: str = "en") -> str:
    """Markdown: one row for each result, and the machines they were taken on."""
    head, (yes, no), below, nothing = _WORDS[language]
    if not results:
        return nothing
    lines = [head, "| --- | ---: | --- | --- | ---: | ---: | --- |"]
    for name, found in sorted(results.items()):
        reached = yes if found["reached"] else no
        product, ceiling = (f"{found[key]:,.10g}" for key in ("product", "ceiling"))
        lines.append(f"| {name} | {found['ratio']:.2f} | {found['goal']} | {reached} | {product} | {ceiling} | {found['unit']} |")
    machines = "; ".join(sorted({str(found["machine"]) for found in results.values()}))
    return "\n".join([*lines, "", below.format(machine=machines)])


def written(text: str, measured: str) -> str:
    """A README with the table between its two marks. ValueError where the marks are missing."""
    if BEGIN not in text or END not in text:
        raise ValueError(f"The marks {BEGIN} and {END} are missing.")
    return re.sub(rf"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n{measured}\n{END}", text, flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    """Print the table; with `--write`, put it into both READMEs."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    print(table(results))
    for name, language in README.items() if "--write" in arguments else ():
        path = Path(name)
        path.write_text(written(path.read_text(encoding="utf-8"), table(results, language)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
