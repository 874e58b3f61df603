"""typer, speaking Japanese: import it from here, because it asks gettext for its own words while it is imported."""

from __future__ import annotations

import gettext
import re
from typing import Any, Final

_WORDS: Final = {
    "Arguments": "引数",
    "Options": "オプション",
    "Commands": "コマンド",
    "Error": "誤り",
    "Aborted.": "中止しました。",
    "Aborted!": "中止しました。",
    "[default: {}]": "[既定: {}]",
    "[required]": "[必須]",
    "Try [blue]'{command_path} {help_option}'[/] for help.": "使い方は [blue]{command_path} {help_option}[/] で見られます。",
    "Missing command.": "コマンドがありません。",
    "No such command {name!r}.": "{name} というコマンドはありません。",
}
_SENTENCES: Final = (
    (re.compile(r"Missing argument '(.+)'\."), r"\1 を書いてください。"),
    (re.compile(r"No such option: (\S+).*"), r"\1 というオプションはありません。"),
    (re.compile(r"Got unexpected extra arguments? \((.+)\)"), r"余分な引数があります: \1"),
    (re.compile(r"Got unexpected extra argument\(s\) \((.+)\)"), r"余分な引数があります: \1"),
    (re.compile(r"Invalid value for '(.+?)'.*: (.+)"), r"\1 に使えない値です(\2)。"),
)

_english = gettext.gettext


def _in_japanese(message: str) -> str:
    return _WORDS.get(message) or _english(message)


gettext.gettext = _in_japanese

import typer  # noqa: E402
from typer._click.exceptions import UsageError  # noqa: E402
from typer.core import TyperCommand, TyperGroup  # noqa: E402

__all__ = ["Command", "Group", "typer"]


class _JapaneseUsage:
    """The phrases of a help page and of a usage error for which gettext is not asked."""

    def get_help_option(self, context: Any) -> Any:
        option = super().get_help_option(context)  # type: ignore[misc]
        if option is not None:
            option.help = "この説明を表示します。"
        return option

    def format_usage(self, context: Any, formatter: Any) -> None:
        pieces = " ".join(self.collect_usage_pieces(context))  # type: ignore[attr-defined]
        formatter.write_usage(context.command_path, pieces, prefix="使い方: ")

    def parse_args(self, context: Any, arguments: list[str]) -> Any:
        try:
            return super().parse_args(context, arguments)  # type: ignore[misc]
        except UsageError as error:
            for english, japanese in _SENTENCES:
                if english.fullmatch(error.format_message()):
                    raise UsageError(english.sub(japanese, error.format_message()), context) from error
            raise


class Command(_JapaneseUsage, TyperCommand):
    """A command whose help is Japanese throughout."""


class Group(_JapaneseUsage, TyperGroup):
    """The list of commands, in the order of their definition."""
