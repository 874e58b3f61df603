"""The command: JSON Lines in, JSON Lines out, in the same order; a bad line is answered with what is wrong with it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NoReturn, TextIO

from chassis.law import FiscalYear
from pydantic import TypeAdapter, ValidationError

from premium_service.estimate.errors import CaseError, Language, from_validation
from premium_service.estimate.premium import answer_premiums
from premium_service.estimate.premium_case import FaultyCase, PremiumAnswer, PremiumCase
from premium_service.law import confirmed_parameters

KINDS = {"premium": "保険料（年額、内訳、計算の過程）"}
PLANNED = ("copay-rate", "late-charge", "instalments", "special-collection", "high-cost", "annual-cap", "combined", "meals")
_BLOCK = 1000
HELP = """使い方: ./koki estimate 種類 [ファイル] [--explain] [--lang ja|en] [--confirmations ファイル]

法令の計算を、サーバーなしで自分の事例で確かめます。1行に1件の JSON を読み、同じ順に1行ずつ答えます。
誤りのある行には理由を答え、ほかの行の計算は続けます。誤りがあれば終了コードは 1 です。

種類:
{kinds}

ファイル                     JSON Lines のファイル。- または省略で標準入力
--explain                    計算の一段ごとの説明（steps）を付けます
--lang ja|en                 説明と誤りの文の言語（省略時は ja）
--confirmations ファイル     職員が確認した法定数値のファイル。そこにある数値の「暫定」の印を外します
-h, --help                   この説明を表示します

行の形式は contracts/generated/ の JSON Schema（estimate.premium）にあります。
"""


def schemas() -> dict[str, dict[str, object]]:
    """JSON Schemas of what a line may be, in and out, by the name of the file that publishes each."""
    return {
        "estimate.premium.case": PremiumCase.model_json_schema(by_alias=True, mode="validation"),
        "estimate.premium.answer": TypeAdapter(PremiumAnswer | FaultyCase).json_schema(mode="serialization"),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run `estimate KIND [FILE|-] [--explain] [--lang ja|en]`. 0: all answered; 1: at least one bad line; 2: wrong use."""
    parser = _parser()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in KINDS:
        return _unknown_kind(arguments[0])
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    try:
        with _opened(chosen.file) as lines:
            return _run(lines, chosen)
    except OSError as error:
        print(f"「{chosen.file}」を読めません: {error.strerror}", file=sys.stderr)
        return 2
    except UnicodeDecodeError as error:
        print(f"「{chosen.file}」は UTF-8 ではありません（{error.start} バイト目）。", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    """Speaks Japanese to people; what argparse itself says stays in brackets."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"使い方が違います。./koki estimate --help を見てください。（{message}）\n")

    def format_help(self) -> str:
        kinds = "\n".join(f"  {kind:<10}{text}" for kind, text in KINDS.items())
        return HELP.format(kinds=kinds)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="./koki estimate")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("file", nargs="?", default="-")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--lang", choices=["ja", "en"], default="ja")
    parser.add_argument("--confirmations", type=Path)
    return parser


def _unknown_kind(kind: str) -> int:
    built = "、".join(f"{name}（{text}）" for name, text in KINDS.items())
    if kind in PLANNED:
        print(f"試算の種類「{kind}」はまだ作られていません。いま使えるのは {built} です。", file=sys.stderr)
    else:
        print(f"試算の種類「{kind}」はありません。いま使えるのは {built} です。", file=sys.stderr)
    return 2


class _StandardInput:
    def __enter__(self) -> TextIO:
        return sys.stdin

    def __exit__(self, *_: object) -> None:
        """Leave standard input open: it is not ours to close."""


def _opened(name: str) -> _StandardInput | TextIO:
    return _StandardInput() if name == "-" else Path(name).open(encoding="utf-8")


def _run(lines: TextIO, chosen: argparse.Namespace) -> int:
    block = 1 if lines.isatty() else _BLOCK
    status = 0
    for answers in _answers(lines, block, chosen):
        for answer in answers:
            if isinstance(answer, FaultyCase):
                status = 1
            print(json.dumps(answer.model_dump(mode="json", by_alias=True, exclude_unset=True), ensure_ascii=False))
        sys.stdout.flush()
    return status


def _answers(lines: Iterable[str], block: int, chosen: argparse.Namespace) -> Iterator[list[PremiumAnswer | FaultyCase]]:
    numbered = iter((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while taken := list(islice(numbered, block)):
        yield _answer_block(taken, explained=chosen.explain, language=chosen.lang, confirmations=chosen.confirmations)


def _answer_block(
    lines: Sequence[tuple[int, str]], *, explained: bool, language: Language, confirmations: Path | None
) -> list[PremiumAnswer | FaultyCase]:
    names: list[str | int | None] = []
    read: list[PremiumCase | CaseError] = []
    for number, line in lines:
        content = _parsed(line, number)
        names.append(_name_of(content))
        read.append(content if isinstance(content, CaseError) else _case(content))
    cases = [case for case in read if isinstance(case, PremiumCase)]
    confirmed: frozenset[str] = frozenset()
    if confirmations is not None:
        confirmed = frozenset().union(
            *(confirmed_parameters(confirmations, union, FiscalYear(year)) for union, year in {(c.union, c.fiscal_year) for c in cases})
        )
    answers = iter(answer_premiums(cases, explained=explained, language=language, confirmed=confirmed))
    made: list[PremiumAnswer | FaultyCase] = []
    for name, case in zip(names, read, strict=True):
        answer = next(answers) if isinstance(case, PremiumCase) else case
        made.append(
            FaultyCase.model_validate({"case": name, "error": answer.answer(language)}) if isinstance(answer, CaseError) else answer
        )
    return made


def _parsed(line: str, number: int) -> object:
    try:
        return json.loads(line, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        return CaseError(
            "not_json",
            f"{number} 行目は JSON ではありません（{error.colno} 文字目）。",
            f"Line {number} is not JSON (column {error.colno}): {error.msg}.",
        )
    except CaseError as error:
        return error


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CaseError("duplicate_key", f"項目「{twice}」が2回あります。", f"The key {twice} stands twice.", twice)
    return made


def _name_of(content: object) -> str | int | None:
    name = content.get("case") if isinstance(content, dict) else None
    return name if isinstance(name, str | int) and not isinstance(name, bool) else None


def _case(content: object) -> PremiumCase | CaseError:
    try:
        return PremiumCase.model_validate(content)
    except ValidationError as error:
        return from_validation(error)
