"""A line of JSON that somebody wrote by hand: its models, and what is wrong with it as a code for programs and a sentence for people."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

Language = Literal["ja", "en"]
LARGEST = 1_000_000_000_000


def _iso_day(value: object) -> object:
    """Only text of the form 2026-04-01: a number or a time of day is not a day."""
    if isinstance(value, date) or (isinstance(value, str) and len(value) == 10):
        return value
    raise PydanticCustomError("date_type", "not a day")


Day = Annotated[date, BeforeValidator(_iso_day)]
Amount = Annotated[StrictInt, Field(ge=0, le=LARGEST)]
SignedAmount = Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)]
CaseName = StrictStr | StrictInt


class LineModel(BaseModel):
    """A part of a line: unknown keys are refused, and nothing is changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Fault(LineModel):
    code: str
    message: str
    path: str


class FaultyCase(LineModel):
    """The answer to a line that cannot be answered; `case` is its name where it could be read."""

    case: CaseName | None
    error: Fault


class CaseError(Exception):
    """One case cannot be answered. `path` is the place in the JSON line, such as `household.members[0].income`."""

    def __init__(self, code: str, ja: str, en: str, path: str = "") -> None:
        super().__init__(en)
        self.code = code
        self.ja = ja
        self.en = en
        self.path = path

    def fault(self, language: Language) -> Fault:
        return Fault(code=self.code, message=self.ja if language == "ja" else self.en, path=self.path)


def path_of(location: tuple[int | str, ...]) -> str:
    """`("household", "members", 0, "id")` as `household.members[0].id`."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def from_validation(error: ValidationError) -> CaseError:
    """The first fault that pydantic found, in plain words; how many more there are is said."""
    faults = error.errors(include_url=False)
    code, ja, en = _sentence(faults[0])
    if len(faults) > 1:
        ja += f"（ほかに {len(faults) - 1} 件の誤りがあります）"
        en += f" ({len(faults) - 1} more faults)"
    return CaseError(code, ja, en, path_of(faults[0]["loc"]))


def _sentence(fault: ErrorDetails) -> tuple[str, str, str]:
    path, shown = path_of(fault["loc"]), _short(fault.get("input"))
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return "missing_key", f"必須の項目「{path}」がありません。", f"The key {path} is missing."
        case "extra_forbidden":
            return (
                "unknown_key",
                f"項目「{path}」は定義されていません。つづりを確かめてください。",
                f"The key {path} is unknown; check its spelling.",
            )
        case "int_type" | "int_from_float" | "int_parsing":
            return (
                "wrong_type",
                f"「{path}」は整数（円など）で指定してください。値: {shown}",
                f"{path} must be a whole number, not {shown}.",
            )
        case "string_type" | "bool_type" | "list_type" | "model_type" | "model_attributes_type" | "dict_type" | "tuple_type":
            return "wrong_type", f"「{path}」の型が違います。値: {shown}", f"{path} has the wrong type: {shown}."
        case "date_type" | "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact":
            return (
                "not_a_day",
                f"「{path}」は 2026-04-01 の形の実在する日付で指定してください。値: {shown}",
                f"{path} must be a real day such as 2026-04-01, not {shown}.",
            )
        case "greater_than_equal" | "less_than_equal":
            bound = context.get("ge", context.get("le"))
            side = ("以上", "or more") if "ge" in context else ("以下", "or less")
            return (
                "out_of_range",
                f"「{path}」は {bound:,} {side[0]}で指定してください。値: {shown}",
                f"{path} must be {bound:,} {side[1]}, not {shown}.",
            )
        case "literal_error":
            return (
                "unknown_word",
                f"「{path}」に使える値は {context.get('expected')} です。値: {shown}",
                f"{path} must be {context.get('expected')}, not {shown}.",
            )
        case "string_pattern_mismatch" | "string_too_short" | "too_short":
            return "wrong_form", f"「{path}」の形式が違います。値: {shown}", f"{path} does not have the right form: {shown}."
        case _:
            return "wrong_value", f"「{path}」の値が正しくありません。値: {shown}", f"{path} is not right: {shown}."


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "…"
