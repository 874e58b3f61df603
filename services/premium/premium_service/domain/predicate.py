"""対象者の条件: a small expression over the columns of decisions and their frozen inputs, for many people at once.

Comparisons (== != < <= > >=), and or not, + - * and whole numbers over named columns; nothing else is read. A name with `should_` before it
is the column as the second rule has it.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from premium_service.rules.columns import ASSESSMENT_DTYPE, MEMBER_DTYPE
from premium_service.rules.terms import PART_TERMS, TERMS

SHOULD: Final = "should_"
_HIDDEN: Final = {"household", "member", "is_assessed"}
MOST: Final = 500
"""Characters of an expression."""
_COMPARED: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_COMPUTED: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip
Column = npt.NDArray[Any]


class Unreadable(ValueError):
    """An expression that is none; the message is for people."""


def columns_of_finder() -> dict[str, str]:
    """Every column that a condition may name → its Japanese term."""
    names = [*(MEMBER_DTYPE.names or ()), *(ASSESSMENT_DTYPE.names or ())]
    return {name: term_of(name) for name in names if name not in _HIDDEN}


def term_of(name: str) -> str:
    """The Japanese term of a column; one of a part of the premium names the part."""
    if name in TERMS:
        return TERMS[name][0]
    part = next(part for part in PART_TERMS if name.startswith(f"{part}_"))
    return f"{TERMS[name.removeprefix(f'{part}_')][0]}（{PART_TERMS[part][0]}）"


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition that was read; `names` are the columns that it looks at."""

    text: str
    tree: ast.expr
    names: frozenset[str]

    @property
    def of_second_rule(self) -> bool:
        return any(name.startswith(SHOULD) for name in self.names)

    def holds(self, columns: Mapping[str, Column]) -> npt.NDArray[np.bool_]:
        """One flag a row. `columns`: every column that the condition names."""
        found = _evaluate(self.tree, columns)
        return np.broadcast_to(np.asarray(found) != 0, len(next(iter(columns.values()))))


def read_predicate(text: str) -> Predicate:
    """Read a condition. Unreadable says what is wrong with it."""
    if not text.strip() or len(text) > MOST:
        raise Unreadable(f"条件を{MOST}文字までで書いてください。")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"条件の書き方に誤りがあります（{text.strip()[:60]}）。例: tier == 7 and salary_receipts > 0") from error
    names = frozenset(_names(tree, columns_of_finder()))
    if not names:
        raise Unreadable("条件に項目の名前がありません。")
    return Predicate(text.strip(), tree, names)


def _names(node: ast.AST, known: Mapping[str, str]) -> list[str]:
    match node:
        case ast.Name(id=name):
            if name.removeprefix(SHOULD) not in known:
                raise Unreadable(f"項目「{name}」はありません。使える項目は一覧にあります。")
            return [name]
        case ast.Constant(value=bool() | int() as value):
            if abs(int(value)) > 10**12:
                raise Unreadable("数が大きすぎます。")
            return []
        case ast.BoolOp(values=values):
            return [name for value in values for name in _names(value, known)]
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            return _names(operand, known)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTED:
            return [*_names(left, known), *_names(right, known)]
        case ast.Compare(left=left, ops=ops, comparators=comparators) if all(type(op) in _COMPARED for op in ops):
            return [name for value in (left, *comparators) for name in _names(value, known)]
    raise Unreadable("使えるのは、項目の名前、整数、比較（== != < <= > >=）、and・or・not、足し算・引き算・掛け算だけです。")


def _evaluate(node: ast.expr, columns: Mapping[str, Column]) -> Any:
    match node:
        case ast.Name(id=name):
            column = columns[name]
            return column.astype(np.int64) if column.dtype.kind in "iu" else column
        case ast.Constant(value=value):
            return value
        case ast.BoolOp(op=op, values=values):
            flags = [np.asarray(_evaluate(value, columns)) != 0 for value in values]
            return reduce(operator.and_ if isinstance(op, ast.And) else operator.or_, flags)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ~(np.asarray(_evaluate(operand, columns)) != 0)
        case ast.UnaryOp(operand=operand):
            return -1 * _evaluate(operand, columns)
        case ast.BinOp(left=left, op=op, right=right):
            return _COMPUTED[type(op)](1 * _evaluate(left, columns), 1 * _evaluate(right, columns))
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            values = [_evaluate(value, columns) for value in (left, *comparators)]
            pairs = zip(values[:-1], ops, values[1:], strict=True)
            flags = [np.asarray(_COMPARED[type(op)](before, after)) for before, op, after in pairs]
            return reduce(operator.and_, flags)
    raise AssertionError(ast.dump(node))
