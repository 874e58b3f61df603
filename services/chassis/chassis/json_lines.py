"""JSON Lines in, JSON Lines out, in the same order: how people ask the rules with cases of their own, without a server or a database.

A bad line is answered with what is wrong with it, the others are still answered, and the exit status says so. A service names its
kinds of cases; each kind is a model of a line and a function from cases to answers. Unknown keys are refused, so that a typo never
becomes a zero.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn, TextIO

from pydantic import TypeAdapter, ValidationError

from chassis.json_cases import CaseError, FaultyCase, Language, LineModel, from_validation

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
-h, --help                   この説明を表示します。種類のあとに付けると、その種類の行の書き方と例を表示します

行の形式は contracts/generated/ の JSON Schema（estimate.種類）にあります。
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """How answers are wanted."""

    explained: bool = False
    language: Language = "ja"
    confirmations: Path | None = None
    """A file of parameters that named officers have confirmed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of case: what it is in Japanese, the models of a line and of its answer, and the function between them.

    `answer` gives one answer or CaseError for each case, in order.
    """

    title: str
    case: type[LineModel]
    answer_model: type[LineModel]
    answer: Callable[[Sequence[Any], Asked], Sequence[LineModel | CaseError]]
    manual: Mapping[Language, Path] = field(default_factory=dict)
    """How a line is written, with examples, by language: what `estimate KIND --help` prints."""


def schemas_of(kinds: Mapping[str, Kind]) -> dict[str, dict[str, object]]:
    """JSON Schemas of what a line may be, in and out, by the name of the file that publishes each."""
    made: dict[str, dict[str, object]] = {}
    for name, kind in kinds.items():
        made[f"estimate.{name}.case"] = kind.case.model_json_schema(by_alias=True, mode="validation")
        answered: Any = kind.answer_model | FaultyCase
        made[f"estimate.{name}.answer"] = TypeAdapter(answered).json_schema(mode="serialization")
    return made


def run(kinds: Mapping[str, Kind], argv: Sequence[str] | None = None, *, planned: Sequence[str] = ()) -> int:
    """`KIND [FILE|-] [--explain] [--lang ja|en] [--confirmations FILE]`. 0: all answered; 1: at least one bad line; 2: wrong use."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in kinds:
        return _unknown_kind(arguments[0], kinds, planned)
    if (manual := _manual(arguments, kinds)) is not None:
        print(manual.read_text(encoding="utf-8"), end="")
        return 0
    try:
        chosen = _parser(kinds).parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    try:
        with _opened(chosen.file) as lines:
            return answer_lines(kinds[chosen.kind], lines, Asked(chosen.explain, chosen.lang, chosen.confirmations))
    except OSError as error:
        print(f"「{chosen.file}」を読めません: {error.strerror}", file=sys.stderr)
    except UnicodeDecodeError as error:
        print(f"「{chosen.file}」は UTF-8 ではありません（{error.start} バイト目）。", file=sys.stderr)
    return 2


def answer_lines(kind: Kind, lines: TextIO, asked: Asked) -> int:
    """Print an answer for each line that is not empty; 1 where one of them is a fault."""
    block = 1 if lines.isatty() else _BLOCK
    status = 0
    for answers in _answers(kind, lines, block, asked):
        for answer in answers:
            if isinstance(answer, FaultyCase):
                status = 1
            print(json.dumps(answer.model_dump(mode="json", by_alias=True, exclude_unset=True), ensure_ascii=False))
        sys.stdout.flush()
    return status


def _answers(kind: Kind, lines: Iterable[str], block: int, asked: Asked) -> Iterator[list[LineModel]]:
    numbered = iter((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while taken := list(islice(numbered, block)):
        yield _answer_block(kind, taken, asked)


def _answer_block(kind: Kind, lines: Sequence[tuple[int, str]], asked: Asked) -> list[LineModel]:
    names: list[str | int | None] = []
    read: list[LineModel | CaseError] = []
    for number, line in lines:
        content = _parsed(line, number)
        names.append(_name_of(content))
        read.append(content if isinstance(content, CaseError) else _case(kind, content))
    answers = iter(kind.answer([case for case in read if isinstance(case, LineModel)], asked))
    made: list[LineModel] = []
    for name, case in zip(names, read, strict=True):
        answer = next(answers) if isinstance(case, LineModel) else case
        made.append(FaultyCase(case=name, error=answer.fault(asked.language)) if isinstance(answer, CaseError) else answer)
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


def _case(kind: Kind, content: object) -> LineModel | CaseError:
    try:
        return kind.case.model_validate(content)
    except ValidationError as error:
        return from_validation(error)


class _Parser(argparse.ArgumentParser):
    """Speaks Japanese to people; what argparse itself says stays in brackets."""

    kinds: Mapping[str, Kind] = {}

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"使い方が違います。./koki estimate --help を見てください。（{message}）\n")

    def format_help(self) -> str:
        return HELP.format(kinds="\n".join(f"  {name:<12}{kind.title}" for name, kind in self.kinds.items()))


def _parser(kinds: Mapping[str, Kind]) -> argparse.ArgumentParser:
    parser = _Parser(prog="./koki estimate")
    parser.kinds = kinds
    parser.add_argument("kind", choices=sorted(kinds))
    parser.add_argument("file", nargs="?", default="-")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--lang", choices=["ja", "en"], default="ja")
    parser.add_argument("--confirmations", type=Path)
    return parser


def _manual(arguments: Sequence[str], kinds: Mapping[str, Kind]) -> Path | None:
    """The manual that `KIND --help [--lang en]` asks for; None where something else is asked, or where the kind has none."""
    asked = argparse.ArgumentParser(add_help=False)
    asked.add_argument("kind")
    asked.add_argument("-h", "--help", action="store_true")
    asked.add_argument("--lang", default="ja")
    if not arguments or arguments[0] not in kinds:
        return None
    chosen, _ = asked.parse_known_args(arguments)
    return kinds[chosen.kind].manual.get(chosen.lang) if chosen.help else None


def _unknown_kind(asked: str, kinds: Mapping[str, Kind], planned: Sequence[str]) -> int:
    built = "、".join(f"{name}（{kind.title}）" for name, kind in kinds.items())
    known = "はまだ作られていません" if asked in planned else "はありません"
    print(f"試算の種類「{asked}」{known}。いま使えるのは {built} です。", file=sys.stderr)
    return 2


class _StandardInput:
    def __enter__(self) -> TextIO:
        return sys.stdin

    def __exit__(self, *_: object) -> None:
        """Leave standard input open: it is not ours to close."""


def _opened(name: str) -> _StandardInput | TextIO:
    return _StandardInput() if name == "-" else Path(name).open(encoding="utf-8")
