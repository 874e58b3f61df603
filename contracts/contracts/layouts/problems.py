# SPDX-License-Identifier: Apache-2.0
"""Every way in which a file or a row can be wrong: a stable code, and Japanese words for what is wrong and what to do.

F: the file is refused and nothing of it is loaded. R1: the row is refused. R2: the row is parked on a worklist.
`contracts/layouts/errors.md` is written from this table.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import yaml

Severity = Literal["refused", "parked"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One error code. `message` and `remedy` are templates over what the check knows."""

    code: str
    title: str
    message: str
    remedy: str
    severity: Severity = "refused"


@dataclass(frozen=True, slots=True)
class FileError:
    """Why a file was refused as a whole. Positions count from 1: data rows without the header, bytes of the file."""

    code: str
    message: str
    remedy: str
    row_number: int | None = None
    byte_position: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """One wrong value of one row. `row_number` counts data rows from 1, without the header."""

    code: str
    severity: Severity
    row_number: int
    column: str
    term: str
    value: str
    message: str
    remedy: str


_SEND_AGAIN: Final = {
    "file": "作り直したファイルと管理ファイルを、次の世代番号で送り直してください。",
    "row": "直した行だけを送り直せます。",
    "": "",
}


def _load() -> dict[str, Problem]:
    texts = yaml.safe_load(Path(__file__).with_name("problems.yaml").read_text(encoding="utf-8"))
    return {
        code: Problem(
            code=code,
            title=text["title"],
            message=text["message"],
            remedy=text["remedy"] + _SEND_AGAIN[text.get("resend", "")],
            severity=text.get("severity", "refused"),
        )
        for code, text in texts.items()
    }


PROBLEMS: Final[dict[str, Problem]] = _load()


def file_error(code: str, *, row: int | None = None, byte: int | None = None, column: str | None = None, **words: object) -> FileError:
    """The error of a whole file, with its Japanese text filled in."""
    problem = PROBLEMS[code]
    known = {"row": row, "byte": byte, "column": column, **words}
    return FileError(code, problem.message.format(**known), problem.remedy.format(**known), row, byte, column)


def as_markdown() -> str:
    """The text of `contracts/layouts/errors.md`."""
    lines = [
        "# エラーコード一覧 (error codes)",
        "",
        "コードは変わりません。新しい誤りには新しいコードが付きます。行番号は見出し行を除いて1から数えます。",
        "Codes are stable. Row numbers count data rows from 1. Written from `contracts.layouts.problems` by `./koki contracts`.",
    ]
    for heading, level in (
        ("ファイルのエラー: 何も取り込みません (the file is refused as a whole)", "KOKI-F"),
        ("行のエラー: その行だけを受け付けません、または保留します (the row is refused or parked)", "KOKI-R"),
    ):
        lines += ["", f"## {heading}", "", "| コード | 名前 | 扱い | 内容 | どうすればよいか |", "| --- | --- | --- | --- | --- |"]
        for problem in (found for found in PROBLEMS.values() if found.code.startswith(level)):
            handling = "保留" if problem.severity == "parked" else "受け付けない"
            lines.append(f"| {problem.code} | {problem.title} | {handling} | {problem.message} | {problem.remedy} |")
    return "\n".join(lines) + "\n"
